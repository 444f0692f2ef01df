package templates

// Form is a form of labelled inputs with one button. The partial "form" gives
// it what no form may lack: labels, autocomplete, the messages of a failed
// attempt at the top and beside each field, and htmx.
type Form struct {
	ID     string // of the form element
	Action string // the path that it posts to, query included
	Target string // id of the element that the answer replaces; empty: the form itself
	Submit string // what the button says
	// Problem is what stopped the attempt as a whole; messages about one field
	// are in the field.
	Problem string
	Fields  []Field
}

// Field is one input and what was wrong with it.
type Field struct {
	Name         string
	Label        string
	Type         string // email, password …
	Autocomplete string // https://html.spec.whatwg.org/#autofill
	Hint         string
	Value        string // never of a password
	MinLength    int
	MaxLength    int
	Error        string
}

// EmailField asks for an address.
func EmailField(name, label, autocomplete, value string) Field {
	return Field{Name: name, Label: label, Type: "email", Autocomplete: autocomplete, Value: value, MaxLength: 254}
}

// PasswordField asks for a password; autocomplete is "current-password" or
// "new-password". It has no value: a password is never sent back.
func PasswordField(name, label, autocomplete string) Field {
	return Field{Name: name, Label: label, Type: "password", Autocomplete: autocomplete}
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

// errorTitle marks the tab of a page whose form failed, as screen readers read
// the title first.
func errorTitle(title string, failed bool) string {
	if failed {
		return "Error: " + title
	}
	return title
}
