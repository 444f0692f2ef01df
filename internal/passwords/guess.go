package passwords

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// enough is how many bits a password needs: log2 of two million guesses, zxcvbn's
// limit between its lowest score and the next.
const enough = 20.93

// longest is how many characters are judged: longer passwords are not worth the time.
const longest = 64

// Guessable reports whether few guesses find a password. known is what others know of
// its owner and of the site, in any form: addresses, names, titles.
func Guessable(password string, known []string) bool {
	return fewestBits(password, known) < enough
}

func fewestBits(password string, known []string) float64 {
	p := judge(password)
	p.words(words)
	p.words(knownWords(known))
	p.sequences()
	p.walks()
	p.dates()
	return p.split()
}

// judged is a password and what its parts cost to guess.
type judged struct {
	typed []rune                // as typed
	lower []rune                // in lower case
	cost  [][]float64           // the bits of typed[from:to], by from and to
	keys  [len(keyboards)][]int // where each character is on each keyboard
	steps int                   // prefixes that extend has looked up
}

func judge(password string) *judged {
	typed := []rune(norm.NFKC.String(password))
	typed = typed[:min(len(typed), longest)]
	p := &judged{typed: typed, lower: make([]rune, len(typed)), cost: make([][]float64, len(typed))}
	for from, r := range typed {
		p.lower[from] = unicode.ToLower(r)
		p.cost[from] = make([]float64, len(typed)+1)
		for to := from + 1; to <= len(typed); to++ {
			p.cost[from][to] = p.cost[from][to-1] + math.Log2(kind(typed[to-1]))
		}
	}
	for i := range keyboards {
		for _, r := range typed {
			p.keys[i] = append(p.keys[i], keyboards[i].key(r))
		}
	}
	return p
}

// kind returns how many characters there are of the same kind, as zxcvbn counts them.
func kind(r rune) float64 {
	switch {
	case unicode.IsDigit(r):
		return 10
	case unicode.IsLower(r), unicode.IsUpper(r):
		return 26
	}
	return 33
}

// offer records a way to guess typed[from:to].
func (p *judged) offer(from, to int, bits float64) {
	p.cost[from][to] = min(p.cost[from][to], bits)
}

// split returns the bits of the cheapest split of the whole into parts, some of which
// repeat the part before them.
func (p *judged) split() float64 {
	n := len(p.typed)
	for length := 2; length <= n; length++ {
		for from := 0; from+length <= n; from++ {
			to := from + length
			for middle := from + 1; middle < to; middle++ {
				p.offer(from, to, p.cost[from][middle]+p.cost[middle][to])
			}
			for block := 1; block <= length/2; block++ {
				if length%block == 0 && length > 2 { // two of a kind are chance
					p.offer(from, to, p.cost[from][from+block]+p.repeats(from, to, block))
				}
			}
		}
	}
	if n == 0 {
		return 0
	}
	return p.cost[0][n]
}

// repeats returns the bits of how typed[from:to] repeats its first block: exactly, or
// each time one key further on a keyboard, as in 1qaz2wsx; infinitely many otherwise.
func (p *judged) repeats(from, to, block int) float64 {
	if slices.Equal(p.typed[from:to-block], p.typed[from+block:to]) {
		return math.Log2(float64((to - from) / block))
	}
	for _, keys := range p.keys {
		step := keys[from+block] - keys[from]
		for i := from; neighbours(step) && keys[i+block]-keys[i] == step; i++ {
			if i+block+1 == to {
				return math.Log2(float64((to-from)/block)) + direction
			}
		}
	}
	return math.Inf(1)
}

// mixed returns the bits of which characters of a part are capitals or shifted: some
// are, and rest are not.
func mixed(some, rest int) float64 {
	switch {
	case some == 0:
		return 0
	case rest == 0:
		return 1
	}
	ways := 0.0
	for i := 0; i <= min(some, rest); i++ {
		ways += choose(some+rest, i)
	}
	return math.Log2(ways)
}

// choose returns how many ways there are to choose k of n.
func choose(n, k int) float64 {
	ways := 1.0
	for i := 1; i <= k; i++ {
		ways = ways * float64(n-k+i) / float64(i)
	}
	return ways
}

// capitals returns the bits of the capitals in typed[from:to].
func (p *judged) capitals(from, to int) float64 {
	upper, lower := 0, 0
	for _, r := range p.typed[from:to] {
		if unicode.IsUpper(r) {
			upper++
		} else if unicode.IsLower(r) {
			lower++
		}
	}
	if upper == 1 && (unicode.IsUpper(p.typed[from]) || unicode.IsUpper(p.typed[to-1])) {
		return 1
	}
	return mixed(upper, lower)
}

