package templates

import (
	"slices"
	"unicode/utf8"

	"hutch/internal/i18n"
)

// MinPassword is the shortest password that a visitor may choose, in
// characters (OWASP ASVS 5.0, 6.2.1).
const MinPassword = 8

// Form is a form of labelled inputs with one button. The partial "form" gives
// it what no form may lack: labels, autocomplete, the messages of a failed
// attempt at the top and beside each field, hints while it is filled in, and
// htmx.
type Form struct {
	ID     string       // of the form element
	Action string       // the path that it posts to, query included
	Submit i18n.Message // what the button says
	Busy   i18n.Message // what it says while the answer is awaited
	// Grave: the button does what cannot be undone, and looks like it.
	Grave bool

	// Problem is what stopped the attempt as a whole; messages about one field
	// are in the field.
	Problem i18n.Message
	Fields  []Field
	// Note is what is to be known before it is sent, such as that the fields hold
	// what was typed before; empty: nothing.
	Note i18n.Message
}

// Typed is what was filled in for a field.
type Typed struct {
	Name  string `json:"n"`
	Value string `json:"v"`
}

// Field is one input and what was wrong with it.
type Field struct {
	Name  string
	Label i18n.Message
	// LabelText is what an editor has called the field, in place of Label.
	LabelText    string
	Type         string // of the input element, or textarea, select, checkbox
	Autocomplete string // https://html.spec.whatwg.org/#autofill
	InputMode    string // the keyboard of a phone: numeric, decimal, email
	Hint         i18n.Message
	HintText     string // an editor's, in place of Hint
	Value        string // never of a password; of a checkbox: "true" or ""
	Options      []Option
	Optional     bool
	Accept       string // types of files, for a file
	MinLength    int
	MaxLength    int
	Error        i18n.Message

	// What static/hutch.js says beside the field when the visitor leaves it and
	// it cannot be right; empty: nothing until the form is sent.
	WhenMisshapen i18n.Message
	WhenShort     i18n.Message
	// NewAddress offers a correction for a mistyped mail domain.
	NewAddress bool

	ID string // of the input; the form gives it, see [Form.Inputs]
}

// Option is one of a select's.
type Option struct {
	Value string
	Label i18n.Message
	Text  string // in place of Label
}

// EmailField asks for an address that exists, such as the one to sign in with.
func EmailField(name string, label i18n.Message, autocomplete, value string) Field {
	return Field{
		Name: name, Label: label, Type: "email", InputMode: "email", Autocomplete: autocomplete, Value: value, MaxLength: 254,
		WhenMisshapen: "error.emailshape",
	}
}

// NewEmailField asks for an address that is new here, and so may be mistyped.
func NewEmailField(name string, label i18n.Message, autocomplete, value string) Field {
	f := EmailField(name, label, autocomplete, value)
	f.NewAddress = true
	return f
}

// PasswordField asks for a password that exists. It has no value: a password is
// never sent back.
func PasswordField(name string, label i18n.Message) Field {
	return Field{Name: name, Label: label, Type: "password", Autocomplete: "current-password"}
}

// NewPasswordField asks for a password that the visitor chooses.
func NewPasswordField(name string, label i18n.Message) Field {
	return Field{
		Name: name, Label: label, Type: "password", Autocomplete: "new-password",
		Hint: "signup.hint", MinLength: MinPassword, WhenShort: "error.passwordshort",
	}
}

// CodeField asks for the six digits that an authenticator app shows. They are
// not a number: a leading zero counts.
func CodeField(label i18n.Message) Field {
	return Field{
		Name: "code", Label: label, Type: "text", InputMode: "numeric", Autocomplete: "one-time-code",
		Hint: "code.hint", MaxLength: 16,
	}
}

// ProofFields ask members to show that they sit there themselves, before
// something that a stranger at their desk must not do.
func ProofFields(twoFactor bool) []Field {
	fields := []Field{PasswordField("current_password", "proof.password")}
	if twoFactor {
		fields = append(fields, CodeField("proof.code"))
	}
	return fields
}

// Field returns the field of this name, to be filled or marked; nil if the form
// has none.
func (f *Form) Field(name string) *Field {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			return &f.Fields[i]
		}
	}
	return nil
}

// Retype fills in what was typed; a box that is not among it was not ticked. What
// a field cannot hold any more is left as it is.
func (f *Field) Retype(typed []Typed) {
	if f.Type == "password" || f.Type == "file" || f.Autocomplete == "one-time-code" {
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

// Inputs are the fields, each with an id that no other form on the page has.
func (f Form) Inputs() []Field {
	inputs := make([]Field, len(f.Fields))
	for i, field := range f.Fields {
		field.ID = f.ID + "-" + field.Name
		inputs[i] = field
	}
	return inputs
}

// Multipart reports whether the form sends a file.
func (f Form) Multipart() bool {
	for _, field := range f.Fields {
		if field.Type == "file" {
			return true
		}
	}
	return false
}

// Failed reports whether the form comes back from an attempt that went wrong.
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

// Rows is how high a textarea begins.
func (f Field) Rows() int { return min(12, 4+utf8.RuneCountInString(f.Value)/60) }

// withForm is what pages with a form share: the title of the tab says when it
// has failed, as screen readers read the title first.
type withForm struct{ Form Form }

func (p withForm) failed() bool { return p.Form.Failed() }

// Trouble is what stopped the attempt as a whole.
func (p withForm) Trouble() i18n.Message { return p.Form.Problem }
