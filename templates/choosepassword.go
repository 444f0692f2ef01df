package templates

import "hutch/internal/i18n"

// ChoosePassword is where the links of two mails lead: to a new password for
// whoever has forgotten theirs, and to the first one for whoever is invited.
type ChoosePassword struct {
	withForm
	Heading i18n.Message
	Text    i18n.Message
}

// NewResetPassword returns the page for a forgotten password.
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
