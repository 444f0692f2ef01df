package main

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// What is for members reaches nobody else, whatever they ask, and whoever asked
// before.

// The sample's post for members. The words stand in its content and nowhere else.
const gatedPath = "/blog/the-night-list"

var gatedWords = []string{"Tunnicliffe", "parking space", "stuck in anything", "clinic on the ring road"}

const hookSecret = "the-hook-secret-of-the-tests-0123456789"

// readers are those who ask for it.
type readers struct {
	stranger *browser // nobody
	forger   *browser // has made up a session
	member   *browser // may read it
	lodger   *browser // has an account, and a role that reads nothing
}

func (a *app) readers(t *testing.T) readers {
	t.Helper()
	r := readers{a.browser(t, plain), a.browser(t, plain), a.browser(t, plain), a.browser(t, plain)}
	r.member.signUp()
	r.member.open("/") // says that they have signed up
	r.forger.setSession(&http.Cookie{Value: r.member.sessionCookie().Value[:80] + strings.Repeat("A", 80)})

	var role struct{ ID string }
	if err := a.up.admin.Post(t.Context(), "/roles", lodgers(a.up.major), &role); err != nil {
		t.Fatal(err)
	}
	who := r.lodger.signUp()
	a.up.set(t, who, map[string]any{"role": role.ID})
	r.lodger.request(http.MethodPost, "/logout", url.Values{}, nil)
	r.lodger.request(http.MethodPost, "/signin", form(who), nil)
	if r.lodger.sessionCookie() == nil {
		t.Fatalf("the lodger is not signed in: %d %s", r.lodger.status, r.lodger.raw)
	}
	r.lodger.request(http.MethodGet, "/", nil, nil) // says that they are
	return r
}

func lodgers(major int) map[string]any {
	if major == 10 {
		return map[string]any{"name": "Lodgers", "app_access": false, "admin_access": false}
	}
	return map[string]any{"name": "Lodgers"}
}

// ways of asking for one page.
func waysOfAsking(known ...string) []http.Header {
	partial := func(target string) http.Header {
		return http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {target}}
	}
	ways := []http.Header{
		{}, {"Accept-Encoding": {"gzip"}}, {"Accept-Encoding": {"zstd"}}, {"Accept-Encoding": {"identity"}}, {"Accept-Encoding": {"zstd;q=0, gzip;q=0.1, *"}},
		{"Accept-Language": {"de"}}, {"Accept-Language": {"de"}, "Accept-Encoding": {"zstd"}}, {"Cache-Control": {"no-cache"}, "Pragma": {"no-cache"}},
		{"If-None-Match": {"*"}}, {"If-None-Match": {`"0", W/"1"`}},
		{"Hx-Request": {"true"}, "Hx-Request-Type": {"full"}}, {"Hx-History-Restore-Request": {"true"}},
		partial("main#main"), partial("div#results"), partial("div#random"), partial("x#gate"), partial(""),
		{"Range": {"bytes=0-4000"}}, {"X-Forwarded-Host": {"evil.test"}, "X-Original-Url": {"/profile"}},
	}
	for _, etag := range known {
		ways = append(ways, http.Header{"If-None-Match": {etag}}, http.Header{"If-None-Match": {etag}, "Accept-Encoding": {"gzip"}}, http.Header{"If-None-Match": {etag}, "Accept-Encoding": {"zstd"}})
	}
	return ways
}

// decoded is what the last answer says.
func (b *browser) decoded() string {
	b.t.Helper()
	var plain io.Reader = strings.NewReader(b.raw)
	var err error
	if b.raw != "" {
		switch b.header.Get("Content-Encoding") {
		case "gzip":
			plain, err = gzip.NewReader(plain)
		case "zstd":
			plain, err = zstd.NewReader(plain)
		}
	}
	if err != nil {
		b.t.Fatal(err)
	}
	var said bytes.Buffer
	if _, err := said.ReadFrom(plain); err != nil {
		b.t.Fatal(err)
	}
	return said.String()
}

