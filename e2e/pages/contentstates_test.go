package pages_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox/sample"
)

// The published pages, as rows of the table in pages_test.go, and what editors may
// write that they must bear.

func contentStates() []state {
	return []state{
		{name: "home", status: 200, reach: harness.At("/")},
		{name: "blocks-bare", status: 200, blocks: true, meanwhile: blocksAre(bareBlocks...), reach: harness.At("/")},
		{name: "blocks-long-words", status: 200, blocks: true, meanwhile: blocksAre(longBlocks...), reach: harness.At("/")},
		{name: "blocks-in-rows", status: 200, blocks: true, meanwhile: blocksAre(rowBlocks...), reach: harness.At("/")},
		{name: "blocks-in-rows-answered", status: 422, blocks: true, meanwhile: blocksAre(rowBlocks...), reach: func(b *harness.Browser) {
			b.Open("/")
			b.Submit("main form.form", nil)
		}},
		{name: "blocks-empty", status: 200, blocks: true, meanwhile: blocksAre(), reach: harness.At("/")},
		{name: "blocks-stale", status: 200, blocks: true, reach: inAnOutage("/")},
		{name: "home-of-its-own", status: 200, meanwhile: each(lookIs("#ffd400"), navigationIs(ownLinks()...)), reach: harness.At("/")},
		{name: "home-of-blocks", status: 200, blocks: true, reach: harness.At("/")},
		{name: "page-of-blocks", status: 200, blocks: true, reach: harness.At("/society/membership")},
		{name: "page", status: 200, reach: harness.At("/pages/about")},
		{name: "page-stale", status: 200, reach: inAnOutage("/pages/about")},
		{name: "page-of-a-large-site", status: 200, member: true, meanwhile: each(lookIs("#b00020"), navigationIs(manyLinks()...)), reach: harness.At("/pages/about")},

		{name: "contact", status: 200, blocks: true, reach: harness.At("/contact")},
		{name: "contact-nothing-typed", status: 422, blocks: true, reach: writing("")},
		{name: "contact-misshapen", status: 422, blocks: true, reach: writing("clover")},
		{name: "contact-unavailable", status: 503, blocks: true, meanwhile: directusFails("POST /items/form_submissions", "503"), reach: writing("clover@example.com")},
		{name: "contact-too-often", status: 429, blocks: true, meanwhile: directusFails("POST /items/form_submissions", "429"), reach: writing("clover@example.com")},
		{name: "contact-sent", status: 200, blocks: true, reach: writing("clover@example.com")},
		{name: "contact-alone", status: 200, blocks: true, reach: harness.At("/forms/" + sample.ID("forms/contact"))},
		{name: "contact-closed", status: 404, blocks: true, meanwhile: formIsClosed, reach: harness.At("/forms/" + sample.ID("forms/contact"))},
		{name: "contact-without-its-form", status: 200, blocks: true, meanwhile: formIsClosed, reach: harness.At("/contact")},

		{name: "entries", status: 200, reach: harness.At("/diary")},
		{name: "entries-empty", status: 200, meanwhile: harness.PostsAre(), reach: harness.At("/diary")},
		{name: "entries-long-words", status: 200, meanwhile: harness.PostsAre(longPosts...), reach: harness.At("/diary")},
		{name: "entries-search-nothing", status: 200, reach: harness.At("/diary?q=tractor")},
		{name: "entries-of-members", status: 200, member: true, reach: harness.At("/keepers")},
		{name: "entry", status: 200, reach: harness.At("/diary/hay-by-numbers")},
		{name: "entry-bare", status: 200, meanwhile: harness.PostsAre(barePost), reach: harness.At("/diary/" + barePost["slug"].(string))},
		{name: "page-of-the-folder", status: 200, reach: harness.At("/house/rules")},
		{name: "entry-of-members", status: 200, member: true, reach: harness.At("/keepers/marjorie-thistlewood")},

		{name: "blog", status: 200, reach: harness.At("/blog")},
		{name: "blog-within-blocks", status: 200, blocks: true, meanwhile: pageIs("/blog", blogBlocks...), reach: harness.At("/blog")},
		{name: "blog-within-blocks-search-nothing", status: 200, blocks: true, meanwhile: pageIs("/blog", blogBlocks...), reach: harness.At("/blog?q=tractor")},
		{name: "blog-stale", status: 200, reach: inAnOutage("/blog")},
		{name: "blog-empty", status: 200, meanwhile: harness.PostsAre(), reach: harness.At("/blog")},
		{name: "blog-one", status: 200, meanwhile: harness.PostsAre(barePost), reach: harness.At("/blog")},
		{name: "blog-long-words", status: 200, meanwhile: harness.PostsAre(longPosts...), reach: harness.At("/blog")},
		{name: "blog-second-page", status: 200, meanwhile: harness.PostsAre(harness.ManyPosts()...), reach: harness.At("/blog?page=2")},
		{name: "blog-beyond-the-last-page", status: 404, reach: harness.At("/blog?page=99")},
		{name: "blog-search", status: 200, reach: harness.At("/blog?q=hay")},
		{name: "blog-search-nothing", status: 200, reach: harness.At("/blog?q=tractor")},
		{name: "blog-search-odd", status: 200, reach: harness.At("/blog?q=" + url.QueryEscape(oddWords))},
		{name: "blog-search-second-page", status: 200, meanwhile: harness.PostsAre(harness.ManyPosts()...), reach: harness.At("/blog?q=hutch&page=2")},

		{name: "search", status: 200, reach: harness.At("/search")},
		{name: "search-found", status: 200, reach: harness.At("/search?q=rabbit")},
		{name: "search-nothing", status: 200, reach: harness.At("/search?q=tractor")},
		{name: "search-odd", status: 200, reach: harness.At("/search?q=" + url.QueryEscape(oddWords))},
		{name: "search-long-words", status: 200, meanwhile: harness.PostsAre(longPosts...), reach: harness.At("/search?q=" + longWord[:20])},
		{name: "search-second-page", status: 200, meanwhile: harness.PostsAre(harness.ManyPosts()...), reach: harness.At("/search?q=hutch&page=2")},

		{name: "blog-too-often", status: 429, reach: askingForMuch("/blog?q=hay")},

		{name: "author", status: 200, reach: harness.At("/blog/authors/marjorie-thistlewood")},
		{name: "author-bare", status: 200, meanwhile: bareAuthor, reach: harness.At("/blog/authors/9")},
		{name: "author-second-page", status: 200, meanwhile: harness.PostsAre(harness.ManyPosts()...), reach: harness.At("/blog/authors/marjorie-thistlewood?page=2")},

		{name: "tag", status: 200, reach: harness.At("/blog/tags/care")},
		{name: "tag-one", status: 200, reach: harness.At("/blog/tags/letters")},
		{name: "tag-long-words", status: 200, meanwhile: harness.PostsAre(longPosts...), reach: harness.At("/blog/tags/" + strings.ToLower(longWord))},
		{name: "tag-second-page", status: 200, meanwhile: harness.PostsAre(harness.ManyPosts()...), reach: harness.At("/blog/tags/notes?page=2")},
		{name: "tag-of-nothing", status: 404, reach: harness.At("/blog/tags/tractor")},

		{name: "post", status: 200, reach: harness.At("/blog/hay-by-numbers")},
		{name: "post-stale", status: 200, reach: inAnOutage("/blog/hay-by-numbers")},
		{name: "post-bare", status: 200, meanwhile: harness.PostsAre(barePost), reach: harness.At("/blog/bare")},
		{name: "post-rich", status: 200, meanwhile: harness.PostsAre(richPost), reach: harness.At("/blog/rich")},
		{name: "post-long-words", status: 200, meanwhile: harness.PostsAre(longPosts...), reach: harness.At("/blog/long")},
		{name: "post-of-every-editor", status: 200, meanwhile: harness.PostsAre(oddPost), reach: harness.At("/blog/odd")},
		{name: "post-for-members", status: 200, reach: harness.At(harness.MembersPost)},
		{name: "post-for-members-read", status: 200, member: true, reach: harness.At(harness.MembersPost)},
		{name: "post-for-members-refused", status: 200, member: true, meanwhile: membersMayNotRead("posts"), reach: harness.At(harness.MembersPost)},
	}
}

