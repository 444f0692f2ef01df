package templates

// SignInCode asks for the code of an authenticator app.
type SignInCode struct{ withForm }

// NewSignInCode returns the page.
func NewSignInCode() SignInCode {
	return SignInCode{withForm{Form{
		ID: "signin-code", Action: "/signin/code", Submit: "signin.submit", Busy: "signin.busy",
		Fields: []Field{CodeField("code.label")},
	}}}
}

func (SignInCode) file() string { return "signincode.html" }

// SignInRecovery is for members who have lost their phone.
type SignInRecovery struct {
	withForm
	Offered bool // this site has recovery codes
}

// NewSignInRecovery returns the page.
func NewSignInRecovery(offered bool) SignInRecovery {
	return SignInRecovery{Offered: offered, withForm: withForm{Form{
		ID: "signin-recovery", Action: "/signin/recovery", Submit: "recovery.submit", Busy: "signin.busy",
		Fields: []Field{{Name: "code", Label: "recovery.label", Type: "text", Autocomplete: "off", Hint: "recovery.hint", MaxLength: 40}},
	}}}
}

func (SignInRecovery) file() string { return "signinrecovery.html" }