// mustNotKnow looks for what is for members in the last answer, its headers
// included.
func (b *browser) mustNotKnow(asked string) {
	b.t.Helper()
	var head bytes.Buffer
	_ = b.header.Write(&head)
	said := strings.ToLower(html.UnescapeString(b.decoded()) + head.String())
	for _, word := range gatedWords {
		// What was searched for stands in the page again.
		if !strings.Contains(asked, url.QueryEscape(word)) && strings.Contains(said, strings.ToLower(word)) {
			b.t.Errorf("%s says %q to somebody who may not read it", asked, word)
		}
	}
	b.mustBeKeptHonestly(asked)
}

// mustBeKeptHonestly checks who is told to keep the last answer.
func (b *browser) mustBeKeptHonestly(asked string) {
	b.t.Helper()
	kept := b.header.Get("Cache-Control")
	switch {
	case kept == "":
		b.t.Errorf("%s does not say who may keep it", asked)
	case b.header.Get("Set-Cookie") != "" && kept != "no-store":
		b.t.Errorf("%s sets a cookie and says %q", asked, kept)
	case strings.Contains(kept, "public") && strings.HasPrefix(b.header.Get("Content-Type"), "text/html") && !strings.Contains(b.header.Get("Vary"), "Cookie"):
		b.t.Errorf("%s is for everybody to keep, and varies on %q", asked, b.header.Get("Vary"))
	}
}

// askAsNobody asks in one way and expects what is for everybody.
func (b *browser) askAsNobody(method, path string, header http.Header, stored bool) {
	b.t.Helper()
	asked := fmt.Sprintf("%s %s %v", method, path, header)
	b.request(method, path, nil, header)
	b.mustNotKnow(asked)
	if b.status != http.StatusOK && b.status != http.StatusNotModified {
		b.t.Errorf("%s: %d", asked, b.status)
	}
	if kept := b.header.Get("Cache-Control"); stored && kept != "public, no-cache" {
		b.t.Errorf("%s: Cache-Control %q", asked, kept)
	}
}

// askAsMember asks in one way and expects the whole post, for this member alone.
func (b *browser) askAsMember(path string, header http.Header) {
	b.t.Helper()
	asked := fmt.Sprintf("%s %v", path, header)
	b.request(http.MethodGet, path, nil, header)
	if said := b.decoded(); b.status != http.StatusOK || !strings.Contains(said, gatedWords[0]) {
		b.t.Errorf("%s as a member: %d, without the content", asked, b.status)
	}
	if kept := b.header.Get("Cache-Control"); kept != "no-store" || b.header.Get("ETag") != "" {
		b.t.Errorf("%s as a member: Cache-Control %q, ETag %q", asked, kept, b.header.Get("ETag"))
	}
}

// askAsLodger asks in one way and expects to be refused.
func (b *browser) askAsLodger(path string, header http.Header) {
	b.t.Helper()
	asked := fmt.Sprintf("%s %v", path, header)
	b.request(http.MethodGet, path, nil, header)
	b.mustNotKnow(asked)
	if kept := b.header.Get("Cache-Control"); kept != "no-store" {
		b.t.Errorf("%s as a member who may not read it: Cache-Control %q", asked, kept)
	}
}

// oddQueries are for the address of a post, which has none.
var oddQueries = []string{"", "?", "?utm_source=x", "?page=2", "?q=x", "?fields=*", "?access_token=x", "?version=draft", "?preview=true", "?%00", "?signedin=true", "?fragment=main"}

// elsewhere is where else something of a post could be read.
var elsewhere = []string{
	"/", "/blog", "/blog?page=2", "/blog?q=night", "/blog/authors/marjorie-thistlewood", "/blog/authors/1",
	"/blog/first-frost-checklist", "/blog/hay-by-numbers", "/blog/rss.xml", "/blog/atom.xml", "/blog/feed.json", "/sitemap.xml", "/robots.txt", "/pages/about",
}

