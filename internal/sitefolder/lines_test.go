package sitefolder_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"hutch/internal/sitefolder"
)

// What an entry names is found wherever it stands.
func TestNamesOfFields(t *testing.T) {
	c, err := sitefolder.ParseConfig([]byte(`
[[collection]]
name = "events"
path = "/events"
read = "everybody"
address = "key"
list = { sort = ["-starts"], filter = { _and = [{ place = { town = { _eq = "Ely" } } }, { kind = { _in = ["a", "b"] } }] } }
item = { fields = ["*", "venue.*"] }
search = ["words"]
`))
	if err != nil {
		t.Fatal(err)
	}
	want := "[{address key} {list starts} {list place.town} {list kind} {item venue.*} {search words}]"
	if got := fmt.Sprint(c.Collections[0].Names()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A folder to begin with says nothing, and its example is right.
func TestStart(t *testing.T) {
	start, err := sitefolder.Start()
	if err != nil {
		t.Fatal(err)
	}
	source, err := fs.ReadFile(start, sitefolder.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := sitefolder.ParseConfig(source); err != nil || len(c.Collections) != 0 {
		t.Errorf("%v %v", c, err)
	}
	var example []string
	for line := range strings.Lines(string(source)) {
		code, is := strings.CutPrefix(line, "# ")
		if key, _, assigned := strings.Cut(code, " = "); is && (strings.HasPrefix(code, "[[") || assigned && !strings.Contains(key, " ") && !strings.HasPrefix(code, "list = { template") && !strings.HasPrefix(code, "item = { template")) {
			example = append(example, code)
		}
	}
	if c, err := sitefolder.ParseConfig([]byte(strings.Join(example, ""))); err != nil || len(c.Collections) != 1 || c.Collections[0].Members == nil {
		t.Errorf("the example is read as %v %v", c, err)
	}
}
