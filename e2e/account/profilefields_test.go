package account_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"hutch/e2e/harness"
)

// The profile shows what the member may read, and lets them change what they may
// change.
func TestProfile(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		t.Run("changed", func(t *testing.T) {
			up.EveryWay(t, func(t *testing.T, how harness.Way) { changeTheProfile(t, up, site, how) })
		})
		for name, journey := range map[string]func(*testing.T, harness.Upstream, *harness.App, harness.Way){
			"only what has changed is sent": onlyChangesAreSent,
			"failing":                       profileFails,
			"refused by Directus":           profileRefused,
			"language":                      languageOfTheProfile,
			"colours":                       coloursOfTheProfile,
		} {
			t.Run(name, func(t *testing.T) {
				up.InDetail(t, func(t *testing.T, how harness.Way) { journey(t, up, site, how) })
			})
		}
		t.Run("read-only fields", func(t *testing.T) {
			up.BothWays(t, func(t *testing.T, how harness.Way) { readOnlyFields(t, up, site, how) })
		})
		if up.MembersReadThemselves() { // and not by the service token, which reads them all
			t.Run("unreadable fields", func(t *testing.T) { unreadableFields(t, up, site) })
		}
	})
}

func changeTheProfile(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	typed := map[string]string{
		"first_name": "Åsa <b>", "last_name": "O'Neill & Söhne", "title": "Keeper", "location": "Lower Burrow",
		"description": "two\nlines",
	}
	b.Submit("#edit-profile", typed)
	b.WantAt("/profile")
	b.WantStatus(http.StatusOK)
	b.WantText("Your profile has been saved.")
	row := up.User(t, who)
	for name, value := range typed {
		if row[name] != value || b.Value(name) != value {
			t.Errorf("%s is %q and shown as %q, want %q", name, row[name], b.Value(name), value)
		}
	}
	b.Submit("#edit-profile", nil)
	b.WantText("You didn't change anything.")
	b.Submit("#edit-profile", map[string]string{"first_name": "", "description": "  \n "})
	b.WantText("Your profile has been saved.")
	if row = up.User(t, who); row["first_name"] != nil || row["description"] != nil || row["last_name"] != typed["last_name"] {
		t.Errorf("after clearing, the row is %v", row)
	}
}

// onlyChangesAreSent: whatever the form is made to hold, Directus gets nothing but
// the fields that may change and have.
func onlyChangesAreSent(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	bodies := site.Wire.Record(t, "PATCH ")
	defer site.Wire.Mend()
	b.Submit("#edit-profile", map[string]string{"first_name": "Ada"})
	b.WantText("Your profile has been saved.")
	b.Submit("#edit-profile", nil)
	form := b.Doc.Find("#edit-profile")
	for _, name := range []string{"id", "role", "status", "email", "password", "token", "provider", "tfa_secret", "avatar", "policies", "theme_dark", "tags"} {
		if form.Find("[name="+name+"]").Length() != 0 {
			t.Errorf("the form has %s", name)
		}
		form.AppendHtml(`<input name="` + name + `" value="planted">`)
	}
	b.Submit("#edit-profile", map[string]string{"last_name": "Lovelace"})
	b.WantText("Your profile has been saved.")
	if got, want := bodies(), []string{`{"first_name":"Ada"}`, `{"last_name":"Lovelace"}`}; !slices.Equal(got, want) {
		t.Errorf("Directus was sent %q, want %q", got, want)
	}
	if row := up.User(t, who); row["first_name"] != "Ada" || row["email"] != who.Email {
		t.Errorf("the row is %v", row)
	}
}

func profileFails(t *testing.T, _ harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	b.SignUp()
	b.Submit("#edit-profile", map[string]string{"last_name": "Lovelace"})
	for _, test := range []struct{ field, typed, message string }{
		{"first_name", strings.Repeat("ä", 51), "This is too long for this field."},
		{"title", strings.Repeat("x", 51), "This is too long for this field."},
		{"location", strings.Repeat("x", 256), "This is too long for this field."},
		{"first_name", "a\x00b", "This wasn't accepted."},
		{"first_name", "a\xffb", "This wasn't accepted."},
		{"language", "xx-XX", "Choose one of the options."},
		{"appearance", "purple", "Choose one of the options."},
	} {
		site.Wire.Forget()
		fill := map[string]string{"last_name": "Byron", test.field: test.typed}
		b.Submit("#edit-profile", fill)
		b.WantError(test.field, test.message)
		if b.Value("last_name") != "Byron" {
			t.Errorf("%s is wrong, and the last name is lost: %q", test.field, b.Value("last_name"))
		}
		if site.Wire.Count("PATCH") != 0 {
			t.Errorf("%s is wrong, and Directus was asked to change the rest", test.field)
		}
		b.Open("/profile")
		if b.Value("last_name") != "Lovelace" {
			t.Errorf("the last name is %q", b.Value("last_name"))
		}
	}
	b.Submit("#edit-profile", map[string]string{"description": strings.Repeat("x", 5001)})
	b.WantError("", "This is too long for this field.")
}