func TestMembersContentReachesNobodyElse(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, fresh("HOOK_SECRET", hookSecret))
		r := site.readers(t)
		// Whoever comes first fills the cache.
		r.member.askAsMember(gatedPath, nil)
		r.stranger.askAsNobody(http.MethodGet, gatedPath, nil, true)
		etags := []string{r.stranger.header.Get("ETag")}
		r.lodger.askAsLodger(gatedPath, nil)
		r.lodger.wantRefused()
		r.stranger.open(gatedPath)
		r.stranger.wantText("members")
		if r.stranger.doc.Find(`.gate a[href="/signin?redirectedFrom=`+strings.ReplaceAll(gatedPath, "/", "%2f")+`"]`).Length() != 1 {
			t.Errorf("no way to sign in: %s", r.stranger.raw)
		}
		r.allAtOnce(etags)

		site.hook(t, `{"collection":"posts"}`)
		r.allAtOnce(etags)
		site.pass(2 * time.Minute)
		r.allAtOnce(etags)

		// News does not stand in the way, and is for one visitor.
		for _, b := range []*browser{r.stranger, r.member, r.lodger} {
			b.http.Jar.SetCookies(b.address(), []*http.Cookie{{Name: "notice", Value: "notice.welcome", Path: "/"}})
		}
		r.member.askAsMember(gatedPath, nil)
		r.lodger.askAsLodger(gatedPath, nil)
		r.lodger.wantRefused()
		r.stranger.askAsNobody(http.MethodGet, gatedPath, nil, false)
		if kept := r.stranger.header.Get("Cache-Control"); kept != "no-store" {
			t.Errorf("a page with news: %q", kept)
		}

		// Directus goes away.
		r.allAtOnce(etags)
		site.wire.breakWith(breakages["503"])
		for range 2 {
			for _, header := range waysOfAsking(etags...) {
				for _, b := range []*browser{r.stranger, r.forger} {
					b.askAsNobody(http.MethodGet, gatedPath, header, true)
				}
				r.lodger.askAsLodger(gatedPath, header)
				r.member.request(http.MethodGet, gatedPath, nil, header)
				if kept := r.member.header.Get("Cache-Control"); kept != "no-store" {
					t.Errorf("to a member in an outage: Cache-Control %q", kept)
				}
			}
			site.pass(2 * time.Minute)
		}
		site.wire.mend()

		// Their session is over, and nobody has told the cache.
		site.pass(40 * 24 * time.Hour)
		for range 3 {
			r.member.askAsNobody(http.MethodGet, gatedPath, nil, true)
		}
	})
}

// wantRefused checks that the last answer says so.
func (b *browser) wantRefused() {
	b.t.Helper()
	if b.status != http.StatusOK || !strings.Contains(b.raw, "This post is not for your account.") {
		b.t.Errorf("who may not read it is told: %d %s", b.status, b.raw)
	}
}

// allAtOnce has all of them ask for everything, in every way, at the same time.
func (r readers) allAtOnce(etags []string) {
	var group sync.WaitGroup
	for _, b := range []*browser{r.stranger, r.forger} {
		for range 3 {
			own := *b
			group.Go(func() {
				for _, i := range rand.Perm(len(waysOfAsking(etags...))) {
					header := waysOfAsking(etags...)[i]
					own.askAsNobody(http.MethodGet, gatedPath+oddQueries[rand.IntN(len(oddQueries))], header, true)
					own.askAsNobody(http.MethodHead, gatedPath, header, true)
					own.askAsNobody(http.MethodGet, elsewhere[i%len(elsewhere)], header, false)
				}
			})
		}
	}
	for range 2 {
		member, lodger := *r.member, *r.lodger
		group.Go(func() {
			for _, i := range rand.Perm(len(waysOfAsking(etags...))) {
				member.askAsMember(gatedPath+oddQueries[rand.IntN(len(oddQueries))], waysOfAsking(etags...)[i])
			}
		})
		group.Go(func() {
			for _, i := range rand.Perm(len(waysOfAsking(etags...))) {
				lodger.askAsLodger(gatedPath, waysOfAsking(etags...)[i])
				lodger.askAsLodger(elsewhere[i%8], waysOfAsking(etags...)[i])
			}
		})
	}
	group.Wait()
}

