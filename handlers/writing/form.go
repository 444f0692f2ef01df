package writing

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/templates"
)

// ShowNew shows the form for a new item.
func (m Collection) ShowNew(c *gin.Context, v web.Visitor) (web.Response, error) {
	done, err := v.Pay(web.Reading)
	if err != nil {
		return nil, err
	}
	defer done()
	a, err := m.ask(c)
	if err == nil {
		err = m.mayCreate(a)
	}
	if err != nil {
		return nil, err
	}
	inputs, err := m.inputs(c, a, "create", collections.Item{})
	if err != nil {
		return nil, err
	}
	page := m.newPage(a, inputs)
	m.Refill(c, &page.Form)
	return web.OK(page), nil
}

// ShowEdit shows the form for an item of theirs.
func (m Collection) ShowEdit(c *gin.Context, v web.Visitor) (web.Response, error) {
	done, err := v.Pay(web.Reading)
	if err != nil {
		return nil, err
	}
	defer done()
	a, err := m.ask(c)
	if err != nil {
		return nil, err
	}
	found, err := m.mayChange(a, "update", m.of.Members.Edit, c.Param("slug"))
	if err != nil {
		return nil, err
	}
	inputs, err := m.inputs(c, a, "update", found.item)
	if err != nil {
		return nil, err
	}
	page := m.editPage(c, a, found, inputs)
	m.Refill(c, &page.Form)
	return web.OK(page), nil
}

// ToForm redirects from the address of a form with files, which a browser without
// JavaScript requests when its page is reloaded.
func (m Collection) ToForm(c *gin.Context) (web.Response, error) {
	return web.SeeOther{Path: strings.TrimSuffix(c.Request.URL.EscapedPath(), "/files")}, nil
}

func (m Collection) newPage(a asked, inputs []input) templates.EntryForm {
	page := templates.NewEntryForm(m.of.Heading(), m.of.Path, formFields(inputs))
	page.Mine = m.minePath(a)
	return page
}

func (m Collection) editPage(c *gin.Context, a asked, found change, inputs []input) templates.EntryForm {
	page := templates.NewEntryEdit(m.of.Heading(), m.of.Path, m.path(c.Param("slug")), formFields(inputs))
	page.Mine, page.Subject = m.minePath(a), m.headingOf(a, found.item)
	page.Deletable = m.of.Members.Delete != "" && a.may("delete", m.of.Name) && (m.of.Members.Delete == "any" || m.isOwn(a, found.item))
	return page
}

func formFields(inputs []input) []templates.Field {
	var all []templates.Field
	for _, in := range inputs {
		all = append(all, in.shown)
		if in.removable() {
			all = append(all, templates.Field{Name: in.removeName(), Type: "checkbox", Label: "entry.removefile", Optional: true})
		}
	}
	return all
}

// input is a field of the form, as Directus describes it and as it is shown.
type input struct {
	fields.Field
	described directus.Field
	shown     templates.Field
}

// removable reports whether the field has a file that the item can be without.
func (in input) removable() bool {
	return in.Kind == fields.KindFile && !in.Required && fields.Plain(in.Value) != ""
}

func (in input) removeName() string { return in.Name + "-remove" }

// systemFields are what Directus fills in, or editors.
var systemFields = []string{"id", "sort", "user_created", "user_updated", "date_created", "date_updated"}

