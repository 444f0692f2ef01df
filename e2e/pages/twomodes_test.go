package pages_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"hutch/e2e/harness"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// The two-mode contract: a page says the same with htmx and without, and what htmx
// swaps in is a part of the page that a browser would have loaded.
func saysTheSameWithHTMX(t *testing.T, page *harness.Browser, s state) {
	if testing.Short() {
		t.Skip("reaches each state once more: not with -short")
	}
	part := seenIn(t, harness.HTMX, s)
	forgetWhatIsMadeAnew(page)
	forgetWhatIsMadeAnew(part)
	if page.Status/100 != part.Status/100 {
		t.Errorf("status %d without htmx and %d with it", page.Status, part.Status)
	}
	if retargeted(part, "#notices") {
		// A notice above the form that stays: the page says the same
		// in its own place.
		mustSayTheSame(t, page.Doc.Find(".summary li, .problem h1, .problem .lead"), part.Doc.Find("#notices"))
		return
	}
	// What the page before left to be said stays above a form that htmx
	// swaps, and is gone from a page that is loaded anew.
	if left := page.Doc.Find("main > .notice"); left.Length() == 0 {
		part.Doc.Find("main > .notice").Remove()
	}
	if page.Text() != part.Text() {
		t.Errorf("without htmx the page says\n%s\nand with it\n%s", page.Text(), part.Text())
	}
	if page.Title() != part.Title() {
		t.Errorf("the title is %q without htmx and %q with it", page.Title(), part.Title())
	}
	mustContain(t, page.Doc, part.Raw)
}

// fragments counts the pages that could be compared with their fragment.
type fragments struct{ compared atomic.Int64 }

// areInThePage: every page that GET brings is also there for htmx to swap in.
func (f *fragments) areInThePage(t *testing.T, b *harness.Browser, _ state) {
	forgetWhatIsMadeAnew(b)
	seen := b.Text()
	b.Open(b.Path)
	if forgetWhatIsMadeAnew(b); b.Text() != seen {
		return // something else than GET has brought it
	}
	page := b.Doc
	b.Request(http.MethodGet, b.Path, nil, http.Header{
		"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}, "Hx-Target": {"main#main"},
	})
	forgetWhatIsMadeAnew(b)
	mustContain(t, page, b.Raw)
	f.compared.Add(1)
}

func (f *fragments) wantEnough(t *testing.T) {
	if n := f.compared.Load(); n < int64(len(allStates())/3) {
		t.Errorf("only %d states could be compared", n)
	}
}

// seenIn is what a visitor sees in a state, on a sandbox of its own.
func seenIn(t *testing.T, how harness.Way, s state) *harness.Browser {
	t.Helper()
	b := s.start(t).Browser(t, how)
	see(b, s)
	return b
}

// forgetWhatIsMadeAnew takes away what no two answers have alike: secrets, codes,
// the links in mails, the address of a picture, the name of a request, seconds to wait.
func forgetWhatIsMadeAnew(b *harness.Browser) {
	b.T.Helper()
	anew := ".qr path, .secret, .codes code, img.avatar-image, .mail pre, .mail time, .mail a, .reference, [name=made]"
	if strings.HasPrefix(b.Path, "/ads") { // whose pictures members upload
		anew += `, img[src^="/assets/"]`
	}
	last, err := goquery.NewDocumentFromReader(strings.NewReader(b.Raw))
	if err != nil {
		b.T.Fatal(err)
	}
	for _, answer := range []*goquery.Document{b.Doc, last} {
		answer.Find(anew).Remove()
		answer.Find("wait-over").RemoveAttr("data-seconds") // which pass; the minutes are compared
	}
	if b.Raw, err = last.Html(); err != nil {
		b.T.Fatal(err)
	}
}

// retargeted reports whether the last answer went elsewhere than htmx asked.
func retargeted(b *harness.Browser, target string) bool { return b.Header.Get("HX-Retarget") == target }

// mustSayTheSame looks for each sentence of the page in the notice.
func mustSayTheSame(t *testing.T, sentences, notice *goquery.Selection) {
	t.Helper()
	if sentences.Length() == 0 {
		t.Error("the page says nothing")
	}
	for _, sentence := range sentences.EachIter() {
		if said := harness.Squeeze(sentence.Text()); !strings.Contains(harness.Squeeze(notice.Text()), said) {
			t.Errorf("with htmx nobody says %q but: %s", said, harness.Squeeze(notice.Text()))
		}
	}
}

// mustContain looks for every element of the fragment in the page: the same
// element with the same attributes and the same words.
func mustContain(t *testing.T, page *goquery.Document, fragment string) {
	t.Helper()
	parts, err := goquery.NewDocumentFromReader(strings.NewReader(fragment))
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, element := range page.Find("*").EachIter() {
		there[describe(element)] = true
	}
	if parts.Find("body *").Length() == 0 {
		t.Error("the fragment is empty")
	}
	for _, element := range parts.Find("title, body *").EachIter() {
		if !there[describe(element)] {
			t.Errorf("the fragment has what the page has not: %s", describe(element))
			return // and so have all that hold it
		}
	}
}

// describe is an element without the spaces that nobody sees.
func describe(element *goquery.Selection) string {
	node := element.Get(0)
	tag := html.Token{Type: html.StartTagToken, Data: node.Data, Attr: node.Attr}
	return tag.String() + " " + harness.Squeeze(element.Text())
}
