package templates

import (
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"hutch/internal/i18n"
)

// MinPassword is the minimum length of a new password, in characters (OWASP ASVS
// 5.0, 6.2.1).
const MinPassword = 8

// MaxEmail is the longest email address that mail can be sent to, in bytes (RFC 5321,
// 4.5.3.1).
const MaxEmail = 254

// Form is a form of labelled inputs with one button. The partial "form" adds what
// every form needs: labels, autocomplete, error messages at the top and next to
// each field, hints while typing, and htmx.
type Form struct {
	ID     string       // of the form element
	Action string       // path of the POST, including the query
	Submit i18n.Message // the button's label
	// SubmitText is an editor's label, used instead of Submit.
	SubmitText string
	Busy       i18n.Message // the label while a response is awaited
	// Grave marks a button whose action cannot be undone.
	Grave bool
	Quiet bool // the page has something more important to do
	// Wait is how long it is until it can be sent; 0 if it can be.
	Wait time.Duration

	// Problem is why the whole attempt failed; problems of one field are in the
	// field.
	Problem i18n.Message
	Fields  []Field
	// Username is the address of the account that a password in the fields is of, where
	// no field asks for it: password managers read it. May be empty.
	Username string
	// Note is what to know before sending, for example that the fields were
	// restored; may be empty.
	Note i18n.Message
	// Made proves when the form was made (session.Manager.Stamp). With it, the form also
	// has a field that people do not see, and its fields stand side by side.
	Made string
	Page string // path of the page that it stands on; may be empty
}

// The names of what a form with [Form.Made] has beside its fields.
const (
	MadeField = "made"
	PageField = "page"
	TrapField = "leave-empty"
)

// Typed is a submitted field.
type Typed struct {
	Name  string `json:"n"`
	Value string `json:"v"`
}

// Field is one input and its error message, if any.
type Field struct {
	Name  string
	Label i18n.Message
	// LabelText is an editor's label, used instead of Label.
	LabelText    string
	HelpURL      string // of a page that helps with the field, beside its label; may be empty
	HelpLabel    i18n.Message
	OfContent    bool   // editors' texts are in the language of the content, and else in the page's
	Type         string // of the input element, or textarea, select, checkbox, radio, checkboxes
	Autocomplete string // https://html.spec.whatwg.org/#autofill
	InputMode    string // keyboard on phones: numeric, decimal, email
	Hint         i18n.Message
	HintText     string // an editor's, instead of Hint
	Placeholder  string
	Value        string   // never of a password; "true" or "" for a checkbox
	Values       []string // of checkboxes
	Options      []Option
	// Searchable selects offer some of many options, and find others by what is in Search.
	Searchable   bool
	Search       string
	Focused      bool // after such a search
	Optional     bool
	MarkOptional bool   // says so
	Width        string // of the row in percent: 33, 50, 67; anything else is all of it
	Accept       string // file types, for a file input
	MinLength    int
	MaxLength    int
	Error        i18n.Message
	ErrorNumber  int // that the error names, such as the most characters

	// What static/hutch.js says next to the field once the visitor leaves it with
	// an impossible value; may be empty.
	WhenMisshapen i18n.Message
	WhenShort     i18n.Message
	// NewAddress offers to correct a mistyped mail domain.
	NewAddress bool

	// Set by [Form.Inputs]: the id of the input, and how many of six columns it has.
	ID      string
	Columns int
}

// Option is an option of a select.
type Option struct {
	Value string
	Label i18n.Message
	Text  string // instead of Label
}

// EmailField asks for an existing address, such as the one to sign in with.
func EmailField(name string, label i18n.Message, autocomplete, value string) Field {
	return Field{
		Name: name, Label: label, Type: "email", InputMode: "email", Autocomplete: autocomplete, Value: value, MaxLength: MaxEmail,
		WhenMisshapen: "error.emailshape",
	}
}

// NewEmailField asks for a new address, which may be mistyped.
func NewEmailField(name string, label i18n.Message, autocomplete, value string) Field {
	f := EmailField(name, label, autocomplete, value)
	f.NewAddress = true
	return f
}

// PasswordField asks for the current password. It has no value: a password is never
// sent back.
func PasswordField(name string, label i18n.Message) Field {
	return Field{Name: name, Label: label, Type: "password", Autocomplete: "current-password"}
}

// NewPasswordField asks for a new password.
func NewPasswordField(name string, label i18n.Message) Field {
	return Field{
		Name: name, Label: label, Type: "password", Autocomplete: "new-password",
		Hint: "signup.hint", MinLength: MinPassword, WhenShort: "error.passwordshort",
	}
}

// CodeField asks for the six digits of an authenticator app. They are not a number:
// leading zeros count.
func CodeField(label i18n.Message) Field {
	return Field{
		Name: "code", Label: label, Type: "text", InputMode: "numeric", Autocomplete: "one-time-code",
		Hint: "code.hint", MaxLength: 16,
	}
}

// ProofFields make members re-authenticate before an action that a stranger at
// their desk must not take.
func ProofFields(twoFactor bool) []Field {
	fields := []Field{PasswordField("current_password", "proof.password")}
	if twoFactor {
		fields = append(fields, CodeField("proof.code"))
	}
	return fields
}

