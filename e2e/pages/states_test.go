package pages_test

import (
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"hutch/e2e/harness"
	"hutch/internal/collections"
	"hutch/internal/limits"
	"hutch/sandbox"
	"hutch/sandbox/sample"
)

// state is a page as a visitor may find it. What must hold for all pages is
// checked over the table below, so that a new page needs nothing but its rows.
type state struct {
	name   string // also of its picture
	status int
	member bool // the sample member is signed in
	outbox bool // the app shows the sandbox's outbox, as in development
	blocks bool // the project also has the content model that Directus ships
	// own are collections and fields that the project has beside Hutch's.
	own collections.Table
	// meanwhile makes the day different from an ordinary one; nil: it is not.
	meanwhile func(*testing.T, harness.Upstream, *harness.App)
	reach     func(*harness.Browser)
}

// allStates is the one table of every page in every state.
func allStates() []state {
	return slices.Concat(contentStates(), openStates(), accountStates(), memberStates())
}

func openStates() []state {
	return []state{
		{name: "signup", status: 200, reach: harness.At("/signup")},
		{name: "signup-nothing-typed", status: 422, reach: harness.SigningUp(harness.Account{})},
		{name: "signup-misshapen", status: 422, reach: harness.SigningUp(harness.Account{Email: "bramble", Password: "a few words"})},
		{name: "signup-short-password", status: 422, reach: harness.SigningUp(harness.Account{Email: harness.Newcomer.Email, Password: "short12"})},
		{name: "signup-known-address", status: 422, reach: harness.SigningUp(harness.Account{Email: harness.Neighbour.Email, Password: "not-the-right-clover"})},
		{name: "signup-too-often", status: 429, meanwhile: directusFails("POST /users/register", "429"), reach: harness.SigningUp(harness.Newcomer)},
		{name: "signup-unavailable", status: 503, meanwhile: directusFails("POST /users/register", "503"), reach: harness.SigningUp(harness.Newcomer)},
		{name: "signup-closed", status: 403, meanwhile: settings("public_registration", false), reach: harness.At("/signup")},
		{name: "signin-where-nobody-signs-up", status: 200, meanwhile: settings("public_registration", false), reach: harness.At("/signin")},

		{name: "signin", status: 200, reach: harness.At("/signin")},
		{name: "signin-nothing-typed", status: 422, reach: signingIn(harness.Account{})},
		{name: "signin-misshapen", status: 422, reach: signingIn(harness.Account{Email: "clover", Password: harness.Neighbour.Password})},
		{name: "signin-wrong-password", status: 422, reach: signingIn(harness.Account{Email: harness.Neighbour.Email, Password: "not-the-right-clover"})},
		{name: "signin-sent-here", status: 200, reach: harness.At("/profile")},
		{name: "signin-too-often", status: 429, meanwhile: directusFails("POST /auth/login", "429"), reach: signingIn(harness.Neighbour)},
		{name: "signin-unavailable", status: 503, meanwhile: directusFails("POST /auth/login", "503"), reach: signingIn(harness.Neighbour)},
		{name: "signin-broken", status: 500, meanwhile: directusRefuses("POST /auth/login", 400, "INVALID_QUERY"), reach: signingIn(harness.Neighbour)},

		{name: "cookies-refused", status: 403, reach: harness.At("/signin/cookies?redirectedFrom=%2Fprofile")},

		{name: "signout", status: 200, member: true, reach: harness.At("/logout")},
		{name: "signout-done", status: 200, reach: harness.At("/logout")},
		{name: "outbox", status: 200, outbox: true, meanwhile: confirming(), reach: func(b *harness.Browser) {
			toReset(b)
			harness.SigningUp(harness.Newcomer)(b)
			b.Open("/sandbox/outbox")
		}},
		{name: "outbox-with-forms", status: 200, outbox: true, blocks: true, meanwhile: formsSent, reach: harness.At("/sandbox/outbox")},
		{name: "outbox-empty", status: 200, outbox: true, reach: harness.At("/sandbox/outbox")},

		{name: "arrival", status: 200, reach: func(b *harness.Browser) { b.Arrive("/profile") }},
		{name: "sent-from-elsewhere", status: 403, reach: func(b *harness.Browser) { b.SendFromElsewhere("/signin") }},
		{name: "not-found", status: 404, reach: harness.At("/nope")},
		{name: "user-not-found", status: 404, member: true, meanwhile: directusRefuses("GET /users/me", 403, "FORBIDDEN"), reach: harness.At("/profile")},
		{name: "wrong-method", status: 405, reach: func(b *harness.Browser) { b.Send("/blog", nil) }},
		{name: "too-large", status: 413, reach: func(b *harness.Browser) { b.Send("/signin", url.Values{"email": {strings.Repeat("x", 70<<10)}}) }},
		{name: "broken", status: 500, meanwhile: directusRefuses("GET /items/global", 400, "INVALID_PAYLOAD"), reach: harness.At("/")},
		{name: "unavailable", status: 503, meanwhile: directusFails("", "503"), reach: harness.At("/blog")},
		{name: "unavailable-member", status: 503, member: true, meanwhile: directusFails("", "503"), reach: func(b *harness.Browser) {
			if b.Tab != nil {
				b.Tab.Forgives = true // the member's picture is unavailable as well
			}
			b.Open("/profile")
		}},
	}
}

