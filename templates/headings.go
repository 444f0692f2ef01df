package templates

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// levels are the headings below h1, which the page has itself.
var levels = []atom.Atom{atom.H2, atom.H3, atom.H4, atom.H5, atom.H6}

// fitHeadings sets the levels of the headings in root according to their order: the
// first is one below the heading above them, and no level is skipped, so that screen readers convey the
// structure. Editors often choose a heading for its size.
func fitHeadings(root *html.Node, heading int) {
	var headings []*html.Node
	for node := range root.Descendants() {
		if level(node) > 0 {
			headings = append(headings, node)
		}
	}
	var above []int // original levels of the enclosing headings
	for _, node := range headings {
		if strings.TrimSpace(text(node)) == "" && !describesItself(node) {
			dissolve(node) // an empty line made with the wrong button
			continue
		}
		written := level(node)
		for len(above) > 0 && above[len(above)-1] >= written {
			above = above[:len(above)-1]
		}
		above = append(above, written)
		node.DataAtom = levels[min(heading-1+len(above), len(levels))-1]
		node.Data = node.DataAtom.String()
	}
}

// level returns 1 for h1 to 6 for h6, and 0 for anything else.
func level(node *html.Node) int {
	switch node.DataAtom {
	case atom.H1:
		return 1
	case atom.H2:
		return 2
	case atom.H3:
		return 3
	case atom.H4:
		return 4
	case atom.H5:
		return 5
	case atom.H6:
		return 6
	}
	return 0
}

// text returns the readable text in root.
func text(root *html.Node) string {
	var read strings.Builder
	for node := range root.Descendants() {
		if node.Type == html.TextNode {
			read.WriteString(node.Data)
		}
	}
	return read.String()
}

// describesItself reports whether an image in root has a description.
func describesItself(root *html.Node) bool {
	for node := range root.Descendants() {
		if node.DataAtom == atom.Img && strings.TrimSpace(attribute(node, "alt")) != "" {
			return true
		}
	}
	return false
}

// dissolve removes an element, or turns it into a div if it contains an image.
func dissolve(node *html.Node) {
	for inside := range node.Descendants() {
		if inside.DataAtom == atom.Img {
			node.DataAtom, node.Data = atom.Div, "div"
			return
		}
	}
	node.Parent.RemoveChild(node)
}
