package sandbox

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// An administrator may add collections, fields and relations, and take nothing
// back. What was added is kept as the request that added it, and applied again
// to the schema when the database is next opened.

// newField is a field as POST /fields and POST /collections describe it.
type newField struct {
	Name   string `json:"field"`
	Type   kind   `json:"type"`
	Schema struct {
		Default    any   `json:"default_value"`
		MaxLength  *int  `json:"max_length"`
		Nullable   *bool `json:"is_nullable"`
		PrimaryKey bool  `json:"is_primary_key"`
	} `json:"schema"`
	Meta map[string]any `json:"meta"`
}

type newCollection struct {
	Name string `json:"collection"`
	Meta struct {
		Singleton bool `json:"singleton"`
	} `json:"meta"`
	Schema map[string]any `json:"schema"`
	Fields []newField     `json:"fields"`
}

type newRelation struct {
	Collection string `json:"collection"`
	Field      string `json:"field"`
	Related    string `json:"related_collection"`
	Schema     struct {
		OnDelete string `json:"on_delete"`
	} `json:"schema"`
}

// addField is POST /fields/:collection.
func (s *Sandbox) addField(c *call) error {
	name := c.r.PathValue("collection")
	if s.schema.collection(name) == nil {
		return forbiddenCollection("", name)
	}
	var request newField
	if err := c.into(&request); err != nil {
		return err
	}
	return s.addition(c, "field "+name, request, func() (addition, error) { return s.withField(name, request) },
		func() item { return s.describeNamed(name, request.Name) })
}

// addCollection is POST /collections.
func (s *Sandbox) addCollection(c *call) error {
	var request newCollection
	if err := c.into(&request); err != nil {
		return err
	}
	return s.addition(c, "collection", request, func() (addition, error) { return s.withCollection(request) },
		func() item {
			return item{"collection": request.Name, "meta": item{"collection": request.Name, "singleton": request.Meta.Singleton},
				"schema": item{"name": request.Name}}
		})
}

// addRelation is POST /relations.
func (s *Sandbox) addRelation(c *call) error {
	var request newRelation
	if err := c.into(&request); err != nil {
		return err
	}
	return s.addition(c, "relation", request, func() (addition, error) { return s.withRelation(request) },
		func() item {
			return item{"collection": request.Collection, "field": request.Field, "related_collection": request.Related,
				"schema": item{"table": request.Collection, "column": request.Field, "on_delete": request.Schema.OnDelete,
					"foreign_key_table": request.Related, "foreign_key_column": s.schema.collection(request.Related).key}, "meta": nil}
		})
}

// into reads the body into a request, of which it may bring more than counts.
func (c *call) into(request any) error {
	encoded, err := json.Marshal(c.body)
	if err != nil || json.Unmarshal(encoded, request) != nil {
		return invalidPayload("The body is not what the sandbox understands")
	}
	return nil
}

// addition is a changed collection, and what makes its table so.
type addition struct {
	changed    *collection
	statements []string
}

