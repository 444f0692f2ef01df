package content_test

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/PuerkitoBio/goquery"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// Visitors read the language that their browser asks for, members their own.
func TestLanguages(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	for _, test := range []struct {
		accept, language, direction string
		says                        []string
	}{
		{"", "en", "ltr", []string{"Sign in", "Email address", "No account yet?"}},
		{"de-AT,de;q=0.9,en;q=0.5", "de", "ltr", []string{"Anmelden", "E-Mail-Adresse", "Noch kein Konto?"}},
		{"tlh", "en", "ltr", []string{"Sign in"}},
		{"ar-XB", "ar-XB", "rtl", []string{"\u202eSign\u202c \u202ein\u202c"}},
	} {
		b := site.Browser(t, harness.Plain)
		b.OpenAs("/signin", http.Header{"Accept-Language": {test.accept}})
		html := b.Doc.Find("html")
		if html.AttrOr("lang", "") != test.language || html.AttrOr("dir", "") != test.direction {
			t.Errorf("%q: lang %q, dir %q", test.accept, html.AttrOr("lang", ""), html.AttrOr("dir", ""))
		}
		b.WantText(test.says...)
		if vary := strings.Join(b.Header.Values("Vary"), ", "); !strings.Contains(vary, "Accept-Language") {
			t.Errorf("Vary is %q", vary)
		}
	}

	german := http.Header{"Accept-Language": {"de"}}
	b := site.Browser(t, harness.Plain)
	b.OpenAs("/blog", german)
	b.WantText("14. November 2026")
	b.OpenAs("/nope", german)
	b.WantText("Seite nicht gefunden", "Zur Startseite")
	b.Request(http.MethodPost, "/signin", map[string][]string{"email": {"nonsense"}, "password": {""}}, german)
	for _, said := range []string{"<title>Fehler: Anmelden", "Geben Sie eine E-Mail-Adresse im richtigen Format ein", "Geben Sie Ihr Passwort ein."} {
		if !strings.Contains(b.Raw, said) {
			t.Errorf("a failed sign-in does not say %q", said)
		}
	}
	if words := b.Doc.Find("article").AttrOr("lang", ""); words != "" {
		t.Errorf("a problem is marked as the editors' language, %q", words)
	}
	b.OpenAs("/pages/about", german)
	if words := b.Doc.Find("article").AttrOr("lang", ""); words != "en" {
		t.Errorf("what editors wrote is marked as %q, want en", words)
	}
}

// The words of a form that editors made are in their language, and the words around them in
// the visitor's.
func TestFormsAreInTwoLanguages(t *testing.T) {
	b := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{Blocks: true}), nil).Browser(t, harness.Plain)
	b.OpenAs("/contact", http.Header{"Accept-Language": {"de"}})
	for words, language := range map[string]string{
		"Your name": "en", "Only to answer you.": "en", "Hay": "en", "May we print it?": "en", "Without my name": "en", "Send the letter": "en",
		"Bitte wählen …": "de", "(optional)": "de", "Wird gesendet …": "de",
	} {
		found := b.Doc.Find("main form *").FilterFunction(func(_ int, e *goquery.Selection) bool { return harness.Squeeze(e.Text()) == words }).Last()
		if found.Length() == 0 || found.Closest("[lang]").AttrOr("lang", "") != language {
			t.Errorf("%q is marked as %q, want %s", words, found.Closest("[lang]").AttrOr("lang", ""), language)
		}
	}
}

// A third language is one more file, and this test's has gaps. What it lacks is
// shown in English, on pages and in forms, and logged once.
func TestAThirdLanguage(t *testing.T) {
	english, err := os.ReadFile(harness.Path("internal", "i18n", "en.toml"))
	if err != nil {
		t.Fatal(err)
	}
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Words = fstest.MapFS{
		"en.toml": {Data: english},
		"fr.toml": {Data: []byte(strings.NewReplacer(
			`name = "English"`, `name = "Français"`,
			`profile = "en-US"`, `profile = "fr-FR"`,
			`notfound = "Page not found"`, `notfound = "Page introuvable"`,
			`notfoundtext = "There's nothing at this address. The page may have moved, or the link may be wrong."`, ``,
			`enteremail = "Enter your email address."`, ``,
		).Replace(string(english)))},
	}
	site := harness.StartApp(t, up, nil)
	b := site.Browser(t, harness.Plain)
	french := http.Header{"Accept-Language": {"fr"}}
	for range 2 {
		b.OpenAs("/nope", french)
		harness.WantLanguage(t, b, "fr")
		b.WantStatus(http.StatusNotFound)
		b.WantText("Page introuvable", "There's nothing at this address.")
		b.Request(http.MethodPost, "/signin", map[string][]string{"email": {""}, "password": {"x"}}, french)
		b.Load()
		b.WantError("email", "Enter your email address.")
	}
	for _, message := range []string{"problem.notfoundtext", "error.enteremail"} {
		if n := strings.Count(site.Log.String(), "language=fr message="+message); n != 1 {
			t.Errorf("the log names %s %d times", message, n)
		}
	}

	who := b.SignUp()
	b.Submit("#edit-profile", map[string]string{"language": "fr-FR"})
	b.WantText("Your profile has been saved.", "Français")
	harness.WantLanguage(t, b, "fr")
	if stored := up.User(t, who)["language"]; stored != "fr-FR" {
		t.Errorf("Directus has the language %v", stored)
	}
}

