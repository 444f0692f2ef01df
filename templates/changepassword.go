package templates

// ChangePassword changes the password of a member who knows the current one.
type ChangePassword struct {
	withForm
	Provider string // whoever else manages it; the form then has no fields
	// EndsOthers means that the change signs the member out everywhere else.
	EndsOthers bool
}

// NewChangePassword returns the page with an empty form.
func NewChangePassword(email string, endsOthers, twoFactor bool) ChangePassword {
	return ChangePassword{EndsOthers: endsOthers, withForm: withForm{Form{
		ID: "change-password", Username: email, Action: "/profile/password", Submit: "password.submit", Busy: "password.busy",
		Fields: append(ProofFields(twoFactor), NewPasswordField("password", "password.new")),
	}}}
}

func (ChangePassword) file() string { return "changepassword.html" }
