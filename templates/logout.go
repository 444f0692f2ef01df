package templates

// Logout asks before it signs anybody out: a link must never do that, since
// browsers follow links ahead of the visitor.
type Logout struct{}

func (Logout) file() string { return "logout.html" }
