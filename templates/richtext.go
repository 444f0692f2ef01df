package templates

import (
	"fmt"
	"html/template"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

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
// translate rewrites what the policy would reject (styles, frames) into markup that it
// accepts. The policy alone decides what is safe: the step after it adds nothing that
// an editor wrote.
type richText struct {
	policy      *bluemonday.Policy
	text        *bluemonday.Policy
	directusURL string
	publicURL   string
}

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
	p.AllowAttrs("width", "height").Matching(length).OnElements("img")
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
	}
}

const (
	// idPrefix separates the editors' ids from those of the surrounding page, which
	// its links and scripts rely on.
	idPrefix = "text-"
	// keptClass matches classes in hutch.css, and the language of a code block.
	keptClass = `(text-(left|center|right)|align-(left|center|right)|language-[A-Za-z0-9+#_-]+)`
)

var (
	length = regexp.MustCompile(`^[1-9][0-9]{0,3}$`) // in pixels, up to more than any screen has
	cells  = regexp.MustCompile(`^[1-9][0-9]{0,2}$`)
	kept   = regexp.MustCompile(`^` + keptClass + `$`)
)

// sanitise returns source without anything that could run, frame or restyle the
// page, with every element closed, fitted below the page's own heading. It is
// idempotent.
func (r richText) sanitise(source string, say say) (template.HTML, error) {
	fitted := source
	for range 4 {
		safe, err := r.sanitiseOnce(fitted, say)
		if err != nil {
			return "", fmt.Errorf("rich text: %w", err)
		}
		if fitted, err = render(safe); err != nil {
			break
		}
		// The browser must parse exactly the tree that was checked, and some HTML
		// trees, such as a heading within a heading, change when they are written
		// and parsed again.
		if read, err := parse(fitted); err != nil {
			break
		} else if written, err := render(read); err == nil && written == fitted {
			return template.HTML(fitted), nil // #nosec G203 -- this is the place where it is made safe
		}
	}
	return r.plain(source), nil
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
	if err := r.fit(safe, say, map[string]bool{}); err != nil {
		return nil, err
	}
	fitHeadings(safe)
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
		case node.Type == html.CommentNode, node.Namespace != "":
			// SVG and MathML have parsing rules of their own, which many attacks
			// exploit.
			parent.RemoveChild(node)
			node = next
			continue
		case node.DataAtom == atom.Iframe, node.DataAtom == atom.Video, node.DataAtom == atom.Audio:
			if err := replaceEmbed(node, say); err != nil {
				return err
			}
			node = next
			continue
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

// translateAttributes turns meaningful style properties into an element or a class,
// and prefixes the id.
func translateAttributes(node *html.Node) {
	style := declarations(attribute(node, "style"))
	if node.DataAtom == atom.Span {
		switch line := style["text-decoration"] + style["text-decoration-line"]; {
		case strings.Contains(line, "underline"):
			node.DataAtom, node.Data = atom.U, "u"
		case strings.Contains(line, "line-through"):
			node.DataAtom, node.Data = atom.S, "s"
		}
	}
	setAttribute(node, "class", strings.Join(classes(node, style), " "))

	id := attribute(node, "id")
	if id == "" && node.DataAtom == atom.A {
		id = attribute(node, "name")
	}
	if id != "" {
		id = idPrefix + strings.TrimPrefix(id, idPrefix)
	}
	setAttribute(node, "id", id)

	if node.DataAtom == atom.Img {
		translateImage(node)
	}
}

// declarations parses a style, as far as editors produce it.
func declarations(style string) map[string]string {
	declared := map[string]string{}
	for declaration := range strings.SplitSeq(strings.ToLower(style), ";") {
		property, value, _ := strings.Cut(declaration, ":")
		declared[strings.TrimSpace(property)] = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
	}
	return declared
}

// classes returns the allowed classes of an element, plus the alignment from its
// style and align attribute: text-… for its text, align-… for the element itself.
// Justified text is dropped: many find it hard to read.
func classes(node *html.Node, style map[string]string) []string {
	align := strings.ToLower(attribute(node, "align"))
	stands, text := "", style["text-align"]
	switch node.DataAtom {
	case atom.Img, atom.Figure, atom.Table:
		switch stands = style["float"]; {
		case stands != "":
		case style["margin-left"] == "auto" && style["margin-right"] == "auto":
			stands = "center"
		default:
			stands = align
		}
	default:
		if text == "" {
			text = align
		}
	}
	tokens := append([]string{"text-" + text, "align-" + stands}, strings.Fields(attribute(node, "class"))...)
	var found []string
	for _, token := range tokens {
		group, _, _ := strings.Cut(token, "-")
		if kept.MatchString(token) && !slices.ContainsFunc(found, func(other string) bool { return strings.HasPrefix(other, group+"-") }) {
			found = append(found, token)
		}
	}
	return found
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
		// A file, which the browser opens, not htmx.
		setAttribute(node, "href", "/assets/"+assetID(address))
		setAttribute(node, "data-hx-boost", "false")
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

// Images within the text get these renditions, in pixels; the middle one is for
// browsers without srcset.
var contentImageWidths = []int{480, 800, 1200}

// textWidth is the maximum width of the text: --measure in hutch.css.
const textWidth, textWidthPixels = "43rem", 688

// translateImage points images of Directus to Hutch, whatever their host: the
// editors may use another address of Directus. Directus' editor puts the size into
// the query, along with an access token.
func translateImage(node *html.Node) {
	address, err := url.Parse(attribute(node, "src"))
	if err != nil || assetID(address) == "" {
		return
	}
	setAttribute(node, "src", "/assets/"+assetID(address))
	if query := address.Query(); attribute(node, "width") == "" && attribute(node, "height") == "" && query.Has("width") && query.Has("height") {
		setAttribute(node, "width", query.Get("width"))
		setAttribute(node, "height", query.Get("height"))
	}
}

// fitImage offers an image in the widths that Hutch serves.
func fitImage(node *html.Node) {
	src := attribute(node, "src")
	if address, err := url.Parse(src); err != nil || !strings.HasPrefix(src, "/assets/") || assetID(address) == "" {
		// The content security policy would block an external image and leave a
		// hole; its description says more.
		node.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: attribute(node, "alt")}, node)
		node.Parent.RemoveChild(node)
		return
	}
	shown, sizes := textWidthPixels, "(max-width: "+textWidth+") 100vw, "+textWidth
	if width, err := strconv.Atoi(attribute(node, "width")); err == nil && width < shown {
		shown, sizes = width, fmt.Sprintf("(max-width: %dpx) 100vw, %dpx", width, width)
	}
	var srcset []string
	for _, width := range contentImageWidths {
		srcset = append(srcset, fmt.Sprintf("%s?width=%d %dw", src, width, width))
		if width >= 2*shown { // enough for screens with two dots per pixel
			break
		}
	}
	// The order matters: Safari starts loading at src, lazy or not.
	alt, width, height, class := attribute(node, "alt"), attribute(node, "width"), attribute(node, "height"), attribute(node, "class")
	others := slices.DeleteFunc(slices.Clone(node.Attr), func(a html.Attribute) bool {
		return slices.Contains([]string{"src", "alt", "width", "height", "class"}, a.Key)
	})
	node.Attr = nil
	setAttribute(node, "loading", "lazy")
	setAttribute(node, "decoding", "async")
	setAttribute(node, "srcset", strings.Join(srcset, ", "))
	setAttribute(node, "sizes", sizes)
	setAttribute(node, "src", fmt.Sprintf("%s?width=%d", src, contentImageWidths[min(1, len(srcset)-1)]))
	node.Attr = append(node.Attr, html.Attribute{Key: "alt", Val: alt}) // even if empty
	setAttribute(node, "width", width)
	setAttribute(node, "height", height)
	setAttribute(node, "class", class)
	node.Attr = append(node.Attr, others...)
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
