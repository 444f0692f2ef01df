package session

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"hutch/tools/realbrowser"
)

func TestReturnToKeepsPathsOfThisSite(t *testing.T) {
	for _, target := range []string{
		"/", "/profile", "/blog?page=2&q=a+b", "/blog/a-post", "/blog/caf%C3%A9", "/pages/about#team",
		"/blog?q=http://other.example/", "/blog?q=a//b", "/blog?q=%2F%2F", "/blog/100%25", "/a.b/c..d", "/profile?x=%0a",
		`/blog?q=\`, "/blog?q=../..", "/@someone", "/:80", "/...", "/.well-known/x", "/blog?a=b?c=d#e#f", "/blog?", "/blog#",
	} {
		if got := ReturnTo(target, "/fallback"); got != target {
			t.Errorf("ReturnTo(%q) = %q, want it kept", target, got)
		}
	}
	for target, want := range map[string]string{
		"/blog?q=a b": "/blog?q=a%20b", "/blog#a b": "/blog#a%20b", "/blog/café": "/blog/caf%C3%A9", "/блог?q=é ü": "/%D0%B1%D0%BB%D0%BE%D0%B3?q=%C3%A9%20%C3%BC",
		"/\u2215evil.test": "/%E2%88%95evil.test", "/\uff0fevil.test": "/%EF%BC%8Fevil.test", "/\u202eevil": "/%E2%80%AEevil", "/\uff0e\uff0e/evil": "/%EF%BC%8E%EF%BC%8E/evil",
	} {
		if got := ReturnTo(target, "/fallback"); got != want {
			t.Errorf("ReturnTo(%q) = %q, want %q", target, got, want)
		}
	}
}

// tricks lists known ways past a redirect check, with the host evil.test.
func tricks() []string {
	return []string{
		// Not a path of this site.
		"", "profile", "?a=b", "#a", ".", "..", "./profile", "../profile", "evil.test", "evil.test/", "www.evil.test", "@evil.test", ".evil.test", ":80", "user@evil.test", "*", "%2fprofile", "%2f%2fevil.test",
		// Schemes, complete and mangled.
		"https://evil.test", "http://evil.test/", "HTTPS://evil.test", "hTTp://evil.test", "https:evil.test", "https:/evil.test", "https:///evil.test", "https:////evil.test", `https:\\evil.test`, `https:\/evil.test`, `http:/\evil.test`, `https:/\/\evil.test`,
		"http:///evil.test", "http:evil.test", "ht\ttps://evil.test", "https\t://evil.test", "https:\n//evil.test", "\x00https://evil.test", "\x01https://evil.test", " https://evil.test", "\thttps://evil.test", "\u00a0https://evil.test", "\ufeffhttps://evil.test",
		"ftp://evil.test", "ws://evil.test", "wss://evil.test", "file:///evil.test", "blob:https://evil.test/x", "filesystem:https://evil.test/x", "view-source:https://evil.test", "mailto:a@evil.test", "tel:1", "about:blank", "intent://evil.test#Intent;scheme=https;end",
		"javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)", "javascript://evil.test/%0aalert(1)", "javascript://%250Aalert(1)", "//javascript:alert(1)", "/\tjavascript:alert(1)//", "data:text/html,x", "data:text/html;base64,eA==", "vbscript:x",
		"https://hutch.example@evil.test", "https://hutch.example:443@evil.test", "https://hutch.example%40evil.test", "https://hutch.example.evil.test", "https://evil.test/hutch.example", "https://evil.test?hutch.example", "https://evil.test#hutch.example", `https://evil.test\hutch.example`, "https://hutch.example%00.evil.test", "https://hutch.example%2eevil.test", "https://hutch.example&evil.test", "https://evil.test%23.hutch.example", "https://evil.test%E3%80%82hutch.example",
		// Two slashes, and what browsers treat as such.
		"//evil.test", "///evil.test", "////evil.test", "/////evil.test", "//evil.test/", "//evil.test/profile", "//evil.test?x", "//evil.test#x", "//evil.test:80", "//user:pass@evil.test", "//hutch.example@evil.test", "//evil.test%00.hutch.example", "//evil%E3%80%82test", "//\u3002evil.test", "//evil\u3002test", "//evil\uff0etest", "//ⓔⓥⓘⓛ.test", "//0x7f000001", "//2130706433", "//127.1", "//[::1]", "//[::ffff:127.0.0.1]", "//localhost", "//google", "//%65vil.test",
		"/\\evil.test", "\\/evil.test", "\\\\evil.test", "\\evil.test", "/\\/evil.test", "/\\\\evil.test", "\\/\\/evil.test", "/\\/\\evil.test", "//\\evil.test", "//\\/evil.test", "\\//evil.test", "///\\evil.test", "/\\@evil.test", "/\\\t/evil.test", "/\\\u00a0evil.test", `//\\\evil.test`, `/\/\/\/evil.test`,
		// Characters that browsers drop.
		"/\t/evil.test", "/\n/evil.test", "/\r/evil.test", "/\r\n/evil.test", "\t//evil.test", "\n//evil.test", "\r\n//evil.test", " //evil.test", "/ /evil.test", "/\t\\evil.test", "/\n\\evil.test", "\t/\t/evil.test", "/\t\t\t/evil.test", "/\x00/evil.test", "/\x0b/evil.test", "/\x0c/evil.test", "/\x1f/evil.test", "/\x7f/evil.test", "\x00//evil.test", "\x1b//evil.test", "//\tevil.test", "/\t/\tevil.test", "/blog\t", "/blog\r\nLocation: https://evil.test", "/blog\r\n\r\n<script>", "/blog?q=\r\nSet-Cookie:a=b", "/blog?q=\t", "/blog#\n", "/blog?q=\x00",
		// The same percent-encoded, once and more often.
		"/%2f/evil.test", "/%2fevil.test", "/%2Fevil.test", "/%5cevil.test", "/%5Cevil.test", "/%5c/evil.test", "/%2f%2fevil.test", "/%2f%5cevil.test", "/%5c%5cevil.test", "/%252fevil.test", "/%255cevil.test", "/%25252fevil.test", "/%25255cevil.test", "/%2525252fevil.test", "/blog%2f%2fevil.test", "/blog/%2fevil.test", "/blog%5c..%5cevil.test",
		"/%09/evil.test", "/%0a/evil.test", "/%0d/evil.test", "/%0d%0aLocation:%20https://evil.test", "/%00", "/%00/evil.test", "/%2500/evil.test", "/%250d%250aLocation:x", "/%0d%0a%0d%0a<script>", "/%7f", "/blog/%0a", "/%1b[31m",
		"/%252fevil.test/%25zz", "/%25zz%252f/x", "/%255cevil.test/%25", "/%25zz/%252e%252e//x", "/%252e%252e/%25zz",
		// Dots, which browsers resolve.
		"/./evil.test/..//x", "/.//evil.test", "/..//evil.test", "/../evil.test", "/../", "/..", "/.", "/./", "/a/..", "/a/../", "/a/..//evil.test", "/a/../../evil.test", "/a/./b", "/%2e%2e//evil.test", "/%2e%2e/evil.test", "/%2E%2E/evil.test", "/.%2e/evil.test", "/%2e./evil.test", "/a/%2e./b", "/a/%2e", "/%2e", "/%2e/evil.test", "/%252e%252e/x", "/%25252e/x", "/.%252e/x", "/a/..\\/evil.test", "/..\\evil.test", "/..;/evil.test//", "/;/..//evil.test", "/.\t./evil.test", "/.\t//evil.test",
		"/a//b", "/profile//", "//", "///", "/a///", "/@evil.test//", "/?//\n", "//?x", "//#x", "///?", `/\`, `/\?x`, `/a\b`, `/a\`, "/a\\..\\b",
		// Malformed URLs.
		"/%zz", "/%", "/a%", "/a%2", "/%u002f%u002fevil.test", "/\xff", "/\xc0\xaf/evil.test", "/\xc3\x28", "/\xed\xa0\x80", "/blog?q=\xff", "/" + strings.Repeat("a", maxReturnTo), "/" + strings.Repeat("é", maxReturnTo/3), "/?" + strings.Repeat(" ", maxReturnTo/3) + "xxx",
	}
}

func TestReturnToRefusesEverythingElse(t *testing.T) {
	for _, target := range tricks() {
		if got := ReturnTo(target, "/fallback"); got != "/fallback" {
			t.Errorf("ReturnTo(%q) = %q, want the fallback", target, got)
		}
	}
}

// hostile returns all strings of up to four tokens that the tricks are made of.
func hostile() []string {
	tokens := []string{"/", `\`, ".", "\t", "\n", "\r", " ", "%2f", "%5c", "%09", ":", "@", "#", "?", "e", "/evil.test"}
	all, last := []string{}, []string{""}
	for range 4 {
		var longer []string
		for _, begun := range last {
			for _, token := range tokens {
				longer = append(longer, begun+token)
			}
		}
		all, last = append(all, longer...), longer
	}
	return all
}

// Every target kept stays on the site and names the same page, to Go, to browsers
// (WHATWG), and to anything in between that decodes it.
func TestReturnToAgreesWithBrowsers(t *testing.T) {
	realbrowser.ForTest(t)
	const origin = "https://hutch.example"
	base, err := url.Parse(origin + "/signin?redirectedFrom=x")
	if err != nil {
		t.Fatal(err)
	}
	given := hostile()
	for _, trick := range append(tricks(), hostile()[:4368]...) { // those of up to three tokens
		for range 3 {
			trick = url.PathEscape(trick)
			given = append(given, "/"+trick, strings.ReplaceAll(trick, "%2F", "/"))
		}
	}
	var kept, decoded []string
	for _, target := range given {
		if got := ReturnTo(target, ""); got != "" {
			kept = append(kept, got)
			for range 4 {
				got = lenient(got)
				decoded = append(decoded, got)
			}
		}
	}

	for i, address := range resolved(t, base.String(), kept) {
		reference, err := url.Parse(kept[i])
		if err != nil {
			t.Fatal(err)
		}
		inGo := base.ResolveReference(reference)
		inBrowser, err := url.Parse(address)
		if err != nil || !strings.HasPrefix(address, origin+"/") {
			t.Errorf("%q leads to %q in a browser", kept[i], address)
			continue
		}
		if inGo.Host != base.Host || inGo.Scheme != base.Scheme || inGo.User != nil || inGo.Path != inBrowser.Path {
			t.Errorf("%q leads to %q in Go and to %q in a browser", kept[i], inGo, address)
		}
	}
	for i, address := range resolved(t, base.String(), decoded) {
		if !strings.HasPrefix(address, origin+"/") {
			t.Errorf("%q, when decoded, leads to %q", decoded[i], address)
		}
	}

	// The control: without the check many of them do leave the site.
	left := 0
	for _, address := range resolved(t, base.String(), slices.DeleteFunc(given, func(target string) bool { return strings.ContainsRune(target, '\ufffd') })) {
		if address != "" && !strings.HasPrefix(address, origin+"/") {
			left++
		}
	}
	t.Logf("of %d addresses %d leave the site in a browser; %d are kept", len(given), left, len(kept))
	if left < 1000 || len(kept) < 1000 {
		t.Errorf("the list proves nothing: %d leave, %d are kept", left, len(kept))
	}
}

// resolved returns where a browser at base would go.
func resolved(t *testing.T, base string, references []string) []string {
	t.Helper()
	led, err := realbrowser.ResolveAddresses(t.Context(), t.TempDir(), base, references)
	if err != nil {
		t.Fatal(err)
	}
	return led
}

// lenient decodes a URL up to its query and leaves what it cannot decode, as browsers
// and careless servers do.
func lenient(address string) string {
	path, rest := address, ""
	if end := strings.IndexAny(address, "?#"); end >= 0 {
		path, rest = address[:end], address[end:]
	}
	var out strings.Builder
	for i := 0; i < len(path); i++ {
		var char byte
		if i+2 < len(path) && path[i] == '%' {
			if n, err := fmt.Sscanf(path[i+1:i+3], "%02x", &char); n == 1 && err == nil {
				out.WriteByte(char)
				i += 2
				continue
			}
		}
		out.WriteByte(path[i])
	}
	return strings.ToValidUTF8(out.String(), "?") + rest
}

// legitimate returns URLs of pages this site has, as links, forms and people write
// them.
func legitimate() []string {
	var all []string
	paths := []string{"/", "/profile", "/profile/email", "/profile/two-factor", "/blog", "/signin", "/password/forgot", "/pages/%s", "/blog/%s", "/blog/authors/%s", "/assets/%s", "/theme/%s.css"}
	slugs := []string{
		"hay-by-numbers", "2026-11-27-news", "a", "A_b-C", "v1.2.3", "c++", "100%25", "caf%C3%A9", "%C3%BCber-uns", "%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82", "%E4%BD%A0%E5%A5%BD", "%D7%A9%D7%9C%D7%95%D7%9D", "%F0%9F%90%87",
		"café", "über-uns", "привет", "你好", "שלום", "🐇", "a%20b", "a+b", "what%3F", "c%23", "tom&jerry", "a=b", "a,b", "it's", "(draft)", "a~b", "a:b", "a;b", "a@b", "$5", "!", "*", "3f2b4c1e-8a55-4f0e-9c6d-1b2a3c4d5e6f", "...", "a..b",
	}
	queries := []string{
		"", "?", "?page=2", "?q=a+b", "?q=a%20b", "?q=a b", "?q= a  b ", "?q=caf%C3%A9", "?q=café", "?q=%22exact%22", `?q="exact"`, "?q=a%26b%3Dc", "?q=1%2B1", "?q=100%25", "?q=50%", "?q=//", "?q=a/../b", `?q=C:\x`, "?q=https://other.example/x?y=z", "?q=https%3A%2F%2Fother.example",
		"?redirectedFrom=%2Fprofile", "?redirectedFrom=%2Fsignin%3FredirectedFrom%3D%252Fblog%253Fq%253Da%252Bb", "?redirectedFrom=/blog?q=a", "?utm_source=x&utm_medium=y", "?a=1&a=2", "?a[]=1", "?filter={}", "?email=a@b.example", "?t=12:30", "?x=<b>", "?x=`", "?x=|", "?x=^", "?x='",
	}
	for _, path := range paths {
		for _, slug := range slugs {
			if !strings.Contains(path, "%s") && slug != slugs[0] {
				continue
			}
			for _, query := range queries {
				for _, fragment := range []string{"", "#main", "#a%20b", "#été", "#/x//y"} {
					all = append(all, strings.Replace(path, "%s", slug, 1)+query+fragment)
				}
			}
		}
	}
	return all
}

