package harness

import (
	"hutch/internal/collections"
)

// Classifieds is a collection that members write, with a field of every kind that a form has.
func Classifieds() collections.Table {
	own := []collections.Condition{collections.Own("user_created")}
	choices := func(values ...string) map[string]any {
		var all []any
		for _, value := range values {
			all = append(all, map[string]any{"text": "A " + value, "value": value})
		}
		return map[string]any{"choices": all}
	}
	return collections.Table{
		{
			Name: "places", Reads: collections.Everybody(), Writes: collections.Nobody(),
			Fields: []collections.Field{{Name: "id", Type: "integer", Key: true}, {Name: "name", Type: "string"}},
		},
		{
			Name: "ads", Reads: collections.Everybody(),
			Writes: collections.Rights{
				{Who: collections.Members, Action: collections.Create},
				{Who: collections.Members, Action: collections.Update, Items: own, OrAll: true},
				{Who: collections.Members, Action: collections.Delete, Items: own, OrAll: true},
			},
			Fields: []collections.Field{
				{Name: "id", Type: "integer", Key: true},
				{Name: "status", Type: "string", Default: "draft", Interface: "select-dropdown", Options: map[string]any{"choices": []any{
					map[string]any{"text": "$t:published", "value": "published"}, map[string]any{"text": "$t:draft", "value": "draft"},
				}}},
				{Name: "title", Type: "string", Required: true, Interface: "input"},
				{Name: "slug", Type: "string", Unique: true, Interface: "input"},
				{Name: "text", Type: "text", Interface: "input-rich-text-md"},
				{Name: "price", Type: "float", Interface: "input"},
				{Name: "sold", Type: "boolean", Special: []string{"cast-boolean"}, Interface: "boolean"},
				{Name: "until", Type: "date", Interface: "datetime"},
				{Name: "seen", Type: "timestamp", Interface: "datetime"},
				{Name: "colour", Type: "string", Interface: "select-dropdown", Options: choices("red", "blue")},
				{Name: "extras", Type: "json", Special: []string{"cast-json"}, Interface: "select-multiple-checkbox", Options: choices("lid", "straw")},
				{Name: "tags", Type: "json", Special: []string{"cast-json"}, Interface: "tags"},
				{Name: "place", Related: "places", Special: []string{"m2o"}, Interface: "select-dropdown-m2o"},
				{Name: "image", Type: "uuid", Related: "directus_files", Special: []string{"file"}, Interface: "file-image"},
				{Name: "secret_note", Type: "string", Meta: map[string]any{"hidden": true}},
				{Name: "user_created", Type: "uuid", Related: "directus_users", Special: []string{"user-created"}},
				{Name: "date_created", Type: "timestamp", Special: []string{"date-created"}},
			},
		},
	}
}

// ClassifiedsTOML is the entry of site.toml with which members write them: their "own", or
// "any".
func ClassifiedsTOML(whose string) string {
	return `
[[collection]]
name = "ads"
label = "Classifieds"
path = "/ads"
read = "everybody"
members = { create = true, edit = "` + whose + `", delete = "` + whose + `" }
`
}
