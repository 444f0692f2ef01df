package browser_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// What a reader does in the blog: searches, turns pages, signs in at a gate. In
// Chromium, with JavaScript, and where it says so without.

// Results appear while the visitor types, and are announced as by a page that is
// loaded.
func TestSearchingAsOneTypes(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Scripted)
	b.Open("/")
	b.Follow(`nav a[href="/blog"]`)
	harness.Ask[chromedp.Void](t, b.Tab, `() => {
		window.told = document.querySelector("#found")
		window.entries = history.length
	}`)

	asked := b.Tab.Heard()
	typeWords(b, "h", "a", "y")
	b.Look()
	if n := b.Tab.Heard() - asked; n != 1 {
		t.Errorf("three letters were %d requests", n)
	}
	mustHaveFound(b, "hay")
	typeWords(b, " by num", "bers")
	b.Look()
	mustHaveFound(b, "hay by numbers")
	if !harness.Ask[bool](t, b.Tab, `() => window.told === document.querySelector("#found") && window.told.matches("[role=status]:not([data-hx-swap-oob])")`) {
		t.Error("what is read out is another element")
	}
	if !harness.Ask[bool](t, b.Tab, `() => history.length === window.entries`) {
		t.Error("each search is a step back")
	}

	asked = b.Tab.Heard()
	b.Tab.Await(http.MethodGet)
	b.Enter()
	b.Look()
	if n := b.Tab.Heard() - asked; n != 1 {
		t.Errorf("Enter made %d requests", n)
	}
	mustHaveFound(b, "hay by numbers")

	b.Follow("#results h2 a")
	b.WantAt("/blog/hay-by-numbers")
	travel(b, -1)
	b.WantAt("/blog?q=hay+by+numbers")
	if b.Value("q") != "hay by numbers" || b.Doc.Find("#results .card").Length() != 1 {
		t.Errorf("back: the field has %q, and there are %d posts", b.Value("q"), b.Doc.Find("#results .card").Length())
	}

	b.Tab.Await(http.MethodGet)
	b.Tab.Fill(t, "#search", "q", "")
	b.Look()
	mustHaveFound(b, "")
	travel(b, -1)
	b.WantAt("/")
}

// typeWords adds to what is searched for, one after the other and without a pause,
// and expects a search.
func typeWords(b *harness.Browser, parts ...string) {
	b.T.Helper()
	b.Tab.Await(http.MethodGet)
	for _, part := range parts {
		typeInto(b.T, b.Tab, "#q", part)
	}
}

// mustHaveFound compares the page with one that is loaded for the same words, and
// wants to go on typing.
func mustHaveFound(b *harness.Browser, words string) {
	b.T.Helper()
	loaded := b.App.Browser(b.T, harness.Plain)
	path := "/blog"
	if words != "" {
		path += "?" + url.Values{"q": {words}}.Encode()
	}
	loaded.Open(path)
	b.WantAt(path)
	found := func(doc *goquery.Document) string { return harness.Squeeze(doc.Find("#found, #results").Text()) }
	if found(b.Doc) != found(loaded.Doc) || b.Title() != loaded.Title() {
		b.T.Errorf("the search for %q shows %q: %s; loaded it is %q: %s", words, b.Title(), found(b.Doc), loaded.Title(), found(loaded.Doc))
	}
	if b.Value("q") != words || focusedElement(b) != "input#q" {
		b.T.Errorf("the field has %q, want %q; the focus is on %s", b.Value("q"), words, focusedElement(b))
	}
}

// A search that takes long says that it runs, in a place of its own: what has been found
// stays, nothing moves while somebody types, and screen readers are told after a second.
// A quick one says nothing.
func TestASearchSaysThatItRuns(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Scripted)
	b.Open("/blog")
	harness.Ask[chromedp.Void](t, b.Tab, `() => {
		window.told = []
		const waiting = document.getElementById("waiting"), found = document.getElementById("found")
		const note = what => () => { if (what.textContent) window.told.push(what.textContent.trim()) }
		for (const what of [waiting, found]) new MutationObserver(note(what)).observe(what, {childList: true, subtree: true, characterData: true})
	}`)
	type look struct {
		Width       float64
		Says, Found string
		Line        bool
		Told        []string
	}
	see := func() look {
		return harness.Ask[look](t, b.Tab, `() => ({
			Width: document.getElementById("q").getBoundingClientRect().width,
			Says: document.querySelector(".found").innerText, Found: document.getElementById("found").innerText,
			Line: getComputedStyle(document.getElementById("progress")).visibility === "visible", Told: window.told,
		})`)
	}
	typeWords(b, "hay")
	b.Look()
	quick := see()
	if strings.Contains(quick.Says, "Searching") || quick.Line || len(quick.Told) != 1 {
		t.Errorf("after a quick search: %+v", quick)
	}

	asked, release := make(chan struct{}, 10), make(chan struct{})
	site.Wire.Rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Query().Get("filter"), "numbers") {
			asked <- struct{}{}
			<-release
		}
		return false
	})
	typeWords(b, " by numbers")
	<-asked
	b.Tab.WaitFor(t, `() => document.querySelector(".found").innerText.includes("Searching…")
		&& getComputedStyle(document.querySelector(".found .busy")).visibility === "visible"
		&& getComputedStyle(document.getElementById("results")).opacity === "0.5"`)
	b.Tab.WaitFor(t, `() => document.getElementById("waiting").textContent === "Searching…"`)
	if slow := see(); slow.Width != quick.Width || slow.Found != quick.Found || !slow.Line {
		t.Errorf("while a search runs: %+v, before it: %+v", slow, quick)
	}
	close(release)
	b.Look()
	site.Wire.Mend()
	done := see()
	b.Tab.WaitFor(t, `() => getComputedStyle(document.getElementById("results")).opacity === "1"`)
	if want := append(quick.Told, "Searching…", done.Found); strings.Contains(done.Says, "Searching") || done.Line || !slices.Equal(done.Told, want) {
		t.Errorf("after a slow search: %+v, want %q told", done, want)
	}
	mustHaveFound(b, "hay by numbers")
}

