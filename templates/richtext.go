package templates

import (
	stdhtml "html"
	"html/template"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
)

// contentImageWidth is the rendition that images inside of editors' HTML get.
const contentImageWidth = "960"

// richText makes editors' HTML safe. It is the only place where a string
// becomes template.HTML.
type richText struct {
	policy      *bluemonday.Policy
	text        *bluemonday.Policy
	directusURL string
}

// newRichText allows what the rich text editor of Directus (TinyMCE) and its
// Markdown editor produce, without scripts, styles, forms or frames.
func newRichText(directusURL string) richText {
	p := bluemonday.UGCPolicy()
	p.AllowElements("figure", "figcaption", "mark", "u", "s", "kbd", "samp")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^language-[a-z0-9+#-]+$`)).OnElements("code", "pre")
	p.AllowAttrs("loading").Matching(regexp.MustCompile(`^lazy$`)).OnElements("img")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.RequireNoReferrerOnLinks(true)
	// Images come through Hutch, in a size that it serves.
	p.RewriteSrc(func(src *url.URL) {
		// Whatever host it has: editors' Directus may have another address
		// than ours.
		if id := assetPath.FindString(src.Path); id != "" {
			*src = url.URL{Path: id, RawQuery: "width=" + contentImageWidth}
		}
	})
	return richText{policy: p, text: bluemonday.StrictPolicy(), directusURL: strings.TrimSuffix(directusURL, "/")}
}

var assetPath = regexp.MustCompile(`/assets/[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}$`)

// sanitise returns html with everything taken out that could run, frame or
// restyle the page. Editors paste addresses of their Directus: its name goes,
// so that those of files become ours and visitors need not reach it.
func (r richText) sanitise(html string) template.HTML {
	if r.directusURL != "" {
		html = strings.ReplaceAll(html, r.directusURL, "")
	}
	return template.HTML(reachable.Replace(r.policy.Sanitize(html)))
}

// reachable lets those who use the keyboard scroll what may be wider than the
// page. It relies on how the sanitiser writes elements.
var reachable = strings.NewReplacer(
	"<pre", `<pre tabindex="0"`,
	"<table", `<div class="wide" tabindex="0"><table`,
	"</table>", "</table></div>",
)

// excerptLength is what search engines show of a description, in characters.
const excerptLength = 155

// betweenBlocks keeps words apart that only an element's end has kept apart.
var betweenBlocks = strings.NewReplacer("</p>", " ", "</li>", " ", "</h1>", " ", "</h2>", " ", "</h3>", " ", "</td>", " ", "</th>", " ", "<br", " <br")

// excerpt is the beginning of html as plain text, cut between words.
func (r richText) excerpt(html string) string {
	text := stdhtml.UnescapeString(r.text.Sanitize(betweenBlocks.Replace(html)))
	var excerpt strings.Builder
	for i, word := range strings.Fields(text) {
		if utf8.RuneCountInString(excerpt.String())+utf8.RuneCountInString(word) >= excerptLength {
			return excerpt.String() + " …"
		}
		if i > 0 {
			excerpt.WriteByte(' ')
		}
		excerpt.WriteString(word)
	}
	return excerpt.String()
}
