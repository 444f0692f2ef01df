package templates

// Logout asks for confirmation: a link must not sign anybody out, because browsers
// prefetch links. Who is signed out, after going Back for instance, is told so.
type Logout struct{}

func (Logout) file() string { return "logout.html" }
