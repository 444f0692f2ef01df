package main

import (
	"fmt"
	"slices"
	"strings"
)

// spread holds the results of repeated rounds.
type spread []float64

func (s spread) sorted() spread { return slices.Sorted(slices.Values(s)) }

func (s spread) median() float64 {
	sorted := s.sorted()
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

func (s spread) least() float64 { return slices.Min(s) }
func (s spread) most() float64  { return slices.Max(s) }

// over divides round by round.
func (s spread) over(other spread) spread {
	ratios := make(spread, len(s))
	for i := range s {
		ratios[i] = s[i] / other[i]
	}
	return ratios
}

// show returns the median and the range. The format is for one number, with the
// unit after it.
func (s spread) show(format string) string {
	verb, unit, _ := strings.Cut(format, "f")
	verb += "f"
	shown := fmt.Sprintf(verb, s.median())
	if len(s) > 1 && s.least() < s.most() {
		shown += fmt.Sprintf(" ("+verb+" to "+verb+")", s.least(), s.most())
	}
	return shown + unit
}
