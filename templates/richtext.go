package templates

import (
	"fmt"
	"html/template"
	"net/url"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
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

// sanitise returns source with everything taken out that could run, frame or
// restyle the page, and every element closed that it opens. Editors paste
// addresses of their Directus: its name goes, so that those of files become ours
// and visitors need not reach it.
func (r richText) sanitise(source string, names names) (template.HTML, error) {
	if r.directusURL != "" {
		source = strings.ReplaceAll(source, r.directusURL, "")
	}
	article := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	nodes, err := html.ParseFragment(strings.NewReader(r.policy.Sanitize(source)), article)
	if err != nil {
		return "", fmt.Errorf("rich text: %w", err)
	}
	var safe strings.Builder
	for _, node := range nodes {
		article.AppendChild(node)
	}
	fit(article, names)
	for node := range article.ChildNodes() {
		if err := html.Render(&safe, node); err != nil {
			return "", fmt.Errorf("rich text: %w", err)
		}
	}
	return template.HTML(safe.String()), nil
}

// names are what screen readers call a part of the text that can be scrolled.
type names struct{ table, code string }

// fit makes what editors wrote fit into our pages.
func fit(parent *html.Node, names names) {
	for node := parent.FirstChild; node != nil; {
		next := node.NextSibling
		fit(node, names)
		switch node.DataAtom {
		case atom.Img:
			// The content security policy would refuse an image from elsewhere,
			// and leave a hole; its description says more.
			if !strings.HasPrefix(attribute(node, "src"), "/assets/") {
				parent.InsertBefore(&html.Node{Type: html.TextNode, Data: attribute(node, "alt")}, node)
				parent.RemoveChild(node)
			}
		case atom.A:
			if strings.HasPrefix(attribute(node, "href"), "/assets/") {
				// A file and no page: the browser shows it, not htmx.
				node.Attr = append(node.Attr, html.Attribute{Key: "data-hx-boost", Val: "false"})
			}
		case atom.Pre:
			reachable(node, names.code)
		case atom.Table:
			wide := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div, Attr: []html.Attribute{{Key: "class", Val: "wide"}}}
			reachable(wide, names.table)
			parent.InsertBefore(wide, node)
			parent.RemoveChild(node)
			wide.AppendChild(node)
		}
		node = next
	}
}

// reachable lets those who use the keyboard scroll what may be wider than the
// page.
func reachable(node *html.Node, name string) {
	node.Attr = append(node.Attr,
		html.Attribute{Key: "tabindex", Val: "0"},
		html.Attribute{Key: "role", Val: "group"},
		html.Attribute{Key: "aria-label", Val: name})
}

func attribute(node *html.Node, key string) string {
	for _, a := range node.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