// profileRefused: Directus has the last word, and what was typed stays.
func profileRefused(t *testing.T, _ harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	b.SignUp()
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, body)
		}
	}
	for name, test := range map[string]struct {
		answer         http.HandlerFunc
		status         int
		field, message string
	}{
		"a rule of the project": {
			answer(400, `{"errors":[{"message":"upstream-secret","extensions":{"code":"FAILED_VALIDATION","field":"title","type":"regex"}}]}`),
			422, "title", "This wasn't accepted.",
		},
		"too long for the database": {
			answer(400, `{"errors":[{"message":"upstream-secret","extensions":{"code":"VALUE_TOO_LONG","field":"title"}}]}`),
			422, "title", "This is too long for this field.",
		},
		"of a field that is not in the form": {
			answer(400, `{"errors":[{"message":"upstream-secret","extensions":{"code":"FAILED_VALIDATION","field":"role"}}]}`),
			422, "", "Some of what you entered wasn't accepted.",
		},
		"no permission after all": {
			func(w http.ResponseWriter, _ *http.Request) { harness.Refuse(w, 403, "FORBIDDEN") },
			422, "", "You can't change this yourself.",
		},
		"gone":     {harness.Breakages["cut"], 503, "", "couldn't confirm your change"},
		"too busy": {harness.Breakages["429"], 429, "", "tried this too often"},
	} {
		t.Run(name, func(t *testing.T) {
			b.T = t
			b.Open("/profile")
			site.Wire.BreakOn("PATCH", test.answer)
			b.Submit("#edit-profile", map[string]string{"first_name": "Ada", "title": "Countess"})
			site.Wire.Mend()
			if test.status == 422 {
				b.WantError(test.field, test.message)
			}
			b.WantStatus(test.status)
			b.WantText(test.message)
			if b.Value("first_name") != "Ada" || b.Value("title") != "Countess" {
				t.Errorf("what was typed is lost: %q, %q", b.Value("first_name"), b.Value("title"))
			}
		})
	}
}

func languageOfTheProfile(t *testing.T, _ harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	harness.WantLanguage(t, b, "en")
	b.Submit("#edit-profile", map[string]string{"language": "de-DE"})
	harness.WantLanguage(t, b, "de")
	b.WantText("Ihr Profil")
	if strings.Contains(b.Text(), "Your profile") {
		t.Error("what is told of it is in the old language")
	}
	b.Open("/blog")
	harness.WantLanguage(t, b, "de")
	other := site.Browser(t, how)
	other.SignIn(who)
	harness.WantLanguage(t, other, "de")
	b.Open("/profile")
	b.Submit("#edit-profile", map[string]string{"language": ""})
	harness.WantLanguage(t, b, "en")
}

// The colours of the profile are those of all the member's browsers, until one of
// them wants others; saving others in the profile counts again.
func coloursOfTheProfile(t *testing.T, _ harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	want := func(b *harness.Browser, colours string) {
		t.Helper()
		if got := b.Doc.Find("html").AttrOr("data-appearance", ""); got != colours {
			t.Errorf("%s is %q, want %q", b.Path, got, colours)
		}
	}
	footer := func(b *harness.Browser, colours string) {
		b.Request(http.MethodPost, "/appearance", url.Values{"appearance": {colours}}, http.Header{"Referer": {site.URL + "/profile"}})
		b.Open("/profile")
	}
	want(b, "")
	b.Submit("#edit-profile", map[string]string{"appearance": "dark"})
	b.WantText("Your profile has been saved.")
	want(b, "dark")
	b.Open("/blog")
	want(b, "dark")
	other := site.Browser(t, how)
	other.SignIn(who)
	want(other, "dark")

	footer(b, "light")
	want(b, "light")
	footer(other, "")
	want(other, "")
	b.Submit("#edit-profile", map[string]string{"first_name": "Ada"}) // which has nothing to do with colours
	want(b, "light")
	b.Submit("#edit-profile", map[string]string{"appearance": ""})
	want(b, "")
	b.Submit("#edit-profile", map[string]string{"appearance": "dark"})
	want(b, "dark")
	other.Submit(`main form[action="/logout"]`, nil)
	want(other, "")
}

