package account_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"hutch/e2e/harness"
	"hutch/internal/collections"
	"hutch/sandbox"
)

// projectField is a field that a project has added to its members.
type projectField struct {
	name, kind string
	meta       map[string]any
	input      string // a selector of what the form has for it
	typed      string
	shown      string // afterwards, where that is not the same
	stored     string // as JSON
	wrong      string // what cannot be typed there
	message    string // about it
}

var projectFields = []projectField{
	{name: "nickname", kind: "string", input: `input[type=text][maxlength="255"]`,
		typed: "Flopsy", stored: `"Flopsy"`, wrong: strings.Repeat("x", 256), message: "too long"},
	{name: "bio", kind: "text", input: "textarea", typed: "a\nb", stored: `"a\nb"`},
	{name: "newsletter", kind: "boolean", meta: map[string]any{"special": []any{"cast-boolean"}}, input: "input[type=checkbox]",
		typed: "true", stored: "true"},
	{name: "rabbits", kind: "integer", input: "input[type=text][inputmode=numeric]",
		typed: "-042", shown: "-42", stored: "-42", wrong: "many", message: "Enter a whole number"},
	{name: "carrots", kind: "bigInteger", input: "input[type=text][inputmode=numeric]",
		typed: "12345678901", stored: `12345678901`, wrong: "4.5", message: "Enter a whole number"},
	{name: "weight", kind: "float", input: "input[type=text][inputmode=decimal]",
		typed: "2,5", shown: "2.5", stored: "2.5", wrong: "heavy", message: "Enter a number"},
	{name: "height", kind: "decimal", input: "input[type=text][inputmode=decimal]",
		typed: ".5", shown: "0.5", stored: "0.5", wrong: "1e999", message: "Enter a number"},
	{name: "born", kind: "date", input: "input[type=date]",
		typed: "2019-02-28", stored: `"2019-02-28"`, wrong: "2019-02-30", message: "Enter a date"},
	{name: "fed_at", kind: "time", input: "input[type=time]",
		typed: "07:30", stored: `"07:30"`, wrong: "25:00", message: "Enter a time"},
	{name: "moved_in", kind: "dateTime", input: "input[type=datetime-local]",
		typed: "2024-05-01T10:00", stored: `"2024-05-01T10:00:00"`, wrong: "2024-05-01", message: "Enter a date and time"},
	{name: "seen", kind: "timestamp", input: "input[type=datetime-local]",
		typed: "2024-05-01T10:00", stored: `"2024-05-01T10:00:00.000Z"`, wrong: "yesterday", message: "Enter a date and time"},
	{name: "likes", kind: "csv", meta: map[string]any{"special": []any{"cast-csv"}, "interface": "tags"}, input: "input[type=text]",
		typed: "hay, kale,hay", shown: "hay, kale", stored: `["hay","kale"]`},
	{name: "dislikes", kind: "json", meta: map[string]any{"special": []any{"cast-json"}, "interface": "tags"}, input: "input[type=text]",
		typed: "foxes", stored: `["foxes"]`},
	{name: "colour", kind: "string", input: "select", typed: "white", stored: `"white"`, wrong: "green", message: "Choose one of the options.",
		meta: map[string]any{"interface": "select-dropdown", "options": map[string]any{"choices": []any{
			map[string]any{"text": "White as snow", "value": "white"}, map[string]any{"text": "Brown", "value": "brown"},
		}}}},
	{name: "hutch_name", kind: "string", input: "input[required]", typed: "Lodge", stored: `"Lodge"`, wrong: "", message: "Fill in this field.",
		meta: map[string]any{"required": true, "note": "It stands above the door.", "translations": []any{
			map[string]any{"language": "de-DE", "translation": "Name des Stalls"},
		}}},
}

// Fields that a project has added appear with an input that fits. Where members
// cannot read their row, an unlicensed Directus 12, the service token reads a
// fixed list of fields, without them.
func TestOwnFields(t *testing.T) {
	harness.OnDirectusOfItsOwnWith(t, ownFields(), func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		letMembersChangeThem(t, up)
		up.BothWays(t, func(t *testing.T, how harness.Way) {
			b := site.Browser(t, how)
			who := b.SignUp()
			if !up.MembersReadThemselves() {
				if b.Doc.Find("[name=nickname]").Length() != 0 {
					t.Error("the service token reads more than its list")
				}
				return
			}
			projectFieldsAreShown(t, up, b, who)
			projectFieldsAreSaved(t, up, b, who)
			projectFieldsFail(t, site, b)
		})
	})
}

// ownFields are what projects add to members.
func ownFields() collections.Table {
	fields := append(slices.Clone(projectFields),
		projectField{name: "number", kind: "integer", meta: map[string]any{"readonly": true}},
		projectField{name: "vetted", kind: "boolean", meta: map[string]any{"readonly": true, "special": []any{"cast-boolean"}}},
		projectField{name: "secret_note", kind: "string", meta: map[string]any{"hidden": true}},
		projectField{name: "settings_json", kind: "json", meta: map[string]any{"special": []any{"cast-json"}, "interface": "input-code"}},
	)
	row := collections.Collection{Name: "directus_users"}
	for _, f := range fields {
		row.Fields = append(row.Fields, collections.Field{Name: f.name, Type: f.kind, Interface: "input", Meta: f.meta})
	}
	return collections.Table{row}
}

