package templates

// Verify is where the link of the mail to a new member leads. It asks for a
// press of the button, since mail programs open links ahead of their readers.
type Verify struct{ withForm }

// NewVerify returns the page.
func NewVerify() Verify {
	return Verify{withForm{Form{ID: "verify", Action: "/verify", Submit: "verify.submit", Busy: "verify.busy"}}}
}

func (Verify) file() string { return "verify.html" }
