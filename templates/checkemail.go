package templates

// CheckEmail waits with a new member for the mail that confirms their address.
type CheckEmail struct {
	withForm        // sends the mail once more
	Email    string // empty: this browser does not know it, and can send nothing
}

// NewCheckEmail returns the page.
func NewCheckEmail(email string) CheckEmail {
	return CheckEmail{Email: email, withForm: withForm{Form{
		ID: "resend", Action: "/signup/check-email", Submit: "inbox.resend", Busy: "inbox.resending",
	}}}
}

func (CheckEmail) file() string { return "checkemail.html" }
