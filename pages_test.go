package main

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/sandbox"
	"hutch/templates"
)

// state is a page as a visitor may find it. What must hold for all pages is
// checked over the table below, so that a new page needs nothing but its rows.
type state struct {
	name   string // also of its picture
	status int
	member bool // the sample member is signed in
	outbox bool // the app shows the sandbox's outbox, as in development
	// meanwhile makes the day different from an ordinary one; nil: it is not.
	meanwhile func(*testing.T, upstream, *app)
	reach     func(*browser)
}

// Who the states know: the sandbox's own member, somebody who has an account as
// well, and somebody who wants one.
var (
	member    = account{sandbox.MemberEmail, sandbox.MemberPassword}
	neighbour = account{"clover@example.com", passwords[0]}
	newcomer  = account{"bramble@example.com", passwords[0]}
)

// allStates is the one table of every page in every state.
func allStates() []state {
	return slices.Concat(contentStates(), openStates(), accountStates())
}

func openStates() []state {
	return []state{
		{name: "signup", status: 200, reach: at("/signup")},
		{name: "signup-nothing-typed", status: 422, reach: signingUp(account{})},
		{name: "signup-misshapen", status: 422, reach: signingUp(account{"bramble", "a few words"})},
		{name: "signup-short-password", status: 422, reach: signingUp(account{newcomer.email, "short12"})},
		{name: "signup-known-address", status: 422, reach: signingUp(account{neighbour.email, "not-the-right-clover"})},
		{name: "signup-too-often", status: 429, meanwhile: directusFails("POST /users/register", "429"), reach: signingUp(newcomer)},
		{name: "signup-unavailable", status: 503, meanwhile: directusFails("POST /users/register", "503"), reach: signingUp(newcomer)},
		{name: "signup-closed", status: 403, meanwhile: settings("public_registration", false), reach: signingUp(newcomer)},

		{name: "signin", status: 200, reach: at("/signin")},
		{name: "signin-nothing-typed", status: 422, reach: signingIn(account{})},
		{name: "signin-misshapen", status: 422, reach: signingIn(account{"clover", neighbour.password})},
		{name: "signin-wrong-password", status: 422, reach: signingIn(account{neighbour.email, "not-the-right-clover"})},
		{name: "signin-sent-here", status: 200, reach: at("/profile")},
		{name: "signin-too-often", status: 429, meanwhile: directusFails("POST /auth/login", "429"), reach: signingIn(neighbour)},
		{name: "signin-unavailable", status: 503, meanwhile: directusFails("POST /auth/login", "503"), reach: signingIn(neighbour)},
		{name: "signin-broken", status: 500, meanwhile: directusRefuses("POST /auth/login", 400, "INVALID_QUERY"), reach: signingIn(neighbour)},

		{name: "signout", status: 200, member: true, reach: at("/logout")},
		{name: "outbox", status: 200, outbox: true, meanwhile: confirming(), reach: func(b *browser) { b.toReset(); signingUp(newcomer)(b); b.open("/sandbox/outbox") }},
		{name: "outbox-empty", status: 200, outbox: true, reach: at("/sandbox/outbox")},

		{name: "arrival", status: 200, reach: func(b *browser) { b.arrive("/profile") }},
		{name: "sent-from-elsewhere", status: 403, reach: func(b *browser) { b.sendFromElsewhere("/signin") }},
		{name: "not-found", status: 404, reach: at("/nope")},
		{name: "user-not-found", status: 404, member: true, meanwhile: directusRefuses("GET /users/me", 403, "FORBIDDEN"), reach: at("/profile")},
		{name: "wrong-method", status: 405, reach: func(b *browser) { b.send("/blog", nil) }},
		{name: "too-large", status: 413, reach: func(b *browser) { b.send("/signin", url.Values{"email": {strings.Repeat("x", 70<<10)}}) }},
		{name: "broken", status: 500, meanwhile: directusRefuses("GET /items/global", 400, "INVALID_QUERY"), reach: at("/")},
		{name: "unavailable", status: 503, meanwhile: directusFails("", "503"), reach: at("/blog")},
		{name: "unavailable-member", status: 503, member: true, meanwhile: directusFails("", "503"), reach: at("/profile")},
	}
}

// inAnOutage opens a page that was seen before Directus went away. Its pictures the
// visitor has already.
func inAnOutage(path string) func(*browser) {
	return func(b *browser) {
		b.open(path)
		b.app.wire.breakOn("GET /items", breakages["503"])
		b.open(path)
	}
}

func at(path string) func(*browser) { return func(b *browser) { b.open(path) } }

func signingUp(who account) func(*browser) {
	return func(b *browser) {
		b.open("/signup")
		b.submit("#signup", who.form())
	}
}

func signingIn(who account) func(*browser) { return func(b *browser) { b.signIn(who) } }

func directusFails(prefix, how string) func(*testing.T, upstream, *app) {
	return func(_ *testing.T, _ upstream, site *app) { site.wire.breakOn(prefix, breakages[how]) }
}

func directusRefuses(prefix string, status int, code string) func(*testing.T, upstream, *app) {
	return func(_ *testing.T, _ upstream, site *app) {
		site.wire.breakOn(prefix, func(w http.ResponseWriter, _ *http.Request) { refuse(w, status, code) })
	}
}

func settings(name string, value any) func(*testing.T, upstream, *app) {
	return func(t *testing.T, up upstream, _ *app) {
		if err := up.admin.Patch(t.Context(), "/settings", map[string]any{name: value}); err != nil {
			t.Fatal(err)
		}
	}
}

