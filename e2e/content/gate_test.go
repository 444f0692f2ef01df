package content_test

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"hutch/e2e/harness"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// What is for members reaches nobody else, whatever they request, and whether or not
// a member requested it before.

var gatedWords = []string{"Tunnicliffe", "parking space", "stuck in anything", "clinic on the ring road"}

// readers are those who ask for it.
type readers struct {
	stranger *harness.Browser // nobody
	forger   *harness.Browser // has made up a session
	member   *harness.Browser // may read it
	lodger   *harness.Browser // has an account, and a role that reads nothing
}

func readersOf(t *testing.T, a *harness.App) readers {
	t.Helper()
	r := readers{a.Browser(t, harness.Plain), a.Browser(t, harness.Plain), a.Browser(t, harness.Plain), a.Browser(t, harness.Plain)}
	r.member.SignUp()
	r.member.Open("/") // says that they have signed up
	r.forger.SetSession(&http.Cookie{Value: r.member.SessionCookie().Value[:80] + strings.Repeat("A", 80)})

	var role struct{ ID string }
	if err := a.Up.Admin.Post(t.Context(), "/roles", lodgers(a.Up.Major), &role); err != nil {
		t.Fatal(err)
	}
	who := r.lodger.SignUp()
	a.Up.Set(t, who, map[string]any{"role": role.ID})
	r.lodger.Request(http.MethodPost, "/logout", url.Values{}, nil)
	r.lodger.Request(http.MethodPost, "/signin", harness.Form(who), nil)
	if r.lodger.SessionCookie() == nil {
		t.Fatalf("the lodger is not signed in: %d %s", r.lodger.Status, r.lodger.Raw)
	}
	r.lodger.Request(http.MethodGet, "/", nil, nil) // says that they are
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
		{"Hx-Request": {"true"}, "Hx-Request-Type": {"full"}},
		partial("main#main"), partial("div#results"), partial("div#random"), partial("x#gate"), partial(""),
		{"Range": {"bytes=0-4000"}}, {"X-Forwarded-Host": {"evil.test"}, "X-Original-Url": {"/profile"}},
	}
	for _, etag := range known {
		ways = append(ways, http.Header{"If-None-Match": {etag}}, http.Header{"If-None-Match": {etag}, "Accept-Encoding": {"gzip"}}, http.Header{"If-None-Match": {etag}, "Accept-Encoding": {"zstd"}})
	}
	return ways
}

// decoded is what the last answer says.
func decoded(b *harness.Browser) string {
	b.T.Helper()
	var plain io.Reader = strings.NewReader(b.Raw)
	var err error
	if b.Raw != "" {
		switch b.Header.Get("Content-Encoding") {
		case "gzip":
			plain, err = gzip.NewReader(plain)
		case "zstd":
			plain, err = zstd.NewReader(plain)
		}
	}
	if err != nil {
		b.T.Fatal(err)
	}
	var said bytes.Buffer
	if _, err := said.ReadFrom(plain); err != nil {
		b.T.Fatal(err)
	}
	return said.String()
}

// mustNotKnow looks for what is for members in the last answer, its headers
// included.
func mustNotKnow(b *harness.Browser, asked string) {
	b.T.Helper()
	var head bytes.Buffer
	_ = b.Header.Write(&head)
	said := strings.ToLower(html.UnescapeString(decoded(b)) + head.String())
	for _, word := range gatedWords {
		// What was searched for stands in the page again.
		if !strings.Contains(asked, url.QueryEscape(word)) && strings.Contains(said, strings.ToLower(word)) {
			b.T.Errorf("%s says %q to somebody who may not read it", asked, word)
		}
	}
	mustBeKeptHonestly(b, asked)
}

