package templates

// ChangePassword changes the password of a member who knows it.
type ChangePassword struct {
	withForm
	Provider string // who manages it, where that is not this site; the form has no fields then
	// EndsOthers: the change signs the member out everywhere else.
	EndsOthers bool
}

// NewChangePassword returns the page with an empty form.
func NewChangePassword(endsOthers, twoFactor bool) ChangePassword {
	return ChangePassword{EndsOthers: endsOthers, withForm: withForm{Form{
		ID: "change-password", Action: "/profile/password", Submit: "password.submit", Busy: "password.busy",
		Fields: append(ProofFields(twoFactor), NewPasswordField("password", "password.new")),
	}}}
}

func (ChangePassword) file() string { return "changepassword.html" }
