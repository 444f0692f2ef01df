package templates

import (
	"fmt"
	"html/template"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"hutch/internal/i18n"
)

// richText sanitises editors' HTML. It is the only place where a string becomes
// template.HTML.
//
//	source ─▶ translate ─▶ policy ─▶ fit ─▶ template.HTML
//
// translate rewrites what the policy would reject (styles, frames, images of other
// sites) into markup or words that it accepts: nothing that an editor made disappears
// without a word. The policy alone decides what is safe: the step after it adds nothing that
// an editor wrote.
type richText struct {
	policy      *bluemonday.Policy
	text        *bluemonday.Policy
	directusURL string
	publicURL   string
	long        *sync.Mutex
	heading     int             // level of the heading above the text
	ids         map[string]bool // those that other texts of the page have, to which it adds its own; nil if there is no other
}

// What HTML may hold in place of what cannot be shown. Words take its place.
const (
	Unshown  = "<object></object>"
	TooLarge = `<object type="` + tooLarge + `"></object>` // a whole content
	tooLarge = "too-large"
)

// longText is the size, in bytes, from which texts are sanitised one at a time: the tree
// of one takes twenty times as much memory.
const longText = 256 << 10

// say returns the words inserted into the text, like [i18n.Language.Say].
type say func(message i18n.Message, pairs ...string) (string, error)

// newRichText allows what the rich text editors of Directus produce (TinyMCE, later
// Tiptap), without scripts, styles, forms or frames. directusURL is removed from
// it; links to publicURL are internal.
func newRichText(directusURL, publicURL string) richText {
	p := bluemonday.NewPolicy()
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true)
	p.AllowURLSchemes("http", "https", "mailto", "tel")

	p.AllowElements(
		"h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "section", "article", "blockquote", "pre", "hr", "br", "wbr",
		"ul", "ol", "li", "dl", "dt", "dd", "figure", "figcaption", "details", "summary",
		"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td",
		"strong", "em", "b", "i", "u", "s", "del", "ins", "sub", "sup", "small", "mark", "span", "abbr", "dfn", "cite", "q",
		"code", "kbd", "samp", "var", "time", "ruby", "rb", "rt", "rp", "bdi", "bdo",
	)
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("src").OnElements("video", "audio")
	p.AllowAttrs("controls", "loop").Matching(regexp.MustCompile(`^(controls|loop)?$`)).OnElements("video", "audio")
	p.AllowAttrs("preload").Matching(regexp.MustCompile(`^metadata$`)).OnElements("video", "audio")
	p.AllowAttrs("width", "height").Matching(length).OnElements("img", "video")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^-?[0-9]{1,9}$`)).OnElements("ol")
	p.AllowAttrs("reversed").Matching(regexp.MustCompile(`^(reversed)?$`)).OnElements("ol")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^[1aAiI]$`)).OnElements("ol")
	p.AllowAttrs("value").Matching(regexp.MustCompile(`^-?[0-9]{1,9}$`)).OnElements("li")
	p.AllowAttrs("open").Matching(regexp.MustCompile(`^(open)?$`)).OnElements("details")
	p.AllowAttrs("colspan", "rowspan").Matching(cells).OnElements("th", "td")
	p.AllowAttrs("span").Matching(cells).OnElements("colgroup", "col")
	p.AllowAttrs("scope").Matching(regexp.MustCompile(`^(row|col|rowgroup|colgroup)$`)).OnElements("th")
	p.AllowAttrs("datetime").Matching(bluemonday.ISO8601).OnElements("time", "del", "ins")
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`^(ltr|rtl|auto)$`)).Globally()
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)).Globally()
	p.AllowAttrs("title").Globally()
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^` + idPrefix + `[\p{L}\p{N}:_.-]+$`)).Globally()
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^` + keptClass + `( ` + keptClass + `)*$`)).Globally()
	return richText{
		policy:      p,
		text:        bluemonday.StrictPolicy(),
		directusURL: strings.TrimSuffix(directusURL, "/"),
		publicURL:   strings.TrimSuffix(publicURL, "/"),
		long:        new(sync.Mutex),
		heading:     1,
	}
}

// below returns a sanitiser for text below a heading of this level, on a page whose other
// texts have these ids.
func (r richText) below(heading int, ids map[string]bool) richText {
	r.heading, r.ids = heading, ids
	return r
}

const (
	// idPrefix separates the editors' ids from those of the surrounding page, which
	// its links and scripts rely on.
	idPrefix = "text-"
	// keptClass matches classes in hutch.css, and the language of a code block.
	keptClass = `(text-(left|center|right)|align-(left|center|right)|indent-[1-4]|language-[A-Za-z0-9+#_-]+)`
)

