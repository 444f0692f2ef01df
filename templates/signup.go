package templates

// MinPassword is the shortest password that a visitor may choose, in
// characters (OWASP ASVS 5.0, 6.2.1).
const MinPassword = 8

// SignUp offers an account.
type SignUp struct {
	Form      Form
	SignInURL string
}

// NewSignUp returns the empty page; both URLs carry where the visitor wanted
// to go.
func NewSignUp(action, signInURL, email string) SignUp {
	password := PasswordField("password", "Password", "new-password")
	password.Hint = "At least 8 characters. A few words you can remember do well."
	password.MinLength = MinPassword
	return SignUp{
		SignInURL: signInURL,
		Form: Form{ID: "signup", Action: action, Submit: "Create account", Fields: []Field{
			EmailField("email", "Email address", "username", email),
			password,
		}},
	}
}

// Title names the page.
func (p SignUp) Title() string { return errorTitle("Sign up", p.Form.Failed()) }
func (SignUp) file() string    { return "signup.html" }

// CheckInbox asks a new member to confirm the address that they gave.
type CheckInbox struct{ Email string }

// Title names the page.
func (CheckInbox) Title() string { return "Check your inbox" }
func (CheckInbox) file() string  { return "checkinbox.html" }