// One button clears a search, ours, where there is something to clear: on the page that is
// shown, from where one goes on typing, and without JavaScript on the page without a search.
func TestClearingASearch(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	harness.InWays(t, func(t *testing.T, how harness.Way) {
		b := site.Browser(t, how)
		seen := func(want bool) {
			t.Helper()
			if got := harness.Ask[bool](t, b.Tab, `() => document.querySelector("#search .clear").checkVisibility()`); got != want {
				t.Errorf("%s: the button is there: %t, want %t", b.Path, got, want)
			}
		}
		b.Open("/search")
		seen(false)
		b.Open("/search?q=hay")
		seen(true)
		if native := harness.Ask[string](t, b.Tab, `() => getComputedStyle(document.getElementById("q"), "::-webkit-search-cancel-button").appearance`); native != "none" {
			t.Errorf("the browser's own button looks like %q", native)
		}
		b.Tab.Await(http.MethodGet)
		b.Press("#search .clear")
		b.Look()
		b.WantAt("/search")
		if b.Value("q") != "" || b.Doc.Find(".hits").Length() != 0 {
			t.Errorf("the field has %q, and %d results are left", b.Value("q"), b.Doc.Find(".hits > li").Length())
		}
		seen(false)
		if how == harness.Scripted {
			if focusedElement(b) != "input#q" {
				t.Errorf("the focus is on %s", focusedElement(b))
			}
			typeWords(b, "hay")
			b.Look()
			b.WantAt("/search?q=hay")
			seen(true)
		}
	}, harness.Scripted, harness.Scriptless)
}

// A search that takes long is given up for the next one.
func TestOnlyTheLastSearchCounts(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Scripted)
	b.Open("/blog")
	asked, release := make(chan struct{}, 10), make(chan struct{})
	site.Wire.Rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
		if asks := r.URL.Query().Get("filter"); strings.Contains(asks, `"hay"`) && !strings.Contains(asks, "numbers") {
			asked <- struct{}{}
			<-release
		}
		return false
	})
	typeWords(b, "hay")
	<-asked
	typeWords(b, " by numbers")
	b.Look()
	close(release)
	site.Wire.WaitForRest(t)
	b.Look()
	mustHaveFound(b, "hay by numbers")
}

// Who presses a link while a search waits for more letters goes where it leads.
func TestALinkOutrunsASearch(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Scripted)
	b.Open("/blog")
	site.Wire.Rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/items/pages" {
			time.Sleep(600 * time.Millisecond) // longer than a search waits
		}
		return false
	})
	typeWords(b, "hay")
	b.Tab.Press(t, `nav a[href="/pages/about"]`)
	b.Look()
	b.WantAt("/pages/about")
	if heading := b.Doc.Find("h1").Text(); heading != "About" {
		t.Errorf("the page is headed %q", heading)
	}
}

