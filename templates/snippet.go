package templates

import (
	"slices"
	"unicode"
)

const (
	// snippetLength is how much of a text a search shows, in characters.
	snippetLength = 180
	// snippetLead is how much of that may come before the first word searched for.
	snippetLead = 60
)

// Snippet returns the part of a plain text around the first of the words, which are in
// lower case, or else its beginning. It is cut between words, or within one if that is
// all there is.
func Snippet(text string, words []string) string {
	runes, found := hits(text, words, 1)
	start, end := 0, len(runes)
	if len(found) > 0 && found[0].from > snippetLead && end > snippetLength {
		first := found[0].from
		start = min(first-snippetLead, end-snippetLength)
		if space := slices.Index(runes[start:first], ' '); space >= 0 {
			start += space + 1
		}
	}
	before, after := "", ""
	if start > 0 {
		before = "… "
	}
	if end-start > snippetLength {
		end, after = start+snippetLength, "…"
		for i := end; i > start+snippetLength/2; i-- {
			if runes[i] == ' ' {
				end, after = i, " …"
				break
			}
		}
	}
	return before + string(runes[start:end]) + after
}

// Part is a part of a text; a marked one is a word that was searched for.
type Part struct {
	Text   string
	Marked bool
}

// Mark divides a text into its parts.
func Mark(text string, words []string) []Part {
	var parts []Part
	runes, found := hits(text, words, len(text))
	at := 0
	for _, hit := range found {
		if hit.from > at {
			parts = append(parts, Part{Text: string(runes[at:hit.from])})
		}
		parts = append(parts, Part{Text: string(runes[hit.from:hit.to]), Marked: true})
		at = hit.to
	}
	if at < len(runes) {
		parts = append(parts, Part{Text: string(runes[at:])})
	}
	return parts
}

// hit is where a word stands in a text, in characters.
type hit struct{ from, to int }

// hits returns the characters of a text, and where in them the words stand, in either
// case; of two in one place the one that is named first.
func hits(text string, words []string, most int) (runes []rune, found []hit) {
	runes = []rune(text)
	lower := make([]rune, len(runes))
	for i, r := range runes {
		lower[i] = unicode.ToLower(r) // one for one, so that places stay the same
	}
	var sought [][]rune
	for _, word := range words {
		sought = append(sought, []rune(word))
	}
	for at := 0; at < len(lower) && len(found) < most; at++ {
		for _, word := range sought {
			if to := at + len(word); to <= len(lower) && slices.Equal(lower[at:to], word) && counts(lower, hit{at, to}) {
				for to < len(lower) && unicode.Is(unicode.M, lower[to]) { // accents of the last letter
					to++
				}
				found = append(found, hit{at, to})
				at = to - 1
				break
			}
		}
	}
	return runes, found
}

// counts reports whether a hit is worth marking. One or two letters are in every text:
// they count where they are a word, or in scripts without spaces.
func counts(text []rune, h hit) bool {
	if h.to-h.from > 2 || unicode.In(text[h.from], unspaced...) {
		return true
	}
	inWord := func(i int) bool {
		return i >= 0 && i < len(text) && (unicode.IsLetter(text[i]) || unicode.IsNumber(text[i]) || unicode.Is(unicode.M, text[i]))
	}
	return !inWord(h.from-1) && !inWord(h.to)
}
