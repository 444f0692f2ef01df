package templates

// Profile shows members what the site knows of them, and changes their address.
type Profile struct {
	Email   string   // the current address
	Details []Detail // the other fields that are filled and may be read
	Changed bool     // the address has just been changed
	Form    Form
}

// Detail is one line of the profile.
type Detail struct{ Name, Value string }

// NewProfile returns the page with an empty form.
func NewProfile(email string, details []Detail) Profile {
	return Profile{
		Email:   email,
		Details: details,
		Form: Form{ID: "change-email", Action: "/profile/email", Target: "account", Submit: "Change email", Fields: []Field{
			EmailField("email", "New email address", "email", ""),
			PasswordField("current_password", "Current password", "current-password"),
		}},
	}
}

// Title names the page.
func (p Profile) Title() string { return errorTitle("Your profile", p.Form.Failed()) }
func (Profile) file() string    { return "profile.html" }
