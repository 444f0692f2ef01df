package content

import (
	"cmp"
	"slices"
	"strings"

	"hutch/internal/directus"
)

// maxListed is how many items of a list below an item are shown: blocks of a page, images
// of a gallery, fields of a form.
const maxListed = 500

// deepOf asks for one item more than is shown of each list that these fields lead to, so
// that what is cut can be told, and in their order, so that the last ones are.
func deepOf(fields []string) directus.Deep {
	deep := directus.Deep{}
	for _, field := range fields {
		names := strings.Split(field, ".")
		for i, name := range names[:len(names)-1] {
			// What a template of a team's own reads may be a list or not; Directus lets a
			// limit of a single item be.
			if strings.HasPrefix(name, "item:") || slices.Contains([]string{"image", "directus_file", "button_group", "button", "page", "post", "form"}, name) {
				continue
			}
			list := deep.Below(names[:i+1]...)
			list["_limit"] = maxListed + 1
			if slices.Equal(names[i+1:], []string{"sort"}) { // the project has it
				list["_sort"] = "sort"
			}
		}
	}
	return deep
}

// place is where an item stands among those beside it.
type place struct {
	Sort *int `json:"sort"`
}

func (p place) at() *int { return p.Sort }

// inOrder sorts the items of a list by their places, and drops those that are more than
// are shown. Those without a place come last.
func inOrder[T interface{ at() *int }](items []T) []T {
	slices.SortStableFunc(items, func(x, y T) int {
		switch a, b := x.at(), y.at(); {
		case a != nil && b != nil:
			return cmp.Compare(*a, *b)
		case a != nil:
			return -1
		case b != nil:
			return 1
		}
		return 0
	})
	return items[:min(len(items), maxListed)]
}

// listed is [inOrder], and tells the operator of a list that is cut.
func listed[T interface{ at() *int }](s *Source, name, where string, items []T) []T {
	s.tellCut(name, where, len(items), maxListed)
	return inOrder(items)
}

// tellCut tells the operator of a list that is longer than what is shown of it. where is the
// address of the page or of the form, or the menu.
func (s *Source) tellCut(name, where string, length, most int) {
	if length > most {
		s.Log.WarnOnce("a list is longer than what is shown of it", "list", name, "in", where, "shown", most)
	}
}