// writing sends the contact form with this address.
func writing(email string) func(*harness.Browser) {
	return func(b *harness.Browser) {
		b.Open("/contact")
		fill := map[string]string{}
		for name, value := range map[string]string{"name": "Clover", "email": email, "subject": "hay", "message": "Two lines,\nand a weight."} {
			if email != "" {
				fill["field-"+sample.ID("form_fields/contact/"+name)] = value
			}
		}
		b.Submit("main form.form", fill)
	}
}

func formIsClosed(t *testing.T, up harness.Upstream, _ *harness.App) {
	if err := up.Admin.Patch(t.Context(), "/items/forms/"+sample.ID("forms/contact"), map[string]any{"is_active": false}); err != nil {
		t.Fatal(err)
	}
}

// noPageIsAt leaves an address without a page.
func noPageIsAt(path string) meanwhile {
	return func(t *testing.T, up harness.Upstream, _ *harness.App) {
		var pages []struct {
			Slug string `json:"slug"` // the key
		}
		query := url.Values{"filter[permalink][_eq]": {path}, "fields": {"slug"}}
		if err := up.Admin.Get(t.Context(), "/items/pages", query, &pages); err != nil || len(pages) != 1 {
			t.Fatal(pages, err)
		}
		if err := up.Admin.Delete(t.Context(), "/items/pages/"+pages[0].Slug); err != nil {
			t.Fatal(err)
		}
	}
}