// mustBeKeptHonestly checks who is told to keep the last answer.
func mustBeKeptHonestly(b *harness.Browser, asked string) {
	b.T.Helper()
	kept := b.Header.Get("Cache-Control")
	switch {
	case kept == "":
		b.T.Errorf("%s does not say who may keep it", asked)
	case b.Header.Get("Set-Cookie") != "" && kept != "no-store":
		b.T.Errorf("%s sets a cookie and says %q", asked, kept)
	case strings.Contains(kept, "public") && strings.HasPrefix(b.Header.Get("Content-Type"), "text/html") && !strings.Contains(b.Header.Get("Vary"), "Cookie"):
		b.T.Errorf("%s is for everybody to keep, and varies on %q", asked, b.Header.Get("Vary"))
	}
}

// askAsNobody asks in one way and expects what is for everybody.
func askAsNobody(b *harness.Browser, method, path string, header http.Header, stored bool) {
	b.T.Helper()
	asked := fmt.Sprintf("%s %s %v", method, path, header)
	b.Request(method, path, nil, header)
	mustNotKnow(b, asked)
	if b.Status != http.StatusOK && b.Status != http.StatusNotModified {
		b.T.Errorf("%s: %d", asked, b.Status)
	}
	if kept := b.Header.Get("Cache-Control"); stored && kept != "public, no-cache" {
		b.T.Errorf("%s: Cache-Control %q", asked, kept)
	}
}

// askAsMember asks in one way and expects the whole post, for this member alone.
func askAsMember(b *harness.Browser, path string, header http.Header) {
	b.T.Helper()
	asked := fmt.Sprintf("%s %v", path, header)
	b.Request(http.MethodGet, path, nil, header)
	if said := decoded(b); b.Status != http.StatusOK || !strings.Contains(said, gatedWords[0]) {
		b.T.Errorf("%s as a member: %d, without the content", asked, b.Status)
	}
	if kept := b.Header.Get("Cache-Control"); kept != "no-store" || b.Header.Get("ETag") != "" {
		b.T.Errorf("%s as a member: Cache-Control %q, ETag %q", asked, kept, b.Header.Get("ETag"))
	}
}

// askAsLodger asks in one way and expects to be refused.
func askAsLodger(b *harness.Browser, path string, header http.Header) {
	b.T.Helper()
	asked := fmt.Sprintf("%s %v", path, header)
	b.Request(http.MethodGet, path, nil, header)
	mustNotKnow(b, asked)
	if kept := b.Header.Get("Cache-Control"); kept != "no-store" {
		b.T.Errorf("%s as a member who may not read it: Cache-Control %q", asked, kept)
	}
}

// oddQueries are for the address of a post, which has none.
var oddQueries = []string{"", "?", "?utm_source=x", "?page=2", "?q=x", "?fields=*", "?access_token=x", "?version=draft", "?preview=true", "?%00", "?signedin=true", "?fragment=main"}

// elsewhere is where else something of a post could be read.
var elsewhere = []string{
	"/", "/blog", "/search?q=night", "/blog?q=night", "/blog/authors/marjorie-thistlewood", "/blog/authors/1",
	"/blog/first-frost-checklist", "/blog/hay-by-numbers", "/blog/rss.xml", "/blog/atom.xml", "/blog/feed.json", "/sitemap.xml", "/robots.txt", "/pages/about",
}

