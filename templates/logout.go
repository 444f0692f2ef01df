package templates

// Logout asks for confirmation: a link must not sign anybody out, because browsers
// prefetch links.
type Logout struct{}

func (Logout) file() string { return "logout.html" }
