package content

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/cache"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/templates"
)

// form is one that editors made. To whom it is mailed is never asked for.
type form struct {
	ID             json.RawMessage `json:"id"`
	Title          string          `json:"title"`
	Active         *bool           `json:"is_active"` // nil: the project does not say
	SubmitLabel    string          `json:"submit_label"`
	OnSuccess      string          `json:"on_success"` // redirect; anything else is a message
	SuccessMessage string          `json:"success_message"`
	SuccessURL     string          `json:"success_redirect_url"`
	Fields         []formField     `json:"fields"`
}

type formField struct {
	ID          json.RawMessage `json:"id"`
	Name        string          `json:"name"`
	Label       string          `json:"label"`
	Type        string          `json:"type"`
	Placeholder string          `json:"placeholder"`
	Help        string          `json:"help"`
	Validation  string          `json:"validation"`
	Width       string          `json:"width"`
	Required    bool            `json:"required"`
	Choices     []struct {
		Text  string `json:"text"`
		Value string `json:"value"`
	} `json:"choices"`
	place
}

// formFields are what is read of a form.
func formFields() []string {
	return append([]string{"id", "title", "is_active", "submit_label", "on_success", "success_message", "success_redirect_url"},
		below("fields", "id", "name", "label", "type", "placeholder", "help", "validation", "width", "required", "choices", "sort")...)
}

// formFields are those of [formFields] that the project has, as far as its pages tell.
func (q contentQuery) formFields(ctx context.Context) ([]string, error) {
	ofBlocks, err := q.blockFields(ctx)
	var fields []string
	for _, field := range ofBlocks {
		if name, of := strings.CutPrefix(field, "blocks.item:block_form.form."); of {
			fields = append(fields, name)
		}
	}
	if len(fields) == 0 {
		fields = formFields()
	}
	return fields, err
}

// formLife is how long a page with a form is kept, and formAge how old a form may be that
// is sent.
const formLife, formAge = time.Hour, 24 * time.Hour

// FormPage shows a form alone.
func (h *Handlers) FormPage(c *gin.Context, v web.Visitor) (web.Response, error) {
	return h.answer(c, v, func(ctx context.Context, q contentQuery) (templates.Page, error) {
		f, err := q.form(ctx)
		if err != nil {
			return nil, err
		}
		q.snapshot.Age(formLife)
		return templates.NewVisitorsForm(q.source.named(f.Title), q.source.formView(f)), nil
	}, h.formQuery(c))
}

// FormSent thanks for a form that has been sent.
func (h *Handlers) FormSent(c *gin.Context, v web.Visitor) (web.Response, error) {
	return h.answer(c, v, func(ctx context.Context, q contentQuery) (templates.Page, error) {
		f, err := q.form(ctx)
		return templates.FormSent{Message: f.SuccessMessage}, err
	}, h.formQuery(c))
}

// ToForm redirects from where a form with files is sent, which a browser without JavaScript
// requests when its page is reloaded.
func (h *Handlers) ToForm(c *gin.Context) (web.Response, error) {
	return web.SeeOther{Path: "/forms/" + c.Param("form")}, nil
}

func (h *Handlers) formQuery(c *gin.Context) contentQuery {
	q := h.parseQuery(c)
	q.name = c.Param("form")
	return q
}

// form reads the form that the query names. Errors: web.ErrNotFound.
func (q contentQuery) form(ctx context.Context) (form, error) {
	if _, err := strconv.ParseUint(q.name, 10, 63); err != nil && uuid.Validate(q.name) != nil {
		return form{}, web.ErrNotFound
	}
	fields, err := q.formFields(ctx)
	if err != nil {
		return form{}, err
	}
	var found []form
	err = q.one(ctx, "forms", directus.Query{Fields: fields, Filter: directus.Equal("id", q.name), Deep: deepOf(fields)}, &found)
	switch {
	case errors.Is(err, errHidden), err == nil && (len(found) == 0 || !found[0].shown()):
		return form{}, web.ErrNotFound
	case err != nil:
		return form{}, err
	}
	return found[0], nil
}

// formOf is [contentQuery.form], for which the visitor pays unless it is kept.
func (h *Handlers) formOf(ctx context.Context, q contentQuery, v web.Visitor) (form, error) {
	return cache.Derive(ctx, h.Cache, "form "+q.name, q.paid(v), func(ctx context.Context, r *cache.Snapshot) (form, int, error) {
		q := q
		q.snapshot = r
		f, err := q.form(ctx)
		return f, 256 + 512*len(f.Fields), err
	})
}

// shown reports whether visitors may fill in the form.
func (f form) shown() bool {
	return f.key() != "" && (f.Active == nil || *f.Active) && len(f.inputs()) > 0
}

// key is the key of the form as it stands in addresses.
func (f form) key() string { return collections.TextOf(f.ID) }

