package content_test

import (
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/static"
)

// What is shown of the site outside its pages follows what editors call it, whatever that
// is.
func TestOffThePage(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, harness.Plain)
		plain := card(b)
		for _, name := range []string{
			"Ears & Co", "<b>Löwenzahn</b>", "兎の庭", strings.Repeat("Kaninchenzüchter", 9), strings.Repeat("many words ", 20), "🐇", "x\u202e\x00y",
		} {
			change := map[string]any{"title": strings.ReplaceAll(name, "\x00", ""), "description": name[:1], "color": "#ffcc00"}
			if err := up.Admin.Patch(t.Context(), "/items/global", change); err != nil {
				t.Fatal(err)
			}
			if got := card(b); got == plain {
				t.Errorf("%q: the picture for link previews has not changed", name)
			}
			var manifest struct {
				Name  string
				Icons []struct{ Src, Sizes, Type string }
			}
			answer := b.Request(http.MethodGet, "/manifest.webmanifest", nil, nil)
			if err := json.Unmarshal([]byte(b.Raw), &manifest); err != nil || answer.Header.Get("Content-Type") != "application/manifest+json" {
				t.Fatalf("%q: the manifest: %v, %v", name, err, answer.Header)
			}
			b.Open("/")
			if title := b.Doc.Find(`meta[property="og:site_name"]`).AttrOr("content", ""); manifest.Name != title {
				t.Errorf("the manifest calls the site %q, the page %q", manifest.Name, title)
			}
			for _, icon := range manifest.Icons {
				b.Request(http.MethodGet, icon.Src, nil, nil)
				if size, err := png.DecodeConfig(strings.NewReader(b.Raw)); err != nil || size.Width != 512 || size.Height != 512 || icon.Sizes != "512x512" {
					t.Errorf("the icon %s is %d × %d, %v", icon.Src, size.Width, size.Height, err)
				}
			}
		}
	})
}

// card returns the picture that pages without one name for link previews.
func card(b *harness.Browser) string {
	b.T.Helper()
	b.Open("/blog")
	address := b.Doc.Find(`meta[property="og:image"]`).AttrOr("content", "")
	b.Request(http.MethodGet, strings.TrimPrefix(address, harness.PublicURL), nil, nil)
	size, _, err := image.DecodeConfig(strings.NewReader(b.Raw))
	if err != nil || size.Width != 1200 || size.Height != 630 {
		b.T.Fatalf("%s: %d × %d, %v", address, size.Width, size.Height, err)
	}
	return b.Raw
}

// Browsers tint what surrounds a page as its paper, in the scheme that is shown.
func TestThemeColours(t *testing.T) {
	files, err := static.New(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	css, _ := files.Named("hutch.css")
	paper := regexp.MustCompile(`--paper: light-dark\((#\w{6}), (#\w{6})\)`).FindSubmatch(css.Content)
	if paper == nil {
		t.Fatal("hutch.css names no paper")
	}
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
		colours := func() (said string) {
			for _, m := range b.Doc.Find(`meta[name="theme-color"]`).EachIter() {
				said += m.AttrOr("content", "") + m.AttrOr("media", "") + " "
			}
			return said
		}
		light, dark := string(paper[1]), string(paper[2])
		b.Open("/blog")
		if got, want := colours(), light+"(prefers-color-scheme: light) "+dark+"(prefers-color-scheme: dark) "; got != want {
			t.Errorf("the colours are %q, want %q", got, want)
		}
		for appearance, want := range map[string]string{"light": light + " ", "dark": dark + " "} {
			b.Request(http.MethodPost, "/appearance", map[string][]string{"appearance": {appearance}}, nil)
			b.Open("/blog")
			if got := colours(); got != want {
				t.Errorf("%s: %q, want %q", appearance, got, want)
			}
		}
		b.Request(http.MethodGet, "/manifest.webmanifest", nil, nil)
		if !strings.Contains(b.Raw, `"theme_color":"`+light+`"`) {
			t.Errorf("the manifest: %s", b.Raw)
		}
	})
}

// Who finds a weakness learns whom to tell, if somebody is named (RFC 9116).
func TestSecurityTxt(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
		if b.Request(http.MethodGet, "/.well-known/security.txt", nil, nil); b.Status != http.StatusNotFound {
			t.Errorf("nobody is named: %d", b.Status)
		}
		b = harness.StartApp(t, up, map[string]string{"SECURITY_CONTACT": "mailto:security@example.com"}).Browser(t, harness.Plain)
		answer := b.Request(http.MethodGet, "/.well-known/security.txt", nil, nil)
		said := regexp.MustCompile(`^Contact: mailto:security@example\.com\nExpires: (\S+)\nCanonical: ` + regexp.QuoteMeta(harness.PublicURL) + `/\.well-known/security\.txt\n$`).FindStringSubmatch(b.Raw)
		if said == nil || answer.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Fatalf("%d %v %q", b.Status, answer.Header, b.Raw)
		}
		until, err := time.Parse(time.RFC3339, said[1])
		if left := time.Until(until); err != nil || left < 24*time.Hour || left > 365*24*time.Hour {
			t.Errorf("it holds until %s, %v", said[1], err)
		}
	})
}
