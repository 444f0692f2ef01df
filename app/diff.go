package app

import (
	"fmt"
	"strings"
)

// diff returns how one text becomes another, line by line, with three lines around each
// change.
func diff(fromName, toName, from, to string) string {
	a, b := strings.SplitAfter(from, "\n"), strings.SplitAfter(to, "\n")
	// common[i][j] is how many lines a[i:] and b[j:] have in common, in the same order.
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var lines []string // with a sign in front
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			lines = append(lines, " "+a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			lines = append(lines, "-"+a[i])
			i++
		default:
			lines = append(lines, "+"+b[j])
			j++
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", fromName, toName)
	gap := true
	for at, line := range lines {
		if !nearChange(lines, at) {
			gap = true
			continue
		}
		if gap {
			out.WriteString("@@\n")
		}
		gap = false
		if line != " " { // behind the last line
			out.WriteString(strings.TrimRight(line, "\n") + "\n")
		}
	}
	return out.String()
}

func nearChange(lines []string, at int) bool {
	for _, line := range lines[max(0, at-3):min(len(lines), at+4)] {
		if line[0] != ' ' {
			return true
		}
	}
	return false
}
