package templates

// Forgot offers a password reset by email.
type Forgot struct{ withForm }

// NewForgot returns the page with the address that was typed, if any.
func NewForgot(email string) Forgot {
	return Forgot{withForm{Form{
		ID: "forgot", Action: "/password/forgot", Submit: "forgot.submit", Busy: "forgot.busy",
		Fields: []Field{EmailField("email", "signin.email", "username", email)},
	}}}
}

func (Forgot) file() string { return "forgot.html" }
