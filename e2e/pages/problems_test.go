package pages_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// What a page of a problem owes its visitor, whatever the problem is.

// requestID is what the reverse proxy in front calls each request of the walk.
const requestID = "01JDQ8XKX9Z4M7-h3"

// problems are the pages that say that something went wrong, by status.
type problems struct {
	mu   sync.Mutex
	seen map[int]bool
}

// nameTheirRequest: a page with a 5xx status gives the name of its request in the log,
// to be quoted to the site's owner. Other pages do not.
func (p *problems) nameTheirRequest(t *testing.T, b *harness.Browser, _ state) {
	isProblem := b.Doc.Find(".problem").Length() > 0
	named := strings.Contains(b.Doc.Find(".problem .reference").Text(), requestID)
	if want := isProblem && b.Status >= 500; named != want || strings.Contains(b.Raw, requestID) != want {
		t.Errorf("the page has status %d and names the request: %t", b.Status, named)
	}
	if isProblem {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.seen[b.Status] = true
	}
}

func (p *problems) wantAllSeen(t *testing.T) {
	for _, status := range []int{400, 403, 404, 405, 410, 413, 429, 500, 503} {
		if !p.seen[status] {
			t.Errorf("no problem page has status %d", status)
		}
	}
}

// offersFit: who is signed in is offered to sign out, and nobody else.
func offersFit(t *testing.T, b *harness.Browser, _ state) {
	offers := func(path string) bool {
		return b.Doc.Find(`main form[action="`+path+`"], main a[href="`+path+`"], main a[href^="`+path+`?"]`).Length() > 0
	}
	if b.Doc.Find(".problem").Length() > 0 { // of a session that has just ended, for instance
		return
	}
	if in := b.SignedIn(); offers("/logout") && !in || offers("/signin") && in {
		t.Errorf("signed in: %t, yet offered to sign out: %t, and to sign in: %t", in, offers("/logout"), offers("/signin"))
	}
}

// The notice that htmx gets names the request as well, and no name that is not one.
func TestNoticesNameTheRequest(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.HTMX)
	b.RequestID = requestID
	b.SignUp()
	whileAway("503", editing(harness.TypedProfile()))(b)
	if !strings.Contains(b.Doc.Find("#notices .reference").Text(), requestID) {
		t.Errorf("the notice does not name the request: %s", b.Text())
	}
	for _, odd := range []string{"<script>x</script>", "a b", strings.Repeat("x", 129), "ü"} {
		b.RequestID = odd
		b.Open("/nope")
		if strings.Contains(b.Raw, odd) {
			t.Errorf("the page names the request %q", odd)
		}
	}
}

// Who uses the wrong method is told which are right, and HEAD is as good as GET.
func TestMethods(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), harness.Fresh("CACHE_FRESH", "24h")) // so that nothing depends on how fast it is
	b := site.Browser(t, harness.Plain)
	// GET and HEAD are compared first: what is refused below leaves a notice.
	for _, path := range []string{"/", "/blog", "/signin", "/nope", "/robots.txt"} {
		plainly := http.Header{"Accept-Encoding": {"identity"}} // which has a length
		whole := b.Request(http.MethodGet, path, nil, plainly)
		head := b.Request(http.MethodHead, path, nil, plainly)
		if head.StatusCode != whole.StatusCode || b.Raw != "" || head.ContentLength != whole.ContentLength {
			t.Errorf("HEAD %s: %d, %d bytes of %d; GET %d, %d", path, head.StatusCode, len(b.Raw), head.ContentLength, whole.StatusCode, whole.ContentLength)
		}
	}
	for path, allowed := range map[string][]string{
		"/":               {"GET", "HEAD"},
		"/blog":           {"GET", "HEAD"},
		"/signin":         {"GET", "HEAD", "POST"},
		"/profile":        {"GET", "HEAD", "POST"},
		"/appearance":     {"POST"},
		"/language":       {"POST"},
		"/hooks/directus": {"POST"},
		"/robots.txt":     {"GET", "HEAD"},
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"} {
			res := b.Request(method, path, nil, nil)
			if slices.Contains(allowed, method) {
				if res.StatusCode == http.StatusMethodNotAllowed {
					t.Errorf("%s %s is not allowed", method, path)
				}
				continue
			}
			told := strings.Split(res.Header.Get("Allow"), ", ")
			slices.Sort(told)
			if res.StatusCode != http.StatusMethodNotAllowed || !slices.Equal(told, allowed) {
				t.Errorf("%s %s: %d, allowed are %q, want %q", method, path, res.StatusCode, told, allowed)
			}
		}
	}
}

// Addresses below /profile tell strangers nothing of what members have.
func TestStrangersLearnNothingOfProfiles(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	member, stranger := site.Browser(t, harness.Plain), site.Browser(t, harness.Plain)
	member.SignUp()
	harness.Uploading(harness.Picture())(member)
	is := member.Doc.Find(".avatar img").AttrOr("src", "")
	if is == "" {
		t.Fatal("there is no picture")
	}
	isNot := "/profile/avatar/00000000-0000-4000-8000-000000000000?size=160"
	site.Wire.Forget()
	for _, path := range []string{is, isNot} {
		res := stranger.Request(http.MethodGet, path, nil, nil)
		if want := "/signin?" + (url.Values{"redirectedFrom": {path}}).Encode(); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != want {
			t.Errorf("%s: %d, leads to %s", path, res.StatusCode, res.Header.Get("Location"))
		}
	}
	for _, path := range []string{"/profile/nope", "/profile/avatar/x/y"} {
		a, b := stranger.Request(http.MethodGet, path, nil, nil).StatusCode, member.Request(http.MethodGet, path, nil, nil).StatusCode
		if a != http.StatusNotFound || b != http.StatusNotFound {
			t.Errorf("%s: %d to a stranger, %d to a member", path, a, b)
		}
	}
	if n := site.Wire.Count("GET /assets"); n != 0 {
		t.Errorf("Directus was asked %d times for what a stranger wants of a member", n)
	}
}
