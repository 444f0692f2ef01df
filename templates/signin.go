package templates

// SignIn asks a visitor who they are.
type SignIn struct {
	Form      Form
	SignUpURL string
}

// NewSignIn returns the empty page; both URLs carry where the visitor wanted
// to go.
func NewSignIn(action, signUpURL, email string) SignIn {
	return SignIn{
		SignUpURL: signUpURL,
		Form: Form{ID: "signin", Action: action, Submit: "Sign in", Fields: []Field{
			EmailField("email", "Email address", "username", email),
			PasswordField("password", "Password", "current-password"),
		}},
	}
}

// Title names the page.
func (p SignIn) Title() string { return errorTitle("Sign in", p.Form.Failed()) }
func (SignIn) file() string    { return "signin.html" }
