package templates

import "hutch/internal/i18n"

// Profile shows members their data. What they may change is in the form, the rest
// in the list.
type Profile struct {
	withForm // no fields if nothing can be changed
	Email    string
	Details  []Detail // readable but not editable
	Avatar   Avatar
}

// Detail is one line of the profile.
type Detail struct {
	Label      i18n.Message
	LabelText  string // instead of Label
	Value      string
	ValueLabel i18n.Message // instead of Value
}

// Avatar is the member's picture and the form to change it.
type Avatar struct {
	withForm        // a new picture; no fields if it cannot be changed
	ID       string // of the file; empty for none
}

// NewProfile returns the page with these fields.
func NewProfile(email string, details []Detail, fields []Field, avatar Avatar) Profile {
	return Profile{Email: email, Details: details, Avatar: avatar, withForm: withForm{Form{
		ID: "edit-profile", Action: "/profile", Submit: "profile.submit", Busy: "profile.busy", Fields: fields,
	}}}
}

// NewAvatar returns the member's picture, editable or not.
func NewAvatar(id string, changeable bool) Avatar {
	a := Avatar{ID: id}
	if changeable {
		a.Form = Form{
			ID: "avatar", Action: "/profile/avatar", Submit: "avatar.submit", Busy: "avatar.busy",
			Fields: []Field{{Name: "picture", Label: "avatar.label", Type: "file", Hint: "avatar.hint", Accept: "image/jpeg,image/png,image/webp"}},
		}
	}
	return a
}

func (p Profile) failed() bool { return p.Form.Failed() || p.Avatar.Form.Failed() }

// Trouble returns why the whole attempt failed.
func (p Profile) Trouble() i18n.Message {
	if p.Avatar.Form.Problem != "" {
		return p.Avatar.Form.Problem
	}
	return p.Form.Problem
}

func (Profile) file() string { return "profile.html" }
