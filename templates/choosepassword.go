package templates

import "hutch/internal/i18n"

// ChoosePassword is the target of two mailed links: a password reset and an
// invitation.
type ChoosePassword struct {
	withForm
	Heading i18n.Message
	Text    i18n.Message
}

// NewResetPassword returns the page for a password reset.
func NewResetPassword() ChoosePassword {
	return newChoosePassword("/password/reset", "reset.title", "reset.text", "password.new", "reset.submit")
}

// NewInvite returns the page for an invitation.
func NewInvite() ChoosePassword {
	return newChoosePassword("/invite", "invite.title", "invite.text", "signup.password", "invite.submit")
}

func newChoosePassword(action string, heading, text, label, submit i18n.Message) ChoosePassword {
	return ChoosePassword{Heading: heading, Text: text, withForm: withForm{Form{
		ID: "choose-password", Action: action, Submit: submit, Busy: "password.busy",
		Fields: []Field{NewPasswordField("password", label)},
	}}}
}

func (ChoosePassword) file() string { return "choosepassword.html" }