// block is one of its kind with these fields.
type block struct {
	kind   string
	fields map[string]any
}

var bareBlocks = []block{
	{"block_hero", nil}, {"block_richtext", nil}, {"block_gallery", nil}, {"block_pricing", nil}, {"block_posts", nil}, {"block_form", nil},
}

var longBlocks = []block{
	{"block_richtext", map[string]any{"tagline": longWord, "headline": longWord + " " + longWord, "alignment": "right", "content": "<h2>" + longWord + "</h2><p>" + longWord + "</p><table><tr><td>" + longWord + "</td><td>" + longWord + "</td></tr></table>"}},
	{"block_hero", map[string]any{"tagline": oddWords, "headline": oddWords, "description": oddWords, "layout": "sideways", "image": pictureID}},
	{"block_hero", map[string]any{"headline": longWord, "layout": "image_center"}},
	{"block_pricing", map[string]any{"headline": longWord, "pricing_cards": []map[string]any{
		{"sort": 1, "title": longWord, "price": longWord + "/" + longWord, "badge": longWord, "description": oddWords, "features": []string{longWord, oddWords, ""}, "is_highlighted": true}, {"sort": 2}, {"sort": 3, "title": "Free"}, {"sort": 4, "price": "€1"},
	}}},
	{"block_posts", map[string]any{"tagline": longWord, "limit": 1}},
	{"block_form", map[string]any{"form": map[string]any{"id": sample.ID("odd"), "title": longWord, "is_active": true, "submit_label": longWord, "fields": []map[string]any{
		{"id": sample.ID("odd 0"), "sort": 0, "name": "a", "type": "text", "label": longWord, "help": oddWords, "placeholder": longWord, "width": "33"},
		{"id": sample.ID("odd 1"), "sort": 1, "name": "b", "type": "radio", "label": oddWords, "width": "100", "choices": []map[string]any{{"text": longWord, "value": "1"}, {"text": "", "value": "2"}}},
		{"id": sample.ID("odd 2"), "sort": 2, "name": "c", "type": "checkbox_group", "label": longWord, "width": "67"}, {"id": sample.ID("odd 3"), "sort": 3, "name": "d", "type": "select", "width": "50"}, {"id": sample.ID("odd 4"), "sort": 4, "name": "", "type": "rating"},
	}}}},
}