// addition applies a request and keeps it. One is made at a time.
func (s *Sandbox) addition(c *call, what string, request any, apply func() (addition, error), shown func() item) error {
	if !c.who.admin {
		return forbidden()
	}
	s.schema.adding.Lock()
	defer s.schema.adding.Unlock()
	made, err := apply()
	if err != nil {
		return err
	}
	kept, err := json.Marshal(request)
	if err != nil {
		return err
	}
	ctx := c.r.Context()
	err = s.inTransaction(ctx, func(tx querier) error {
		for _, statement := range made.statements {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO additions (what, request) VALUES (?, ?)`, what, string(kept))
		return err
	})
	if err != nil {
		return err
	}
	s.schema.put(made.changed)
	return c.writeData(shown())
}

func (s *Sandbox) describeNamed(collection, name string) item {
	c := s.schema.collection(collection)
	f, _ := c.field(name)
	return s.describe(c, f)
}

// loadAdditions applies what was added before to the schema. The tables have it
// already.
func (s *Sandbox) loadAdditions(ctx context.Context) error {
	rows, err := s.db.QueryContext(ctx, `SELECT what, request FROM additions ORDER BY number`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var what, request string
		if err := rows.Scan(&what, &request); err != nil {
			return err
		}
		made, err := s.again(what, []byte(request))
		if err != nil {
			return err
		}
		s.schema.put(made.changed)
	}
	return rows.Err()
}

func (s *Sandbox) again(what string, request []byte) (addition, error) {
	what, collection, _ := strings.Cut(what, " ")
	switch what {
	case "field":
		var f newField
		if err := json.Unmarshal(request, &f); err != nil {
			return addition{}, err
		}
		return s.withField(collection, f)
	case "collection":
		var c newCollection
		if err := json.Unmarshal(request, &c); err != nil {
			return addition{}, err
		}
		return s.withCollection(c)
	default:
		var r newRelation
		if err := json.Unmarshal(request, &r); err != nil {
			return addition{}, err
		}
		return s.withRelation(r)
	}
}

func (s *Sandbox) withField(collection string, request newField) (addition, error) {
	changed := *s.schema.collection(collection)
	f, err := fieldOf(&changed, request)
	if err != nil {
		return addition{}, err
	}
	changed.fields = append(slices.Clip(changed.fields), f)
	column := "ALTER TABLE " + quote(collection) + " ADD COLUMN " + columnOf(f)
	return addition{&changed, []string{column}}, nil
}

func (s *Sandbox) withCollection(request newCollection) (addition, error) {
	switch {
	case request.Schema == nil:
		return addition{}, invalidPayload("The sandbox has no folders of collections")
	case strings.HasPrefix(request.Name, "directus_"):
		return addition{}, invalidPayload(`Collections can't start with "directus_"`)
	case s.schema.collection(request.Name) != nil || slices.Contains([]string{"sandbox", "sessions", "file_bytes", "mails", "additions"}, request.Name):
		return addition{}, invalidPayload(`Collection "%s" already exists`, request.Name)
	case !isName(request.Name) || strings.HasPrefix(request.Name, "sqlite_"):
		return addition{}, invalidPayload(`"%s" is no name for a collection`, request.Name)
	}
	made := &collection{name: request.Name, singleton: request.Meta.Singleton}
	key := slices.IndexFunc(request.Fields, func(f newField) bool { return f.Schema.PrimaryKey })
	if key >= 0 {
		made.key = request.Fields[key].Name
	} else {
		made.key, made.fields = "id", []field{{name: "id", kind: kindInteger}}
	}
	for _, one := range request.Fields {
		f, err := fieldOf(made, one)
		if err != nil {
			return addition{}, err
		}
		made.fields = append(made.fields, f)
	}
	return addition{made, []string{tableOf(made)}}, nil
}

// withRelation gives a column its relation: SQLite can do so only for a new
// one, which takes the place of the old.
func (s *Sandbox) withRelation(request newRelation) (addition, error) {
	col := s.schema.collection(request.Collection)
	if col == nil || s.schema.collection(request.Related) == nil {
		return addition{}, invalidPayload(`Collection "%s" or "%s" doesn't exist`, request.Collection, request.Related)
	}
	at := slices.IndexFunc(col.fields, func(f field) bool { return f.name == request.Field })
	switch {
	case at < 0 || request.Field == col.key:
		return addition{}, invalidPayload(`Field "%s" doesn't exist in collection "%s"`, request.Field, request.Collection)
	case col.fields[at].related != "":
		return addition{}, invalidPayload(`Field "%s" in collection "%s" already has an associated relationship`, request.Field, request.Collection)
	case !slices.Contains([]string{"", "NO ACTION", "SET NULL", "SET DEFAULT", "CASCADE", "RESTRICT"}, request.Schema.OnDelete):
		return addition{}, invalidPayload(`"schema.on_delete" must be one of [NO ACTION, SET NULL, SET DEFAULT, CASCADE, RESTRICT]`)
	}
	changed := *col
	changed.fields = slices.Clone(col.fields)
	f := &changed.fields[at]
	f.related, f.whenGone = request.Related, request.Schema.OnDelete
	table, old, between := quote(col.name), quote(f.name), quote(f.name+" ")
	alter := "ALTER TABLE " + table
	return addition{&changed, []string{
		alter + " RENAME COLUMN " + old + " TO " + between,
		alter + " ADD COLUMN " + columnOf(*f),
		"UPDATE " + table + " SET " + old + " = " + between,
		alter + " DROP COLUMN " + between,
	}}, nil
}

// fieldOf reads a field that is to be added to a collection.
func fieldOf(c *collection, request newField) (field, error) {
	types := []kind{kindText, kindLongText, kindInteger, kindBigInteger, kindFloat, kindDecimal, kindBoolean,
		kindDate, kindTime, kindDateTime, kindTimestamp, kindJSON, kindCSV, kindUUID}
	_, taken := c.field(request.Name)
	switch {
	case request.Name == "":
		return field{}, invalidPayload(`"field" is required`)
	case taken:
		return field{}, invalidPayload(`Field "%s" already exists in collection "%s"`, request.Name, c.name)
	case !isName(request.Name):
		return field{}, invalidPayload(`"%s" is no name for a field`, request.Name)
	case !slices.Contains(types, request.Type):
		return field{}, invalidPayload(`"type" must be one of %v`, types)
	}
	f := field{name: request.Name, kind: request.Type, initial: request.Schema.Default, meta: request.Meta}
	f.required = request.Schema.Nullable != nil && !*request.Schema.Nullable
	if request.Schema.PrimaryKey { // of these two kinds, new items get one
		f.required = f.kind != kindUUID && f.kind != kindInteger
	}
	if request.Schema.MaxLength != nil {
		f.length = *request.Schema.MaxLength
	} else if f.kind == kindText {
		f.length = 255
	}
	var specials []string
	for _, special := range listOf(request.Meta["special"]) {
		specials = append(specials, asText(special))
	}
	f.special = strings.Join(specials, ",")
	if f.meta != nil && f.meta["sort"] == nil {
		f.meta["sort"] = nextSort(c)
	}
	return f, nil
}

// nextSort is one more than the last that was added. Directus' own fields are
// counted apart.
func nextSort(c *collection) int {
	last := 0
	for _, f := range c.fields {
		if f.meta == nil || f.meta["system"] == true {
			continue
		}
		switch sort := f.meta["sort"].(type) {
		case int:
			last = max(last, sort)
		case float64:
			last = max(last, int(sort))
		}
	}
	return last + 1
}

// isName is narrower than Directus, which takes nearly everything.
func isName(name string) bool {
	return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`).MatchString(name)
}