// A search that cannot be made leaves what is there, and can be tried again.
func TestSearchingInAnOutage(t *testing.T) {
	for _, name := range []string{"Directus", "no connection"} {
		t.Run(name, func(t *testing.T) {
			site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil) // what was found once would be there
			b := site.Browser(t, harness.Scripted)
			begin, end := func() { site.Wire.BreakOn("GET /items/posts", harness.Breakages["503"]) }, site.Wire.Mend
			if name == "no connection" {
				begin, end = func() { offline(t, b.Tab, true) }, func() { offline(t, b.Tab, false) }
			}
			b.Open("/blog")
			begin()
			forgiving(b.Tab, func() {
				typeWords(b, "hay")
				b.Look()
			})
			if notice := b.Doc.Find("#notices").Text(); !strings.Contains(notice, "Try again") {
				t.Errorf("the notice says %q", harness.Squeeze(notice))
			}
			if b.Doc.Find("#results .card").Length() != 13 || b.Value("q") != "hay" || focusedElement(b) != "input#q" {
				t.Errorf("%d posts are left, the field has %q, and the focus is on %s", b.Doc.Find("#results .card").Length(), b.Value("q"), focusedElement(b))
			}
			end()
			b.Follow("#notices .retry")
			b.WantAt("/blog?q=hay")
			if b.Doc.Find("#results .card").Length() != 5 || b.Doc.Find("#notices .trouble").Length() != 0 {
				t.Error("trying again did not help")
			}
		})
	}
}

// Turning a page is following a link: the browser's buttons lead back and forth.
func TestTurningPages(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	for _, list := range []string{"/blog?q=a", "/blog", "/blog/authors/marjorie-thistlewood"} {
		t.Run(list, func(t *testing.T) {
			if !strings.Contains(list, "q=") {
				harness.PostsAre(harness.ManyPosts()...)(t, site.Up, site)
			}
			b := site.Browser(t, harness.Scripted)
			b.Open(list)
			first := b.Text()
			b.Follow(`.pager a[rel="next"]`)
			second := list + map[bool]string{true: "&", false: "?"}[strings.Contains(list, "?")] + "page=2"
			loaded := site.Browser(t, harness.Plain)
			loaded.Open(strings.Replace(second, "q=a&page=2", "page=2&q=a", 1))
			b.WantAt(loaded.Path)
			if b.Text() != loaded.Text() || b.Title() != loaded.Title() {
				t.Errorf("%q: %s\nloaded it is %q: %s", b.Title(), b.Text(), loaded.Title(), loaded.Text())
			}
			if scrollPosition(b) != 0 {
				t.Errorf("the page is scrolled by %v", scrollPosition(b))
			}
			travel(b, -1)
			b.WantAt(list)
			if b.Text() != first {
				t.Errorf("back: %s\nit was: %s", b.Text(), first)
			}
			travel(b, +1)
			b.WantAt(loaded.Path)
			b.Follow(`.pager a[rel="prev"]`)
			b.WantAt(list)
		})
	}
}

// Without JavaScript the same form and the same links do it.
func TestReadingWithoutJavaScript(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	up.NewPost(t, map[string]any{"slug": "old", "title": "The oldest", "status": "published", "publish_date": "2020-01-01", "content": "<p>x</p>"})
	b := harness.StartApp(t, up, nil).Browser(t, harness.Scriptless)
	b.Open("/blog")
	b.Follow(`.pager a[rel="next"]`)
	b.WantAt("/blog?page=2")
	if !strings.Contains(b.Title(), "Page 2") {
		t.Errorf("the title is %q", b.Title())
	}
	b.Tab.Fill(t, "#search", "q", "hay by numbers")
	b.Follow("#search [type=submit]")
	b.WantAt("/blog?q=hay+by+numbers")
	if b.Doc.Find("#results .card").Length() != 1 || b.Value("q") != "hay by numbers" {
		t.Errorf("the search for %q has found %d posts", b.Value("q"), b.Doc.Find("#results .card").Length())
	}
}

// Who signs in at the gate is back at the post, and reads all of it.
func TestSigningInAtTheGate(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	harness.InWays(t, func(t *testing.T, how harness.Way) {
		b := site.Browser(t, how)
		b.Open("/blog")
		b.Follow(`main a[href="` + harness.MembersPost + `"]`)
		teaser := b.Doc.Find("article.prose .teaser").Text()
		b.Follow(`.gate a[href^="/signin"]`)
		b.Submit("#signin", harness.Member.Form())
		b.WantAt(harness.MembersPost)
		b.WantSignedIn(true)
		if b.Doc.Find(".gate").Length() != 0 || teaser == "" || len(b.Doc.Find("article.prose").Text()) < 3*len(teaser) {
			t.Errorf("the post is not whole: %s", b.Text())
		}
	}, harness.Scripted, harness.Scriptless)
}

// What search engines read of a post is data: the page's policy has nothing
// against it.
func TestLinkedDataIsNoScript(t *testing.T) {
	b := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil).Browser(t, harness.Scripted)
	b.Open("/blog/hay-by-numbers") // the console is silent, or the tab says so
	type data struct{ Headline, DatePublished string }
	if got := harness.Ask[data](t, b.Tab, `() => {
		const {headline, datePublished} = JSON.parse(document.querySelector("head > script[type='application/ld+json']").textContent)
		return {Headline: headline, DatePublished: datePublished}
	}`); got != (data{b.Doc.Find("h1").Text(), "2026-10-31"}) {
		t.Errorf("it is %+v", got)
	}
}
