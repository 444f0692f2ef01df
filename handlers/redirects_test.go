package handlers

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"hutch/tools/realbrowser"
)

// Where an editor may redirect to, browsers go to no other host than the
// operator's list has, however the address is written.
func TestRedirectTargetsAgreeWithBrowsers(t *testing.T) {
	realbrowser.ForTest(t)
	s := &site{Config: Config{RedirectHosts: []string{"friends.example", "xn--mnchen-3ya.example"}}}
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
		if target := s.redirectTarget(typed); target != "" {
			kept = append(kept, target)
			if again := s.redirectTarget(target); again != strings.TrimSpace(target) {
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
		case slices.Contains(s.RedirectHosts, browser.Hostname()) && (browser.Scheme == "https" || browser.Scheme == "http"):
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