// A kept target leads to exactly the page that the URL names.
func TestReturnToKeepsWhatIsLegitimate(t *testing.T) {
	realbrowser.ForTest(t)
	const base = "https://hutch.example/signin"
	given := legitimate()
	var got []string
	for _, target := range given {
		got = append(got, ReturnTo(target, ""))
	}
	kept, wanted := resolved(t, base, got), resolved(t, base, given)
	lost := 0
	for i, target := range given {
		if got[i] == "" || kept[i] != wanted[i] {
			if lost++; lost <= 20 {
				t.Logf("%q becomes %q: %q instead of %q", target, got[i], kept[i], wanted[i])
			}
		}
	}
	t.Logf("of %d addresses %d are lost", len(given), lost)
	if len(given) < 10_000 || lost*100 > len(given) {
		t.Errorf("%d of %d addresses are lost", lost, len(given))
	}
}

// FuzzReturnTo checks the result against both ways of parsing a URL: Go's and the
// browsers' (WHATWG URL), which drop tabs and line breaks, treat backslashes as
// slashes and resolve dots.
func FuzzReturnTo(f *testing.F) {
	for _, seed := range []string{"/profile", "//evil.test", "/\\evil.test", "/%2f%2fevil.test", "/a/../..//evil.test", "/\t/evil.test", "/blog?q=//x", "https://evil.test", "/%5c%2e", "/é?ü ö"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://hutch.example/signin")
	if err != nil {
		f.Fatal(err)
	}
	// Found by fuzzing.
	f.Add("/é\\")
	f.Add("/%8000000")
	f.Add("")
	f.Add("/%20/%20%2B")
	f.Add("//é")
	f.Add("/++")
	f.Add("//0000")
	f.Add("/00000000000#0000")
	f.Fuzz(func(t *testing.T, target string) {
		got := ReturnTo(target, "/profile")
		if again := ReturnTo(got, "/other"); again != got {
			t.Fatalf("ReturnTo(%q) = %q, and of that %q", target, got, again)
		}
		reference, err := url.Parse(got)
		if err != nil {
			t.Fatalf("ReturnTo(%q) = %q does not parse: %v", target, got, err)
		}
		if resolved := base.ResolveReference(reference); resolved.Host != base.Host || resolved.Scheme != base.Scheme || resolved.User != nil {
			t.Fatalf("ReturnTo(%q) = %q leaves the site in Go: %s", target, got, resolved)
		}
		for _, char := range []byte(got) {
			if char <= ' ' || char >= 0x7f {
				t.Fatalf("ReturnTo(%q) = %q is nothing for a header", target, got)
			}
		}
		path, _, _ := strings.Cut(got, "?")
		path, _, _ = strings.Cut(path, "#")
		for range 4 { // however often something in between decodes it
			browser := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(strings.Trim(path, " \x00"))
			if !strings.HasPrefix(browser, "/") || strings.HasPrefix(browser, "//") || strings.Contains(browser, "/../") || strings.Contains(browser, "/./") {
				t.Fatalf("ReturnTo(%q) = %q leaves the site in a browser", target, got)
			}
			path = lenient(path)
		}
	})
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
