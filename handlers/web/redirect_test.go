package web

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"hutch/tools/realbrowser"
)

// Where an editor may redirect to, browsers go to no other host than the
// operator's list has, however the address is written.
func TestRedirectTargetsAgreeWithBrowsers(t *testing.T) {
	realbrowser.ForTest(t)
	r := &Responder{config: Config{RedirectHosts: []string{"friends.example", "xn--mnchen-3ya.example"}}}
	begin := []string{"https:", "http:", "HTTPS:", "https", "", "//", `\\`, "/", "javascript:", "data:", "ftp:", "file:", "blob:https:", " https:", "\thttps:", "ht\ttps:", "https:\n"}
	tokens := []string{"/", "//", `\`, "@", ":", "#", "?", ".", "%2e", "%40", "%2f", "%5c", "%00", "\t", "\n", " ", "friends.example", "evil.test", "FRIENDS.example", "。", "\u00ad", "80", "x", "münchen.example"}
	var given []string
	for _, scheme := range begin {
		for _, a := range tokens {
			for _, b := range tokens {
				for _, c := range append(tokens, "") {
					given = append(given, scheme+a+b+c, scheme+"//"+a+b+c, scheme+"//friends.example"+a+b+c)
				}
			}
		}
	}
	var kept []string
	for _, typed := range given {
		if target := r.RedirectTarget(typed); target != "" {
			kept = append(kept, target)
			if again := r.RedirectTarget(target); again != strings.TrimSpace(target) {
				t.Errorf("%q becomes %q, and that %q", typed, target, again)
			}
		}
	}
	led, err := realbrowser.ResolveAddresses(t.Context(), t.TempDir(), "https://hutch.example/x", kept)
	if err != nil {
		t.Fatal(err)
	}
	abroad, local := 0, 0
	for i, address := range led {
		browser, err := url.Parse(address)
		if err != nil || address == "" {
			t.Errorf("%q leads to %q", kept[i], address)
			continue
		}
		switch {
		case browser.Host == "hutch.example" && browser.Scheme == "https" && strings.HasPrefix(kept[i], "/"):
			local++
		case slices.Contains(r.config.RedirectHosts, browser.Hostname()) && (browser.Scheme == "https" || browser.Scheme == "http"):
			abroad++
		default:
			t.Errorf("%q leads a browser to %q", kept[i], address)
		}
		if browser.User != nil {
			t.Errorf("%q brings a name along: %q", kept[i], address)
		}
	}
	t.Logf("of %d addresses %d lead to a friend, %d to a page of the site", len(given), abroad, local)
	if abroad < 1000 || local < 100 {
		t.Error("the list proves nothing")
	}
}

// A link may open a program for mail or calls, and nothing that is spelt alike. A redirect
// may not.
func TestLinksToContacts(t *testing.T) {
	r := &Responder{config: Config{RedirectHosts: []string{"friends.example", ""}}}
	for typed, want := range map[string]string{
		"mailto:ada@example.com": "mailto:ada@example.com", " MAILTO:ada@example.com?subject=Hay ": "mailto:ada@example.com?subject=Hay",
		"tel:+49-30-1234": "tel:+49-30-1234", "Tel:110": "tel:110",
		"mailto:": "", "mailto:ada": "", "mailto://ada@example.com": "", "mailto:a@b@c": "", "mailto:javascript:alert(1)": "", "mailto:a b@c": "",
		"tel:": "", "tel:alert(1)": "", "tel:javascript:alert(1)": "", "tel://110": "", "tel:+": "", "tel:*#06#": "",
		"javascript:alert(1)//a@b": "", "java\tscript:a@b": "", "data:text/html,a@b": "", "vbscript:a@b": "", "sms:110": "", "mailtox:a@b": "", "xmailto:a@b": "", "view-source:mailto:a@b": "", "mailto\n:a@b": "",
	} {
		if address, foreign := LinkTarget(typed); address != want || foreign != (want != "") {
			t.Errorf("%q leads to %q, foreign: %t; want %q", typed, address, foreign, want)
		}
		if target := r.RedirectTarget(typed); target != "" {
			t.Errorf("%q redirects to %q", typed, target)
		}
	}
}

// FuzzLinks lets editors write any address.
func FuzzLinks(f *testing.F) {
	for _, typed := range []string{"/blog", "https://friends.example/x", "//evil.test", `https:\\evil.test`, "javascript:alert(1)", " /a b ", "https://a@b", "/é?ü#x", "https://friends.example:99999", "http://[::1]/", "mailto:a@b.example?subject=x", "tel:+49-30-1"} {
		f.Add(typed)
	}
	r := &Responder{config: Config{RedirectHosts: []string{"friends.example"}}}
	// Found by fuzzing.
	f.Add("/\xcc")
	f.Add("%")
	f.Add("A00")
	f.Add("A://[::0]/")
	f.Add("// :")
	f.Add("\xd20 ")
	f.Add("http://friends.")
	f.Add("/0000\"")
	f.Fuzz(func(t *testing.T, typed string) {
		address, foreign := LinkTarget(typed)
		if address == "" {
			return
		}
		parsed, err := url.Parse(address)
		if err != nil || strings.ContainsAny(address, "\r\n\t\x00") {
			t.Fatalf("%q becomes %q: %v", typed, address, err)
		}
		if local := strings.HasPrefix(address, "/"); foreign == local || parsed.User != nil || foreign && !slices.Contains([]string{"http", "https", "mailto", "tel"}, parsed.Scheme) {
			t.Fatalf("%q becomes %q, foreign: %t", typed, address, foreign)
		}
		if target := r.RedirectTarget(typed); foreign && target != "" && !strings.EqualFold(parsed.Hostname(), "friends.example") {
			t.Fatalf("%q redirects to %q", typed, target)
		}
	})
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
