package templates

// CheckEmail asks a new member to open the mail that confirms their address.
type CheckEmail struct {
	withForm        // sends the mail again
	Email    string // empty if this browser does not know it, and cannot resend
}

// NewCheckEmail returns the page.
func NewCheckEmail(email string) CheckEmail {
	return CheckEmail{Email: email, withForm: withForm{Form{
		ID: "resend", Action: "/signup/check-email", Submit: "inbox.resend", Busy: "inbox.resending", Quiet: true,
	}}}
}

func (CheckEmail) file() string { return "checkemail.html" }