// inputs returns the form for an item: the fields that the member may set, in the order in
// which editors see them.
func (m Collection) inputs(c *gin.Context, a asked, action string, item collections.Item) ([]input, error) {
	var inputs []input
	for _, d := range fields.InOrder(a.Fields) {
		if bool(d.Meta.Hidden) || bool(d.Meta.ReadOnly) || bool(d.Meta.System) || d.Name == keyOf(a) || slices.Contains(systemFields, d.Name) || filledIn(d) {
			continue
		}
		if !a.Unknown && !a.Access.MayField(action, m.of.Name, d.Name) {
			continue
		}
		value := item[d.Name]
		if action == "create" {
			value = m.initial(a, d)
		}
		in := input{Field: fields.New(d, value, m.Responder.Language(c)), described: d}
		in.Zone = m.TimeZone
		if d.Name == "status" && in.Options == nil && in.Kind == "string" {
			in.Options = m.states(in.Field)
		}
		translated(in.Options)
		if d.Name == "status" && fields.Plain(value) != "" { // which an item does not lose
			in.Options = slices.DeleteFunc(in.Options, func(o templates.Option) bool { return o.Value == "" })
		}
		has := true
		switch d.Schema.ForeignTable {
		case "":
			has = in.Kind != ""
		case "directus_files":
			in.Kind, in.Pictures = fields.KindFile, d.Meta.Interface == "file-image" || d.Name == "image"
		default:
			var err error
			if has, err = m.relate(c, a, &in); err != nil {
				return nil, err
			}
		}
		if !has {
			continue
		}
		if in.shown = in.Input(); d.Schema.ForeignTable != "" {
			in.shown.OfContent = in.Kind != fields.KindFile
		}
		in.shown.MarkOptional = in.Kind != "boolean" && d.Name != "status"
		m.explain(a, &in)
		inputs = append(inputs, in)
	}
	if inputs == nil {
		return nil, web.ErrNotAllowed
	}
	return inputs, nil
}

// explain adds what members should know of a field that editors have not explained.
func (m Collection) explain(a asked, in *input) {
	switch {
	case in.Note != "":
	case in.Name == m.addressField(a) && in.Kind == "string":
		in.shown.Hint, in.shown.Optional = "entry.addresshint", true
	case in.Kind == fields.KindFile && fields.Plain(in.Value) != "":
		in.shown.Hint = "entry.keepfile"
	case in.Kind == fields.KindFile && in.Pictures:
		in.shown.Hint = "entry.picturehint"
	case in.Kind == fields.KindFile:
		in.shown.Hint = "visitorsform.files"
	}
	if in.Kind == fields.KindFile && fields.Plain(in.Value) != "" {
		in.shown.Optional = true
	}
}

// filledIn reports whether Directus fills in the field itself.
func filledIn(d directus.Field) bool {
	return slices.ContainsFunc([]string{"user-created", "user-updated", "date-created", "date-updated", "role-created", "role-updated"}, d.Has)
}

// initial is what Directus gives a new item: a preset of the permission, or the default. A
// status without either is a draft.
func (m Collection) initial(a asked, d directus.Field) json.RawMessage {
	value := a.Access.Presets(m.of.Name)[d.Name]
	if value == nil || strings.HasPrefix(fields.Plain(value), "$") { // such as $CURRENT_USER, which Directus fills in
		value = nil
		switch d.Type {
		case "string", "text", "integer", "bigInteger", "float", "decimal", "boolean": // of a time, it is the database's word for now
			value = d.Schema.Default
		}
	}
	choices := d.Choices()
	if d.Name == "status" && fields.Plain(value) == "" && (choices == nil || slices.ContainsFunc(choices, func(c directus.Choice) bool { return c.Value == draft })) {
		return json.RawMessage(`"` + draft + `"`)
	}
	return value
}

const draft = "draft"

// states are the values of a status that editors have given no choices.
func (m Collection) states(f fields.Field) []templates.Option {
	options := []templates.Option{{Value: draft, Text: draft}}
	if len(m.Published) > 0 {
		options = append(options, templates.Option{Value: m.Published[0], Text: m.Published[0]})
	}
	return fields.WithCurrent(options, fields.Plain(f.Value))
}

// translated names the usual states in the visitor's language.
func translated(options []templates.Option) {
	for i, option := range options {
		if option.Text != option.Value {
			continue
		}
		switch option.Value {
		case "draft":
			options[i].Text, options[i].Label = "", "entry.draft"
		case "published":
			options[i].Text, options[i].Label = "", "entry.published"
		case "archived":
			options[i].Text, options[i].Label = "", "entry.archived"
		}
	}
}
