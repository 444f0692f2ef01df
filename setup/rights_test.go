package setup

import (
	"strings"
	"testing"

	"hutch/internal/collections"
)

// servers are those that differ in what they can tell apart.
func servers() map[string]*server {
	return map[string]*server{
		"10":                   {version: "10.13.4", major: 10, licence: licence{rules: true}},
		"11":                   {version: "11.17.4", major: 11, licence: licence{rules: true}},
		"12 without a licence": {version: "12.4.0", major: 12},
	}
}

// planned are the steps for a table with one more row, on a new Directus.
func planned(t *testing.T, server *server, row collections.Collection) (about []string) {
	t.Helper()
	row.Fields = []collections.Field{
		{Name: "id", Type: "integer", Key: true}, {Name: "text", Type: "text"}, {Name: "status", Type: "string"},
	}
	var err error
	if server.table, err = collections.All().With(collections.Table{row}); err != nil {
		t.Fatal(err)
	}
	server.access.links = []link{{Policy: publicPolicyID}}
	for _, s := range newPlan(server, Options{RecoveryCodes: true, HookSecret: "s", PublicURL: "https://hutch.test"}).steps {
		if strings.Contains(s.what, row.Name) {
			about = append(about, string(s.state)+" "+s.what)
		}
	}
	return about
}

// A collection that somebody adds is closed: setup makes it and lets nobody in.
func TestNobodyReadsARowWithoutReaders(t *testing.T) {
	for version, server := range servers() {
		got := planned(t, server, collections.Collection{Name: "messages"})
		if len(got) != 1 || got[0] != "to do collection messages: id, text, status" {
			t.Errorf("%s: planned is %q", version, got)
		}
		if shown := server.flowCollections(); strings.Contains(strings.Join(shown, " "), "messages") {
			t.Errorf("%s: the site is told of changes to %v", version, shown)
		}
	}
}

func TestRowsGiveWhatTheySay(t *testing.T) {
	const made = "to do collection messages: id, text, status"
	for what, test := range map[string]struct {
		row  collections.Collection
		want map[string][]string // by version, "" for the others
	}{
		"visitors write, nobody reads": {
			row:  collections.Collection{Writes: collections.Rights{{Who: collections.Visitors, Action: collections.Create}}},
			want: map[string][]string{"": {made, "to do everybody may create messages"}},
		},
		"members only": {
			row:  collections.Collection{Reads: collections.Rights{{Who: collections.Members}}},
			want: map[string][]string{"": {made, "to do members read messages"}},
		},
		"everybody": {
			row:  collections.Collection{Reads: collections.Everybody()},
			want: map[string][]string{"": {made, "to do everybody reads messages", "to do members read messages"}},
		},
		// Directus 12 without a licence cannot tell one's own from another's:
		// then it is closed.
		"their own": {
			row: collections.Collection{
				Reads:  collections.Rights{{Who: collections.Members, Items: []collections.Condition{collections.Own("id")}}},
				Writes: collections.Rights{{Who: collections.Members, Action: collections.Delete, Items: []collections.Condition{collections.Own("id")}}},
			},
			want: map[string][]string{
				"":                     {made, "to do members read messages of their own", "to do members may delete messages of their own"},
				"12 without a licence": {made, "refused members read messages of their own", "refused members may delete messages of their own"},
			},
		},
		"one field": {
			row: collections.Collection{Reads: collections.Rights{{Who: collections.Visitors, Only: []string{"text"}}}},
			want: map[string][]string{
				"":                     {made, "to do everybody reads messages"},
				"12 without a licence": {made, "refused everybody reads messages"},
			},
		},
	} {
		for version, server := range servers() {
			want, different := test.want[version]
			if !different {
				want = test.want[""]
			}
			test.row.Name = "messages"
			if got := planned(t, server, test.row); strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s on %s:\n%s\nwant\n%s", what, version, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
}

func TestContentNotes(t *testing.T) {
	for _, test := range []struct{ kind, editor, format, says string }{
		{"text", "input-rich-text-html", "", ""},
		{"text", "input-rich-text-html", "html", ""},
		{"text", "input-rich-text-html", "markdown", "Set CONTENT_FORMAT=auto or html."},
		{"text", "input-rich-text-md", "", "CONTENT_FORMAT=markdown fits"},
		{"text", "input-rich-text-md", "auto", "CONTENT_FORMAT=markdown fits"},
		{"text", "input-rich-text-md", "html", "as it is typed. Set CONTENT_FORMAT=auto or markdown."},
		{"json", "input-block-editor", "", "block editor"},
		{"text", "input-block-editor", "html", "block editor"},
		{"json", "input-code", "", "cannot show it"},
		{"integer", "input", "", "type integer"},
		{"csv", "tags", "", "type csv"},
		{"text", "input-multiline", "", "editor input-multiline"},
		{"string", "", "", "no editor"},
	} {
		says := contentNote(existingField{kind: test.kind, editor: test.editor}, test.format)
		if (says == "") != (test.says == "") || !strings.Contains(says, test.says) {
			t.Errorf("%s with %s and %q: %q", test.kind, test.editor, test.format, says)
		}
	}
}
