package templates

// SignIn asks for email and password.
type SignIn struct {
	withForm
	SignUpURL string
}

// NewSignIn returns the empty page; both URLs carry the return path.
func NewSignIn(action, signUpURL, email string) SignIn {
	password := PasswordField("password", "signin.password")
	password.HelpURL, password.HelpLabel = "/password/forgot", "signin.forgot"
	return SignIn{
		SignUpURL: signUpURL,
		withForm: withForm{Form{
			ID: "signin", Action: action,
			Submit: "signin.submit", Busy: "signin.busy",
			Fields: []Field{EmailField("email", "signin.email", "username", email), password},
		}},
	}
}

func (SignIn) file() string { return "signin.html" }