// Unticked is the name of the hidden input beside a checkbox, which says that the form
// had it: browsers do not send an unticked one.
func Unticked(name string) string { return name + ".shown" }

// Field returns the field of this name, or nil.
func (f *Form) Field(name string) *Field {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			return &f.Fields[i]
		}
	}
	return nil
}

// SearchName is the name of the input that searches the options of a select, and
// SearchButton that of the button beside it, whose value is the select's name.
func SearchName(name string) string { return name + ".search" }

// SearchButton is the name of the buttons that search the options of a select.
const SearchButton = "search"

// Retype fills in what was typed. A checkbox that was not sent is unticked. Values
// that a field no longer accepts are ignored.
func (f *Field) Retype(typed []Typed) {
	if f.Type == "password" || f.Type == "file" || f.Autocomplete == "one-time-code" {
		return
	}
	if f.Type == "checkboxes" {
		f.Values = nil
		for _, t := range typed {
			if t.Name == f.Name && t.Value != "" {
				f.Values = append(f.Values, t.Value)
			}
		}
		return
	}
	i := slices.IndexFunc(typed, func(t Typed) bool { return t.Name == f.Name })
	switch {
	case i >= 0 && (f.Options == nil || slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == typed[i].Value })):
		f.Value = typed[i].Value
	case i < 0 && f.Type == "checkbox":
		f.Value = ""
	}
}

// columns are those of a row, of which the widths of fields are parts.
const columns = 6

// Inputs returns the fields with ids that are unique on the page. The last one in a row of
// several has all that is left of it, so that rows end together.
func (f Form) Inputs() []Field {
	inputs := make([]Field, len(f.Fields))
	begin, taken := 0, 0 // of the row
	fill := func(end int) {
		if end-begin > 1 {
			inputs[end-1].Columns += columns - taken
		}
		begin, taken = end, 0
	}
	for i, field := range f.Fields {
		field.ID, field.Columns = f.ID+"-"+field.Name, columnsOf(field.Width)
		if taken+field.Columns > columns {
			fill(i)
		}
		taken += field.Columns
		inputs[i] = field
	}
	fill(len(inputs))
	return inputs
}

func columnsOf(width string) int {
	switch width {
	case "33":
		return 2
	case "50":
		return 3
	case "67":
		return 4
	}
	return columns
}

// Hidden returns what a form with [Form.Made] sends along.
func (f Form) Hidden() []Typed {
	if f.Made == "" {
		return nil
	}
	hidden := []Typed{{MadeField, f.Made}}
	if f.Page != "" {
		hidden = append(hidden, Typed{PageField, f.Page})
	}
	return hidden
}

// Trap returns the name of the field that people do not see; "" if there is none.
func (f Form) Trap() string {
	if f.Made == "" {
		return ""
	}
	return TrapField
}

// First returns the id of the first input, to which a problem of the whole form leads;
// "" if the form is nothing but a button.
func (f Form) First() string {
	if len(f.Fields) == 0 {
		return ""
	}
	return f.Inputs()[0].ID
}

// WaitSeconds returns the wait in seconds, rounded up.
func (f Form) WaitSeconds() int { return int(math.Ceil(f.Wait.Seconds())) }

// WaitMinutes returns the wait in minutes, rounded up.
func (f Form) WaitMinutes() int { return int(math.Ceil(f.Wait.Minutes())) }

// AsksPassword reports whether the form has a field for one.
func (f Form) AsksPassword() bool {
	return slices.ContainsFunc(f.Fields, func(field Field) bool { return field.Type == "password" })
}

// Multipart reports whether the form uploads a file.
func (f Form) Multipart() bool {
	for _, field := range f.Fields {
		if field.Type == "file" {
			return true
		}
	}
	return false
}

// Failed reports whether the form is shown again after a failed attempt.
func (f Form) Failed() bool {
	if f.Problem != "" {
		return true
	}
	for _, field := range f.Fields {
		if field.Error != "" {
			return true
		}
	}
	return false
}

// Searches reports whether the form has a button besides the one that sends it.
func (f Form) Searches() bool {
	return slices.ContainsFunc(f.Fields, func(field Field) bool { return field.Searchable })
}

// SearchName is [SearchName] of this field.
func (f Field) SearchName() string { return SearchName(f.Name) }

// Unticked is [Unticked] of this field.
func (f Field) Unticked() string { return Unticked(f.Name) }

// Chosen reports whether an option is the value, or one of them.
func (f Field) Chosen(option string) bool {
	return option == f.Value && f.Type != "checkboxes" || slices.Contains(f.Values, option)
}

// Grouped reports whether the field is several inputs under one label.
func (f Field) Grouped() bool { return f.Type == "radio" || f.Type == "checkboxes" }

// Span returns the class for the columns; "" for a whole row.
func (f Field) Span() string {
	if f.Columns == columns {
		return ""
	}
	return " span-" + strconv.Itoa(f.Columns)
}

// Rows returns a textarea's initial height.
func (f Field) Rows() int { return min(12, 4+utf8.RuneCountInString(f.Value)/60) }

// withForm is embedded in pages with a form. The page title says when the form has
// failed, because screen readers read the title first.
type withForm struct{ Form Form }

func (p withForm) failed() bool { return p.Form.Failed() }

// Trouble returns why the whole attempt failed.
func (p withForm) Trouble() i18n.Message { return p.Form.Problem }
