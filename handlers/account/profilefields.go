package account

import (
	"encoding/json"
	"slices"

	"github.com/gin-gonic/gin"

	"hutch/handlers/fields"
	"hutch/internal/directus"
	"hutch/templates"
)

// profileFields returns the fields that the member may read: Directus' standard
// fields, then the project's own.
func (h *Handlers) profileFields(c *gin.Context, a profileData) []fields.Field {
	all := slices.Concat(h.standardFields(a.member), h.customFields(c, a))
	all = slices.DeleteFunc(all, func(f fields.Field) bool { return f.Value == nil })
	for i, f := range all {
		all[i].Changeable = f.Changeable && a.mayChange(f.Name)
	}
	return all
}

// standardFields are Directus' own. Their lengths are those of its columns.
func (h *Handlers) standardFields(m directus.User) []fields.Field {
	all := []fields.Field{
		{Name: "first_name", Label: "profile.firstname", Kind: "string", MaxLength: 50, Complete: "given-name"},
		{Name: "last_name", Label: "profile.lastname", Kind: "string", MaxLength: 50, Complete: "family-name"},
		{Name: "title", Label: "profile.jobtitle", Kind: "string", MaxLength: 50, Complete: "organization-title"},
		{Name: "location", Label: "profile.location", Kind: "string", MaxLength: 255, Complete: "off"},
		{Name: "description", Label: "profile.aboutme", Kind: "text", MaxLength: 5000},
		{Name: "language", Label: "profile.language", Kind: "string", Options: h.languageOptions(m.Language)},
		{Name: "appearance", Label: "profile.appearance", Kind: "string", Options: []templates.Option{
			{Value: "", Label: "appearance.auto"}, {Value: "light", Label: "appearance.light"}, {Value: "dark", Label: "appearance.dark"},
		}},
	}
	for i, f := range all {
		all[i].Value = m.Row[f.Name]
		all[i].Changeable = true
		if f.Name == "appearance" && m.Appearance == "auto" {
			all[i].Value = json.RawMessage(`""`) // says the same
		}
	}
	return all
}

// languageOptions returns the languages of this site, and the member's own if it is
// another.
func (h *Handlers) languageOptions(current string) []templates.Option {
	options := []templates.Option{{Value: "", Label: "profile.browserlanguage"}}
	for _, language := range h.Words.Languages() {
		if language.Profile == "" {
			continue
		}
		options = append(options, templates.Option{Value: language.Profile, Text: language.Name})
	}
	return fields.WithCurrent(options, current)
}

// customFields returns the project's own fields. If Directus does not describe them,
// their values have to.
func (h *Handlers) customFields(c *gin.Context, a profileData) []fields.Field {
	var all []fields.Field
	if a.Fields == nil {
		for _, name := range sortedNames(a.member.Row) {
			if f := (fields.Field{Name: name, LabelText: fields.Humanised(name), Kind: fields.KindOf(a.member.Row[name])}); f.Kind != "" && !slices.Contains(systemFields, name) {
				f.Value, f.Changeable = a.member.Row[name], true
				all = append(all, f)
			}
		}
		return all
	}
	for _, d := range fields.InOrder(a.Fields) {
		if isOwnField(d) {
			all = append(all, fields.New(d, a.member.Row[d.Name], h.Responder.Language(c)))
		}
	}
	return all
}

// isOwnField reports whether a field is one of the project's own that an input or
// text suits.
func isOwnField(f directus.Field) bool {
	return !bool(f.Meta.System) && !bool(f.Meta.Hidden) && !slices.Contains(systemFields, f.Name) && fields.KindOfField(f) != ""
}

// systemFields are those of directus_users that Directus creates, v10 to v12. Apart
// from the standard fields above, members cannot manage them here.
var systemFields = []string{
	"id", "first_name", "last_name", "email", "password", "location", "title", "description", "tags", "avatar",
	"language", "tfa_secret", "status", "role", "token", "last_access", "last_page", "provider",
	"external_identifier", "auth_data", "email_notifications", "appearance", "theme_dark", "theme_light",
	"theme_light_overrides", "theme_dark_overrides", "text_direction", "policies",
}

func sortedNames(row map[string]json.RawMessage) []string {
	var names []string
	for name := range row {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
