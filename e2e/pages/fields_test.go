package pages_test

import (
	"strings"
	"sync"
	"testing"

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
		"/blog q":       "off",
		"/signin email": "username email", "/signin password": "current-password",
		"/signin/code code": code, "/signin/recovery code": "off",
		"/signup email": "username email", "/signup password": "new-password",
		"/password/forgot email": "username email", "/password/reset password": "new-password",
		"/invite password":     "new-password",
		"/profile/email email": "email email", "/profile/email current_password": proof, "/profile/email code": code,
		"/profile/password password": "new-password", "/profile/password current_password": proof, "/profile/password code": code,
		"/profile/two-factor current_password": proof, "/profile/two-factor code": code,
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
	for _, input := range b.Doc.Find("main input:not([type=hidden]), main select, main textarea").EachIter() {
		name := path + " " + input.AttrOr("name", "")
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
