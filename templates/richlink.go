package templates

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// fitLink marks links that leave the site and lets readers choose where they open.
// Editors vouch for their links: no nofollow.
func (r richText) fitLink(node *html.Node) {
	address, err := url.Parse(attribute(node, "href"))
	if err != nil || attribute(node, "href") == "" {
		setAttribute(node, "href", "")
		return
	}
	if public, err := url.Parse(r.publicURL); err == nil && public.Host != "" && address.Scheme == public.Scheme && strings.EqualFold(address.Host, public.Host) {
		*address = url.URL{Path: "/" + strings.TrimLeft(address.Path, "/"), RawQuery: address.RawQuery, Fragment: address.Fragment}
	}
	switch {
	case address.Scheme == "mailto" || address.Scheme == "tel":
		return
	case address.Scheme != "" || address.Host != "":
		setAttribute(node, "rel", "external noopener noreferrer")
		return
	case assetID(address) != "":
		download := ""
		if address.Query().Has("download") {
			download = "?download"
		}
		setAttribute(node, "href", "/assets/"+assetID(address)+download)
		return
	case address.Path == "" && address.RawQuery == "" && address.Fragment != "":
		address.Fragment = idPrefix + strings.TrimPrefix(address.Fragment, idPrefix)
		address.RawFragment = ""
	}
	if query := address.Query(); query.Has("access_token") { // copied from Directus along with the URL
		query.Del("access_token")
		address.RawQuery = query.Encode()
	}
	setAttribute(node, "href", address.String())
}

var assetPath = regexp.MustCompile(`/assets/([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})(\.[^/]*|/[^/]*)?$`)

// assetID returns the id of the Directus file at this URL, or "". Directus itself
// writes /assets/:id, /assets/:id.jpg and /assets/:id/name.jpg.
func assetID(address *url.URL) string {
	if found := assetPath.FindStringSubmatch(address.Path); found != nil {
		return strings.ToLower(found[1])
	}
	return ""
}

// siteOf names the site that an address leads to, such as example.com; "" if it leads to
// none.
func siteOf(source string) string {
	if strings.HasPrefix(source, "//") {
		source = "https:" + source
	}
	address, err := url.Parse(source)
	if err != nil || address.Scheme != "http" && address.Scheme != "https" {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(address.Hostname()), "www.")
}

// linkFrom returns a link that is to stand where a node is; its text alone if that is
// within a link already.
func linkFrom(node *html.Node, address, text string) *html.Node {
	words := &html.Node{Type: html.TextNode, Data: text}
	for above := range node.Ancestors() {
		if above.DataAtom == atom.A {
			return words
		}
	}
	link := &html.Node{Type: html.ElementNode, Data: "a", DataAtom: atom.A, Attr: []html.Attribute{{Key: "href", Val: address}}}
	link.AppendChild(words)
	return link
}
