package setup

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"hutch/internal/collections"
	"hutch/internal/sitefolder"
)

// ownModel is a project with every kind of relation, on a server that has been looked at.
func ownModel(rules bool) *server {
	fields := func(names ...string) map[string]existingField {
		all := map[string]existingField{"id": {kind: "integer", key: true}}
		for _, name := range names {
			all[name] = existingField{kind: "string"}
		}
		return all
	}
	table := func(fields map[string]existingField, relations map[string]reference) existingCollection {
		return existingCollection{table: true, fields: fields, relations: relations}
	}
	s := &server{version: "12.4.0", major: 12, licence: licence{rules: rules}, table: collections.All(), statuses: []string{"published"}}
	s.access.links = []link{{Policy: publicPolicyID}}
	s.schema.collections = map[string]existingCollection{
		"events": table(fields("slug", "title", "text", "status", "venue", "by", "image", "tags", "parts", "notes", "author"), map[string]reference{
			"venue": {to: "venues"}, "by": {to: "directus_users"}, "image": {to: "directus_files"}, "author": {to: "authors"}, "notes": {to: "notes"},
		}),
		"venues":      table(fields("name", "phone"), nil),
		"notes":       table(fields("text"), nil),
		"labels":      table(fields("name"), nil),
		"events_tags": table(fields("events_id", "labels_id", "sort"), map[string]reference{"events_id": {to: "events", list: "tags", sort: "sort"}, "labels_id": {to: "labels"}}),
		"events_parts": table(fields("events_id", "collection", "item"), map[string]reference{
			"events_id": {to: "events", list: "parts"}, "item": {anyOf: []string{"venues", "labels"}, namedBy: "collection"},
		}),
	}
	return s
}

