package templates

import (
	"slices"
	"strings"
	"testing"
)

// Rows of several fields end together. A field that has a row to itself keeps its width.
func TestRowsOfAFormAreFull(t *testing.T) {
	for widths, want := range map[string][]int{
		"100 50 50":         {6, 3, 3},
		"33 33 100":         {2, 4, 6},
		"33 50 67":          {2, 4, 4},
		"50 33":             {3, 3},
		"33 33 33 33 33":    {2, 2, 2, 2, 4},
		"50 100 33":         {3, 6, 2},
		"67 33 wide and 33": {4, 2, 6, 6, 2},
		"":                  nil,
	} {
		var form Form
		for _, width := range strings.Fields(widths) {
			form.Fields = append(form.Fields, Field{Width: width})
		}
		var columns []int
		for _, field := range form.Inputs() {
			columns = append(columns, field.Columns)
		}
		if !slices.Equal(columns, want) {
			t.Errorf("%s: the fields have %v columns, want %v", widths, columns, want)
		}
	}
}
