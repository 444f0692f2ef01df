package templates

// YourData lets members download their data and delete their account.
type YourData struct{ Deletable bool }

func (YourData) file() string { return "yourdata.html" }

// DeleteAccount asks for confirmation.
type DeleteAccount struct {
	withForm // no fields if accounts cannot be deleted here
	Email    string
}

// NewDeleteAccount returns the page with an empty form.
func NewDeleteAccount(email string, twoFactor bool) DeleteAccount {
	typed := EmailField("email", "delete.email", "off", "")
	typed.Hint = "delete.emailhint"
	return DeleteAccount{Email: email, withForm: withForm{Form{
		ID: "delete-account", Username: email, Action: "/profile/delete", Submit: "delete.submit", Busy: "delete.busy", Grave: true,
		Fields: append([]Field{typed}, ProofFields(twoFactor)...),
	}}}
}

func (DeleteAccount) file() string { return "deleteaccount.html" }
