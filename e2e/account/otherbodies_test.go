package account_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// Only what a form has sent is saved: a program that sends half of it, or something
// else, empties nothing.
func TestOnlyWhatWasSentIsSaved(t *testing.T) {
	t.Parallel()
	up := harness.StartSandbox(t, sandbox.Options{Collections: harness.FieldOfEachKind()})
	site := harness.StartApp(t, up, nil)
	harness.FillFieldOfEachKind(t, up, site)
	b := site.Browser(t, harness.Plain)
	b.SignIn(harness.Member)
	b.Open("/profile")
	before := up.User(t, harness.Member)
	unchanged := func(what string, but ...string) {
		t.Helper()
		after := up.User(t, harness.Member)
		for _, name := range append(but, "last_access", "last_page") {
			delete(after, name)
			delete(before, name)
		}
		if !reflect.DeepEqual(before, after) {
			t.Errorf("%s: the row was\n%v\nand is\n%v", what, before, after)
		}
		before = up.User(t, harness.Member)
	}

	b.Request(http.MethodPost, "/profile", url.Values{}, nil)
	b.Open("/profile")
	b.WantText("You didn't change anything.")
	unchanged("an empty form")
	b.Request(http.MethodPost, "/profile", url.Values{"nothing": {"here"}, "newsletter ": {"true"}}, nil)
	unchanged("unknown fields")
	for name, value := range map[string]string{"first_name": "Hazel", "rabbits": "3", "interests": "hay", "keeper_since": "2020-02-02", "burrow": "upper"} {
		b.Request(http.MethodPost, "/profile", url.Values{name: {value}}, nil)
		unchanged(name, name)
	}

	// A checkbox is the one field that browsers do not send although the form has it.
	b.Open("/profile")
	b.Submit("#edit-profile", map[string]string{"newsletter": ""})
	if is := up.User(t, harness.Member)["newsletter"]; is != false {
		t.Errorf("unticked, the newsletter is %v", is)
	}
	unchanged("unticking", "newsletter")
	b.Submit("#edit-profile", map[string]string{"newsletter": "true"})
	if is := up.User(t, harness.Member)["newsletter"]; is != true {
		t.Errorf("ticked, the newsletter is %v", is)
	}
	unchanged("ticking", "newsletter")

	// So has the choice of colours.
	b.Request(http.MethodPost, "/appearance", url.Values{"appearance": {"dark"}}, nil)
	b.Request(http.MethodPost, "/appearance", url.Values{}, nil)
	b.Open("/")
	if !strings.Contains(b.Raw, `"dark"`) {
		t.Error("an empty form has cleared the choice of colours")
	}
}

// What is no form is refused as such, on every form, from strangers and from members.
func TestBodiesThatAreNoForms(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	member, stranger := site.Browser(t, harness.Plain), site.Browser(t, harness.Plain)
	who := member.SignUp()
	member.Submit("#edit-profile", map[string]string{"first_name": "Hazel"})
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	_, _ = w.Write([]byte("first_name=Fern"))
	_ = w.Close()
	const form = "application/x-www-form-urlencoded"
	paths := []string{
		"/signup", "/signin", "/signin/code", "/signin/recovery", "/signup/check-email", "/verify", "/password/forgot", "/password/sent", "/password/reset", "/invite",
		"/logout", "/appearance", "/language", "/profile", "/profile/avatar", "/profile/avatar/remove", "/profile/email", "/profile/password", "/profile/two-factor",
		"/profile/two-factor/confirm", "/profile/two-factor/cancel", "/profile/two-factor/off", "/profile/delete",
	}
	for _, body := range []struct{ kind, encoding, content string }{
		{"application/json", "", `{"first_name":"Fern"}`},
		{"text/plain", "", "first_name=Fern"},
		{"", "", "first_name=Fern"},
		{"nonsense", "", "first_name=Fern"},
		{"application/x-www-form-urlencodedx", "", "first_name=Fern"},
		{"application/octet-stream", "", "\x00\x01"},
		{form, "gzip", compressed.String()},
		{form, "br", "first_name=Fern"},
		{"multipart/form-data; boundary=x", "gzip", "--x--\r\n"},
	} {
		for _, path := range paths {
			for _, b := range []*harness.Browser{member, stranger} {
				header := http.Header{}
				if body.encoding != "" {
					header.Set("Content-Encoding", body.encoding)
				}
				site.Wire.Forget()
				b.RequestWith(http.MethodPost, path, body.kind, strings.NewReader(body.content), header)
				if b.Status != http.StatusUnsupportedMediaType || site.Wire.Count("POST")+site.Wire.Count("PATCH")+site.Wire.Count("DELETE") != 0 {
					t.Errorf("POST %s of %q %s: %d; Directus was asked %v", path, body.kind, body.encoding, b.Status, site.Wire.Questions())
				}
				b.Path = path
				b.Load()
				b.WantText("We couldn't read that request")
			}
		}
	}
	// Each form is sent as its page says, the one with a file in parts.
	for path, kind := range map[string]string{"/profile": "multipart/form-data; boundary=x", "/signin": "multipart/form-data; boundary=x", "/profile/avatar": form} {
		if member.RequestWith(http.MethodPost, path, kind, strings.NewReader("--x--\r\n"), nil); member.Status != http.StatusUnsupportedMediaType {
			t.Errorf("POST %s as %s: %d", path, kind, member.Status)
		}
	}
	// And a form may name its characters.
	member.RequestWith(http.MethodPost, "/profile", form+"; charset=UTF-8", strings.NewReader("last_name=Burrow"), nil)
	if row := up.User(t, who); member.Status != http.StatusSeeOther || row["first_name"] != "Hazel" || row["last_name"] != "Burrow" {
		t.Errorf("%d; the row is %v", member.Status, row)
	}
}
