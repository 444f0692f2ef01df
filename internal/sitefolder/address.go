package sitefolder

import "slices"

// Taken reports whether a name below the path of a collection is none of an item: the site
// has pages of its own there.
func Taken(name string) bool {
	return slices.Contains([]string{"new", "mine", "edit", "delete", "tags", "rss.xml", "atom.xml", "feed.json"}, name)
}
