package templates

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// PlainText returns what a plain text says, such as a title or a teaser, without
// spaces around it. If its field has the rich text editor, it is HTML, of which the
// words are left. A text that only has a < or names a tag stays as it is.
func PlainText(source string) string {
	source = strings.TrimSpace(source)
	if !isHTML(source) {
		return source
	}
	if words := strings.Join(strings.Fields(textOf(source)), " "); words != "" || emptyMarkup(source) {
		return words
	}
	return source
}

// paragraphs returns a text with line breaks as HTML. One from a field that has the
// rich text editor is HTML already.
func paragraphs(source string) string {
	source = strings.TrimSpace(strings.ReplaceAll(source, "\r\n", "\n"))
	if isHTML(source) {
		return source
	}
	var marked strings.Builder
	for paragraph := range strings.SplitSeq(source, "\n\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			marked.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(paragraph), "\n", "<br>") + "</p>")
		}
	}
	return marked.String()
}

// isHTML reports whether a text comes from the rich text editor.
func isHTML(source string) bool {
	return (strings.Contains(source, "</") || strings.Contains(source, "<br")) && hasMarkup(source)
}

// formatting are the elements that the editor writes.
var formatting = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Span: true, atom.A: true, atom.Strong: true, atom.B: true, atom.Em: true, atom.I: true, atom.U: true, atom.S: true,
	atom.Sub: true, atom.Sup: true, atom.Mark: true, atom.Code: true, atom.Pre: true, atom.Blockquote: true, atom.Ul: true, atom.Ol: true, atom.Li: true,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Table: true, atom.Figure: true,
}

// hasMarkup reports whether a text has a line break, or an element that is closed.
func hasMarkup(source string) bool {
	open := map[atom.Atom]bool{}
	for tokens := html.NewTokenizer(strings.NewReader(source)); ; {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return false
		}
		token := tokens.Token()
		switch {
		case token.DataAtom == atom.Br:
			return true
		case kind == html.StartTagToken && formatting[token.DataAtom]:
			open[token.DataAtom] = true
		case kind == html.EndTagToken && open[token.DataAtom]:
			return true
		}
	}
}

// emptyMarkup reports whether a text is what the editor leaves of nothing.
func emptyMarkup(source string) bool {
	for tokens := html.NewTokenizer(strings.NewReader(source)); ; {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return true
		}
		token := tokens.Token()
		switch kind {
		case html.TextToken:
			if strings.TrimSpace(token.Data) != "" {
				return false
			}
		default:
			if !formatting[token.DataAtom] && token.DataAtom != atom.Br && token.DataAtom != atom.Img {
				return false
			}
		}
	}
}
