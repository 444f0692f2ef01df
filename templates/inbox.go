package templates

import (
	"time"

	"hutch/internal/i18n"
)

// inbox is the part of a page that waits with the visitor for an email.
type inbox struct {
	withForm        // sends the email again
	Email    string // empty if this browser does not know it, and cannot send it again
}

// newInbox returns the part, whose form sends to action.
func newInbox(email string, wait time.Duration, action string) inbox {
	return inbox{Email: email, withForm: withForm{Form{
		ID: "resend", Action: action, Submit: "inbox.resend", Busy: "inbox.resending", Quiet: true, Wait: wait,
	}}}
}

// Provider returns where the mail is read; without a name, nobody knows.
func (i inbox) Provider() MailProvider { return mailProviderOf(i.Email) }

// Trouble returns why the whole attempt failed; "" if one has to wait, which the form says
// itself: nothing is typed into it that would be lost.
func (i inbox) Trouble() i18n.Message {
	if i.Form.Wait > 0 {
		return ""
	}
	return i.withForm.Trouble()
}

// CheckEmail asks a new member to open the mail that confirms their address.
type CheckEmail struct{ inbox }

// NewCheckEmail returns the page.
func NewCheckEmail(email string, wait time.Duration) CheckEmail {
	return CheckEmail{newInbox(email, wait, "/signup/check-email")}
}

func (CheckEmail) file() string { return "checkemail.html" }

// ForgotSent says that the mail is on its way if there is an account. It does not
// reveal whether there is one.
type ForgotSent struct{ inbox }

// NewForgotSent returns the page.
func NewForgotSent(email string, wait time.Duration) ForgotSent {
	return ForgotSent{newInbox(email, wait, "/password/sent")}
}

func (ForgotSent) file() string { return "forgotsent.html" }