func letMembersChangeThem(t *testing.T, up harness.Upstream) {
	t.Helper()
	if up.MembersReadThemselves() {
		up.MembersMay(t, "update", "directus_users", func(had []string) []string { return append(had, ownFields()[0].FieldNames()...) })
	}
}

func projectFieldsAreShown(t *testing.T, up harness.Upstream, b *harness.Browser, who harness.Account) {
	up.Set(t, who, map[string]any{"number": 7, "vetted": true, "secret_note": "do not tell"})
	b.Open("/profile")
	form := b.Doc.Find("#edit-profile")
	for _, f := range projectFields {
		input := form.Find("[name=" + f.name + "]")
		if !input.Is(f.input) {
			t.Errorf("%s (%s) has not %s but %s", f.name, f.kind, f.input, goquery.NodeName(input))
		}
		if label := form.Find(`label[for="` + input.AttrOr("id", "?") + `"]`).Text(); label == "" {
			t.Errorf("%s has no label", f.name)
		}
	}
	if label := form.Find(`label[for="edit-profile-fed_at"]`).Text(); label != "Fed at" {
		t.Errorf("the label of fed_at is %q", label)
	}
	if options := strings.Join(strings.Fields(form.Find("[name=colour]").Text()), " "); options != "– White as snow Brown" {
		t.Errorf("the colours are %q", options)
	}
	b.WantText("It stands above the door.", "Separate them with commas.", "Number7", "VettedYes")
	for _, name := range []string{"number", "vetted", "secret_note", "settings_json"} {
		if form.Find("[name="+name+"]").Length() != 0 {
			t.Errorf("there is an input for %s", name)
		}
	}
	if strings.Contains(b.Raw, "do not tell") {
		t.Error("a hidden field is shown")
	}
	b.OpenAs("/profile", http.Header{"Accept-Language": {"de"}})
	b.WantText("Name des Stalls")
	b.Open("/profile")
}

func projectFieldsAreSaved(t *testing.T, up harness.Upstream, b *harness.Browser, who harness.Account) {
	fill := map[string]string{}
	for _, f := range projectFields {
		fill[f.name] = f.typed
	}
	b.Submit("#edit-profile", fill)
	b.WantText("Your profile has been saved.")
	row := up.User(t, who)
	for _, f := range projectFields {
		stored, err := json.Marshal(row[f.name])
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Trim(string(stored), `"`) // large numbers come as text
		switch f.kind {                          // a database writes out what its column can hold
		case "decimal":
			got = strings.TrimRight(got, "0")
		case "time":
			got = strings.TrimSuffix(got, ":00")
		}
		if got != strings.Trim(f.stored, `"`) {
			t.Errorf("%s: stored is %s, want %s", f.name, stored, f.stored)
		}
		want := f.shown
		if want == "" {
			want = f.typed
		}
		if got := b.Value(f.name); got != want && !(f.kind == "decimal" && strings.HasPrefix(got, want)) {
			t.Errorf("%s: the form shows %q, want %q", f.name, got, want)
		}
	}
	b.Submit("#edit-profile", nil) // what is shown is what is there
	b.WantText("You didn't change anything.")
	empty := map[string]string{}
	for _, f := range projectFields {
		if f.name != "hutch_name" { // which is required
			empty[f.name] = ""
		}
	}
	b.Submit("#edit-profile", empty)
	b.WantText("Your profile has been saved.")
	row = up.User(t, who)
	for name := range empty {
		if value := row[name]; value != nil && value != false {
			t.Errorf("%s is cleared, and is %v", name, value)
		}
	}
}

func projectFieldsFail(t *testing.T, site *harness.App, b *harness.Browser) {
	b.Open("/profile")
	site.Wire.Forget()
	for _, f := range projectFields {
		if f.message == "" {
			continue
		}
		b.Submit("#edit-profile", map[string]string{"first_name": "Ada", f.name: f.wrong})
		b.WantError(f.name, f.message)
		if b.Value("first_name") != "Ada" || f.kind != "string" && b.Value(f.name) != f.wrong {
			t.Errorf("%s is wrong, and what was typed is lost: %q, %q", f.name, b.Value("first_name"), b.Value(f.name))
		}
		b.Open("/profile")
	}
	if site.Wire.Count("PATCH") != 0 {
		t.Error("Directus was asked to change the rest")
	}
}

// Where nobody may tell what the fields are, their values do.
func TestOwnFieldsThatNobodyDescribes(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{Collections: ownFields()})
	site := harness.StartApp(t, up, nil)
	letMembersChangeThem(t, up)
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	up.Set(t, who, map[string]any{"nickname": "Flopsy", "newsletter": true, "rabbits": 2})
	up.Forbid(t, "read", "directus_fields")
	b.Open("/profile")
	for name, input := range map[string]string{"nickname": "input[type=text]", "newsletter": "input[type=checkbox][checked]", "rabbits": "input[type=text][inputmode=decimal]"} {
		if !b.Doc.Find("#edit-profile [name=" + name + "]").Is(input) {
			t.Errorf("%s has not %s", name, input)
		}
	}
	b.Submit("#edit-profile", map[string]string{"nickname": "Mopsy", "newsletter": "", "rabbits": "3"})
	b.WantText("Your profile has been saved.")
	if row := up.User(t, who); row["nickname"] != "Mopsy" || row["newsletter"] != false || row["rabbits"] != 3.0 {
		t.Errorf("the row is %v", row)
	}
}
