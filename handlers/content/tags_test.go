package content

import (
	"slices"
	"testing"
)

// An answer depends on its items and on what their relations name, whether Directus
// sends the key alone, the item, or several; and on nothing that other fields hold.
func TestTagsFollowRelations(t *testing.T) {
	for _, test := range []struct {
		collection, data string
		named            bool
		want             []string
	}{
		{"posts", `[{"id":7,"slug":"Hay","author":{"id":2,"slug":"ida","image":"a-picture"},"image":"B"}]`, true, []string{
			"posts/*", "posts/7", "posts/hay", "directus_files/*", "directus_files/b", "authors/*", "authors/2", "authors/ida", "directus_files/*", "directus_files/a-picture",
		}},
		{"posts", `[{"id":7,"author":[1,{"id":2}],"editor":3,"logo":"x"}]`, false, []string{
			"posts", "posts/*", "posts/7", "authors/*", "authors/1", "authors/*", "authors/2",
		}},
		{"posts", `[]`, true, []string{"posts"}},
		{"global", `{"id":1,"logo":"x","favicon":null,"author":5}`, false, []string{"global", "global/*", "global/1", "directus_files/*", "directus_files/x"}},
	} {
		if got := tagsOf(test.collection, []byte(test.data), test.named); !slices.Equal(got, test.want) {
			t.Errorf("%s %s:\n got %q\nwant %q", test.collection, test.data, got, test.want)
		}
	}
}