// rowBlocks have rows that are not full, what is not as wide as its line, and fields beside
// each other of which some have more to say.
var rowBlocks = []block{
	{"block_pricing", map[string]any{"headline": "Two", "pricing_cards": []map[string]any{{"sort": 1, "title": "Reader", "price": "Free"}, {"sort": 2, "title": "Keeper", "price": "£9", "badge": "Most of us"}}}},
	{"block_pricing", map[string]any{"headline": "One", "pricing_cards": []map[string]any{{"sort": 1, "title": "Reader", "price": "Free"}}}},
	{"block_pricing", map[string]any{"headline": "Four", "pricing_cards": []map[string]any{{"sort": 1, "title": "A"}, {"sort": 2, "title": "B"}, {"sort": 3, "title": "C"}, {"sort": 4, "title": "D"}}}},
	{"block_posts", map[string]any{"headline": "Two posts", "limit": 2}},
	{"block_posts", map[string]any{"headline": "One post", "limit": 1}},
	{"block_gallery", map[string]any{"headline": "Two pictures", "items": []map[string]any{{"directus_file": pictureID, "sort": 1}, {"directus_file": pictureID, "sort": 2}}}},
	{"block_richtext", map[string]any{"headline": "In the middle", "alignment": "center", "content": alignedContent}},
	{"block_richtext", map[string]any{"headline": "On the right", "alignment": "right", "content": alignedContent}},
	{"block_form", map[string]any{"headline": "In rows", "form": map[string]any{"id": sample.ID("rows"), "title": "Rows", "is_active": true, "fields": rowFields(
		"text 33", "text 33 help", "text 100", "text 50 required", "radio 50", "text 33", "text 67 help required", "checkbox 50", "text 33", "text 67", "text 50", "text 33 help",
	)}}},
}

const alignedContent = `<p>What to bring, and what to leave at home:</p><ul><li>A rabbit</li><li>A cup<ol><li>of tea</li></ol></li></ul><ol><li>Come</li></ol>
<blockquote><p>So they said.</p></blockquote><table><tr><td>1931</td></tr></table><p><img src="/assets/` + pictureID + `" alt="A meadow" width="200" height="100"></p>`

// rowFields are fields of a form, each by its type, its width and what else it has.
func rowFields(each ...string) []map[string]any {
	var fields []map[string]any
	for i, words := range each {
		is := strings.Fields(words)
		f := map[string]any{"id": sample.ID(fmt.Sprint("row ", i)), "sort": i, "name": fmt.Sprint("row-", i), "label": "Field", "type": is[0], "width": is[1], "required": slices.Contains(is, "required")}
		if slices.Contains(is, "help") {
			f["help"] = "A sentence that helps with this field, and is longer than its line is wide."
		}
		if is[0] == "radio" {
			f["choices"] = []map[string]any{{"text": "One", "value": "1"}, {"text": "Two", "value": "2"}, {"text": "Three", "value": "3"}}
		}
		fields = append(fields, f)
	}
	return fields
}

// blogBlocks stand around the list of posts.
var blogBlocks = []block{
	{"block_hero", map[string]any{"tagline": "The journal", "headline": "Written down since 1974", "description": "What rabbits do, and what it weighs.", "layout": "image_left", "image": pictureID}},
	{"block_posts", map[string]any{"headline": "All posts", "limit": 6}},
	{"block_richtext", map[string]any{"headline": "Letters", "alignment": "center", "content": "<p>Write to us.</p>"}},
}

