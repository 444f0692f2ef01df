package content_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// A search of the whole site shows where the words stand, in titles and in a part of the
// text around the first of them, and never in what is withheld.
func TestASearchShowsItsWords(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		straw := strings.Repeat("<p>Straw, oats and water for everybody.</p>", 20)
		for _, p := range []map[string]any{
			{"slug": "umlauts", "title": "Von Häschen & Käse", "status": "published", "content": straw + "<p>Die <b>hä</b>schen schlafen, <script>Quaggles</script>hier.</p>" + straw},
			{"slug": "tags", "title": "What <q> is for", "status": "published", "teaser": "Of <q> & quotes", "content": "<p>x</p>"},
			{"slug": "shown", "title": "Teasers", "status": "published", "teaser": "Grommets of the teaser", "content": straw + "<p>Grommets and widgets of the text.</p>"},
			{"slug": "secret", "title": "Vaults", "status": "published", "members_only": true, "teaser": "Vaults and their keys", "content": "<p>Vaults open with keys and a parsnip.</p>"},
			{"slug": "bare", "title": "Cellars", "status": "published", "members_only": true, "content": "<p>Cellars hold a parsnip.</p>"},
		} {
			up.NewPost(t, p)
		}
		site := harness.StartApp(t, up, harness.Fresh())
		b := site.Browser(t, harness.Plain)
		member := site.Browser(t, harness.Plain)
		member.SignUp()
		for _, test := range []struct {
			words, path    string
			title, snippet string // their HTML; of a snippet a part
		}{
			{"häschen KÄSe", "/blog/umlauts", "Von <mark>Häschen</mark> &amp; <mark>Käse</mark>", "Die <mark>häschen</mark> schlafen, hier. Straw"},
			{"<q>", "/blog/tags", "What <mark>&lt;q&gt;</mark> is for", "Of <mark>&lt;q&gt;</mark> &amp; quotes"},
			{"grommets", "/blog/shown", "Teasers", "<mark>Grommets</mark> of the teaser"},
			{"grommets widgets", "/blog/shown", "Teasers", "<mark>Grommets</mark> and <mark>widgets</mark> of the text."},
			{"teasers", "/blog/shown", "<mark>Teasers</mark>", "Grommets of the teaser"},
			{"vaults", "/blog/secret", "<mark>Vaults</mark>", "<mark>Vaults</mark> and their keys"},
			{"keys", "/blog/secret", "Vaults", "Vaults and their <mark>keys</mark>"},
			{"cellars", "/blog/bare", "<mark>Cellars</mark>", ""},
		} {
			for _, reader := range []*harness.Browser{b, member} {
				reader.Open("/search?" + url.Values{"q": {test.words}}.Encode())
				reader.WantStatus(http.StatusOK)
				hit := reader.Doc.Find(`.hits > li:has(a[href="` + test.path + `"])`)
				title, _ := hit.Find("h2 a").Html()
				snippet, _ := hit.Find(".excerpt").Html()
				if title != test.title || !strings.Contains(snippet, test.snippet) || (snippet == "") != (test.snippet == "") || len(snippet) > 300 {
					t.Errorf("%q: the title is %s, and the snippet %s", test.words, title, snippet)
				}
				gated := strings.Contains(test.path, "secret") || strings.Contains(test.path, "bare")
				if gated != (hit.Find(".members").Length() == 1) || !strings.Contains(hit.Find(".byline").Text(), "Post") {
					t.Errorf("%q: below it stands %q", test.words, hit.Find(".byline").Text())
				}
				if strings.Contains(reader.Raw, "parsnip") {
					t.Errorf("%q: the page has what is withheld", test.words)
				}
			}
		}
		for _, words := range []string{"parsnip", "vaults parsnip", "quaggles"} {
			for _, reader := range []*harness.Browser{b, member} {
				reader.Open("/search?" + url.Values{"q": {words}}.Encode())
				reader.WantText("Nothing found.", "fewer or different words")
				if reader.Doc.Find(`.empty a[href="/blog"]`).Length() != 1 {
					t.Error("nothing found, and no way on")
				}
			}
		}
	})
}

// A page that is found is shown like a post: with what editors say that it is about, or
// the text around the words, whichever has more of them.
func TestASearchShowsThePagesText(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{Blocks: true})
	site := harness.StartApp(t, up, harness.Fresh())
	b := site.Browser(t, harness.Plain)
	for _, test := range []struct{ words, path, title, snippet string }{
		{"rabbit", "/", "Hutch", "The journal of a small town’s <mark>rabbit</mark> keepers: notes on hay, hedgerows and the friends who eat them."},
		{"advice", "/pages/conduct", "Code of Conduct", "… question has already tried to find the answer. Correct the <mark>advice</mark>, not the person."},
		{"membership", "/society/membership", "<mark>Membership</mark>", "… need a rabbit. You need to want to know what one weighs. <mark>Membership</mark> What"},
		{"decimals", "/society/membership", "", ""},
	} {
		b.Open("/search?" + url.Values{"q": {test.words}}.Encode())
		hit := b.Doc.Find(`.hits > li:has(h2 a[href="` + test.path + `"])`)
		title, _ := hit.Find("h2 a").Html()
		snippet, _ := hit.Find(".excerpt").Html()
		if title != test.title || !strings.HasPrefix(snippet, test.snippet) || (hit.Find(".byline").Text() == "Page") != (test.title != "") {
			t.Errorf("%q: %s is %s: %s", test.words, test.path, title, snippet)
		}
	}
}

// The pages of what is found are not newer or older than each other, and the words can be
// cleared on each of them.
func TestPagesOfASearch(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, harness.Fresh())
	harness.PostsAre(harness.ManyPosts()...)(t, up, site)
	b := site.Browser(t, harness.Plain)
	for path, want := range map[string]string{
		"/search?q=hutch":        "Page 1 of 3 Next",
		"/search?q=hutch&page=2": "Previous Page 2 of 3 Next",
		"/search?q=hutch&page=3": "Previous Page 3 of 3",
		"/blog":                  "Page 1 of 3 Older",
	} {
		b.Open(path)
		if got := harness.Squeeze(b.Doc.Find(".pager").Text()); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
		list, _, _ := strings.Cut(path, "?")
		if got := b.Doc.Find("#search .clear").AttrOr("href", ""); got != list {
			t.Errorf("%s: the words are cleared at %q", path, got)
		}
	}
}
