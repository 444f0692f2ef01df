package sample

import (
	"slices"
	"testing"

	"hutch/internal/collections"
)

// The content fits the declared collections, and each item can be recognised.
func TestItemsFitTheTable(t *testing.T) {
	content, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	table, seen := collections.All(), map[string]bool{}
	for _, item := range content.Items() {
		c, found := table.Find(item.Collection)
		if !found {
			t.Fatalf("%s is not declared", item.Collection)
		}
		for name := range item.Values {
			if !slices.Contains(c.FieldNames(), name) {
				t.Errorf("%s has no field %s", c.Name, name)
			}
		}
		if c.Singleton != (item.Name == "") || !c.Singleton && (item.Values[item.Name] == nil || item.Values[item.Name] == "") {
			t.Errorf("an item of %s cannot be recognised by %q", c.Name, item.Name)
		}
		for _, f := range table.Relations(c.Name) {
			if other, _ := table.Find(f.Related); !other.System() && item.Values[f.Name] != nil && !seen[f.Related] {
				t.Errorf("an item of %s refers to %s, which come later", c.Name, f.Related)
			}
		}
		seen[c.Name] = true
	}
	if len(seen) != 6 {
		t.Errorf("there is content for %v", seen)
	}
}
