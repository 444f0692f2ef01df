package templates

import "hutch/internal/i18n"

// ChoosePassword is the target of two mailed links: a password reset and an
// invitation.
type ChoosePassword struct {
	withForm
	Heading i18n.Message
	Text    i18n.Message
}

// NewResetPassword returns the page for a password reset of the account with an address.
func NewResetPassword(email string) ChoosePassword {
	return newChoosePassword(email, "/password/reset", "reset.title", "reset.text", "password.new", "reset.submit")
}

// NewInvite returns the page for an invitation to an address.
func NewInvite(email string) ChoosePassword {
	return newChoosePassword(email, "/invite", "invite.title", "invite.text", "signup.password", "invite.submit")
}

func newChoosePassword(email, action string, heading, text, label, submit i18n.Message) ChoosePassword {
	return ChoosePassword{Heading: heading, Text: text, withForm: withForm{Form{
		ID: "choose-password", Username: email, Action: action, Submit: submit, Busy: "password.busy",
		Fields: []Field{NewPasswordField("password", label)},
	}}}
}

func (ChoosePassword) file() string { return "choosepassword.html" }