func TestMembersContentReachesNobodyElse(t *testing.T) {
	harness.TakesSeconds(t)
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, harness.Fresh("HOOK_SECRET", harness.HookSecret))
		r := readersOf(t, site)
		// The first visitor fills the cache.
		askAsMember(r.member, harness.GatedPath, nil)
		askAsNobody(r.stranger, http.MethodGet, harness.GatedPath, nil, true)
		etags := []string{r.stranger.Header.Get("ETag")}
		askAsLodger(r.lodger, harness.GatedPath, nil)
		wantRefused(r.lodger)
		r.stranger.Open(harness.GatedPath)
		r.stranger.WantText("members")
		if r.stranger.Doc.Find(`.gate a[href="/signin?redirectedFrom=`+strings.ReplaceAll(harness.GatedPath, "/", "%2f")+`"]`).Length() != 1 {
			t.Errorf("no way to sign in: %s", r.stranger.Raw)
		}
		r.allAtOnce(etags)

		site.Hook(t, `{"collection":"posts"}`)
		r.allAtOnce(etags)
		site.Pass(2 * time.Minute)
		r.allAtOnce(etags)

		// News does not stand in the way, and is for one visitor.
		for _, b := range []*harness.Browser{r.stranger, r.member, r.lodger} {
			b.HTTP.Jar.SetCookies(b.Address(), []*http.Cookie{{Name: "notice", Value: "notice.welcome", Path: "/"}})
		}
		askAsMember(r.member, harness.GatedPath, nil)
		askAsLodger(r.lodger, harness.GatedPath, nil)
		wantRefused(r.lodger)
		askAsNobody(r.stranger, http.MethodGet, harness.GatedPath, nil, false)
		if kept := r.stranger.Header.Get("Cache-Control"); kept != "no-store" {
			t.Errorf("a page with news: %q", kept)
		}

		// Directus goes away.
		r.allAtOnce(etags)
		site.Wire.BreakWith(harness.Breakages["503"])
		for range 2 {
			for _, header := range waysOfAsking(etags...) {
				for _, b := range []*harness.Browser{r.stranger, r.forger} {
					askAsNobody(b, http.MethodGet, harness.GatedPath, header, true)
				}
				askAsLodger(r.lodger, harness.GatedPath, header)
				r.member.Request(http.MethodGet, harness.GatedPath, nil, header)
				if kept := r.member.Header.Get("Cache-Control"); kept != "no-store" {
					t.Errorf("to a member in an outage: Cache-Control %q", kept)
				}
			}
			site.Pass(2 * time.Minute)
		}
		site.Wire.Mend()

		// Their session is over, and nobody has told the cache.
		site.Pass(40 * 24 * time.Hour)
		for range 3 {
			askAsNobody(r.member, http.MethodGet, harness.GatedPath, nil, true)
		}
	})
}

// wantRefused checks that the last answer says so.
func wantRefused(b *harness.Browser) {
	b.T.Helper()
	if b.Status != http.StatusOK || !strings.Contains(b.Raw, "have access to this post.") {
		b.T.Errorf("who may not read it is told: %d %s", b.Status, b.Raw)
	}
}

// allAtOnce has all of them ask for everything, in every way, at the same time.
func (r readers) allAtOnce(etags []string) {
	var group sync.WaitGroup
	for _, b := range []*harness.Browser{r.stranger, r.forger} {
		for range 3 {
			own := *b
			group.Go(func() {
				for _, i := range rand.Perm(len(waysOfAsking(etags...))) {
					header := waysOfAsking(etags...)[i]
					askAsNobody(&own, http.MethodGet, harness.GatedPath+oddQueries[rand.IntN(len(oddQueries))], header, true)
					askAsNobody(&own, http.MethodHead, harness.GatedPath, header, true)
					askAsNobody(&own, http.MethodGet, elsewhere[i%len(elsewhere)], header, false)
				}
			})
		}
	}
	for range 2 {
		member, lodger := *r.member, *r.lodger
		group.Go(func() {
			for _, i := range rand.Perm(len(waysOfAsking(etags...))) {
				askAsMember(&member, harness.GatedPath+oddQueries[rand.IntN(len(oddQueries))], waysOfAsking(etags...)[i])
			}
		})
		group.Go(func() {
			for _, i := range rand.Perm(len(waysOfAsking(etags...))) {
				askAsLodger(&lodger, harness.GatedPath, waysOfAsking(etags...)[i])
				askAsLodger(&lodger, elsewhere[i%8], waysOfAsking(etags...)[i])
			}
		})
	}
	group.Wait()
}

