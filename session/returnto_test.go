package session

import (
	"net/url"
	"strings"
	"testing"
)

func TestReturnToKeepsPathsOfThisSite(t *testing.T) {
	for _, target := range []string{
		"/", "/profile", "/blog?page=2&q=a+b", "/blog/a-post", "/blog/caf%C3%A9", "/pages/about#team",
		"/blog?q=http://other.example/", "/blog?q=a//b", "/blog?q=%2F%2F", "/blog/100%25", "/a.b/c..d", "/profile?x=%0a",
	} {
		if got := ReturnTo(target, "/fallback"); got != target {
			t.Errorf("ReturnTo(%q) = %q, want it kept", target, got)
		}
	}
}

func TestReturnToRefusesEverythingElse(t *testing.T) {
	tricks := []string{
		"", "profile", "?a=b", "#a", ".", "..", "./profile", "../profile",
		"https://evil.test", "https:/evil.test", "https:evil.test", "http:///evil.test", "HTTPS://evil.test", "javascript:alert(1)", "data:text/html,x",
		"//evil.test", "///evil.test", "////evil.test", "/\\evil.test", "\\/evil.test", "\\\\evil.test", "/\\/evil.test", "/\\\\evil.test",
		"/\t/evil.test", "/\n/evil.test", "/\r/evil.test", "\t//evil.test", " //evil.test", "/ /evil.test", "/\x00/evil.test", "/\x0b/evil.test", "/\x7f/evil.test",
		"/%2f/evil.test", "/%2fevil.test", "/%5cevil.test", "/%5c/evil.test", "/%252fevil.test", "/%255cevil.test", "/%25252fevil.test",
		"/%09/evil.test", "/%0a/evil.test", "/%0d%0aLocation:%20x", "/%00",
		"/./evil.test/..//x", "/.//evil.test", "/..//evil.test", "/../evil.test", "/a/..//evil.test", "/%2e%2e//evil.test", "/%2e%2e/evil.test", "/a/%2e./b", "/%252e%252e/x",
		"/a//b", "/profile//", "/@evil.test//", "user@evil.test", "//user:pass@evil.test", "/\u2215evil.test", "/\uff0fevil.test", "//\u3002evil", "/\u202eevil", "/é",
		"/%zz", "/%", "/" + strings.Repeat("a", maxReturnTo),
	}
	for _, target := range tricks {
		if got := ReturnTo(target, "/fallback"); got != "/fallback" {
			t.Errorf("ReturnTo(%q) = %q, want the fallback", target, got)
		}
	}
}

// FuzzReturnTo holds the outcome against both ways of reading an address: Go's,
// and the browsers' (WHATWG URL), in which tabs and line breaks vanish,
// backslashes are slashes and dots are resolved.
func FuzzReturnTo(f *testing.F) {
	for _, seed := range []string{"/profile", "//evil.test", "/\\evil.test", "/%2f%2fevil.test", "/a/../..//evil.test", "/\t/evil.test", "/blog?q=//x", "https://evil.test", "/%5c%2e"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://hutch.example/signin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, target string) {
		got := ReturnTo(target, "/profile")
		if got != target && got != "/profile" {
			t.Fatalf("ReturnTo(%q) = %q, which is neither the target nor the fallback", target, got)
		}
		reference, err := url.Parse(got)
		if err != nil {
			t.Fatalf("ReturnTo(%q) = %q does not parse: %v", target, got, err)
		}
		if resolved := base.ResolveReference(reference); resolved.Host != base.Host || resolved.Scheme != base.Scheme || resolved.User != nil {
			t.Fatalf("ReturnTo(%q) = %q leaves the site in Go: %s", target, got, resolved)
		}
		path, _, _ := strings.Cut(got, "?")
		path, _, _ = strings.Cut(path, "#")
		for range 4 { // however often somebody in between decodes it
			browser := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(strings.Trim(path, " \x00"))
			if !strings.HasPrefix(browser, "/") || strings.HasPrefix(browser, "//") || strings.Contains(browser, "/../") || strings.Contains(browser, "/./") {
				t.Fatalf("ReturnTo(%q) = %q leaves the site in a browser", target, got)
			}
			decoded, err := url.PathUnescape(path)
			if err != nil {
				break
			}
			path = decoded
		}
	})
}
