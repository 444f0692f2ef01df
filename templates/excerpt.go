package templates

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// excerptLength is how much of a description search engines show, in characters.
const excerptLength = 155

// excerpt returns the beginning of source as plain text, cut between words, or
// within one if that is all there is, as in scripts without spaces.
func (r richText) excerpt(source string) string {
	var excerpt strings.Builder
	left, space := excerptLength, ""
	for _, word := range r.wordsOf(source) {
		characters := len(space) + utf8.RuneCountInString(word)
		switch {
		case characters <= left:
		case left > excerptLength/2:
			excerpt.WriteString(space + string([]rune(word)[:left-len(space)]) + "…")
			return excerpt.String()
		default:
			return excerpt.String() + " …"
		}
		excerpt.WriteString(space + word)
		left, space = left-characters, " "
	}
	return excerpt.String()
}

// unread are elements whose content is not part of the visible text.
var unread = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Iframe: true, atom.Noscript: true, atom.Noembed: true, atom.Noframes: true,
	atom.Object: true, atom.Template: true, atom.Video: true, atom.Audio: true, atom.Title: true, atom.Textarea: true, atom.Select: true,
}

// inline are elements that do not separate words.
var inline = map[atom.Atom]bool{
	atom.A: true, atom.Strong: true, atom.Em: true, atom.B: true, atom.I: true, atom.U: true, atom.S: true, atom.Del: true, atom.Ins: true,
	atom.Sub: true, atom.Sup: true, atom.Small: true, atom.Mark: true, atom.Span: true, atom.Abbr: true, atom.Dfn: true, atom.Cite: true,
	atom.Q: true, atom.Code: true, atom.Kbd: true, atom.Samp: true, atom.Var: true, atom.Time: true, atom.Bdi: true, atom.Bdo: true,
	atom.Font: true, atom.Wbr: true,
}

// wordsOf returns the words of source in order, without markup.
func (r richText) wordsOf(source string) []string {
	return strings.Fields(r.withoutDirectus(textOf(source)))
}

// textOf returns the text of HTML. It builds no tree: lists need the beginning of many
// texts.
func textOf(source string) string {
	var read strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(source))
	for within := atom.Atom(0); ; { // the unread element it is in
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return read.String()
		}
		token := tokens.Token()
		switch {
		case within != 0:
			if kind == html.EndTagToken && token.DataAtom == within {
				within = 0
			}
		case kind == html.TextToken:
			read.WriteString(token.Data)
		case kind == html.StartTagToken && unread[token.DataAtom]:
			within = token.DataAtom
		case kind == html.StartTagToken || kind == html.EndTagToken || kind == html.SelfClosingTagToken:
			if !inline[token.DataAtom] {
				read.WriteByte(' ')
			}
		}
	}
}

// Silent reading speed for an easy text, per minute.
const (
	wordsPerMinute = 200
	// charactersPerMinute is for scripts without spaces between words.
	charactersPerMinute = 500
)

// unspaced are the scripts without spaces between words.
var unspaced = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan}

// readingTime returns how many minutes it takes to read source, at least 1.
func (r richText) readingTime(source string) int {
	words, characters := 0, 0
	for _, word := range r.wordsOf(source) {
		spaced := false
		for _, c := range word {
			switch {
			case !unicode.IsLetter(c) && !unicode.IsNumber(c):
			case unicode.In(c, unspaced...):
				characters++
			default:
				spaced = true
			}
		}
		if spaced {
			words++
		}
	}
	minutes := float64(words)/wordsPerMinute + float64(characters)/charactersPerMinute
	return max(1, int(math.Round(minutes)))
}
