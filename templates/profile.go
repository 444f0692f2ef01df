package templates

import "hutch/words"

// Profile shows members what the site knows of them, and changes their address.
type Profile struct {
	withForm
	Email   string   // the current address
	Details []Detail // the other fields that are filled and may be read
}

// Detail is one line of the profile.
type Detail struct {
	Name  words.Message
	Value string
}

// NewProfile returns the page with an empty form.
func NewProfile(email string, details []Detail) Profile {
	return Profile{
		Email:   email,
		Details: details,
		withForm: withForm{Form{
			ID: "change-email", Action: "/profile/email", Target: "account",
			Submit: "profile.submit", Busy: "profile.busy",
			Fields: []Field{
				NewEmailField("email", "profile.newemail", "email", ""),
				PasswordField("current_password", "profile.password"),
			},
		}},
	}
}

func (Profile) file() string { return "profile.html" }
