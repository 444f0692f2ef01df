package sandbox_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"hutch/internal/collections"
	"hutch/sandbox"
)

// messages is a row to change.
func messages() collections.Collection {
	return collections.Collection{Name: "messages", Reads: collections.Nobody(), Writes: collections.Nobody(), Fields: []collections.Field{
		{Name: "id", Type: "integer", Key: true}, {Name: "text", Type: "text", Note: "What somebody wrote"},
	}}
}

// A file fits as long as the schema and the rights are those it was made for.
func TestFileOfAnotherSchema(t *testing.T) {
	for what, test := range map[string]struct {
		change func(*collections.Collection)
		fits   bool
	}{
		"nothing":              {func(*collections.Collection) {}, true},
		"a note in the Studio": {func(c *collections.Collection) { c.Fields[1].Note, c.Studio.Icon = "The message", "mail" }, true},
		"a name":               {func(c *collections.Collection) { c.Name = "letters" }, false},
		"another field": {func(c *collections.Collection) {
			c.Fields = append(c.Fields, collections.Field{Name: "from", Type: "string"})
		}, false},
		"a type":           {func(c *collections.Collection) { c.Fields[1].Type = "string" }, false},
		"a length":         {func(c *collections.Collection) { c.Fields[1].Length = 500 }, false},
		"a default":        {func(c *collections.Collection) { c.Fields[1].Default = "hello" }, false},
		"a unique field":   {func(c *collections.Collection) { c.Fields[1].Unique = true }, false},
		"a required field": {func(c *collections.Collection) { c.Fields[1].Required = true }, false},
		"a singleton":      {func(c *collections.Collection) { c.Singleton = true }, false},
		"a reader":         {func(c *collections.Collection) { c.Reads = collections.Rights{{Who: collections.Members}} }, false},
		"a writer": {func(c *collections.Collection) {
			c.Writes = collections.Rights{{Who: collections.Visitors, Action: collections.Create}}
		}, false},
	} {
		t.Run(what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data.db")
			first, _ := openWith(t, sandbox.Options{Path: path, Collections: collections.Table{messages()}})
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			row := messages()
			test.change(&row)
			err := reopened(t, path, collections.Table{row})
			if test.fits && err != nil {
				t.Errorf("the file is refused: %v", err)
			}
			if !test.fits {
				wantRefused(t, err, path)
			}
		})
	}
}

// Rights count by what they are for, whom, and which items and fields they open.
func TestFileOfOtherRights(t *testing.T) {
	rights := []collections.Right{
		{Who: collections.Members}, {Who: collections.Visitors}, {Who: collections.Members, Only: []string{"text"}},
		{Who: collections.Members, Except: []string{"text"}}, {Who: collections.Members, Items: []collections.Condition{collections.Own("id")}},
	}
	for i, right := range rights {
		path := filepath.Join(t.TempDir(), "data.db")
		row := messages()
		row.Reads = collections.Rights{right}
		first, _ := openWith(t, sandbox.Options{Path: path, Collections: collections.Table{row}})
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		row.Reads = collections.Rights{rights[(i+1)%len(rights)]}
		wantRefused(t, reopened(t, path, collections.Table{row}), path)
	}
}

// A file of before this check existed is refused too, and stays as it was.
func TestFileOfAnEarlierHutch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sandbox.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		`CREATE TABLE sandbox (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID`, `INSERT INTO sandbox VALUES ('schema', '3')`,
		`CREATE TABLE posts (slug TEXT PRIMARY KEY)`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	wantRefused(t, reopened(t, path, nil), path)
	var tables int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM sqlite_master WHERE type = 'table'`).Scan(&tables); err != nil || tables != 2 {
		t.Errorf("the file has %d tables now, %v", tables, err)
	}
}

func reopened(t *testing.T, path string, table collections.Table) error {
	t.Helper()
	box, err := sandbox.Open(t.Context(), sandbox.Options{Path: path, Collections: table})
	if err == nil {
		err = box.Close()
	}
	return err
}

func wantRefused(t *testing.T, err error, path string) {
	t.Helper()
	if want := path + " was made by another version of Hutch and does not fit this one: delete the file to start afresh"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("the error is %v, want %q", err, want)
	}
}
