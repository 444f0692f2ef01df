package templates

import "hutch/words"

// Form is a form of labelled inputs with one button. The partial "form" gives
// it what no form may lack: labels, autocomplete, the messages of a failed
// attempt at the top and beside each field, hints while it is filled in, and
// htmx.
type Form struct {
	ID     string        // of the form element
	Action string        // the path that it posts to, query included
	Target string        // id of the element that the answer replaces; empty: the form itself
	Submit words.Message // what the button says
	Busy   words.Message // what it says while the answer is awaited
	// Problem is what stopped the attempt as a whole; messages about one field
	// are in the field.
	Problem words.Message
	Fields  []Field
}

// Field is one input and what was wrong with it.
type Field struct {
	Name         string
	Label        words.Message
	Type         string // email, password …
	Autocomplete string // https://html.spec.whatwg.org/#autofill
	Hint         words.Message
	Value        string // never of a password
	MinLength    int
	MaxLength    int
	Error        words.Message

	// What static/hutch.js says beside the field when the visitor leaves it and
	// it cannot be right; empty: nothing until the form is sent.
	WhenMisshapen words.Message
	WhenShort     words.Message
	// NewAddress offers a correction for a mistyped mail domain.
	NewAddress bool

	ID string // of the input; the form gives it, see [Form.Inputs]
}

// EmailField asks for an address that exists, such as the one to sign in with.
func EmailField(name string, label words.Message, autocomplete, value string) Field {
	return Field{
		Name: name, Label: label, Type: "email", Autocomplete: autocomplete, Value: value, MaxLength: 254,
		WhenMisshapen: "error.emailshape",
	}
}

// NewEmailField asks for an address that is new here, and so may be mistyped.
func NewEmailField(name string, label words.Message, autocomplete, value string) Field {
	f := EmailField(name, label, autocomplete, value)
	f.NewAddress = true
	return f
}

// PasswordField asks for a password that exists. It has no value: a password is
// never sent back.
func PasswordField(name string, label words.Message) Field {
	return Field{Name: name, Label: label, Type: "password", Autocomplete: "current-password"}
}

// NewPasswordField asks for a password that the visitor chooses.
func NewPasswordField(name string, label words.Message) Field {
	return Field{
		Name: name, Label: label, Type: "password", Autocomplete: "new-password",
		Hint: "signup.hint", MinLength: MinPassword, WhenShort: "error.passwordshort",
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

// InputMode picks the keyboard of a phone.
func (f Field) InputMode() string {
	if f.Type == "email" {
		return "email"
	}
	return ""
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

// SwapTarget is the selector of the element that the answer replaces.
func (f Form) SwapTarget() string {
	if f.Target != "" {
		return "#" + f.Target
	}
	return "#" + f.ID
}

// withForm is what pages with a form share: the title of the tab says when it
// has failed, as screen readers read the title first.
type withForm struct{ Form Form }

func (p withForm) failed() bool { return p.Form.Failed() }

// Trouble is what stopped the attempt as a whole.
func (p withForm) Trouble() words.Message { return p.Form.Problem }
