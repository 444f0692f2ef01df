package templates

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

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
		case highlights(style["background-color"] + style["background"]):
			node.DataAtom, node.Data = atom.Mark, "mark"
		case style["vertical-align"] == "sub":
			node.DataAtom, node.Data = atom.Sub, "sub"
		case style["vertical-align"] == "super":
			node.DataAtom, node.Data = atom.Sup, "sup"
		}
	}
	if kind, has := listKinds[style["list-style-type"]]; has && node.DataAtom == atom.Ol {
		setAttribute(node, "type", kind)
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
}

// listKinds are the ways to count, as styles and as attributes.
var listKinds = map[string]string{
	"lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i", "upper-roman": "I", "decimal": "1",
}

// highlights reports whether words on this background stand out.
func highlights(color string) bool {
	return !slices.Contains([]string{"", "transparent", "inherit", "initial", "unset", "none", "white", "#fff", "#ffffff", "rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}, color)
}

// indents matches how far TinyMCE moves a paragraph: 40 pixels for each step.
var indents = regexp.MustCompile(`^([1-9][0-9]{0,2})px$`)

// indent is how many steps a paragraph is moved in, as a class.
func indent(style map[string]string) string {
	found := indents.FindStringSubmatch(cmp.Or(style["padding-left"], style["padding-right"], style["margin-left"]))
	if found == nil {
		return ""
	}
	pixels, _ := strconv.Atoi(found[1])
	return fmt.Sprintf("indent-%d", min(max(pixels/40, 1), 4))
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
	stands, text, indented := "", style["text-align"], ""
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
		if slices.Contains([]atom.Atom{atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Div}, node.DataAtom) {
			indented = indent(style)
		}
	}
	tokens := append([]string{"text-" + text, "align-" + stands, indented}, strings.Fields(attribute(node, "class"))...)
	var found []string
	for _, token := range tokens {
		group, _, _ := strings.Cut(token, "-")
		if kept.MatchString(token) && !slices.ContainsFunc(found, func(other string) bool { return strings.HasPrefix(other, group+"-") }) {
			found = append(found, token)
		}
	}
	return found
}
