package templates

import (
	"slices"
	"testing"
)

// Values that a field no longer accepts leave it unchanged, and passwords are never
// sent back.
func TestRetype(t *testing.T) {
	typed := []Typed{{Name: "a", Value: "new"}, {Name: "p", Value: "new"}, {Name: "c", Value: "new"}, {Name: "f", Value: "new"}, {Name: "s", Value: "gone"}, {Name: "s2", Value: "two"}, {Name: "t", Value: "true"}}
	options := []Option{{Value: "one"}, {Value: "two"}}
	form := Form{Fields: []Field{
		{Name: "a", Type: "text", Value: "old"}, {Name: "b", Type: "text", Value: "old"},
		{Name: "p", Type: "password"}, {Name: "c", Type: "text", Autocomplete: "one-time-code"}, {Name: "f", Type: "file"},
		{Name: "s", Type: "select", Options: options, Value: "one"}, {Name: "s2", Type: "select", Options: options, Value: "one"},
		{Name: "t", Type: "checkbox"}, {Name: "u", Type: "checkbox", Value: "true"},
	}}
	var got []string
	for i := range form.Fields {
		form.Fields[i].Retype(typed)
		got = append(got, form.Fields[i].Value)
	}
	if want := []string{"new", "old", "", "", "", "one", "two", "true", ""}; !slices.Equal(got, want) {
		t.Errorf("the fields hold %q, want %q", got, want)
	}
}
