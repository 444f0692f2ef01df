package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"

	"hutch/sandbox"
)

// What a reader does in the blog: searches, turns pages, signs in at a gate. In
// Chromium, with JavaScript, and where it says so without.

// Whoever searches need not press anything, and is told what is found as by a
// page that is loaded.
func TestSearchingAsOneTypes(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, scripted)
	b.open("/")
	b.follow(`nav a[href="/blog"]`)
	ask[chromedp.Void](t, b.tab, `() => {
		window.told = document.querySelector("#found")
		window.entries = history.length
	}`)

	asked := b.tab.heard()
	b.typeWords("h", "a", "y")
	b.look()
	if n := b.tab.heard() - asked; n != 1 {
		t.Errorf("three letters were %d requests", n)
	}
	b.mustHaveFound("hay")
	b.typeWords(" by num", "bers")
	b.look()
	b.mustHaveFound("hay by numbers")
	if !ask[bool](t, b.tab, `() => window.told === document.querySelector("#found") && window.told.matches("[role=status]:not([data-hx-swap-oob])")`) {
		t.Error("what is read out is another element")
	}
	if !ask[bool](t, b.tab, `() => history.length === window.entries`) {
		t.Error("each search is a step back")
	}

	asked = b.tab.heard()
	b.tab.await(http.MethodGet)
	b.enter()
	b.look()
	if n := b.tab.heard() - asked; n != 1 {
		t.Errorf("Enter made %d requests", n)
	}
	b.mustHaveFound("hay by numbers")

	b.follow("#results h2 a")
	b.wantAt("/blog/hay-by-numbers")
	b.travel(-1)
	b.wantAt("/blog?q=hay+by+numbers")
	if b.value("q") != "hay by numbers" || b.doc.Find("#results .card").Length() != 1 {
		t.Errorf("back: the field has %q, and there are %d posts", b.value("q"), b.doc.Find("#results .card").Length())
	}

	b.tab.await(http.MethodGet)
	b.tab.fill(t, "#search", "q", "")
	b.look()
	b.mustHaveFound("")
	b.travel(-1)
	b.wantAt("/")
}

// typeWords adds to what is searched for, one after the other and without a pause,
// and expects a search.
func (b *browser) typeWords(parts ...string) {
	b.t.Helper()
	b.tab.await(http.MethodGet)
	for _, part := range parts {
		b.tab.typeInto(b.t, "#q", part)
	}
}

// mustHaveFound compares the page with one that is loaded for the same words, and
// wants to go on typing.
func (b *browser) mustHaveFound(words string) {
	b.t.Helper()
	loaded := b.app.browser(b.t, plain)
	path := "/blog"
	if words != "" {
		path += "?" + url.Values{"q": {words}}.Encode()
	}
	loaded.open(path)
	b.wantAt(path)
	found := func(doc *goquery.Document) string { return squeeze(doc.Find("#found, #results").Text()) }
	if found(b.doc) != found(loaded.doc) || b.title() != loaded.title() {
		b.t.Errorf("the search for %q shows %q: %s; loaded it is %q: %s", words, b.title(), found(b.doc), loaded.title(), found(loaded.doc))
	}
	if b.value("q") != words || b.focused() != "input#q" {
		b.t.Errorf("the field has %q, want %q; the focus is on %s", b.value("q"), words, b.focused())
	}
}

// A search that takes long is given up for the next one.
func TestOnlyTheLastSearchCounts(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, scripted)
	b.open("/blog")
	asked, release := make(chan struct{}, 10), make(chan struct{})
	site.wire.rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("search") == "hay" {
			asked <- struct{}{}
			<-release
		}
		return false
	})
	b.typeWords("hay")
	<-asked
	b.typeWords(" by numbers")
	b.look()
	close(release)
	time.Sleep(200 * time.Millisecond)
	b.look()
	b.mustHaveFound("hay by numbers")
}

// Who presses a link while a search waits for more letters goes where it leads.
func TestALinkOutrunsASearch(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, scripted)
	b.open("/blog")
	site.wire.rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/items/pages" {
			time.Sleep(600 * time.Millisecond) // longer than a search waits
		}
		return false
	})
	b.typeWords("hay")
	b.tab.press(t, `nav a[href="/pages/about"]`)
	b.look()
	b.wantAt("/pages/about")
	if heading := b.doc.Find("h1").Text(); heading != "About" {
		t.Errorf("the page is headed %q", heading)
	}
}

