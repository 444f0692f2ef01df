package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hutch/sandbox"
)

// Visitors read the language that their browser asks for, members their own.
func TestLanguages(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	for _, test := range []struct {
		accept, language, direction string
		says                        []string
	}{
		{"", "en", "ltr", []string{"Sign in", "Email address", "No account yet?"}},
		{"de-AT,de;q=0.9,en;q=0.5", "de", "ltr", []string{"Anmelden", "E-Mail-Adresse", "Noch kein Konto?"}},
		{"fr", "en", "ltr", []string{"Sign in"}},
		{"ar-XB", "ar-XB", "rtl", []string{"\u202eSign\u202c \u202ein\u202c"}},
	} {
		b := site.browser(t, plain)
		b.openAs("/signin", http.Header{"Accept-Language": {test.accept}})
		html := b.doc.Find("html")
		if html.AttrOr("lang", "") != test.language || html.AttrOr("dir", "") != test.direction {
			t.Errorf("%q: lang %q, dir %q", test.accept, html.AttrOr("lang", ""), html.AttrOr("dir", ""))
		}
		b.wantText(test.says...)
		if vary := strings.Join(b.header.Values("Vary"), ", "); !strings.Contains(vary, "Accept-Language") {
			t.Errorf("Vary is %q", vary)
		}
	}

	german := http.Header{"Accept-Language": {"de"}}
	b := site.browser(t, plain)
	b.openAs("/blog", german)
	b.wantText("14. November 2026")
	b.openAs("/nope", german)
	b.wantText("Seite nicht gefunden", "Zur Startseite")
	b.request(http.MethodPost, "/signin", map[string][]string{"email": {"nonsense"}, "password": {""}}, german)
	for _, said := range []string{"<title>Fehler: Anmelden", "Geben Sie eine E-Mail-Adresse im richtigen Format ein", "Geben Sie Ihr Passwort ein."} {
		if !strings.Contains(b.raw, said) {
			t.Errorf("a failed sign-in does not say %q", said)
		}
	}
	if words := b.doc.Find("article").AttrOr("lang", ""); words != "" {
		t.Errorf("a problem is marked as the editors' language, %q", words)
	}
	b.openAs("/pages/about", german)
	if words := b.doc.Find("article").AttrOr("lang", ""); words != "en" {
		t.Errorf("what editors wrote is marked as %q, want en", words)
	}
}

// In production nobody gets the language that is made up.
func TestPseudoLanguageIsForDevelopment(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	b := startApp(t, up, map[string]string{
		"APP_ENV": "production", "PUBLIC_URL": "https://www.example.com", "SESSION_SECRET": strings.Repeat("s", 32),
		"SITE_NAME": "Rabbits & Co", "CONTENT_LANGUAGE": "de-AT",
	}).browser(t, plain)
	b.openAs("/pages/about", http.Header{"Accept-Language": {"ar-XB"}})
	if language := b.doc.Find("html").AttrOr("lang", ""); language != "en" {
		t.Errorf("the page is in %s", language)
	}
	if b.doc.Find("article").AttrOr("lang", "") != "de-AT" || !strings.HasSuffix(b.title(), " · Rabbits & Co") {
		t.Errorf("the editors' language is %q, the title %q", b.doc.Find("article").AttrOr("lang", ""), b.title())
	}
}

// A member's own language goes before the browser's: from sign-in on, and from
// the next look at the profile where it has been changed elsewhere.
func TestMembersLanguage(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		b := site.browser(t, plain)
		who := b.signUp()
		b.open("/blog")
		wantLanguage(t, b, "en")

		up.setLanguage(t, who, "de-DE")
		b.open("/profile")
		b.wantText("Sprache", "Deutsch")
		if b.value("language") != "de-DE" {
			t.Errorf("the profile has the language %q", b.value("language"))
		}
		b.open("/blog")
		wantLanguage(t, b, "de")

		again := site.browser(t, plain)
		again.signIn(who)
		wantLanguage(t, again, "de")
		again.submit(`form[action="/logout"]`, nil)
		wantLanguage(t, again, "en")
	})
}

// What stands outside of the body, where htmx swaps, follows all the same.
func TestLanguageFollowsALink(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	b := startApp(t, up, nil).browser(t, scripted)
	who := b.signUp()
	up.setLanguage(t, who, "de-DE")
	b.follow(`nav a[href="/blog"]`)
	wantLanguage(t, b, "en")
	b.follow(`.menu a[href="/profile"]`)
	wantLanguage(t, b, "de")
}

func wantLanguage(t *testing.T, b *browser, want string) {
	t.Helper()
	if got := b.doc.Find("html").AttrOr("lang", ""); got != want {
		t.Errorf("%s is in %q, want %q", b.path, got, want)
	}
}

func (up upstream) setLanguage(t *testing.T, who account, language string) {
	t.Helper()
	var found []struct{ ID string }
	if err := up.admin.Get(t.Context(), "/users", url.Values{"filter[email][_eq]": {who.email}}, &found); err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if err := up.admin.Patch(t.Context(), "/users/"+found[0].ID, map[string]any{"language": language}); err != nil {
		t.Fatal(err)
	}
}

// A language may be anything in Directus, where it is a text. What cannot be one
// does not keep the member out: it would not fit into the session's cookie.
func TestALanguageThatIsNone(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		b := startApp(t, up, nil).browser(t, plain)
		who := b.signUp()
		for _, language := range []string{strings.Repeat("x", 5000), strings.Repeat("de-", 100), "<b>de</b>", "de-DE"} {
			if err := up.admin.Patch(t.Context(), "/users/"+up.user(t, who)["id"].(string), map[string]any{"language": language}); err != nil {
				t.Logf("this Directus takes no language of %d characters: %v", len(language), err)
				continue
			}
			b.open("/profile")
			b.wantStatus(http.StatusOK)
			b.request(http.MethodPost, "/logout", url.Values{}, nil)
			b.signIn(who)
			b.open("/profile")
			b.wantStatus(http.StatusOK)
		}
		if lang := b.doc.Find("html").AttrOr("lang", ""); lang != "de" {
			t.Errorf("in the end the member reads %q", lang)
		}
	})
}
