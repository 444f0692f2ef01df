package templates

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"hutch/internal/i18n"
)

// Headings can be linked to, each by an id of its own that is made of its words, and four
// of them make a list of contents.
func TestAnchors(t *testing.T) {
	linkTo := func(_ i18n.Message, pairs ...string) (string, error) { return "Link to " + pairs[1], nil }
	for name, text := range map[string]struct {
		source   string
		ids      string // of the headings
		contents string
	}{
		"one":              {"<h2>Hay &amp; <b>straw</b></h2><p>a</p>", "text-hay-straw", ""},
		"none":             {"<p>a</p>", "", ""},
		"three":            {"<h2>A</h2><h2>B</h2><h3>C</h3>", "text-a text-b text-c", ""},
		"four":             {"<h2>A</h2><h3>B</h3><h2>C</h2><h2>D</h2>", "text-a text-b text-c text-d", "A B C D"},
		"the same words":   {"<h2>A</h2><h2>a!</h2><h2>A</h2><h2>A 2</h2>", "text-a text-a-2 text-a-3 text-a-2-2", "A a! A A 2"},
		"lower levels":     {"<h2>A</h2><h3>B</h3><h4>C</h4><h5>D</h5>", "text-a text-b text-c text-d", ""},
		"an editor's id":   {`<h2 id="hay">A</h2><h2>Hay</h2>`, "text-hay text-hay-2", ""},
		"other scripts":    {"<h2>Über Löwenzahn</h2><h2>兎の庭</h2><h2>🐇</h2>", "text-über-löwenzahn text-兎の庭 text-section", ""},
		"a link":           {`<h2><a href="https://example.com/">A</a></h2>`, "text-a", ""},
		"within a summary": {"<details><summary><h2>A</h2></summary>b</details>", "text-a", ""},
		"markup":           {"<h2>&lt;script&gt;</h2>", "text-script", ""},
		"long":             {"<h2>" + strings.Repeat("word ", 40) + "</h2>", "text-" + strings.TrimSuffix(strings.Repeat("word-", 12), "-"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			article, err := newRichText("", "").article(text.source, linkTo)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(article.HTML)))
			if err != nil {
				t.Fatal(err)
			}
			var ids, contents []string
			for _, heading := range doc.Find("h2, h3, h4, h5").EachIter() {
				ids = append(ids, heading.AttrOr("id", ""))
				if link := heading.Next(); link.Is(".anchor") && link.AttrOr("aria-label", "") != "Link to "+strings.Join(strings.Fields(heading.Text()), " ") {
					t.Errorf("the link to %q is called %q", heading.Text(), link.AttrOr("aria-label", ""))
				}
			}
			if links, within := doc.Find(".anchor").Length(), doc.Find("a a, summary .anchor").Length(); within > 0 || links == 0 && len(ids) > 0 && name != "within a summary" {
				t.Errorf("%d links, %d within others: %s", links, within, article.HTML)
			}
			for _, place := range article.Contents {
				contents = append(contents, place.Text)
			}
			if got := strings.Join(ids, " "); got != text.ids {
				t.Errorf("the ids are %q, want %q", got, text.ids)
			}
			if got := strings.Join(contents, " "); got != text.contents {
				t.Errorf("the contents are %q, want %q", got, text.contents)
			}
		})
	}
}

// Columns of numbers are aligned, others are not.
func TestFigures(t *testing.T) {
	for cell, is := range map[string]bool{
		"12": true, "-1,200.50": true, "1.200,50 €": true, "€ 12": true, "35 %": true, "260 g": true, "12 m²": true, "− 4": false, "12 rabbits": false, "": false, "about 12": false, "2026-11-14": false,
	} {
		got, err := newRichText("", "").sanitise("<table><thead><tr><th>x</th><th>y</th></tr></thead><tr><td>a</td><td>"+cell+"</td></tr></table>", func(m i18n.Message, _ ...string) (string, error) { return string(m), nil })
		if err != nil {
			t.Fatal(err)
		}
		if marked := strings.Count(string(got), `class="figures"`); marked != map[bool]int{true: 2, false: 0}[is] {
			t.Errorf("%q: %d cells are marked: %s", cell, marked, got)
		}
	}
}