// A search that cannot be made leaves what is there, and can be tried again.
func TestSearchingInAnOutage(t *testing.T) {
	for _, name := range []string{"Directus", "no connection"} {
		t.Run(name, func(t *testing.T) {
			site := startApp(t, startSandbox(t, sandbox.Options{}), nil) // what was found once would be there
			b := site.browser(t, scripted)
			begin, end := func() { site.wire.breakOn("GET /items/posts", breakages["503"]) }, site.wire.mend
			if name == "no connection" {
				begin, end = func() { b.tab.offline(t, true) }, func() { b.tab.offline(t, false) }
			}
			b.open("/blog")
			begin()
			b.tab.forgiving(func() {
				b.typeWords("hay")
				b.look()
			})
			if notice := b.doc.Find("#notices").Text(); !strings.Contains(notice, "Try again") {
				t.Errorf("the notice says %q", squeeze(notice))
			}
			if b.doc.Find("#results .card").Length() != 12 || b.value("q") != "hay" || b.focused() != "input#q" {
				t.Errorf("%d posts are left, the field has %q, and the focus is on %s", b.doc.Find("#results .card").Length(), b.value("q"), b.focused())
			}
			end()
			b.follow("#notices .retry")
			b.wantAt("/blog?q=hay")
			if b.doc.Find("#results .card").Length() != 5 || b.doc.Find("#notices .trouble").Length() != 0 {
				t.Error("trying again did not help")
			}
		})
	}
}

// Turning a page changes what a new page would change, and nothing else.
func TestTurningPages(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	for _, list := range []string{"/blog", "/blog?q=a", "/blog/authors/marjorie-thistlewood"} {
		t.Run(list, func(t *testing.T) {
			if strings.Contains(list, "authors") {
				postsAre(manyPosts()...)(t, site.up, site)
			}
			b := site.browser(t, scripted)
			b.open(list)
			first := b.text()
			ask[chromedp.Void](t, b.tab, `() => { window.header = document.querySelector(".site-header") }`)
			b.follow(`.pager a[rel="next"]`)
			second := list + map[bool]string{true: "&", false: "?"}[strings.Contains(list, "?")] + "page=2"
			loaded := site.browser(t, plain)
			loaded.open(strings.Replace(second, "q=a&page=2", "page=2&q=a", 1))
			b.wantAt(loaded.path)
			if b.text() != loaded.text() || b.title() != loaded.title() {
				t.Errorf("%q: %s\nloaded it is %q: %s", b.title(), b.text(), loaded.title(), loaded.text())
			}
			if !ask[bool](t, b.tab, `() => window.header === document.querySelector(".site-header")`) {
				t.Error("more than the content was exchanged")
			}
			if focus := b.focused(); focus != "h1" || b.scrolled() != 0 {
				t.Errorf("the focus is on %s, and the page is scrolled by %v", focus, b.scrolled())
			}
			b.travel(-1)
			b.wantAt(list)
			if b.text() != first {
				t.Errorf("back: %s\nit was: %s", b.text(), first)
			}
			b.travel(+1)
			b.wantAt(loaded.path)
			b.follow(`.pager a[rel="prev"]`)
			b.wantAt(list)
		})
	}
}

// Without JavaScript the same form and the same links do it.
func TestReadingWithoutJavaScript(t *testing.T) {
	b := startApp(t, startSandbox(t, sandbox.Options{}), nil).browser(t, scriptless)
	b.open("/blog")
	b.follow(`.pager a[rel="next"]`)
	b.wantAt("/blog?page=2")
	if !strings.Contains(b.title(), "Page 2") {
		t.Errorf("the title is %q", b.title())
	}
	b.tab.fill(t, "#search", "q", "hay by numbers")
	b.follow("#search [type=submit]")
	b.wantAt("/blog?q=hay+by+numbers")
	if b.doc.Find("#results .card").Length() != 1 || b.value("q") != "hay by numbers" {
		t.Errorf("the search for %q has found %d posts", b.value("q"), b.doc.Find("#results .card").Length())
	}
}

// Who signs in at the gate is back at the post, and reads all of it.
func TestSigningInAtTheGate(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	inWays(t, func(t *testing.T, how way) {
		b := site.browser(t, how)
		b.open("/blog")
		b.follow(`main a[href="` + membersPost + `"]`)
		teaser := b.doc.Find("article.prose .teaser").Text()
		b.follow(`.gate a[href^="/signin"]`)
		b.submit("#signin", member.form())
		b.wantAt(membersPost)
		b.wantSignedIn(true)
		if b.doc.Find(".gate").Length() != 0 || teaser == "" || len(b.doc.Find("article.prose").Text()) < 3*len(teaser) {
			t.Errorf("the post is not whole: %s", b.text())
		}
	}, scripted, scriptless)
}

// What search engines read of a post is data: the page's policy has nothing
// against it, and followed links do not load it as another site's.
func TestLinkedDataIsNoScript(t *testing.T) {
	b := startApp(t, startSandbox(t, sandbox.Options{}), nil).browser(t, scripted)
	b.open("/blog/hay-by-numbers") // the console is silent, or the tab says so
	type data struct{ Headline, DatePublished string }
	if got := ask[data](t, b.tab, `() => {
		const {headline, datePublished} = JSON.parse(document.querySelector("head > script[type='application/ld+json']").textContent)
		return {Headline: headline, DatePublished: datePublished}
	}`); got != (data{b.doc.Find("h1").Text(), "2026-10-31"}) {
		t.Errorf("it is %+v", got)
	}
	ask[chromedp.Void](t, b.tab, `() => { window.sameDocument = true }`)
	b.follow(`nav a[href="/blog"]`)
	if !ask[bool](t, b.tab, `() => window.sameDocument === true`) {
		t.Error("the link loaded a new document")
	}
}
