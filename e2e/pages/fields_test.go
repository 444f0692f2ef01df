package pages_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/accessibility"

	"hutch/e2e/harness"
)

// fields are the inputs that the states must show, with what each says it is for
// (autocomplete and inputmode), so that password managers, phones and screen readers
// can help.
type fields struct {
	want map[string]string

	mu    sync.Mutex
	found map[string]bool
}

func newFields() *fields {
	const proof, code = "current-password", "one-time-code numeric"
	return &fields{found: map[string]bool{}, want: map[string]string{
		"everywhere q":  "off", // the search
		"/signin email": "username email", "/signin password": "current-password",
		"/signin/code code": code, "/signin/recovery code": "off",
		"/signup email": "username email", "/signup password": "new-password",
		"/password/forgot email": "username email", "/password/reset password": "new-password",
		"/invite password":     "new-password",
		"/profile/email email": "email email", "/profile/email current_password": proof, "/profile/email code": code,
		"/profile/password password": "new-password", "/profile/password current_password": proof, "/profile/password code": code,
		"/profile/two-factor current_password": proof, "/profile/two-factor code": code,
		"/profile/two-factor/off current_password": proof, "/profile/two-factor/off code": code,
		"/profile/delete email": "off email", "/profile/delete current_password": proof, "/profile/delete code": code,
		"/profile first_name": "given-name", "/profile last_name": "family-name", "/profile title": "organization-title",
		"/profile location": "off", "/profile description": "", "/profile language": "", "/profile appearance": "", "/profile picture": "",
		// The project's own.
		"/profile pronouns": "", "/profile burrow": "", "/profile name_of_whoever_looks_after_your_rabbits_while_you_are_away": "",
		"/profile about_your_rabbits": "", "/profile rabbits": "numeric", "/profile hay_per_day": "decimal", "/profile keeper_since": "",
		"/profile feeding_time": "", "/profile next_visit": "", "/profile newsletter": "", "/profile interests": "",
	}}
}

func (f *fields) areDescribed(t *testing.T, b *harness.Browser, _ state) {
	path, _, _ := strings.Cut(b.Path, "?")
	for _, input := range b.Doc.Find("main input:not([type=hidden], [hidden]), main select, main textarea").EachIter() {
		name := path + " " + input.AttrOr("name", "")
		if input.AttrOr("name", "") == "q" {
			name = "everywhere q"
		}
		if strings.Contains(name, " field-") { // of a form of the editors', who call it as they like
			if kind := input.AttrOr("type", ""); kind == "email" && input.AttrOr("autocomplete", "") != "email" {
				t.Errorf("%s does not say that it is an email address", name)
			}
			if b.Doc.Find(`label[for="`+input.AttrOr("id", "?")+`"]`).Length() != 1 {
				t.Errorf("%s has no label", name)
			}
			continue
		}
		if strings.HasPrefix(name, "/ads/") && strings.Contains(b.Doc.Find("form#entry").AttrOr("action", ""), "/ads/") { // of a collection of the team's own
			if b.Doc.Find(`label[for="`+input.AttrOr("id", "?")+`"]`).Length() != 1 {
				t.Errorf("%s has no label", name)
			}
			continue
		}
		if strings.HasSuffix(name, " leave-empty") {
			continue // is for nobody
		}
		f.mu.Lock()
		f.found[name] = true
		f.mu.Unlock()
		got := strings.TrimSpace(input.AttrOr("autocomplete", "") + " " + input.AttrOr("inputmode", ""))
		if purpose, listed := f.want[name]; !listed || got != purpose {
			t.Errorf("%s: autocomplete and inputmode %q, want %q (listed: %t)", name, got, purpose, listed)
		}
		if b.Doc.Find(`label[for="`+input.AttrOr("id", "?")+`"]`).Length() != 1 {
			t.Errorf("%s has no label", name)
		}
	}
}

func (f *fields) wantAllSeen(t *testing.T) {
	for name := range f.want {
		if !f.found[name] {
			t.Errorf("%s was not found", name)
		}
	}
}

// summariesLeadOn: all that the summary of a failed form says leads to a field of that
// form, if it has any.
func summariesLeadOn(t *testing.T, b *harness.Browser, _ state) {
	for _, form := range b.Doc.Find("form:has(.summary)").EachIter() {
		inputs := form.Find(".control > input, .control > select, .control > textarea")
		for _, said := range form.Find(".summary li").EachIter() {
			leads := strings.TrimPrefix(said.Find("a").AttrOr("href", ""), "#")
			if there := inputs.Filter(`[id="`+leads+`"]`).Length() == 1; there != (inputs.Length() > 0) {
				t.Errorf("%q leads to %q", harness.Squeeze(said.Text()), leads)
			}
		}
	}
}

// passwordsHaveAnOwner: a form with a password says whose it is before it asks for it,
// for password managers: in the field where it is typed, or else in one that nobody
// sees.
func passwordsHaveAnOwner(t *testing.T, b *harness.Browser, _ state) {
	for _, form := range b.Doc.Find("form:has(input[type=password])").EachIter() {
		inputs := form.Find("input[type=password], input[autocomplete=username]")
		owner := inputs.First()
		if inputs.Filter("[autocomplete=username]").Length() != 1 || !owner.Is("[autocomplete=username]") {
			t.Errorf("the form %s names no owner of its password, or more than one", form.AttrOr("id", ""))
			continue
		}
		if typed := owner.Is(":not([hidden])"); typed {
			continue
		}
		want := harness.Member.Email
		switch b.Path {
		case "/invite":
			want = harness.Newcomer.Email
		case "/password/reset":
			want = harness.Neighbour.Email
		case "/profile/email":
			want = b.Doc.Find("main dd").First().Text()
		}
		if address := harness.InputValue(owner); address != want {
			t.Errorf("the password of the form %s is said to be of %q, want %q", form.AttrOr("id", ""), address, want)
		}
	}
}

// onlyErrorsAreInvalid: screen readers call the fields invalid that are said to be
// wrong, and no field that waits to be filled in.
func onlyErrorsAreInvalid(t *testing.T, b *harness.Browser, _ state) {
	want := b.Doc.Find(`.control [aria-invalid="true"]`).Length()
	if errors := b.Doc.Find(".field .error").Length(); errors != want {
		t.Errorf("%d fields have a message, and %d are invalid", errors, want)
	}
	var invalid []string
	for _, node := range harness.Call(t, b.Tab, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		for _, property := range node.Properties {
			if property.Name == accessibility.PropertyNameInvalid && string(property.Value.Value) == `"true"` {
				invalid = append(invalid, string(node.Name.Value))
			}
		}
	}
	if len(invalid) != want {
		t.Errorf("%d fields are wrong, and these are called invalid: %q", want, invalid)
	}
}
