package harness

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/gin-gonic/gin"

	"hutch/app"
	"hutch/templates"
)

// WantSession checks that Directus still knows this browser's session, or does
// not.
func (b *Browser) WantSession(alive bool) {
	b.T.Helper()
	b.Open("/profile")
	if alive {
		b.WantAt("/profile")
	} else {
		b.WantAt("/signin?redirectedFrom=%2Fprofile")
	}
}

// mustNotLeak looks for every token that Directus gave out, and for passwords
// and Directus' address, in what the browser got.
func (b *Browser) mustNotLeak(path string) {
	b.T.Helper()
	var head bytes.Buffer
	if err := b.Header.Write(&head); err != nil {
		b.T.Fatal(err)
	}
	for _, secret := range append(b.App.Wire.Tokens(), Passwords...) {
		if strings.Contains(b.Raw, secret) || strings.Contains(head.String(), secret) {
			b.T.Errorf("%s: a token or password reached the browser: …%s…", path, secret[:min(8, len(secret))])
		}
	}
	for _, internal := range []string{b.App.Wire.URL, "upstream-secret", "INVALID_", "FORBIDDEN", "extensions", "goroutine"} {
		if strings.Contains(b.Raw, internal) || strings.Contains(head.String(), internal) {
			b.T.Errorf("%s: the page shows %q", path, internal)
		}
	}
}

// mustSetOnce: browsers disagree about which of two cookies of a name wins.
func (b *Browser) mustSetOnce(path string) {
	b.T.Helper()
	set := map[string]bool{}
	for _, cookie := range (&http.Response{Header: b.Header}).Cookies() {
		if set[cookie.Name] {
			b.T.Errorf("%s sets the cookie %s twice", path, cookie.Name)
		}
		set[cookie.Name] = true
	}
}

func (b *Browser) Text() string {
	return strings.Join(strings.Fields(b.Doc.Find("#notices, main").Text()), " ")
}

func (b *Browser) Title() string { return b.Doc.Find("head title").Text() }

func (b *Browser) WantStatus(status int) {
	b.T.Helper()
	if b.Status != status {
		b.T.Errorf("%s: status %d, want %d", b.Path, b.Status, status)
	}
}

func (b *Browser) WantAt(path string) {
	b.T.Helper()
	if b.Path != path {
		b.T.Errorf("the visitor is at %s, want %s", b.Path, path)
	}
}

func (b *Browser) WantText(texts ...string) {
	b.T.Helper()
	for _, text := range texts {
		if !strings.Contains(b.Text(), text) {
			b.T.Errorf("%s does not say %q; it says: %s", b.Path, text, b.Text())
		}
	}
}

// WantError checks that a failed form says so in all three places, and keeps
// what was typed but no password.
func (b *Browser) WantError(field, message string) {
	b.T.Helper()
	b.WantStatus(http.StatusUnprocessableEntity)
	if !strings.HasPrefix(b.Title(), "Error: ") {
		b.T.Errorf("%s: the title does not say that there is an error: %q", b.Path, b.Title())
	}
	summary := b.Doc.Find(`main [role="alert"]`)
	if !strings.Contains(summary.Text(), message) {
		b.T.Errorf("%s: the summary does not say %q: %s", b.Path, message, strings.Join(strings.Fields(b.Text()), " "))
	}
	if field != "" {
		input := b.Doc.Find("main [name=" + field + "]")
		if summary.Find(`a[href="#`+input.AttrOr("id", "?")+`"]`).Length() != 1 {
			b.T.Errorf("%s: the summary does not link to %s", b.Path, field)
		}
		described := input.AttrOr("aria-describedby", "")
		beside := ""
		for id := range strings.FieldsSeq(described) {
			beside += b.Doc.Find("#" + id).Text()
		}
		if input.AttrOr("aria-invalid", "") != "true" || !strings.Contains(beside, message) {
			b.T.Errorf("%s: the message is not beside the field %s (it is described by %q)", b.Path, field, beside)
		}
	}
	b.Doc.Find("input[type=password]").Each(func(_ int, input *goquery.Selection) {
		if _, has := input.Attr("value"); has {
			b.T.Errorf("%s: a password came back in the page", b.Path)
		}
	})
}

func (b *Browser) Value(field string) string {
	return InputValue(b.Doc.Find("[name=" + field + "]:not(button)"))
}

func (b *Browser) SignedIn() bool { return b.Doc.Find(`.menu a[href="/profile"]`).Length() == 1 }

func (b *Browser) WantSignedIn(want bool) {
	b.T.Helper()
	if b.SignedIn() != want {
		b.T.Errorf("%s: signed in: %t, want %t", b.Path, b.SignedIn(), want)
	}
}

func WantLanguage(t *testing.T, b *Browser, want string) {
	t.Helper()
	if got := b.Doc.Find("html").AttrOr("lang", ""); got != want {
		t.Errorf("%s is in %q, want %q", b.Path, got, want)
	}
}

// CopyOfThePages is a folder with the templates and static files, to be changed.
func CopyOfThePages(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"templates", "static"} {
		if err := os.CopyFS(filepath.Join(folder, name), os.DirFS(Path(name))); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// RoutesOfTheApp are all that it has in development.
func RoutesOfTheApp(t *testing.T) gin.RoutesInfo {
	t.Helper()
	config, err := app.Read(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	outbox := func(context.Context) (templates.Outbox, error) { return templates.Outbox{}, nil }
	site, err := app.New(t.Context(), app.Options{Config: config, DirectusURL: "http://127.0.0.1:1", Outbox: outbox, Closing: t.Context()})
	if err != nil {
		t.Fatal(err)
	}
	engine, isGin := site.Handler().(*gin.Engine)
	if !isGin {
		t.Fatalf("the site is a %T", site.Handler())
	}
	return routesOf(engine)
}

// Routes are those of the app.
func (a *App) Routes() gin.RoutesInfo { return routesOf(a.Handler.(*gin.Engine)) }

// routesOf leaves out those that lead from a slash at the end to the address without.
func routesOf(engine *gin.Engine) gin.RoutesInfo {
	return slices.DeleteFunc(engine.Routes(), func(r gin.RouteInfo) bool { return r.Path != "/" && strings.HasSuffix(r.Path, "/") })
}

// Path is a file or folder of the repository, named from its root. Tests run in
// the folder of their package, where a site in development finds no templates to
// read and takes those in the binary.
func Path(elements ...string) string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(append([]string{filepath.Dir(file), "..", ".."}, elements...)...)
}
