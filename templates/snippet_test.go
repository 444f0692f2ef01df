package templates

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// marked writes the marks of a text as brackets.
func marked(text string, words ...string) string {
	var said strings.Builder
	for _, part := range Mark(text, words) {
		if part.Marked {
			said.WriteString("[" + part.Text + "]")
		} else {
			said.WriteString(part.Text)
		}
	}
	return said.String()
}

func TestWordsAreMarked(t *testing.T) {
	for name, test := range map[string]struct {
		text  string
		words []string
		want  string
	}{
		"in either case":              {"Hay, HAY and hay", []string{"hay"}, "[Hay], [HAY] and [hay]"},
		"within a word":               {"Der Kaninchenstall", []string{"stall"}, "Der Kaninchen[stall]"},
		"umlauts":                     {"Überall ÜBER Mäuse", []string{"mäuse", "über"}, "[Über]all [ÜBER] [Mäuse]"},
		"a letter that grows":         {"İSTANBUL Ⱥnd ẞ", []string{"stanbul", "ⱥnd"}, "İ[STANBUL] [Ⱥnd] ẞ"},
		"an accent of its own":        {"un cafe\u0301 noir", []string{"cafe"}, "un [cafe\u0301] noir"},
		"the longer word first":       {"haystack", []string{"haystack", "hay"}, "[haystack]"},
		"one letter, as a word only":  {"A rabbit ate a carrot", []string{"a"}, "[A] rabbit ate [a] carrot"},
		"two letters, with an accent": {"u\u0308 u x", []string{"u"}, "u\u0308 [u] x"},
		"without spaces":              {"白い兎が走る", []string{"兎"}, "白い[兎]が走る"},
		"markup is text":              {"a <b>bold</b> word", []string{"<b>"}, "a [<b>]bold</b> word"},
		"neighbours":                  {"hayhay", []string{"hay"}, "[hay][hay]"},
		"nothing":                     {"straw", []string{"hay"}, "straw"},
		"no words":                    {"straw", nil, "straw"},
		"an empty word":               {"straw", []string{""}, "straw"},
		"no text":                     {"", []string{"hay"}, ""},
	} {
		if got := marked(test.text, test.words...); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestSnippetsAreCutAroundTheFirstHit(t *testing.T) {
	far := strings.Repeat("straw and oats ", 40)
	for name, test := range map[string]struct {
		text, word   string
		begins, ends string
		whole        bool
	}{
		"short":                 {text: "Some hay.", word: "hay", begins: "Some", ends: "hay.", whole: true},
		"at the beginning":      {text: "Some hay, " + far, word: "hay", begins: "Some hay, ", ends: " …"},
		"in the middle":         {text: far + "much Hay " + far, word: "hay", begins: "… ", ends: " …"},
		"at the end":            {text: far + "much hay", word: "hay", begins: "… ", ends: "much hay"},
		"nowhere":               {text: far, word: "hay", begins: "straw and oats", ends: " …"},
		"without spaces":        {text: strings.Repeat("白い", 200) + "兎" + strings.Repeat("が走る", 200), word: "兎", begins: "… ", ends: "…"},
		"behind a long word":    {text: strings.Repeat("ü", 500) + " hay " + far, word: "hay", begins: "… ", ends: " …"},
		"within a long word":    {text: strings.Repeat("ü", 500) + "hay", word: "hay", begins: "… ", ends: "hay"},
		"a letter in all texts": {text: far + "plan a " + far, word: "a", begins: "… ", ends: " …"},
	} {
		got := Snippet(test.text, []string{test.word})
		if !strings.HasPrefix(got, test.begins) || !strings.HasSuffix(got, test.ends) || (got == test.text) != test.whole {
			t.Errorf("%s: %q", name, got)
		}
		if hit := strings.Contains(marked(got, test.word), "["); hit == (name == "nowhere") {
			t.Errorf("%s: %q has the word: %t", name, got, hit)
		}
		if n := utf8.RuneCountInString(got); n > snippetLength+4 {
			t.Errorf("%s: %d characters: %q", name, n, got)
		}
	}
	// A text that is cut is cut between words.
	for _, word := range strings.Fields(strings.Trim(Snippet(far+"much hay "+far, []string{"hay"}), "… ")) {
		if !strings.Contains(" straw and oats much hay ", " "+word+" ") {
			t.Errorf("cut within a word: %q", word)
		}
	}
}