// TestOwnRights: what is granted is what site.toml names, and no more.
func TestOwnRights(t *testing.T) {
	const notes = "\n[[collection]]\nname = \"notes\"\npath = \"/notes\"\nread = \"members\"\n"
	for what, test := range map[string]struct {
		entry string
		want  []string // what strangers read
	}{
		"all":                 {`read = "everybody"`, []string{"events *"}},
		"members":             {`read = "members"` + "\n" + `item = { fields = ["*", "venue.*"] }`, nil},
		"some fields":         {`read = "everybody"` + "\n" + `item = { fields = ["text"] }`, []string{"events id slug status text title"}},
		"named otherwise":     {`read = "everybody"` + "\n" + `address = "title"` + "\n" + `title = "text"` + "\n" + `item = { fields = ["text"] }`, []string{"events id status text title"}},
		"all of one":          {`read = "everybody"` + "\n" + `item = { fields = ["*", "venue.*"] }`, []string{"events *", "venues *"}},
		"a field of one":      {`read = "everybody"` + "\n" + `item = { fields = ["*", "venue.name"] }`, []string{"events *", "venues id name"}},
		"sorted by it":        {`read = "everybody"` + "\n" + `list = { sort = ["-venue.name"] }`, []string{"events *", "venues id name"}},
		"filtered by it":      {`read = "everybody"` + "\n" + `list = { filter = { _and = [{ venue = { name = { _in = ["a", "b"] } } }] } }`, []string{"events *", "venues id name"}},
		"one that is not":     {`read = "everybody"` + "\n" + `item = { fields = ["*", "room.*"] }`, []string{"events *"}},
		"users":               {`read = "everybody"` + "\n" + `item = { fields = ["title", "by.*", "by.role.*"] }`, []string{"events id slug status title"}},
		"files":               {`read = "everybody"` + "\n" + `item = { fields = ["*", "image.*"] }`, []string{"events *"}},
		"many":                {`read = "everybody"` + "\n" + `item = { fields = ["*", "tags.labels_id.name"] }`, []string{"events *", "events_tags events_id id labels_id sort", "labels id name"}},
		"one of several":      {`read = "everybody"` + "\n" + `item = { fields = ["*", "parts.item:labels.name"] }`, []string{"events *", "events_parts collection events_id id item", "labels id name"}},
		"any of several":      {`read = "everybody"` + "\n" + `item = { fields = ["*", "parts.item.*"] }`, []string{"events *", "events_parts collection events_id id item", "labels *", "venues *"}},
		"whatever there is":   {`read = "everybody"` + "\n" + `item = { fields = ["*.*", "*.*.*"] }`, []string{"events *"}},
		"ours":                {`read = "everybody"` + "\n" + `item = { fields = ["*", "author.*"] }`, []string{"events *"}},
		"what is for members": {`read = "everybody"` + "\n" + `item = { fields = ["*", "notes.*"] }` + notes, []string{"events *"}},
	} {
		site, err := sitefolder.ParseConfig([]byte("[[collection]]\nname = \"events\"\npath = \"/events\"\n" + test.entry))
		if err != nil {
			t.Fatal(err)
		}
		s := ownModel(true)
		s.addOwn(site.Collections, false)
		var got []string
		for _, name := range s.ownRows {
			c, _ := s.table.Find(name)
			for _, right := range c.Reads.Of(collections.Visitors) {
				fields := right.FieldsOf("id", nil)
				slices.Sort(fields)
				got = append(got, name+" "+strings.Join(fields, " "))
			}
			if len(c.Writes) > 0 {
				t.Errorf("%s: writes to %s are granted", what, name)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: strangers read %q, want %q", what, got, test.want)
		}
		if authors, _ := s.table.Find("authors"); len(authors.Reads) != 2 || s.isOwn("authors") {
			t.Errorf("%s: the rights of Hutch's own authors are %v", what, authors.Reads)
		}
		if told := s.flowCollections(); test.want != nil && strings.Contains(what, "many") && !slices.Contains(told, "labels") || !slices.Contains(told, "events") {
			t.Errorf("%s: the site is told of %v", what, told)
		}
	}
}

// TestOwnWithoutALicence: there a collection is open or closed, with all that it has.
func TestOwnWithoutALicence(t *testing.T) {
	for what, test := range map[string]struct{ fields, change, want string }{
		"drafts":      {`"*"`, "", "refused everybody reads events whose status is \"published\""},
		"ours":        {`"*"`, collections.StatusNote, "to do everybody reads events"},
		"some fields": {`"title"`, "", "refused everybody reads events whose status is \"published\", only id, slug, status, title"},
		"one":         {`"*", "venue.*"`, "", "to do everybody reads venues"},
		"not all":     {`"*", "venue.name"`, "", "refused everybody reads venues, only id, name"},
		"joined":      {`"*", "tags.labels_id.name"`, "", "to do everybody reads events_tags"}, // which has nothing else
	} {
		site, err := sitefolder.ParseConfig([]byte("[[collection]]\nname = \"events\"\npath = \"/events\"\nread = \"everybody\"\nitem = { fields = [" + test.fields + "] }"))
		if err != nil {
			t.Fatal(err)
		}
		s := ownModel(false)
		s.schema.collections["events"].fields["status"] = existingField{kind: "string", note: test.change}
		s.addOwn(site.Collections, false)
		var steps []string
		for _, s := range newPlan(s, Options{}).steps {
			steps = append(steps, string(s.state)+" "+s.what)
		}
		if !slices.Contains(steps, test.want) {
			t.Errorf("%s: planned is\n%s\nwant %q", what, strings.Join(steps, "\n"), test.want)
		}
	}
}

// TestOwnBesideBlocks: a collection of site.toml is made beside the content model of
// Directus' starters, not as a part of it.
func TestOwnBesideBlocks(t *testing.T) {
	s := &server{version: "12.4.0", major: 12, table: collections.Blocks(), licence: licence{limits: []limit{{of: takesCollection, max: 25, used: 1}}}}
	s.schema.collections = map[string]existingCollection{"venues": {table: true, fields: map[string]existingField{"id": {kind: "integer", key: true}}}}
	s.access.links = []link{{Policy: publicPolicyID}}
	var rows []sitefolder.Collection
	for _, name := range []string{"shows", "rooms", "halls"} { // 24 are left: 21 for the model, one for recovery codes, two for these
		rows = append(rows, sitefolder.Collection{Name: name, Path: "/" + name, Read: sitefolder.Everybody, Fields: []sitefolder.Field{{Name: "title", Type: "string"}, {Name: "venue", Related: "venues"}}})
	}
	s.addOwn(rows, true)
	var steps []string
	for _, s := range newPlan(s, Options{Blocks: true, RecoveryCodes: true, UseLast: true, Schema: true}).steps {
		steps = append(steps, string(s.state)+" "+s.what)
	}
	for _, want := range []string{
		"to do content model of Directus' starters: 21 collections", "to do collection shows: id, title, venue", "to do shows.venue refers to venues",
		"to do collection rooms: id, title, venue", "refused collection halls",
	} {
		if !slices.Contains(steps, want) {
			t.Errorf("planned is\n%s\nwant %q", strings.Join(steps, "\n"), want)
		}
	}
}

// TestFieldsThatSetupMakes: each type has the editor that Directus itself gives it.
func TestFieldsThatSetupMakes(t *testing.T) {
	s := ownModel(true)
	var fields []sitefolder.Field
	for _, kind := range sitefolder.FieldTypes() {
		fields = append(fields, sitefolder.Field{Name: "a_" + kind, Type: kind, Required: kind == "text"})
	}
	fields = append(fields, sitefolder.Field{Name: "status", Type: "string"}, sitefolder.Field{Name: "venue", Related: "venues"},
		sitefolder.Field{Name: "photo", Related: sitefolder.Files}, sitefolder.Field{Name: "web", Type: "string", Interface: "select-dropdown"})
	s.addOwn([]sitefolder.Collection{{Name: "shows", Path: "/shows", Read: sitefolder.Everybody, Fields: fields}}, true)
	c, _ := s.table.Find("shows")
	got := map[string]string{}
	for _, body := range s.collectionBody(c)["fields"].([]map[string]any) {
		meta := body["meta"].(map[string]any)
		words := []string{body["type"].(string), meta["interface"].(string)}
		special, _ := meta["special"].([]string)
		if words = append(words, special...); meta["required"] == true {
			words = append(words, "required")
		}
		got[body["field"].(string)] = strings.Join(words, " ")
	}
	want := map[string]string{
		"id": "integer input", "a_string": "string input", "a_text": "text input-multiline required", "a_boolean": "boolean boolean cast-boolean",
		"a_integer": "integer input", "a_bigInteger": "bigInteger input", "a_float": "float input", "a_decimal": "decimal input",
		"a_date": "date datetime", "a_time": "time datetime", "a_dateTime": "dateTime datetime", "a_timestamp": "timestamp datetime",
		"a_json": "json input-code cast-json", "a_csv": "csv tags cast-csv", "a_uuid": "uuid input",
		"status": "string select-dropdown", "venue": "integer select-dropdown-m2o m2o", "photo": "uuid file-image file", "web": "string select-dropdown",
	}
	if !maps.Equal(got, want) {
		t.Errorf("the fields are %v, want %v", got, want)
	}
	for address, key := range map[string]string{"": "slug", "code": "code", "number": "number", "permalink": "id", "price": "id", "nothing": "slug"} {
		of := sitefolder.Collection{Address: address, Fields: []sitefolder.Field{
			{Name: "slug", Type: "string"}, {Name: "code", Type: "uuid"}, {Name: "number", Type: "integer"}, {Name: "permalink", Type: "string"}, {Name: "price", Type: "float"},
		}}
		if f := keyOf(of); f.Name != key || !f.Key {
			t.Errorf("with the address %q, the key is %s", address, f.Name)
		}
	}
}
