package sandbox

import "slices"

// kind is the type of a field, in Directus' words.
type kind string

const (
	kindText       kind = "string"
	kindLongText   kind = "text"
	kindHash       kind = "hash"
	kindUUID       kind = "uuid"
	kindInteger    kind = "integer"
	kindBigInteger kind = "bigInteger"
	kindFloat      kind = "float"
	kindDecimal    kind = "decimal"
	kindBoolean    kind = "boolean"
	kindDate       kind = "date"      // "2026-10-03"
	kindTime       kind = "time"      // "10:00", stored as it is sent
	kindDateTime   kind = "dateTime"  // "2026-10-03T10:00:00", without a time zone
	kindTimestamp  kind = "timestamp" // "2026-10-03T10:00:00.000Z"
	kindJSON       kind = "json"
	kindCSV        kind = "csv" // stored as "a,b", shown as a list
)

// columnKinds are the types that a declared field may have.
func columnKinds() []kind {
	return []kind{kindText, kindLongText, kindInteger, kindBigInteger, kindFloat, kindDecimal, kindBoolean,
		kindDate, kindTime, kindDateTime, kindTimestamp, kindJSON, kindCSV, kindUUID}
}

func (k kind) isText() bool { return k == kindText || k == kindLongText }

func (k kind) isNumber() bool {
	return k == kindInteger || k == kindBigInteger || k == kindFloat || k == kindDecimal
}

// field is a column of a collection.
type field struct {
	name      string
	kind      kind
	related   string // the collection that it refers to
	whenGone  string // what happens when that item is deleted; empty is "SET NULL"
	unchecked bool   // it may refer to an item that does not exist
	concealed bool   // never shown: "**********" instead
	required  bool   // never null: new items must have it or get the initial value
	unique    bool   // no two items share a value; a key always is
	initial   any    // the default of new items
	special   string // what Directus fills in by itself, such as "user-created"

	length int            // of text, as Directus reports it; SQLite accepts more
	meta   map[string]any // how Directus' app shows it; nil if unknown
}

// collection is a table that the API shows.
type collection struct {
	name      string
	key       string // name of the primary key field
	singleton bool
	fields    []field
	aliases   []field // fields without a column, which only GET /fields shows
}

func (c *collection) field(name string) (field, bool) {
	i := slices.IndexFunc(c.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return c.fields[i], true
}
