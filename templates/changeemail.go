package templates

// ChangeEmail changes the address a member signs in with.
type ChangeEmail struct {
	withForm
	Email    string // the current address
	Provider string // whoever else manages it; the form then has no fields
}

// NewChangeEmail returns the page with an empty form.
func NewChangeEmail(email string, twoFactor bool) ChangeEmail {
	return ChangeEmail{Email: email, withForm: withForm{Form{
		ID: "change-email", Username: email, Action: "/profile/email", Submit: "email.submit", Busy: "email.busy",
		Fields: append([]Field{NewEmailField("email", "email.new", "email", "")}, ProofFields(twoFactor)...),
	}}}
}

func (ChangeEmail) file() string { return "changeemail.html" }