// In production nobody gets the language that is made up.
func TestPseudoLanguageIsForDevelopment(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	b := harness.StartApp(t, up, map[string]string{
		"APP_ENV": "production", "PUBLIC_URL": "https://www.example.com", "SESSION_SECRET": strings.Repeat("s", 32),
		"SITE_NAME": "Rabbits & Co", "CONTENT_LANGUAGE": "de-AT",
	}).Browser(t, harness.Plain)
	b.OpenAs("/pages/about", http.Header{"Accept-Language": {"ar-XB"}})
	if language := b.Doc.Find("html").AttrOr("lang", ""); language != "en" {
		t.Errorf("the page is in %s", language)
	}
	if b.Doc.Find("article").AttrOr("lang", "") != "de-AT" || !strings.HasSuffix(b.Title(), " · Rabbits & Co") {
		t.Errorf("the editors' language is %q, the title %q", b.Doc.Find("article").AttrOr("lang", ""), b.Title())
	}
}

// A member's own language goes before the browser's: from sign-in on, and from
// the next look at the profile where it has been changed elsewhere.
func TestMembersLanguage(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, harness.Plain)
		who := b.SignUp()
		b.Open("/blog")
		harness.WantLanguage(t, b, "en")

		setLanguage(t, up, who, "de-DE")
		b.Open("/profile")
		b.WantText("Sprache", "Deutsch")
		if b.Value("language") != "de-DE" {
			t.Errorf("the profile has the language %q", b.Value("language"))
		}
		b.Open("/blog")
		harness.WantLanguage(t, b, "de")

		again := site.Browser(t, harness.Plain)
		again.SignIn(who)
		harness.WantLanguage(t, again, "de")
		again.Submit(`form[action="/logout"]`, nil)
		harness.WantLanguage(t, again, "en")
	})
}

// What stands outside of the body, where htmx swaps, follows all the same.
func TestLanguageFollowsALink(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	b := harness.StartApp(t, up, nil).Browser(t, harness.Scripted)
	who := b.SignUp()
	setLanguage(t, up, who, "de-DE")
	b.Follow(`nav a[href="/blog"]`)
	harness.WantLanguage(t, b, "en")
	b.Follow(`.menu a[href="/profile"]`)
	harness.WantLanguage(t, b, "de")
}

func setLanguage(t *testing.T, up harness.Upstream, who harness.Account, language string) {
	t.Helper()
	var found []struct{ ID string }
	if err := up.Admin.Get(t.Context(), "/users", url.Values{"filter[email][_eq]": {who.Email}}, &found); err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if err := up.Admin.Patch(t.Context(), "/users/"+found[0].ID, map[string]any{"language": language}); err != nil {
		t.Fatal(err)
	}
}

// A language may be anything in Directus, where it is a text. What cannot be one
// does not keep the member out: it would not fit into the session's cookie.
func TestALanguageThatIsNone(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
		who := b.SignUp()
		for _, language := range []string{strings.Repeat("x", 5000), strings.Repeat("de-", 100), "<b>de</b>", "de-DE"} {
			if err := up.Admin.Patch(t.Context(), "/users/"+up.User(t, who)["id"].(string), map[string]any{"language": language}); err != nil {
				t.Logf("this Directus takes no language of %d characters: %v", len(language), err)
				continue
			}
			b.Open("/profile")
			b.WantStatus(http.StatusOK)
			b.Request(http.MethodPost, "/logout", url.Values{}, nil)
			b.SignIn(who)
			b.Open("/profile")
			b.WantStatus(http.StatusOK)
		}
		if lang := b.Doc.Find("html").AttrOr("lang", ""); lang != "de" {
			t.Errorf("in the end the member reads %q", lang)
		}
	})
}

func TestMain(m *testing.M) { harness.Main(m) }

// A language that a visitor chooses in the footer is that of on every page; what the member's profile
// says counts again once it is saved. What else is sent is no choice.
func TestLanguageIsChosen(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh())
	b := site.Browser(t, harness.Plain)
	b.SignUp()
	choose := func(language, referer, want string) {
		t.Helper()
		b.Request(http.MethodPost, "/language", url.Values{"language": {language}}, http.Header{"Referer": {referer}})
		if b.Status != http.StatusSeeOther || b.Header.Get("Location") != want {
			t.Errorf("%q from %s: %d to %q", language, referer, b.Status, b.Header.Get("Location"))
		}
		b.Open("/blog")
	}
	choose("de", site.URL+"/blog?q=hay", "/blog?q=hay")
	harness.WantLanguage(t, b, "de")
	if pressed := b.Doc.Find(`form[action="/language"] [aria-pressed="true"]`).Text(); pressed != "Deutsch" {
		t.Errorf("the footer says %q", pressed)
	}
	b.Open("/profile")
	harness.WantLanguage(t, b, "de")
	b.Submit("#edit-profile", map[string]string{"language": "en-US"})
	harness.WantLanguage(t, b, "en")
	choose("de", "https://evil.test/language", "/")
	harness.WantLanguage(t, b, "de")
	for _, none := range []string{"", "fr", "ar-XB\"><script>", "de-"} {
		choose("de", "", "/")
		choose(none, "", "/")
		harness.WantLanguage(t, b, "en")
	}
}