// A search must not answer what a page does not: a word that is only in what is
// for members finds as much as one that is nowhere.
func TestSearchIsNoOracle(t *testing.T) {
	harness.TakesSeconds(t)
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		r := readersOf(t, site)
		visitors := []*harness.Browser{r.stranger, r.member, r.forger, r.lodger}
		headers := []http.Header{nil, {"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"div#results"}}}
		if !up.Sandbox && !up.InFull() {
			visitors, headers = visitors[:2], headers[:1] // Directus is asked the same for all
		}
		for _, word := range append([]string{"tunnicliffe", "TUNNICLIFFE", "Gwen Tunnicliffe", "unnicliff", "<h2>Who gets up", "Who gets up</h2>", "sludge", "half-pound"}, gatedWords...) {
			nowhere := strings.Map(func(r rune) rune {
				if r >= 'a' && r <= 'y' || r >= 'A' && r <= 'Y' {
					return r + 1
				}
				return r
			}, word)
			for _, b := range visitors {
				for _, header := range headers {
					found, not := searchFor(b, word, header), searchFor(b, nowhere, header)
					if found != not {
						t.Errorf("searching for %q answers\n%s\nand for %q\n%s", word, found, nowhere, not)
					}
				}
				if found := b.Request(http.MethodGet, "/blog?page=2&q="+url.QueryEscape(word), nil, nil).StatusCode; found != http.StatusNotFound {
					t.Errorf("the second page for %q: %d", word, found)
				}
			}
		}
	})
}

// searchFor is the answer to it, without the words themselves.
func searchFor(b *harness.Browser, words string, header http.Header) string {
	b.T.Helper()
	path := "/blog?" + url.Values{"q": {words}}.Encode()
	b.Request(http.MethodGet, path, nil, header)
	if b.Status != http.StatusOK {
		b.T.Errorf("%s: %d", path, b.Status)
	}
	said := b.Raw
	inLink := regexp.MustCompile(`%[0-9A-F]{2}`).ReplaceAllStringFunc(strings.ReplaceAll(url.QueryEscape(words), "+", "%20"), strings.ToLower)
	for _, written := range []string{inLink, html.EscapeString(words), url.QueryEscape(words), strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(words)} {
		said = strings.ReplaceAll(said, written, "…")
	}
	return said
}

// Nor where the public reads the content of no post at all.
func TestSearchIsNoOracleWhereNobodyReadsContent(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		closeToThePublic(t, up, "posts")
		holder, public := map[string]any{"role": nil}, ""
		if up.Major > 10 {
			var access []struct{ Policy string }
			if err := up.Admin.Get(t.Context(), "/access", url.Values{"filter[role][_null]": {"true"}, "filter[user][_null]": {"true"}}, &access); err != nil || len(access) == 0 {
				t.Fatal(access, err)
			}
			public = access[0].Policy
			holder = map[string]any{"policy": public}
		}
		holder["collection"], holder["action"], holder["permissions"] = "posts", "read", map[string]any{}
		holder["fields"] = []string{"slug", "title", "teaser", "status", "publish_date", "author", "image"}
		err := up.Admin.Post(t.Context(), "/permissions", holder, nil)
		if up.Major == 12 {
			if err == nil {
				t.Error("without a licence, Directus 12 tells fields apart: search has to be tried here too")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
		for _, word := range append([]string{"teapot", "spreadsheet", "sludge"}, gatedWords...) {
			if found, not := searchFor(b, word, nil), searchFor(b, "zzzz"+word, nil); found != not && word != "spreadsheet" {
				t.Errorf("searching for %q finds something", word)
			}
		}
		b.Open("/blog?q=hay")
		b.WantText("Hay by numbers")
	})
}

// Who comes first in the list does not decide what can be searched.
func TestSearchBesideAGatedPost(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		for _, slug := range []string{"0-first", "a-first"} {
			up.NewPost(t, map[string]any{"slug": slug, "title": "First", "status": "published", "members_only": true, "publish_date": "2026-11-20", "content": "<p>Kept back.</p>"})
		}
		b := harness.StartApp(t, up, nil).Browser(t, harness.Plain)
		b.Open("/blog?q=teapot")
		b.WantText("1 post matches", "Hay by numbers")
	})
}
