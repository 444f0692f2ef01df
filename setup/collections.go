package setup

import (
	"cmp"
	"slices"

	"hutch/internal/collections"
)

// typeOf is the type of a field on this server. A reference has the type of the
// other collection's key, which may not be the one that Hutch would make.
func (s *server) typeOf(f collections.Field) string {
	if f.Type == "" {
		return s.keyType(f.Related)
	}
	return f.Type
}

// shown lists the fields of a collection that Hutch reads, once setup is done.
// It does not need keys that Directus assigns.
func (s *server) shown(c collections.Collection) []string {
	var names []string
	for _, f := range c.Fields {
		if (!f.Key || f.Typed) && s.willHave(c, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// willHave reports whether a collection has a field once setup is done.
func (s *server) willHave(c collections.Collection, name string) bool {
	if c.System() {
		return true
	}
	found, exists := s.schema.collections[c.Name]
	if _, has := found.fields[name]; has {
		return true
	}
	return slices.ContainsFunc(c.Fields, func(f collections.Field) bool { return f.Name == name && (!exists || !f.NewOnly) })
}

// collectionBody is the collection as Directus takes it. Without "schema" it
// would be a folder instead of a table.
func (s *server) collectionBody(c collections.Collection) map[string]any {
	var fields []map[string]any
	for _, f := range c.Fields {
		fields = append(fields, s.fieldBody(f))
	}
	for _, list := range s.table.Lists(c.Name) {
		fields = append(fields, listBody(list))
	}
	meta := map[string]any{"icon": c.Studio.Icon, "note": c.Studio.Note, "singleton": c.Singleton, "versioning": c.Studio.Versions}
	if c.Studio.Hidden {
		meta["hidden"] = true
		meta["accountability"] = "activity" // who did what, without the values
	}
	if c.Studio.Template != "" {
		meta["display_template"] = c.Studio.Template
	}
	if c.Studio.SortField != "" {
		meta["sort_field"] = c.Studio.SortField
	}
	return map[string]any{"collection": c.Name, "meta": meta, "schema": map[string]any{}, "fields": fields}
}

// listBody is the field that shows a list in Directus' app.
func listBody(list collections.List) map[string]any {
	editor := map[string]string{"o2m": "list-o2m", "m2a": "list-m2a", "files": "files"}[list.Special]
	return map[string]any{
		"field": list.Name, "type": "alias", "schema": nil, "meta": map[string]any{"interface": editor, "special": []string{list.Special}},
	}
}

func relationBody(c collections.Collection, f collections.Field) map[string]any {
	meta := map[string]any{}
	if f.Joins != "" {
		meta["junction_field"] = f.Joins
	}
	if f.AnyOf != nil {
		meta["one_collection_field"], meta["one_allowed_collections"] = f.NamedBy, f.AnyOf
		return map[string]any{"collection": c.Name, "field": f.Name, "related_collection": nil, "schema": nil, "meta": meta}
	}
	if f.List != "" {
		meta["one_field"] = f.List
		if slices.Contains(c.FieldNames(), "sort") {
			meta["sort_field"] = "sort"
		}
	}
	return map[string]any{
		"collection": c.Name, "field": f.Name, "related_collection": f.Related,
		"schema": map[string]any{"on_delete": cmp.Or(f.OnDelete, "SET NULL")}, "meta": meta,
	}
}

func (s *server) fieldBody(f collections.Field) map[string]any {
	schema := map[string]any{}
	switch {
	case f.Key && f.Typed:
		schema["is_primary_key"], schema["has_auto_increment"], schema["length"] = true, false, 255
	case f.Key:
		schema["is_primary_key"], schema["has_auto_increment"] = true, f.Type == "integer"
	case f.Typed, f.Unique:
		schema["is_unique"] = true
	}
	if f.NeedsIndex() {
		schema["is_indexed"] = true
	}
	if f.Length > 0 {
		schema["max_length"] = f.Length
	}
	if f.Required {
		schema["is_nullable"] = false
	}
	if f.Default != nil {
		schema["default_value"] = f.Default
	}
	return map[string]any{"field": f.Name, "type": s.typeOf(f), "meta": f.Described(), "schema": schema}
}
