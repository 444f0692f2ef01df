package directus

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hutch/internal/secret"
)

// Field describes one field of a collection, as far as a form needs it.
type Field struct {
	Collection string `json:"collection"`
	Name       string `json:"field"`
	Type       string `json:"type"` // string, text, integer, boolean, date …
	Schema     struct {
		ForeignTable string `json:"foreign_key_table"`  // the collection it refers to
		ForeignKey   string `json:"foreign_key_column"` // and the key of its items
		MaxLength    length `json:"max_length"`         // of a string, in characters; 0 if unknown
		IsKey        flag   `json:"is_primary_key"`
		// Default is what the database stores of a new item that has no value.
		Default json.RawMessage `json:"default_value"`
	} `json:"schema"`
	Meta struct {
		Interface string `json:"interface"` // the editors' input: input, tags, select-dropdown …
		Note      text   `json:"note"`
		Sort      int    `json:"sort"`
		Required  flag   `json:"required"`
		ReadOnly  flag   `json:"readonly"`
		Hidden    flag   `json:"hidden"`
		System    flag   `json:"system"`  // Directus' own
		Special   list   `json:"special"` // user-created, file, m2o …
		// These were entered by people and may have any shape.
		Options      json.RawMessage `json:"options"`
		Translations json.RawMessage `json:"translations"`
	} `json:"meta"`
}

// Fields describes the fields of a collection that the member may read: GET
// /fields/:collection; with an empty name, of all collections. It makes Directus
// inspect the database's schema.
//
// Errors: [Forbidden]: no permission to read directus_fields, or the collection.
func (c *Client) Fields(ctx context.Context, v Visitor, token secret.Text, collection string) ([]Field, error) {
	path := "/fields"
	if collection != "" {
		if !collectionName.MatchString(collection) {
			return nil, &Error{Call: "GET /fields", Status: http.StatusForbidden, Code: Forbidden}
		}
		path += "/" + collection
	}
	var fields []Field
	_, err := c.do(ctx, call{pool: c.pools.of(token), method: http.MethodGet, path: path, visitor: v, token: token, timeout: readTimeout}, &fields)
	return fields, err
}

// Choice is a value offered for a field, and its label.
type Choice struct {
	Value string
	Text  string
}

// Choices returns the values offered for the field; none if any may be typed.
func (f Field) Choices() []Choice {
	var options struct {
		Choices []struct {
			Value any  `json:"value"`
			Text  text `json:"text"`
		} `json:"choices"`
	}
	if json.Unmarshal(f.Meta.Options, &options) != nil {
		return nil
	}
	var choices []Choice
	for _, c := range options.Choices {
		if c.Value == nil {
			continue // stands for no choice, such as for appearance
		}
		value, is := c.Value.(string)
		if number, isNumber := c.Value.(float64); isNumber {
			value, is = strconv.FormatFloat(number, 'f', -1, 64), true
		}
		if !is {
			return nil // not a plain list
		}
		choice := Choice{value, string(c.Text)}
		if choice.Text == "" {
			choice.Text = value
		}
		choices = append(choices, choice)
	}
	return choices
}

// Template returns the fields of the related item that stand for it in the Studio, as in
// "{{name}} ({{city}})"; none if editors have not said.
func (f Field) Template() []string {
	var options struct {
		Template text `json:"template"`
	}
	_ = json.Unmarshal(f.Meta.Options, &options)
	var names []string
	for _, found := range templateField.FindAllStringSubmatch(string(options.Template), -1) {
		names = append(names, found[1])
	}
	return names
}

var templateField = regexp.MustCompile(`{{\s*([A-Za-z_][A-Za-z0-9_]*)\s*}}`)

// Has reports whether Directus treats the field in a way of its own, such as
// user-created.
func (f Field) Has(special string) bool { return slices.Contains(f.Meta.Special, special) }

// Names returns the field's labels by language, such as de-DE.
func (f Field) Names() map[string]string {
	var translations []struct {
		Language    string `json:"language"`
		Translation text   `json:"translation"`
	}
	if json.Unmarshal(f.Meta.Translations, &translations) != nil {
		return nil
	}
	names := map[string]string{}
	for _, t := range translations {
		if t.Translation != "" {
			names[t.Language] = string(t.Translation)
		}
	}
	return names
}

// text returns what somebody entered, unless it is a translation key that only the
// Studio can resolve.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var written string
	if json.Unmarshal(raw, &written) == nil && !strings.HasPrefix(written, "$t:") {
		*t = text(written)
	}
	return nil
}

// list is a list of words; anything else is empty.
type list []string

func (l *list) UnmarshalJSON(raw []byte) error {
	var words []string
	if json.Unmarshal(raw, &words) == nil {
		*l = words
	}
	return nil
}

// length is the length of a column; 0 if the database reports something unusable.
type length int

func (l *length) UnmarshalJSON(raw []byte) error {
	var n int
	if json.Unmarshal(raw, &n) == nil && n > 0 {
		*l = length(n)
	}
	return nil
}

// flag is a boolean, which some databases store as a number.
type flag bool

func (f *flag) UnmarshalJSON(raw []byte) error {
	*f = string(raw) == "true" || string(raw) == "1"
	return nil
}