var (
	length = regexp.MustCompile(`^[1-9][0-9]{0,3}$`) // in pixels, up to more than any screen has
	cells  = regexp.MustCompile(`^[1-9][0-9]{0,2}$`)
	kept   = regexp.MustCompile(`^` + keptClass + `$`)
)

// sanitise returns source without anything that could run, frame or restyle the
// page, with every element closed, fitted below the heading above it. It is
// idempotent.
func (r richText) sanitise(source string, say say) (template.HTML, error) {
	if len(source) > longText {
		r.long.Lock()
		defer r.long.Unlock()
	}
	fitted := source
	for range 4 {
		safe, err := r.sanitiseOnce(fitted, say)
		if err != nil {
			return "", fmt.Errorf("rich text: %w", err)
		}
		written, stable, err := r.write(safe)
		if err != nil {
			break
		}
		if stable {
			return template.HTML(written), nil // #nosec G203 -- this is the place where it is made safe
		}
		fitted = written
	}
	return r.plain(source), nil
}

// Article is an editor's text whose headings can be linked to.
type Article struct {
	HTML     template.HTML
	Contents []Place // empty if there are few
}

// article returns source sanitised, with an id and a link at each heading.
func (r richText) article(source string, say say) (Article, error) {
	safe, err := r.sanitise(source, say)
	if err != nil || !strings.Contains(string(safe), "<h2") {
		return Article{HTML: safe}, err
	}
	root, err := parse(string(safe))
	if err != nil {
		return Article{HTML: safe}, nil // it was parsed before: only a text without markup gets here
	}
	places, err := addAnchors(root, say)
	if err != nil {
		return Article{}, err
	}
	anchored, stable, err := r.write(root)
	if err != nil || !stable {
		return Article{HTML: safe}, nil // without links, since they would be elsewhere
	}
	if len(places) <= fewPlaces {
		places = nil
	}
	return Article{HTML: template.HTML(anchored), Contents: places}, nil // #nosec G203 -- what was safe, and our links
}

// write writes a tree that was checked, and reports whether a browser parses exactly that
// tree: some, such as a heading within a heading, change when they are written and parsed
// again.
func (r richText) write(safe *html.Node) (written string, stable bool, err error) {
	if written, err = render(safe); err != nil {
		return "", false, err
	}
	read, err := parse(written)
	if err != nil {
		return "", false, err
	}
	if again, err := render(read); err != nil || again != written {
		return written, false, nil
	}
	r.claimIDs(read)
	return written, true, nil
}

// claimIDs takes the ids of a text from those that follow it on the page: the first to have
// one is where a link to it leads.
func (r richText) claimIDs(root *html.Node) {
	for node := range root.Descendants() {
		if id := attribute(node, "id"); id != "" && r.ids != nil {
			r.ids[id] = true
		}
	}
}

// sanitiseOnce runs source through all steps once. Its errors are those of say:
// unusable HTML is reduced to its text.
func (r richText) sanitiseOnce(source string, say say) (*html.Node, error) {
	written, err := parse(source)
	if err != nil {
		return parse(string(r.plain(source))) // nobody means to nest 500 elements
	}
	if err := r.translate(written, say); err != nil {
		return nil, err
	}
	translated, err := render(written)
	if err != nil {
		return parse(string(r.plain(source)))
	}
	safe, err := parse(r.policy.Sanitize(translated))
	if err != nil {
		return parse(string(r.plain(source)))
	}
	ids := map[string]bool{}
	maps.Copy(ids, r.ids)
	if err := r.fit(safe, say, ids); err != nil {
		return nil, err
	}
	fitHeadings(safe, r.heading)
	return safe, nil
}

// plain returns the text of HTML that cannot be parsed.
func (r richText) plain(source string) template.HTML {
	return template.HTML("<p>" + r.text.Sanitize(r.withoutDirectus(source)) + "</p>") // #nosec G203 -- without any markup of theirs
}

// parse parses HTML as a browser would within that element.
func parse(source string) (*html.Node, error) {
	around := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	nodes, err := html.ParseFragment(strings.NewReader(source), around)
	if err != nil {
		return nil, err
	}
	for _, node := range nodes {
		around.AppendChild(node)
	}
	return around, nil
}

// render writes the children of around.
func render(around *html.Node) (string, error) {
	var written strings.Builder
	for node := range around.ChildNodes() {
		if err := html.Render(&written, node); err != nil {
			return "", err
		}
	}
	return written.String(), nil
}

// withoutDirectus removes the address of the Directus behind this site, which
// visitors need not know, so that its file URLs become ours.
func (r richText) withoutDirectus(text string) string {
	for r.directusURL != "" && strings.Contains(text, r.directusURL) { // removing it may form it again
		text = strings.ReplaceAll(text, r.directusURL, "")
	}
	return text
}

