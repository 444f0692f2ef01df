package sitefolder

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Field is a field of a collection that `hutch setup --schema` makes, in Directus' words.
type Field struct {
	Name      string `toml:"name"`
	Type      string `toml:"type"`    // one of Directus'; empty for a reference
	Related   string `toml:"related"` // the collection that it refers to, or directus_files
	Required  bool   `toml:"required"`
	Note      string `toml:"note"`      // for editors
	Interface string `toml:"interface"` // of Directus; empty: the usual one of the type
}

// Files is Directus' collection of files.
const Files = "directus_files"

// FieldTypes are the types that a field may have.
func FieldTypes() []string {
	return []string{
		"string", "text", "boolean", "integer", "bigInteger", "float", "decimal",
		"date", "time", "dateTime", "timestamp", "json", "csv", "uuid",
	}
}

const mostFields = 100

var interfaceName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// wrongField says what is wrong with the fields of a collection, and with which of them.
func (c Collection) wrongField() (at int, sentence string) {
	names := map[string]bool{}
	for i, f := range c.Fields {
		switch {
		case i == mostFields:
			return i, fmt.Sprintf("a collection may have %d fields", mostFields)
		case !fieldName.MatchString(f.Name):
			return i, fmt.Sprintf("a field needs a name of letters, digits and underscores, and %q is none", f.Name)
		case names[f.Name]:
			return i, fmt.Sprintf("there are two fields named %s", f.Name)
		case f.Type == "" && f.Related == "":
			return i, fmt.Sprintf(`the field %s needs a type such as "string", or related: the collection that it refers to`, f.Name)
		case f.Type != "" && f.Related != "":
			return i, fmt.Sprintf("the field %s refers to %s and has the type of its key: leave type out", f.Name, f.Related)
		case f.Type != "" && !slices.Contains(FieldTypes(), f.Type):
			return i, fmt.Sprintf("the type of %s is one of %s, and not %q", f.Name, strings.Join(FieldTypes(), ", "), f.Type)
		case f.Related == "directus_users":
			return i, fmt.Sprintf("the field %s cannot refer to users: nobody is allowed to read them for the site", f.Name)
		case f.Related != "" && f.Related != Files && (!fieldName.MatchString(f.Related) || strings.HasPrefix(f.Related, "directus_")):
			return i, fmt.Sprintf("related is %s or a collection of your own, and %q is none", Files, f.Related)
		case f.Interface != "" && !interfaceName.MatchString(f.Interface):
			return i, fmt.Sprintf("interface is the name of an interface of Directus, such as %q, and not %q", "input-multiline", f.Interface)
		}
		names[f.Name] = true
	}
	return 0, ""
}

// AddressField is the field of an item's address among those that setup makes; empty: the key.
func (c Collection) AddressField() string {
	for _, name := range []string{c.Address, "slug", "permalink"} {
		if slices.ContainsFunc(c.Fields, func(f Field) bool { return name != "" && f.Name == name }) {
			return name
		}
	}
	return ""
}

var fieldHeader = regexp.MustCompile(`^\s*\[\[\s*collection\s*\.\s*field\s*\]\]`)

// lineOfField returns the line of a field's header, or that of its collection if the fields
// are written otherwise.
func lineOfField(source []byte, collection, field int) int {
	header := lineOf(source, collection, "")
	for i, line := range strings.Split(string(source), "\n") {
		switch {
		case i+1 <= header:
		case collectionHeader.MatchString(line):
			return header
		case fieldHeader.MatchString(line):
			if field == 0 {
				return i + 1
			}
			field--
		}
	}
	return header
}
