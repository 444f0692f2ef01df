package account_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hutch/e2e/harness"

	"github.com/PuerkitoBio/goquery"
)

// The header of every page shows who is signed in: by their picture, or by their initials.
func TestPictureInTheHeader(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
		b.Open("/blog")
		if b.Doc.Find("header .avatar-image").Length() != 0 {
			t.Error("a stranger has a picture")
		}
		who := b.SignUp()
		for _, name := range [][2]string{{"Hazel", "Meadows"}, {"<b>", "&amp;"}, {"", ""}} {
			up.Set(t, who, map[string]any{"first_name": name[0], "last_name": name[1]})
			b.Open("/profile") // which reads who it is
			b.Open("/blog")
			b.Request(http.MethodGet, b.Doc.Find("header img.avatar-image").AttrOr("src", "/none"), nil, nil)
			want := strings.ToUpper(who.Email[:1])
			if name[0] != "" {
				want = name[0][:1] + name[1][:1]
			}
			if got := textOf(t, b.Raw); b.Header.Get("Content-Type") != "image/svg+xml" || got != want {
				t.Errorf("%q is drawn as %q, %s", name, got, b.Header.Get("Content-Type"))
			}
			if kept := b.Header.Get("Cache-Control"); kept != "no-store" {
				t.Errorf("it may be kept: %q", kept)
			}
		}
		b.Open("/profile")
		b.Submit("#avatar", map[string]string{"picture": harness.AsPNG(t, harness.Painting(300, 200))})
		avatar := "/profile/avatar/" + up.AvatarOf(t, who) + "?size=160"
		if got := b.Doc.Find("header img.avatar-image").AttrOr("src", ""); got != avatar {
			t.Errorf("after the change the header shows %q, want %q", got, avatar)
		}
		b.Open("/blog")
		b.Request(http.MethodGet, b.Doc.Find("header img.avatar-image").AttrOr("src", "/none"), nil, nil)
		if b.Status != http.StatusSeeOther || b.Header.Get("Location") != avatar {
			t.Errorf("the picture of the blog's header: %d to %q, want %q", b.Status, b.Header.Get("Location"), avatar)
		}
		b.Request(http.MethodPost, "/logout", url.Values{}, nil)
		if b.Request(http.MethodGet, avatar, nil, nil); b.Status == http.StatusOK {
			t.Error("the picture is shown to who has signed out")
		}
	})
}

// textOf returns the text of an SVG, which must be one.
func textOf(t *testing.T, svg string) string {
	t.Helper()
	said := ""
	for tokens := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := tokens.Token()
		if err == io.EOF {
			return said
		}
		if err != nil {
			t.Fatalf("%v: %s", err, svg)
		}
		if text, is := token.(xml.CharData); is {
			said += string(text)
		}
	}
}

// Wherever a page says that one may reach those who run the site, it says how, if they do.
func TestContactUs(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		for _, contact := range []string{"", "/pages/about", "mailto:hello@example.com?subject=a&body=b"} {
			b := harness.StartApp(t, up, map[string]string{"CONTACT_URL": contact, "DIRECTUS_SERVICE_TOKEN": ""}).Browser(t, harness.Plain)
			b.SignUp()
			for language, words := range map[string]string{"en": "contact us", "de": "wenden Sie sich an uns"} {
				b.OpenAs("/profile/two-factor", http.Header{"Accept-Language": {language}})
				link := b.Doc.Find("main a").FilterFunction(func(_ int, a *goquery.Selection) bool { return a.AttrOr("href", "") == contact && contact != "" })
				if !strings.Contains(strings.ToLower(b.Doc.Find("main").Text()), strings.ToLower(words)) || strings.ContainsAny(b.Raw, "\x02\x03") {
					t.Errorf("%s, %q: the page says %q", language, contact, b.Doc.Find("main").Text())
				}
				if said := strings.TrimSpace(link.Text()); contact != "" && !strings.EqualFold(said, words) || contact == "" && said != "" {
					t.Errorf("%s: %q leads to %q", language, said, contact)
				}
			}
		}
	})
}