// formsSent sends two, one with words that are hard to show, one with a field that is deleted then.
func formsSent(t *testing.T, up harness.Upstream, _ *harness.App) {
	for _, values := range [][]any{
		{map[string]any{"field": sample.ID("form_fields/contact/name"), "value": "Hazel"}, map[string]any{"field": sample.ID("form_fields/contact/message"), "value": oddWords}},
		{map[string]any{"field": sample.ID("form_fields/journal/email"), "value": "hazel@example.com"}, map[string]any{"field": sample.ID("form_fields/journal/consent"), "value": "true"}},
	} {
		up.Passed.Add(int64(time.Minute))
		if err := up.Admin.Post(t.Context(), "/items/form_submissions", map[string]any{"form": sample.ID("forms/contact"), "values": values}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := up.Admin.Delete(t.Context(), "/items/form_fields/"+sample.ID("form_fields/journal/consent")); err != nil {
		t.Fatal(err)
	}
}

// inAnOutage opens a page that was seen before Directus went away. Its pictures the
// visitor has already.
func inAnOutage(path string) func(*harness.Browser) {
	return func(b *harness.Browser) {
		b.Open(path)
		b.App.Wire.BreakOn("GET /items", harness.Breakages["503"])
		b.Open(path)
	}
}

func signingIn(who harness.Account) func(*harness.Browser) {
	return func(b *harness.Browser) { b.SignIn(who) }
}

func directusFails(prefix, how string) func(*testing.T, harness.Upstream, *harness.App) {
	return func(_ *testing.T, _ harness.Upstream, site *harness.App) {
		site.Wire.BreakOn(prefix, harness.Breakages[how])
	}
}

func directusRefuses(prefix string, status int, code string) func(*testing.T, harness.Upstream, *harness.App) {
	return func(_ *testing.T, _ harness.Upstream, site *harness.App) {
		site.Wire.BreakOn(prefix, func(w http.ResponseWriter, _ *http.Request) { harness.Refuse(w, status, code) })
	}
}

func settings(name string, value any) func(*testing.T, harness.Upstream, *harness.App) {
	return func(t *testing.T, up harness.Upstream, _ *harness.App) {
		if err := up.Admin.Patch(t.Context(), "/settings", map[string]any{name: value}); err != nil {
			t.Fatal(err)
		}
	}
}

// start starts an app of the state's own. Its sandbox' clock stands still, so
// that no code from a phone is ever too late, until the state moves it.
func (s state) start(t *testing.T) *harness.App {
	t.Helper()
	began, passed := time.Now(), &atomic.Int64{}
	up := harness.StartSandbox(t, sandbox.Options{Collections: s.own, Blocks: s.blocks, Now: func() time.Time { return began.Add(time.Duration(passed.Load())) }})
	up.Passed, up.OutboxShown = passed, s.outbox
	up.Folder = fstest.MapFS{"site.toml": {Data: []byte(diary + harness.ClassifiedsTOML("own"))}, "templates/pages/house/rules.html": {Data: []byte(houseRules)}}
	up.Limited = limits.Table()
	for i := range up.Limited {
		if up.Limited[i].Action == limits.Search {
			up.Limited[i].Every = time.Hour // however long this machine takes for thirty of them
		}
	}
	return harness.StartApp(t, up, nil)
}

// houseRules is a page that is a file and nothing else.
const houseRules = `{{define "description"}}What we ask of you.{{end}}
<article class="prose" lang="{{content}}" dir="auto">
  <h1>House rules</h1>
  <p>Please <a href="/signin">{{t "nav.signin"}}</a> before you feed the rabbits.</p>
</article>`

// diary shows the posts as a team shows a collection of its own, and to members the
// authors.
const diary = `
[[collection]]
name = "posts"
label = "Diary"
path = "/diary"
read = "everybody"
search = ["title", "teaser", "content"]
feed = { title = "Diary" }

[[collection]]
name = "authors"
path = "/keepers"
read = "members"
`

// see brings the visitor to the state.
func see(b *harness.Browser, s state) {
	b.T.Helper()
	b.App.Browser(b.T, harness.Plain).Request(http.MethodPost, "/signup", harness.Form(harness.Neighbour), nil)
	if s.member {
		b.Request(http.MethodPost, "/signin", harness.Form(harness.Member), nil)
		b.Request(http.MethodGet, "/", nil, nil) // says that they are signed in
	}
	if s.meanwhile != nil {
		s.meanwhile(b.T, b.App.Up, b.App)
	}
	s.reach(b)
	b.WantStatus(s.status)
}

// notPages are the routes that answer with something else than a page: files,
// words for machines, the way to another page.
var notPages = []string{
	"/assets/:id", "/pictures/:collection/:hash/*name", "/static/*file", "/theme/:file", "/blog/rss.xml", "/blog/atom.xml", "/blog/feed.json",
	"/blog/tags/:slug/rss.xml", "/blog/tags/:slug/atom.xml", "/blog/tags/:slug/feed.json",
	"/sitemap.xml", "/sitemap/:part", "/robots.txt", "/healthz", "/readyz", "/profile/export", "/profile/avatar/:id",
	"/forms/:form/files", "/profile/avatar", "/profile/avatar/remove", "/profile/two-factor/confirm", "/profile/two-factor/codes",
	"/.well-known/change-password", "/favicon.ico", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png",
	"/icon-512.png", "/manifest.webmanifest", "/card.png", "/.well-known/security.txt", "/profile/picture",
	"/ads/new/files", "/ads/:slug/edit/files",
}

// table is what the states show: each page and each template.
type table struct {
	mu     sync.Mutex
	routes map[string]*regexp.Regexp // that no state has shown yet
	files  map[string]bool           // likewise
}

func newTable(t *testing.T) *table {
	t.Helper()
	return &table{routes: pageRoutes(t), files: markTemplates(t)}
}

func (all *table) isSeen(_ *testing.T, b *harness.Browser, _ state) {
	all.mu.Lock()
	defer all.mu.Unlock()
	path, _, _ := strings.Cut(b.Path, "?")
	maps.DeleteFunc(all.routes, func(_ string, route *regexp.Regexp) bool { return route.MatchString(path) })
	delete(all.files, b.Doc.Find("template[data-file]").AttrOr("data-file", ""))
}

func (all *table) wantAllSeen(t *testing.T) {
	if len(all.routes) > 0 {
		t.Errorf("no state is at %v", slices.Sorted(maps.Keys(all.routes)))
	}
	if len(all.files) > 0 {
		t.Errorf("no state shows %v", slices.Sorted(maps.Keys(all.files)))
	}
}

// pageRoutes asks the app for the pages that it has.
func pageRoutes(t *testing.T) map[string]*regexp.Regexp {
	t.Helper()
	routes := map[string]*regexp.Regexp{}
	for _, r := range harness.RoutesOfTheApp(t) {
		if r.Method == http.MethodGet && !slices.Contains(notPages, r.Path) {
			routes[r.Path] = regexp.MustCompile("^" + regexp.MustCompile(`:\w+`).ReplaceAllString(r.Path, "[^/]+") + "$")
		}
	}
	return routes
}

// markTemplates lets every page say for the rest of the test which file it is
// made of, and returns the names of the files.
func markTemplates(t *testing.T) map[string]bool {
	t.Helper()
	folder := harness.CopyOfThePages(t)
	pages := map[string]bool{}
	files, err := fs.Glob(os.DirFS(folder), "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		html, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		const main = `{{define "main"}}`
		if !strings.Contains(string(html), main) {
			continue // shared by pages
		}
		pages[name] = true
		marked := strings.Replace(string(html), main, main+`<template data-file="`+name+`"></template>`, 1)
		if err := os.WriteFile(filepath.Join(folder, file), []byte(marked), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(folder) // in development the app reads templates where it is started
	return pages
}