// itemsAre leaves these items in a collection and no others. Key is its key.
func itemsAre(collection, key string, items ...map[string]any) func(*testing.T, upstream, *app) {
	return func(t *testing.T, up upstream, _ *app) {
		var sample []map[string]any
		if err := up.admin.Get(t.Context(), "/items/"+collection, url.Values{"fields": {key}}, &sample); err != nil {
			t.Fatal(err)
		}
		for _, item := range sample {
			if err := up.admin.Delete(t.Context(), fmt.Sprintf("/items/%s/%v", collection, item[key])); err != nil {
				t.Fatal(err)
			}
		}
		for _, item := range items {
			if err := up.admin.Post(t.Context(), "/items/"+collection, item, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// postsAre leaves these posts in the blog and no others.
func postsAre(posts ...map[string]any) func(*testing.T, upstream, *app) {
	return itemsAre("posts", "slug", posts...)
}

// everyState calls check with a visitor who sees the state, for all of them.
// Each state has a sandbox and an app of its own, so that nothing needs mending
// and two tabs of Chromium can work at a time.
func everyState(t *testing.T, how way, check func(*testing.T, *browser, state)) {
	everyStateFrom(t, how, func(*browser) {}, check)
}

// everyStateFrom lets begin prepare the visitor before anything is opened.
func everyStateFrom(t *testing.T, how way, begin func(*browser), check func(*testing.T, *browser, state)) {
	for _, s := range allStates() {
		t.Run(s.name, func(t *testing.T) {
			if how.inChromium() {
				t.Parallel()
			}
			b := s.start(t).browser(t, how)
			if b.tab != nil {
				b.tab.showOn(t, desktop)
			}
			begin(b)
			b.see(s)
			check(t, b, s)
		})
	}
}

// start starts an app of the state's own. Its sandbox' clock stands still, so
// that no code from a phone is ever too late, until the state moves it.
func (s state) start(t *testing.T) *app {
	t.Helper()
	began, passed := time.Now(), &atomic.Int64{}
	up := startSandbox(t, sandbox.Options{Now: func() time.Time { return began.Add(time.Duration(passed.Load())) }})
	up.passed, up.outboxShown = passed, s.outbox
	return startApp(t, up, nil)
}

// see brings the visitor to the state.
func (b *browser) see(s state) {
	b.t.Helper()
	b.app.browser(b.t, plain).request(http.MethodPost, "/signup", form(neighbour), nil)
	if s.member {
		b.request(http.MethodPost, "/signin", form(member), nil)
		b.request(http.MethodGet, "/", nil, nil) // says that they are signed in
	}
	if s.meanwhile != nil {
		s.meanwhile(b.t, b.app.up, b.app)
	}
	s.reach(b)
	b.wantStatus(s.status)
}

// renderedPages writes the whole page of every state, as it comes without
// JavaScript, into a folder for tools that read files.
func renderedPages(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	everyState(t, plain, func(t *testing.T, b *browser, s state) {
		if err := os.WriteFile(filepath.Join(folder, s.name+".html"), []byte(b.raw), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	return folder
}

// notPages are the routes that answer with something else than a page: files,
// words for machines, the way to another page.
var notPages = []string{
	"/assets/:id", "/static/:file", "/theme/:file", "/blog/rss.xml", "/blog/atom.xml", "/blog/feed.json",
	"/sitemap.xml", "/robots.txt", "/healthz", "/readyz", "/profile/export", "/profile/avatar/:id",
	"/profile/avatar", "/profile/avatar/remove", "/profile/two-factor/confirm", "/profile/two-factor/off",
}

// Whoever adds a page adds its states.
func TestEveryPageIsInTheTable(t *testing.T) {
	routes, files := pageRoutes(t), markTemplates(t)
	everyState(t, plain, func(t *testing.T, b *browser, _ state) {
		path, _, _ := strings.Cut(b.path, "?")
		for pattern, route := range routes {
			if route.MatchString(path) {
				delete(routes, pattern)
			}
		}
		delete(files, b.doc.Find("template[data-file]").AttrOr("data-file", ""))
	})
	if len(routes) > 0 {
		t.Errorf("no state is at %v", slices.Sorted(maps.Keys(routes)))
	}
	if len(files) > 0 {
		t.Errorf("no state shows %v", slices.Sorted(maps.Keys(files)))
	}
}

// pageRoutes asks the app for the pages that it has.
func pageRoutes(t *testing.T) map[string]*regexp.Regexp {
	t.Helper()
	routes := map[string]*regexp.Regexp{}
	for _, r := range routesOfTheApp(t) {
		if r.Method == http.MethodGet && !slices.Contains(notPages, r.Path) {
			routes[r.Path] = regexp.MustCompile("^" + regexp.MustCompile(`:\w+`).ReplaceAllString(r.Path, "[^/]+") + "$")
		}
	}
	return routes
}

// routesOfTheApp are all that it has in development.
func routesOfTheApp(t *testing.T) gin.RoutesInfo {
	t.Helper()
	config, err := readConfig(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	outbox := func(context.Context) ([]templates.Mail, error) { return nil, nil }
	site, err := newSite(t.Context(), parts{config: config, directusURL: "http://127.0.0.1:1", outbox: outbox, closing: t.Context()})
	if err != nil {
		t.Fatal(err)
	}
	engine, isGin := site.Handler.(*gin.Engine)
	if !isGin {
		t.Fatalf("the site is a %T", site.Handler)
	}
	return engine.Routes()
}

// markTemplates lets every page say for the rest of the test which file it is
// made of, and returns the names of the files.
func markTemplates(t *testing.T) map[string]bool {
	t.Helper()
	folder := copyOfThePages(t)
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
