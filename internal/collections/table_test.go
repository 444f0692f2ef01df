package collections_test

import (
	"slices"
	"strings"
	"testing"

	"hutch/internal/collections"
)

// Whoever adds a row has to decide who reads and who writes it.
func TestEveryRowStatesItsRights(t *testing.T) {
	for _, c := range collections.All() {
		if c.Reads == nil || c.Writes == nil {
			t.Errorf("%s leaves open who reads or writes it; say Nobody() if nobody does", c.Name)
		}
		for _, right := range c.Rights() {
			if right.Who == 0 {
				t.Errorf("%s has a right that is for nobody", c.Name)
			}
			if right.Action == "" {
				t.Errorf("%s has a right to write without an action", c.Name)
			}
			for _, name := range slices.Concat(right.Only, right.Except) {
				if !has(c, name) {
					t.Errorf("%s has a right on %s, which it lacks", c.Name, name)
				}
			}
			for _, condition := range right.Items {
				if !has(c, condition.Field) {
					t.Errorf("%s has a right that depends on %s, which it lacks", c.Name, condition.Field)
				}
			}
		}
	}
}

// has trusts what Directus' own collections bring themselves.
func has(c collections.Collection, name string) bool {
	return strings.HasPrefix(c.Name, "directus_") || slices.Contains(c.FieldNames(), name)
}

// What nobody states is closed.
func TestNobodyIsTheDefault(t *testing.T) {
	for what, row := range map[string]collections.Collection{
		"no rights":                 {Name: "messages"},
		"a right for nobody stated": {Name: "messages", Reads: collections.Rights{{}}, Writes: collections.Rights{{Action: collections.Create}}},
	} {
		for _, who := range []collections.Who{0, collections.Visitors, collections.Members, collections.Service} {
			if got := row.Rights().Of(who); len(got) > 0 {
				t.Errorf("%s: %d may %v", what, who, got)
			}
		}
	}
}

func TestReferences(t *testing.T) {
	table := collections.All()
	known := []string{"directus_users", "directus_files"}
	for _, c := range table {
		for _, f := range table.Relations(c.Name) {
			if !slices.Contains(known, f.Related) {
				t.Errorf("%s.%s refers to %s, which does not come before it", c.Name, f.Name, f.Related)
			}
		}
		if key, ok := c.Key(); ok == strings.HasPrefix(c.Name, "directus_") {
			t.Errorf("the key of %s is %q", c.Name, key.Name)
		}
		known = append(known, c.Name)
	}
	var names []string
	for _, f := range table.Relations("posts") {
		names = append(names, f.Name+" "+f.Related)
	}
	if got := strings.Join(names, ", "); got != "image directus_files, author authors" {
		t.Errorf("posts refer to others by %s", got)
	}
	if len(table.Relations("no such collection")) > 0 {
		t.Error("a collection that is not in the table has relations")
	}
}

func TestWith(t *testing.T) {
	id := collections.Field{Name: "id", Type: "integer", Key: true}
	table, err := collections.All().With(collections.Table{
		{Name: "messages", Fields: []collections.Field{id, {Name: "text", Type: "text"}}},
		{Name: "directus_users", Fields: []collections.Field{{Name: "pronouns", Type: "string"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	messages, _ := table.Find("messages")
	users, _ := table.Find("directus_users")
	if len(messages.Fields) != 2 || len(messages.Rights()) != 0 || len(users.Fields) != 1 || len(users.Rights()) != 3 {
		t.Errorf("the rows are %+v, %+v", messages, users)
	}
	if users, _ := collections.All().Find("directus_users"); len(users.Fields) != 0 {
		t.Error("the table itself has changed")
	}
	for what, wrong := range map[string]collections.Collection{
		"no primary key":         {Name: "messages"},
		"two fields named title": {Name: "posts", Fields: []collections.Field{{Name: "title"}}},
		"rights cannot":          {Name: "posts", Reads: collections.Everybody()},
		"key and":                {Name: "posts", Fields: []collections.Field{id}},
		"service account":        {Name: "messages", Fields: []collections.Field{id}, Reads: collections.Rights{{Who: collections.Service}}},
	} {
		if _, err := collections.All().With(collections.Table{wrong}); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%+v: %v, want %q", wrong, err, what)
		}
	}
}

// The site is told of changes to what visitors see, and of nothing else.
func TestReadBy(t *testing.T) {
	var names []string
	for _, c := range collections.All().ReadBy(collections.Visitors) {
		names = append(names, c.Name)
	}
	if got := strings.Join(names, " "); got != "global pages authors posts navigation redirects directus_files" {
		t.Errorf("visitors read %s", got)
	}
}
