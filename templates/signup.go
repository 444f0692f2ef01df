package templates

// SignUp offers an account.
type SignUp struct {
	withForm
	SignInURL string
}

// NewSignUp returns the empty page; both URLs carry the return path.
func NewSignUp(action, signInURL, email string) SignUp {
	return SignUp{
		SignInURL: signInURL,
		withForm: withForm{Form{
			ID: "signup", Action: action,
			Submit: "signup.submit", Busy: "signup.busy",
			Fields: []Field{
				NewEmailField("email", "signup.email", "username", email),
				NewPasswordField("password", "signup.password"),
			},
		}},
	}
}

func (SignUp) file() string { return "signup.html" }
