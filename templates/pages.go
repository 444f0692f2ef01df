package templates

// Pages returns one of each type of page, empty.
func Pages() []Page {
	return []Page{
		Arrival{},
		AuthorPage{},
		BlockPage{},
		Blog{},
		ChangeEmail{},
		ChangePassword{},
		CheckEmail{},
		ChoosePassword{},
		DeleteAccount{},
		Entries{},
		Entry{},
		Forgot{},
		ForgotSent{},
		FormSent{},
		Home{},
		Logout{},
		Outbox{},
		Post{},
		Problem{},
		Profile{},
		Search{},
		SignIn{},
		SignInCode{},
		SignInRecovery{},
		SignUp{},
		TagPage{},
		Text{},
		TwoFactor{},
		Verify{},
		VisitorsForm{},
		YourData{},
	}
}