// replaced are obsolete elements with their replacements.
var replaced = map[atom.Atom]atom.Atom{atom.Strike: atom.S, atom.Acronym: atom.Abbr, atom.Tt: atom.Code}

// translate rewrites styles, frames and obsolete elements into HTML that the policy
// accepts.
func (r richText) translate(parent *html.Node, say say) error {
	for node := parent.FirstChild; node != nil; {
		next := node.NextSibling
		if node.Type == html.TextNode {
			node.Data = r.withoutDirectus(node.Data)
		}
		for i := range node.Attr {
			node.Attr[i].Val = r.withoutDirectus(node.Attr[i].Val)
		}
		switch {
		case node.Type == html.CommentNode:
			translateComment(node)
			node = next
			continue
		case node.Namespace != "":
			// SVG and MathML have parsing rules of their own, which many attacks
			// exploit: what they say stays.
			if err := replace(node, r.withoutDirectus(wordsOfDrawing(node)), say); err != nil {
				return err
			}
			node = next
			continue
		case embeds[node.DataAtom]:
			if err := r.translateEmbed(node, say); err != nil {
				return err
			}
			node = next
			continue
		case node.DataAtom == atom.Input:
			translateInput(node)
			node = next
			continue
		case node.DataAtom == atom.Img:
			if done, err := translateImage(node, say); done || err != nil {
				if err != nil {
					return err
				}
				node = next
				continue
			}
		case node.DataAtom == atom.Div && attribute(node, "class") == "wide":
			// Our own, in HTML that was sanitised before.
			if node.FirstChild != nil {
				next = node.FirstChild
			}
			unwrap(node)
			node = next
			continue
		}
		if now, old := replaced[node.DataAtom]; old {
			node.DataAtom, node.Data = now, now.String()
		}
		translateAttributes(node)
		if err := r.translate(node, say); err != nil {
			return err
		}
		node = next
	}
	return nil
}

// fit adapts editors' HTML to our pages. ids are those already in use.
func (r richText) fit(parent *html.Node, say say, ids map[string]bool) error {
	for node := parent.FirstChild; node != nil; {
		next := node.NextSibling
		if id := attribute(node, "id"); ids[id] {
			setAttribute(node, "id", "")
		} else if id != "" {
			ids[id] = true
		}
		if err := r.fit(node, say, ids); err != nil {
			return err
		}
		switch node.DataAtom {
		case atom.Img:
			fitImage(node)
		case atom.Video, atom.Audio:
			if address, err := url.Parse(attribute(node, "src")); err != nil || !strings.HasPrefix(address.String(), "/assets/") || assetID(address) == "" {
				unwrap(node)
			}
		case atom.A:
			r.fitLink(node)
			// In the order in which a link's attributes are read.
			slices.SortFunc(node.Attr, func(a, b html.Attribute) int { return strings.Compare(a.Key, b.Key) })
			if len(node.Attr) == 0 {
				unwrap(node)
			}
		case atom.Span:
			if len(node.Attr) == 0 {
				unwrap(node)
			}
		case atom.Pre:
			name, err := say("content.code")
			if err != nil {
				return err
			}
			reachable(node, name)
		case atom.Table:
			name, err := say("content.table")
			if err != nil {
				return err
			}
			wide := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div, Attr: []html.Attribute{{Key: "class", Val: "wide"}}}
			reachable(wide, name)
			markFigures(node)
			parent.InsertBefore(wide, node)
			parent.RemoveChild(node)
			wide.AppendChild(node)
		}
		node = next
	}
	return nil
}

// unwrap replaces an element with its children.
func unwrap(node *html.Node) {
	for inside := node.FirstChild; inside != nil; inside = node.FirstChild {
		node.RemoveChild(inside)
		node.Parent.InsertBefore(inside, node)
	}
	node.Parent.RemoveChild(node)
}

// reachable makes content that may be wider than the page scrollable by keyboard.
// name is for screen readers.
func reachable(node *html.Node, name string) {
	setAttribute(node, "tabindex", "0")
	setAttribute(node, "role", "group")
	setAttribute(node, "aria-label", name)
}

func attribute(node *html.Node, key string) string {
	for _, a := range node.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// setAttribute sets an attribute; "" removes it.
func setAttribute(node *html.Node, key, value string) {
	at := slices.IndexFunc(node.Attr, func(a html.Attribute) bool { return a.Key == key })
	switch {
	case at < 0 && value != "":
		node.Attr = append(node.Attr, html.Attribute{Key: key, Val: value})
	case at >= 0 && value != "":
		node.Attr[at].Val = value
	case at >= 0:
		node.Attr = slices.Delete(node.Attr, at, at+1)
	}
}
