package passwords

import (
	_ "embed"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// words is a line for each word: the word, a tab, and twice the bits of its rank as a
// digit to the base 36. The lines are sorted by their bytes, and a tab comes before
// everything that is typed, so a word stands before those that it begins.
//
//go:embed words.txt
var words string

// lookalikes are pairs: a character, and a letter that it stands for.
const lookalikes = "4a@a8b(c{c[c<c3e6g9g1i!i|i1l|l7l0o$s5s+t7t%x2z"

// search looks for the words of a list in a password, in one direction.
type search struct {
	*judged
	list      string
	backwards bool
}

// words finds the words of a list, forwards and backwards.
func (p *judged) words(list string) {
	for _, backwards := range []bool{false, true} {
		s := search{p, list, backwards}
		for from := range p.lower {
			s.extend(from, from, 0, len(list), 0, 0)
		}
	}
}

// extend reads on after the characters from..to, and records them if they are a word.
// The lines of list[first:end] begin with what they were read as, which has length
// bytes. used has a bit for each pair of look-alikes among them.
func (s *search) extend(from, to, first, end, length int, used uint) {
	s.steps++
	if first == end {
		return
	}
	if length > 0 && s.list[first+length] == '\t' {
		rank, _ := strconv.ParseUint(s.list[first+length+1:first+length+2], 36, 8) // the list is ours
		cost := float64(rank)/2 + float64(bits.OnesCount(used))
		if s.backwards {
			left, right := len(s.typed)-to, len(s.typed)-from
			s.offer(left, right, cost+1+s.capitals(left, right))
		} else {
			s.offer(from, to, cost+s.capitals(from, to))
		}
	}
	if to == len(s.lower) {
		return
	}
	r := s.lower[to]
	if s.backwards {
		r = s.lower[len(s.lower)-1-to]
	}
	if unicode.IsControl(r) { // in no word, but between the lines
		return
	}
	follow := func(letter rune, used uint) {
		first := s.seek(first, end, length, string(letter), false)
		s.extend(from, to+1, first, s.seek(first, end, length, string(letter), true), length+utf8.RuneLen(letter), used)
	}
	follow(r, used)
	for i := 0; i < len(lookalikes); i += 2 {
		if rune(lookalikes[i]) == r {
			follow(rune(lookalikes[i+1]), used|1<<(i/2))
		}
	}
}

// seek returns the first line of list[first:end] that continues, after length bytes,
// with letter or anything later; past excludes letter itself.
func (s *search) seek(first, end, length int, letter string, past bool) int {
	for first < end {
		line := first + strings.LastIndexByte(s.list[first:(first+end)/2], '\n') + 1
		next := line + strings.IndexByte(s.list[line:], '\n') + 1
		if rest := s.list[line+length : next]; rest < letter || past && strings.HasPrefix(rest, letter) {
			first = next
		} else {
			end = line
		}
	}
	return first
}

// knownWords returns a list like words of what is known, whole and in parts. They are
// ranked as one of four words, all alike.
func knownWords(known []string) string {
	var lines []string
	for _, text := range known {
		text = strings.ToLower(norm.NFKC.String(text))
		for _, spelt := range []string{text, strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss").Replace(text)} {
			whole := []rune(strings.Map(func(r rune) rune {
				if unicode.IsControl(r) {
					return -1
				}
				return r
			}, spelt))
			parts := strings.FieldsFunc(spelt, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
			for _, word := range append(parts, string(whole[:min(len(whole), longest)])) {
				if utf8.RuneCountInString(word) > 1 { // many passwords contain a letter
					lines = append(lines, word+"\t4\n")
				}
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "")
}