func (f form) path() string { return "/forms/" + f.key() }

// inputs are the fields that visitors see, in their order.
func (f form) inputs() []formField {
	return slices.DeleteFunc(inOrder(slices.Clone(f.Fields)), func(field formField) bool {
		return field.Type == "hidden" || collections.TextOf(field.ID) == ""
	})
}

const fieldPrefix = "field-"

// IsFormField reports whether an input of a visitors' form may be kept when it cannot be
// sent.
func IsFormField(name string) bool {
	return strings.HasPrefix(name, fieldPrefix) || name == templates.MadeField || name == templates.PageField
}

func (f formField) inputName() string { return fieldPrefix + collections.TextOf(f.ID) }

// formView returns the form as the templates show it.
func (s *Source) formView(f form) templates.Form {
	if s.FormsAsPublic { // whether the public may is known once somebody has sent one
		s.Log.WarnOnce("the site shows forms, and FORMS_TOKEN is not set: visitors can send them only if the public may create form_submissions; `go run . setup --forms` makes an account for it")
	}
	view := templates.Form{
		ID: templates.VisitorsFormID, Action: f.path(), Submit: "visitorsform.submit", Busy: "visitorsform.busy",
		SubmitText: templates.PlainText(f.SubmitLabel), Made: s.Stamp(),
	}
	s.tellCut("fields", f.path(), len(f.Fields), maxListed)
	for _, field := range f.inputs() {
		view.Fields = append(view.Fields, s.fieldView(field))
	}
	if view.Multipart() {
		view.Action += "/files"
	}
	return view
}

func (s *Source) fieldView(f formField) templates.Field {
	view := templates.Field{
		Name: f.inputName(), LabelText: cmp.Or(templates.PlainText(f.Label), templates.PlainText(f.Name), s.Untitled), OfContent: true, Type: "text",
		Placeholder: templates.PlainText(f.Placeholder), HintText: templates.PlainText(f.Help), Optional: !f.Required, MarkOptional: f.Type != "checkbox", Width: f.Width, // people see that they may leave a checkbox
	}
	if slices.Contains([]string{"radio", "checkbox_group", "select"}, f.Type) { // others may still have those of an earlier type
		for _, c := range f.Choices {
			if text := templates.PlainText(cmp.Or(c.Text, c.Value)); text != "" {
				view.Options = append(view.Options, templates.Option{Value: withoutUnseen(cmp.Or(c.Value, c.Text), false), Text: text})
			}
		}
	}
	switch f.Type {
	case "text":
		view.Autocomplete = autocompleteOf(f.Name)
		for _, r := range s.rulesOf(f) {
			switch r.name {
			case "email":
				view.Type, view.InputMode, view.WhenMisshapen = "email", "email", msgFormEmail
			case "url":
				view.InputMode = "url"
			}
		}
	case "textarea", "checkbox", "radio":
		view.Type = f.Type
	case "checkbox_group":
		view.Type = "checkboxes"
	case "select":
		view.Type = "select"
		view.Options = append([]templates.Option{{Text: view.Placeholder, Label: "visitorsform.choose"}}, view.Options...)
		view.Placeholder = ""
	case "file":
		view.Type, view.Accept, view.Hint = "file", fields.AcceptedFiles, "visitorsform.files"
	default:
		s.Log.WarnOnce("a form's field of this type is shown as a text", "type", f.Type, "field", f.Name)
	}
	return view
}

// autocompleteOf returns what browsers fill in for a field of this name (WCAG 2.2, 1.3.5).
func autocompleteOf(name string) string {
	switch strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name)) {
	case "email", "emailaddress", "mail":
		return "email"
	case "name", "fullname", "yourname":
		return "name"
	case "firstname", "givenname":
		return "given-name"
	case "lastname", "surname", "familyname":
		return "family-name"
	case "phone", "phonenumber", "tel", "telephone", "mobile":
		return "tel"
	case "company", "organization", "organisation":
		return "organization"
	case "website", "url", "homepage":
		return "url"
	case "postcode", "postalcode", "zip", "zipcode":
		return "postal-code"
	case "city", "town":
		return "address-level2"
	case "country":
		return "country-name"
	}
	return ""
}

// What a field of a visitors' form may be told.
const (
	msgFormEmail  i18n.Message = "error.emailshape"
	msgFormFillIn i18n.Message = "error.fillin"
	msgFormChoose i18n.Message = "error.choose"
	msgFormSome   i18n.Message = "error.choosesome"
	msgFormTick   i18n.Message = "error.tick"
	msgFormURL    i18n.Message = "error.url"
	msgFormShort  i18n.Message = "error.textshort"
	msgFormLong   i18n.Message = "error.textlong"
	msgFormLength i18n.Message = "error.textlength"
)
