package feeds

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// elsewhere rewrites a page's HTML for a feed reader: URLs become absolute, because
// hardly any reader honours xml:base, and attributes that only serve our own
// stylesheet and scripts are dropped.
func elsewhere(source string, page *url.URL) (string, error) {
	nodes, err := html.ParseFragment(strings.NewReader(source), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, node := range nodes {
		for element := range node.Descendants() {
			leave(element, page)
		}
		leave(node, page)
		if err := html.Render(&out, node); err != nil {
			return "", err
		}
	}
	// After parsing, because HTML can name characters that XML forbids.
	return strings.TrimSpace(clean(out.String())), nil
}

func leave(element *html.Node, page *url.URL) {
	element.Attr = slices.DeleteFunc(element.Attr, func(a html.Attribute) bool {
		switch a.Key {
		case "srcset", "sizes", "loading", "fetchpriority", "tabindex", "role": // a reader only needs src
			return true
		}
		return strings.HasPrefix(a.Key, "data-") || strings.HasPrefix(a.Key, "aria-")
	})
	for i, a := range element.Attr {
		switch a.Key {
		case "href", "src", "cite", "poster":
			if u, err := page.Parse(strings.TrimSpace(a.Val)); err == nil {
				element.Attr[i].Val = u.String()
			}
		}
	}
}
