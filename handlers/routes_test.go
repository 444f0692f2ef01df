package handlers

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/goleak"

	"hutch/internal/collections"
)

// A route is for members unless it is named here as well: opening one is
// said twice.
func TestRoutesAreForMembersByDefault(t *testing.T) {
	open := []string{
		"/", "/pages/:slug", "/blog", "/search", "/blog/:slug", "/blog/authors/:slug",
		"/blog/tags/:slug", "/blog/tags/:slug/rss.xml", "/blog/tags/:slug/atom.xml", "/blog/tags/:slug/feed.json",
		"/blog/rss.xml", "/blog/atom.xml", "/blog/feed.json", "/sitemap.xml", "/sitemap/:part", "/robots.txt", "/theme/:file",
		"/forms/:form", "/forms/:form/files", "/forms/:form/sent",
		"/signup", "/signup/check-email", "/verify", "/signin", "/signin/code", "/signin/recovery", "/signin/cookies",
		"/password/forgot", "/password/sent", "/password/reset", "/invite", "/logout", "/appearance", "/language",
		"/assets/:id", "/pictures/:collection/:hash/*name", "/static/*file", "/hooks/directus", "/healthz", "/readyz", "/sandbox/outbox",
		"/.well-known/change-password", "/favicon.ico", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png",
		"/icon-512.png", "/manifest.webmanifest", "/card.png", "/.well-known/security.txt",
	}
	for _, r := range everyRoute() {
		if got, want := r.access == members, !slices.Contains(open, r.path); got != want {
			t.Errorf("%s %s is for members only: %t, want %t", r.method, r.path, got, want)
		}
	}
}

// everyRoute includes what exists only in development.
func everyRoute() []route {
	return (&site{}).routes(true, nil)
}

// A post whose address would be one of the site's own is not listed.
func TestPostsLeaveTheSitesAddressesAlone(t *testing.T) {
	posts, _ := collections.All().Find("posts")
	for _, r := range everyRoute() {
		slug, below := strings.CutPrefix(r.path, "/blog/")
		if below && slug != ":slug" && posts.HasAddress(strings.Replace(slug, ":slug", "x", 1)) {
			t.Errorf("%s is also the address of a post", r.path)
		}
	}
	if !posts.HasAddress("authors") || !posts.HasAddress("a/authors/x") {
		t.Error("posts have no addresses")
	}
}

var update = flag.Bool("update", false, "write README's table of routes")

// README's table of routes is made from the router: `make readme` writes it.
func TestReadmeHasTheRoutes(t *testing.T) {
	const file, begin, end = "../docs/routes.md", "<!-- routes: written by make readme -->\n", "<!-- end of routes -->\n"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	readme := string(raw)
	before, rest, begins := strings.Cut(readme, begin)
	table, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatal("README has no place for the routes")
	}
	want := routesTable()
	if table == want {
		return
	}
	if !*update {
		t.Fatal("README's routes are not the router's: run make readme")
	}
	if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

func routesTable() string {
	var table strings.Builder
	table.WriteString("| route | for | what |\n|---|---|---|\n")
	for _, r := range everyRoute() {
		who := "everybody"
		if r.access == members {
			who = "members"
		}
		fmt.Fprintf(&table, "| `%s %s` | %s | %s |\n", r.method, r.path, who, r.what)
	}
	return table.String()
}

// TestMain lets the garbage collector end what the caches of the tests' sessions run
// in the background, and then allows nothing to run.
func TestMain(m *testing.M) { goleak.VerifyTestMain(collected{m}) }

type collected struct{ *testing.M }

func (c collected) Run() int {
	code := c.M.Run()
	for end := time.Now().Add(10 * time.Second); goleak.Find() != nil && time.Now().Before(end); {
		runtime.GC()
	}
	return code
}

// TestEveryFormIsKnown: the row of each form says what may be kept of it.
func TestEveryFormIsKnown(t *testing.T) {
	pages := map[string]bool{}
	for _, r := range everyRoute() {
		if r.method == http.MethodGet {
			pages[r.path] = true
		}
	}
	forms := 0
	for _, r := range everyRoute() {
		if r.method != http.MethodPost || r.path == "/hooks/directus" { // which is for machines
			continue
		}
		forms++
		if page := r.Form.Page; !pages[page] {
			t.Errorf("the form %s stands on %q, which is no page", r.path, page)
		}
	}
	if forms < 15 {
		t.Errorf("only %d forms", forms)
	}
}

// Passwords, codes and files are kept of no form, whatever is sent to it.
func TestNoSecretIsKept(t *testing.T) {
	gin.SetMode(gin.TestMode)
	kept := map[string]string{}
	for _, r := range everyRoute() {
		if r.method != http.MethodPost {
			continue
		}
		sent := url.Values{"email": {"hazel@example.com"}, "first_name": {"Hazel"}}
		for _, secret := range []string{"password", "current_password", "code", "token", "secret", "picture"} {
			sent.Set(secret, "teapot-orchard-gravel")
		}
		if r.path == "/profile" { // these may be fields of a project there
			for _, name := range []string{"code", "token", "secret", "picture"} {
				sent.Del(name)
			}
		}
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest(http.MethodPost, r.path, strings.NewReader(sent.Encode()))
		c.Request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, typed := range r.Form.Typed(c) {
			kept[r.path] += typed.Name + " "
			if typed.Value == "teapot-orchard-gravel" {
				t.Errorf("%s keeps %s", r.path, typed.Name)
			}
		}
	}
	for path, want := range map[string]string{"/profile": "email first_name ", "/profile/email": "email ", "/profile/delete": "email ", "/profile/password": "", "/profile/two-factor/off": ""} {
		if kept[path] != want {
			t.Errorf("%s keeps %q, want %q", path, kept[path], want)
		}
	}
}
