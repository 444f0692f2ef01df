package templates

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Place is a heading in a text.
type Place struct {
	Text  string
	URL   string // "#text-…"
	Below bool   // it is an h3
}

// fewPlaces is how many headings need no list of contents.
const fewPlaces = 3

// addAnchors gives headings their ids and links, and returns those of the two upper levels.
// An id that an editor gave stays.
func addAnchors(root *html.Node, say say) ([]Place, error) {
	ids := map[string]bool{}
	var headings []*html.Node
	for node := range root.Descendants() {
		if id := attribute(node, "id"); id != "" {
			ids[id] = true
		}
		if level(node) > 0 && strings.TrimSpace(text(node)) != "" {
			headings = append(headings, node)
		}
	}
	var places []Place
	for _, heading := range headings {
		words := strings.Join(strings.Fields(text(heading)), " ")
		id := attribute(heading, "id")
		if id == "" {
			id = freeID(words, ids)
			setAttribute(heading, "id", id)
		}
		address := (&url.URL{Fragment: id}).String()
		if level := level(heading); level <= 3 {
			places = append(places, Place{words, address, level == 3})
		}
		if isWithinLink(heading) {
			continue
		}
		label, err := say("content.anchor", "Heading", words)
		if err != nil {
			return nil, err
		}
		addAnchor(heading, address, label)
	}
	return places, nil
}

// addAnchor puts a link beside a heading, for within it the link's name would be read as
// a part of the heading.
func addAnchor(heading *html.Node, address, label string) {
	around := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div, Attr: []html.Attribute{{Key: "class", Val: "anchored"}}}
	link := &html.Node{Type: html.ElementNode, Data: "a", DataAtom: atom.A, Attr: []html.Attribute{ // in the order of a parser
		{Key: "aria-label", Val: label}, {Key: "class", Val: "anchor"}, {Key: "href", Val: address},
	}}
	link.AppendChild(&html.Node{Type: html.TextNode, Data: "#"})
	heading.Parent.InsertBefore(around, heading)
	heading.Parent.RemoveChild(heading)
	around.AppendChild(heading)
	around.AppendChild(link)
}

// isWithinLink reports whether a link beside this node would be within another one, or
// within what opens details.
func isWithinLink(node *html.Node) bool {
	for around := range node.Ancestors() {
		if around.DataAtom == atom.A || around.DataAtom == atom.Summary {
			return true
		}
	}
	return false
}

// longestID bounds ids made of words, in characters.
const longestID = 60

// freeID returns an id made of words that no other element has, and takes it.
func freeID(words string, ids map[string]bool) string {
	slug := strings.Join(strings.FieldsFunc(strings.ToLower(words), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r)
	}), "-")
	characters := []rune(slug)
	slug = strings.TrimSuffix(string(characters[:min(len(characters), longestID)]), "-")
	if slug == "" {
		slug = "section"
	}
	id := idPrefix + slug
	for n := 2; ids[id]; n++ {
		id = idPrefix + slug + "-" + strconv.Itoa(n)
	}
	ids[id] = true
	return id
}
