package content

// relation is a field that names an item of another collection.
type relation struct{ field, collection string }

// relationsOf returns the relations of a collection that pages show. They are read
// along with its items (postFields), and a change of what they name purges these
// pages (tags.go).
func relationsOf(collection string) []relation {
	switch collection {
	case "posts":
		return []relation{{"author", "authors"}, {"image", "directus_files"}}
	case "authors":
		return []relation{{"image", "directus_files"}}
	case "global":
		return []relation{{"logo", "directus_files"}, {"favicon", "directus_files"}}
	}
	return nil
}
