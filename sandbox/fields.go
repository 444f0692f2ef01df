package sandbox

import (
	"maps"
	"slices"
)

// listFields is GET /fields and GET /fields/:collection: the fields that the
// caller may read, with how Directus' app shows them.
func (s *Sandbox) listFields(c *call) error {
	ctx, name := c.r.Context(), c.r.PathValue("collection")
	names := s.schema.names()
	if name != "" {
		if s.schema.collection(name) == nil {
			return forbiddenCollection("", name)
		}
		names = []string{name}
	}
	rules, err := s.rulesFor(ctx, s.db, c.who, "read", "directus_fields")
	if err != nil {
		return err
	}
	if len(rules) == 0 {
		return forbiddenAction("read", "directus_fields")
	}
	described := []item{}
	for _, each := range names {
		col := s.schema.collection(each)
		rules, err := s.rulesFor(ctx, s.db, c.who, "read", each)
		if err != nil {
			return err
		}
		if len(rules) == 0 && name != "" {
			return forbidden()
		}
		for _, f := range col.fields {
			if anyAllows(rules, f.name) {
				described = append(described, s.describe(col, f))
			}
		}
		for _, f := range slices.Concat(col.lists, col.aliases) {
			if anyAllows(rules, f.name) {
				described = append(described, item{"collection": each, "field": f.name, "type": f.kind, "schema": nil, "meta": metaOf(col, f)})
			}
		}
	}
	return c.writeData(described)
}

// describe describes a column as Directus does: "schema" is what the database
// knows, "meta" is how the app shows it, or null.
func (s *Sandbox) describe(c *collection, f field) item {
	isKey := f.name == c.key
	column := item{
		"name": f.name, "table": c.name, "data_type": dataType(f.kind), "default_value": f.initial,
		"max_length": nil, "numeric_precision": nil, "numeric_scale": nil,
		"is_generated": false, "generation_expression": nil,
		"is_nullable": !isKey && !f.required, "is_unique": isKey || f.unique, "is_indexed": f.indexed, "is_primary_key": isKey,
		"has_auto_increment": isKey && f.kind == kindInteger,
		"foreign_key_table":  nil,
		"foreign_key_column": nil,
	}
	switch {
	case f.length > 0:
		column["max_length"] = f.length
	case f.kind == kindUUID:
		column["max_length"] = 36
	}
	if f.related != "" && !f.unchecked {
		column["foreign_key_table"], column["foreign_key_column"] = f.related, s.schema.collection(f.related).key
	}
	return item{"collection": c.name, "field": f.name, "type": f.kind, "schema": column, "meta": metaOf(c, f)}
}

func dataType(k kind) string {
	switch k {
	case kindText, kindHash:
		return "varchar"
	case kindUUID:
		return "char"
	case kindCSV:
		return "text"
	case kindBigInteger:
		return "bigint"
	case kindDecimal:
		return "float"
	case kindDateTime, kindTimestamp:
		return "datetime"
	}
	return string(k)
}

// metaOf completes the meta of a field.
func metaOf(c *collection, f field) any {
	if f.meta == nil {
		return nil
	}
	meta := item{
		"collection": c.name, "field": f.name, "special": nil, "interface": nil, "options": nil,
		"display": nil, "display_options": nil, "readonly": false, "hidden": false, "sort": nil,
		"width": "full", "translations": nil, "note": nil, "conditions": nil, "required": false,
		"group": nil, "searchable": true,
	}
	maps.Copy(meta, f.meta)
	return meta
}