// hook tells the app of a change, as Directus does.
func (a *app) hook(t *testing.T, change string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.url+"/hooks/directus", strings.NewReader(change))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+hookSecret)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the hook: %d", res.StatusCode)
	}
}

// A search must not answer what a page does not: a word that is only in what is
// for members finds as much as one that is nowhere.
func TestSearchIsNoOracle(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		r := site.readers(t)
		for _, word := range append([]string{"tunnicliffe", "TUNNICLIFFE", "Gwen Tunnicliffe", "unnicliff", "<h2>Who gets up", "Who gets up</h2>", "sludge", "half-pound"}, gatedWords...) {
			nowhere := strings.Map(func(r rune) rune {
				if r >= 'a' && r <= 'y' || r >= 'A' && r <= 'Y' {
					return r + 1
				}
				return r
			}, word)
			for _, b := range []*browser{r.stranger, r.forger, r.member, r.lodger} {
				for _, header := range []http.Header{nil, {"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"div#results"}}} {
					found, not := b.search(word, header), b.search(nowhere, header)
					if found != not {
						t.Errorf("searching for %q answers\n%s\nand for %q\n%s", word, found, nowhere, not)
					}
				}
				if found := b.request(http.MethodGet, "/blog?page=2&q="+url.QueryEscape(word), nil, nil).StatusCode; found != http.StatusNotFound {
					t.Errorf("the second page for %q: %d", word, found)
				}
			}
		}
	})
}

// search is the answer to it, without the words themselves.
func (b *browser) search(words string, header http.Header) string {
	b.t.Helper()
	path := "/blog?" + url.Values{"q": {words}}.Encode()
	b.request(http.MethodGet, path, nil, header)
	if b.status != http.StatusOK {
		b.t.Errorf("%s: %d", path, b.status)
	}
	said := b.raw
	for _, written := range []string{html.EscapeString(words), url.QueryEscape(words), strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(words)} {
		said = strings.ReplaceAll(said, written, "…")
	}
	return said
}

// Nor where the public reads the content of no post at all.
func TestSearchIsNoOracleWhereNobodyReadsContent(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		if up.major == 12 {
			t.Skip("without a licence, Directus 12 tells no fields apart")
		}
		up.closeToThePublic(t, "posts")
		holder, public := map[string]any{"role": nil}, ""
		if up.major > 10 {
			var access []struct{ Policy string }
			if err := up.admin.Get(t.Context(), "/access", url.Values{"filter[role][_null]": {"true"}, "filter[user][_null]": {"true"}}, &access); err != nil || len(access) == 0 {
				t.Fatal(access, err)
			}
			public = access[0].Policy
			holder = map[string]any{"policy": public}
		}
		holder["collection"], holder["action"], holder["permissions"] = "posts", "read", map[string]any{}
		holder["fields"] = []string{"slug", "title", "teaser", "status", "publish_date", "author", "image"}
		if err := up.admin.Post(t.Context(), "/permissions", holder, nil); err != nil {
			t.Fatal(err)
		}
		b := startApp(t, up, nil).browser(t, plain)
		for _, word := range append([]string{"teapot", "spreadsheet", "sludge"}, gatedWords...) {
			if found, not := b.search(word, nil), b.search("zzzz"+word, nil); found != not && word != "spreadsheet" {
				t.Errorf("searching for %q finds something", word)
			}
		}
		b.open("/blog?q=hay")
		b.wantText("Hay by numbers")
	})
}

// Who comes first in the list does not decide what can be searched.
func TestSearchBesideAGatedPost(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		for _, slug := range []string{"0-first", "a-first"} {
			up.newPost(t, map[string]any{"slug": slug, "title": "First", "status": "published", "members_only": true, "publish_date": "2026-11-20", "content": "<p>Kept back.</p>"})
		}
		b := startApp(t, up, nil).browser(t, plain)
		b.open("/blog?q=teapot")
		b.wantText("1 post has", "Hay by numbers")
	})
}