// readOnlyFields may be read and not changed. An unlicensed Directus 12 knows
// only all of them.
func readOnlyFields(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	b.SignUp()
	b.Submit("#edit-profile", map[string]string{"first_name": "Ada", "last_name": "Lovelace", "appearance": "dark", "language": "en-US"})
	open := b.Doc
	up.Forbid(t, "update", "directus_users", "first_name", "appearance", "language")
	b.Open("/profile")
	b.WantText("First nameAda", "AppearanceDark", "LanguageEnglish")
	for _, name := range []string{"first_name", "appearance", "language"} {
		if b.Doc.Find("[name="+name+"]:not(button)").Closest("#edit-profile").Length() != 0 {
			t.Errorf("there is an input for %s", name)
		}
	}
	if up.Major > 11 {
		b.WantText("Last nameLovelace")
		if b.Doc.Find("#edit-profile").Length() != 0 {
			t.Error("there is a form without fields")
		}
	} else if b.Value("last_name") != "Lovelace" {
		t.Errorf("the last name is %q", b.Value("last_name"))
	}

	// A form that was open before does not get past it.
	b.Doc = open
	bodies := site.Wire.Record(t, "PATCH ")
	b.Submit("#edit-profile", map[string]string{"first_name": "Eve"})
	site.Wire.Mend()
	if sent := bodies(); len(sent) != 0 {
		t.Errorf("Directus was sent %q", sent)
	}
	b.WantText("You didn't change anything.", "First nameAda")
}

// unreadableFields are not there at all.
func unreadableFields(t *testing.T, up harness.Upstream, site *harness.App) {
	b := site.Browser(t, harness.Plain)
	b.SignUp()
	b.Submit("#edit-profile", map[string]string{"location": "Burrow", "last_name": "Lovelace"})
	up.Forbid(t, "read", "directus_users", "location", "avatar", "description")
	b.Open("/profile")
	for _, gone := range []string{"Location", "Burrow", "Remove picture"} {
		if strings.Contains(b.Text(), gone) {
			t.Errorf("the page says %q", gone)
		}
	}
	if b.Doc.Find("main :is([name=location], [name=description])").Length() != 0 || b.Value("last_name") != "Lovelace" {
		t.Error("the form has the wrong fields")
	}
	b.Submit("#edit-profile", map[string]string{"last_name": "Byron"})
	b.WantText("Your profile has been saved.")
}

// A profile that was seen a moment ago is one question to Directus, for the fields
// that are shown; where one of them may be read no more, another for the rest.
func TestProfileAsksForWhatItShows(t *testing.T) {
	harness.OnDirectusInTestAll(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, map[string]string{"CACHE_FRESH": "1m"})
		b := site.Browser(t, harness.Plain)
		who := b.SignUp()
		up.Set(t, who, map[string]any{"first_name": "Thistle", "location": "Lower Burrow"})
		b.Open("/profile")
		b.WantText(who.Email)
		site.Wire.Forget()
		b.Open("/profile")
		b.WantText(who.Email)
		if !up.MembersReadThemselves() { // then nobody tells which fields there are
			if n := site.Wire.Count(""); n != 2 || site.Wire.Count("GET /users/") != 2 {
				t.Errorf("Directus was asked %v, want the member and the row", site.Wire.Questions())
			}
			return
		}
		if n := site.Wire.Count(""); n != 1 || site.Wire.Count("GET /users/me") != 1 {
			t.Errorf("Directus was asked %v, want the member alone", site.Wire.Questions())
		}
		up.Forbid(t, "read", "directus_users", "location")
		site.Wire.Forget()
		b.Open("/profile")
		b.WantText(who.Email)
		if b.Doc.Find(`[name=first_name]`).AttrOr("value", "") != "Thistle" || b.Doc.Find(`[name=location]`).Length() != 0 {
			t.Errorf("the profile does not show what may still be read, and that alone: %s", b.Doc.Find("main").Text())
		}
		if n := site.Wire.Count("GET /users/me"); n != 2 || site.Wire.CountToken(up.ServiceToken) > 0 {
			t.Errorf("Directus was asked %v, want the member twice", site.Wire.Questions())
		}
	})
}
