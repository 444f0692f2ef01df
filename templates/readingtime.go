package templates

import (
	"math"
	"unicode"
)

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
