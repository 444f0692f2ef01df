package templates

// SignIn asks a visitor who they are.
type SignIn struct {
	withForm
	SignUpURL string
}

// NewSignIn returns the empty page; both URLs carry where the visitor wanted
// to go.
func NewSignIn(action, signUpURL, email string) SignIn {
	return SignIn{
		SignUpURL: signUpURL,
		withForm: withForm{Form{
			ID: "signin", Action: action,
			Submit: "signin.submit", Busy: "signin.busy",
			Fields: []Field{
				EmailField("email", "signin.email", "username", email),
				PasswordField("password", "signin.password"),
			},
		}},
	}
}

func (SignIn) file() string { return "signin.html" }
