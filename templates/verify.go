package templates

// Verify is the target of the link in a new member's mail. It asks for a click,
// because mail programs prefetch links.
type Verify struct{ withForm }

// NewVerify returns the page.
func NewVerify() Verify {
	return Verify{withForm{Form{ID: "verify", Action: "/verify", Submit: "verify.submit", Busy: "verify.busy"}}}
}

func (Verify) file() string { return "verify.html" }