// sequences finds letters or digits that follow each other, up or down.
func (p *judged) sequences() {
	for from, first := range p.lower {
		for _, step := range []rune{1, -1} {
			start, same := math.Log2(26), unicode.IsLetter
			if unicode.IsDigit(first) {
				start, same = math.Log2(10), unicode.IsDigit
			}
			if first == 'a' || first == '1' {
				start = 0
			}
			if step < 0 {
				start++
			}
			for to := from + 1; to < len(p.lower) && p.lower[to] == p.lower[to-1]+step && same(p.lower[to-1]) && same(p.lower[to]); to++ {
				if length := to + 1 - from; length >= 3 {
					p.offer(from, to+1, start+math.Log2(float64(length))+p.capitals(from, to+1))
				}
			}
		}
	}
}

// keyboard is the rows of keys, each below the one before, as they are and with Shift.
type keyboard [2]string

var keyboards = [...]keyboard{
	{"1234567890-=\nqwertyuiop[]\\\nasdfghjkl;'\nzxcvbnm,./", "!@#$%^&*()_+\nQWERTYUIOP{}|\nASDFGHJKL:\"\nZXCVBNM<>?"},
	{"1234567890ß´\nqwertzuiopü+\nasdfghjklöä#\nyxcvbnm,.-", "!\"§$%&/()=?`\nQWERTZUIOPÜ*\nASDFGHJKLÖÄ'\nYXCVBNM;:_"},
	{"789\n456\n123\n0", ""},
}

const (
	row       = 100      // from a key to the one below
	direction = 2.6      // bits of a neighbour: about six of eight exist
	missing   = -9 * row // far from every key
)

// key returns where a character is: the number of its row and column.
func (k keyboard) key(r rune) int {
	for _, keys := range k {
		at := 0
		for _, here := range keys {
			switch here {
			case r:
				return at
			case '\n':
				at += row - at%row
			default:
				at++
			}
		}
	}
	return missing
}

// neighbours reports whether two keys that are this far apart are next to each other.
func neighbours(step int) bool {
	step = max(step, -step)
	return step == 1 || step >= row-1 && step <= row+1
}

// walks finds keys that are next to each other: the straighter, the easier.
func (p *judged) walks() {
	for i, board := range keyboards {
		size := math.Log2(float64(len(board[0])))
		keys := p.keys[i]
		for from := range keys {
			turns, shifted, last := 0, 0, 0
			for to := from; to < len(keys) && (to == from || neighbours(keys[to]-keys[to-1])); to++ {
				if strings.ContainsRune(board[1], p.typed[to]) {
					shifted++
				}
				if to == from {
					continue
				}
				if step := keys[to] - keys[to-1]; step != last {
					turns, last = turns+1, step
				}
				if length := to + 1 - from; length >= 3 {
					p.offer(from, to+1, size+math.Log2(float64(length)*choose(length-1, turns-1))+direction*float64(turns)+mixed(shifted, length-shifted))
				}
			}
		}
	}
}

const firstYear, lastYear = 1900, 2050

// dateShapes are how many digits the three numbers of a date have.
var dateShapes = [...][3]int{
	{1, 1, 2}, {1, 2, 2}, {2, 1, 2}, {2, 2, 2}, {1, 1, 4}, {1, 2, 4}, {2, 1, 4}, {2, 2, 4},
	{2, 1, 1}, {2, 2, 1}, {4, 1, 1}, {4, 1, 2}, {4, 2, 1}, {4, 2, 2},
}

// dates finds days with separators or without, in any order, and years.
func (p *judged) dates() {
	for from := range p.typed {
		if p.year(from, 4) {
			p.offer(from, from+4, math.Log2(lastYear-firstYear))
		}
		for _, digits := range dateShapes {
			for separated := range 2 {
				second := from + digits[0] + separated
				third := second + digits[1] + separated
				to := third + digits[2]
				if to > len(p.typed) || separated == 1 && (p.typed[second-1] != p.typed[third-1] || !strings.ContainsRune(`.-/_\ `, p.typed[third-1])) {
					continue
				}
				if p.day(from, digits[0], second, digits[1]) && p.year(third, digits[2]) || p.year(from, digits[0]) && p.day(second, digits[1], third, digits[2]) {
					p.offer(from, to, math.Log2(31*12*(lastYear-firstYear))+2*float64(separated))
				}
			}
		}
	}
}

// year reports whether typed has a year of so many digits there.
func (p *judged) year(from, digits int) bool {
	n := p.number(from, digits)
	return digits == 2 && n >= 0 || digits == 4 && n >= firstYear && n <= lastYear
}

// day reports whether typed has a day and a month there, in either order.
func (p *judged) day(first, digits, second, more int) bool {
	a, b := p.number(first, digits), p.number(second, more)
	return digits <= 2 && more <= 2 && min(a, b) >= 1 && min(a, b) <= 12 && max(a, b) <= 31
}

// number returns the number of so many digits that typed has there, or -1.
func (p *judged) number(from, digits int) int {
	if from+digits > len(p.typed) {
		return -1
	}
	n := 0
	for _, r := range p.typed[from : from+digits] {
		if r < '0' || r > '9' {
			return -1
		}
		n = n*10 + int(r-'0')
	}
	return n
}
