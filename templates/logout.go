package templates

// Logout asks before it signs anybody out: a link must never do that, since
// browsers follow links ahead of the visitor.
type Logout struct{}

// Title names the page.
func (Logout) Title() string { return "Sign out" }
func (Logout) file() string  { return "logout.html" }
