package content

import "hutch/internal/collections"

// relationsOf returns the relations of a collection that pages show. They are read
// along with its items (postFields), and a change of what they name purges these
// pages (tags.go).
func relationsOf(collection string) []collections.Field {
	return collections.All().Relations(collection)
}