// blocksAre has the home page made of these.
func blocksAre(blocks ...block) meanwhile {
	return func(t *testing.T, up harness.Upstream, site *harness.App) {
		noPageIsAt("/")(t, up, site)
		pageIs("/", blocks...)(t, up, site)
	}
}

// pageIs adds a page that is made of these.
func pageIs(path string, blocks ...block) meanwhile {
	return func(t *testing.T, up harness.Upstream, _ *harness.App) {
		var placed []map[string]any
		for i, b := range blocks {
			placed = append(placed, map[string]any{"collection": b.kind, "item": b.fields, "sort": i})
		}
		page := map[string]any{"slug": "anew", "title": "Anew", "permalink": path, "status": "published", "blocks": placed}
		if err := up.Admin.Post(t.Context(), "/items/pages", page, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// oddWords are what nobody should search for.
const oddWords = `"><script>alert(1)</script> %' OR 1=1 -- {{.}} \\ ` + "\u202E" + `סוף 🐇🐇🐇 Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft`

// askingForMuch opens a page after more others than a visitor may have made for them.
func askingForMuch(path string) func(*harness.Browser) {
	return func(b *harness.Browser) {
		for i := 0; b.Request(http.MethodGet, fmt.Sprint("/blog?q=", i), nil, nil).StatusCode == http.StatusOK; i++ {
		}
		b.Open(path)
	}
}

// lookIs gives the site a colour, a logo and a favicon.
func lookIs(color string) meanwhile {
	return func(t *testing.T, up harness.Upstream, _ *harness.App) {
		if err := up.Admin.Patch(t.Context(), "/items/global", map[string]any{"color": color, "logo": pictureID, "favicon": pictureID}); err != nil {
			t.Fatal(err)
		}
	}
}

// pictureID is a picture of the sample.
const pictureID = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a0b"

func navigationIs(links ...map[string]any) meanwhile {
	return harness.ItemsAre("navigation", "id", links...)
}

func link(label, url string) map[string]any { return map[string]any{"label": label, "url": url} }

func ownLinks() []map[string]any {
	return []map[string]any{link("Journal", "/blog"), link("Who we are", "/pages/about"), link("Shop", "https://shop.example/hay")}
}

// manyLinks are more than fit into a line, and some too long for a telephone.
func manyLinks() []map[string]any {
	links := append(ownLinks(), link("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "/pages/privacy"), link("العربية", "/pages/conduct"))
	for i := range 15 {
		links = append(links, link(fmt.Sprintf("Chapter %d", i+1), fmt.Sprintf("/pages/chapter-%d", i+1)))
	}
	return links
}

// bareAuthor is one with nothing but a name.
func bareAuthor(t *testing.T, up harness.Upstream, _ *harness.App) {
	if err := up.Admin.Post(t.Context(), "/items/authors", map[string]any{"id": 9, "name": "Ivo"}, nil); err != nil {
		t.Fatal(err)
	}
}

func membersMayNotRead(collection string) meanwhile {
	return func(t *testing.T, up harness.Upstream, _ *harness.App) {
		t.Helper()
		up.Forbid(t, "read", collection)
	}
}

var barePost = map[string]any{"slug": "bare", "title": "Without anything", "content": "<p>No picture, no author, no date.</p>"}

// longWord and longAddress have no place to break. A page full of them has to look
// like its language to the Nu checker.
const (
	longWord    = "Honorificabilitudinitatibusincomprehensibilitiescounterrevolutionaries"
	longAddress = "https://example.com/a/very/long/address/without/any/place/to/break/it/0123456789012345678901234567890123456789"
)

// longPosts have them in all their texts: one begins with a teaser, one with its
// content, one is for members.
var longPosts = []map[string]any{
	{"slug": "long", "title": longWord, "teaser": longWord + " " + longAddress, "publish_date": "2026-10-03", "author": 1, "content": "<p>" + longAddress + "</p><ul><li>" + longWord +
		"</li></ul><blockquote><p>" + longWord + "</p></blockquote><dl><dt>" + longWord + "</dt><dd>" + longAddress + "</dd></dl><details><summary>" + longWord + "</summary></details><p><a href=\"" + longAddress + "\">" + longAddress + "</a></p>", "tags": []string{longWord, strings.Repeat("Long ", 40), "C", oddWords, "a", "b", "d", "e", "f", "g", "h"}},
	{"slug": "long-content", "title": "A", "publish_date": "2026-10-02", "author": 1, "content": "<p>" + longAddress + " " + longWord + "</p>"},
	{"slug": "long-gated", "title": "B", "teaser": longAddress, "publish_date": "2026-10-01", "members_only": true, "content": "<p>x</p>"},
}

// oddPost has what other sites show, and what words stand for.
var oddPost = map[string]any{
	"slug": "odd", "title": "What editors paste", "content": `<p>A picture of another site: <img src="https://pictures.example/hay.jpg" alt="A stack of hay"></p>
<p><img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==" alt="A dot that was pasted" width="64" height="64"></p>
<p><iframe src="https://www.openstreetmap.org/export/embed.html?bbox=13.1,52.1,13.2,52.2" title="Our meadow"></iframe></p>
<iframe src="https://tube.example/embed/0123456789012345678901234567890123456789012345678901234567890123456789" title="` + longWord + `"></iframe>
<p><a href="/assets/` + pictureID + `?download">The poster, to print</a></p>
<object></object><p style="padding-left: 80px;">Moved in.</p><ul><li><input type="checkbox" checked> Cut</li><li><input type="checkbox"> Dried</li></ul>`,
}

var richPost = map[string]any{
	"slug": "rich", "title": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft and its rabbits",
	"publish_date": "2026-10-03", "author": 1, "image": pictureID,
	"content": `
<p>An introduction with <strong>strong</strong>, <em>emphasised</em>, <mark>marked</mark> and <s>struck</s> words, <kbd>Ctrl</kbd> and a <a href="/pages/about">link</a>.</p>
<h2>Long words</h2>
<p>https://example.com/a/very/long/address/without/any/place/to/break/it/0123456789012345678901234567890123456789012345678901234567890123456789</p>
<p>Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz</p>
<h3>A wide table</h3>
<table><thead><tr><th>Month</th><th>Hay</th><th>Straw</th><th>Greens</th><th>Pellets</th><th>Water</th><th>Weight</th><th>Remarks</th></tr></thead>
<tbody><tr><td>January</td><td>12 kg</td><td>3 kg</td><td>4 kg</td><td>1 kg</td><td>20 l</td><td>2.41 kg</td><td>Frost, bottles twice a day</td></tr>
<tr><td>February</td><td>11 kg</td><td>3 kg</td><td>4 kg</td><td>1 kg</td><td>19 l</td><td>2.44 kg</td><td>Donaudampfschifffahrtsgesellschaft</td></tr></tbody></table>
<h3>Code</h3>
<pre><code class="language-go">func main() { fmt.Println("a line of code that is far too long to fit into the width of any telephone that there is today") }</code></pre>
<p>And <code>inline_code_with_a_very_long_name_that_does_not_break_anywhere_at_all()</code>.</p>
<h3>Lists</h3>
<ul><li>Hay<ul><li>Meadow<ul><li>First cut</li><li>Second cut</li></ul></li><li>Timothy</li></ul></li><li>Water</li></ul>
<ol start="3"><li>Third</li><li>Fourth<ol><li>Nested</li></ol></li></ol>
<blockquote><p>A rabbit is never late, nor is it early.</p></blockquote>
<figure><img src="/assets/5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a0b" alt="A rabbit in the hay" width="1600" height="900"><figcaption>Painted by nobody in particular</figcaption></figure>
<hr>
<p>The end.</p>`,
}
