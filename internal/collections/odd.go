package collections

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Item is an item as Directus sends it, by the names of its fields.
type Item map[string]json.RawMessage

// Oddity is what keeps the site from showing an item as its editor meant it.
type Oddity struct {
	Item  string // its key
	Field string
	Found string // "is a list instead of text"
	So    string // what comes of it: "it is left out"
	Do    string // what an editor can do about it
}

// Form is what the text of a field must be like, beyond its type.
type Form int

// The forms of a text.
const (
	_       Form = iota
	Address      // a part of a page's address
	Path         // an address of this site
	Target       // an address of this site, or of another one
)

// Odd returns what is odd about some items of a collection. Fields that they lack are
// not: a project may have others. The key names the items; "" is a guess at it.
func (c Collection) Odd(items []Item, key string) []Oddity {
	var odd []Oddity
	for _, f := range c.Fields {
		owners := map[string]string{} // of each address: the first item that has it
		for _, item := range items {
			value, has := item[f.Name]
			if !has {
				continue
			}
			o, is := f.odd(value)
			name := c.nameOf(item, key)
			if text := TextOf(value); !is && text != "" && (f.Form == Address || f.Form == Path) {
				if first, taken := owners[text]; taken {
					o, is = Oddity{
						Found: "is " + strconv.Quote(text) + ", as that of item " + first, So: "only one of them has this address",
						Do: "Change one of the two.",
					}, true
				} else {
					owners[text] = name
				}
			}
			if is {
				o.Item, o.Field = name, f.Name
				odd = append(odd, o)
			}
		}
	}
	return odd
}

// nameOf returns an item's key, or else its place.
func (c Collection) nameOf(item Item, key string) string {
	own, _ := c.Key()
	for _, name := range []string{key, "id", own.Name} {
		if text := TextOf(item[name]); text != "" {
			return text
		}
	}
	return "without a key"
}

// odd reports whether the site cannot show a value of the field.
func (f Field) odd(value json.RawMessage) (Oddity, bool) {
	found := shapeOf(value)
	if f.ownReading() || f.Related != "" && found != isList || f.Key && !f.Typed {
		return Oddity{}, false
	}
	text := strings.TrimSpace(TextOf(f.fit(value)))
	switch {
	case found == isNull || found == isText && strings.TrimSpace(TextOf(value)) == "":
		if f.Missing == "" {
			return Oddity{}, false
		}
		return Oddity{Found: "is empty", So: f.Missing, Do: "Fill it in."}, true
	case found == isList || found == isObject:
		so := f.Missing
		if so == "" {
			so = "it is left out"
		}
		return Oddity{Found: "is " + string(found) + " instead of " + f.wanted(), So: f.instead(so), Do: "Change its type to " + f.wanted() + " in Directus' data model."}, true
	case f.Type == "date" && (found != isText || ParseDate(text, time.UTC).IsZero()):
		return Oddity{Found: "is no date", So: f.instead(""), Do: "Enter a date such as 2026-10-31, or change its type to date in Directus' data model."}, true
	case f.Type == "integer" && text == "":
		return Oddity{Found: "is no number", So: f.instead("it is left out"), Do: "Enter a number."}, true
	case f.Type == "boolean" && !isTruth(value):
		return Oddity{Found: "is neither yes nor no", So: f.instead(""), Do: "Change its type to boolean in Directus' data model."}, true
	case f.Form == Address && !Addressable(text):
		return Oddity{Found: "is " + strconv.Quote(text) + ", which cannot be part of an address", So: f.Missing, Do: "Choose another, without a slash at its beginning or end."}, true
	case f.Form == Address && f.taken(text):
		return Oddity{Found: "is " + strconv.Quote(text) + ", which the site uses itself", So: f.Missing, Do: "Choose another."}, true
	case f.Form == Path && !isPath(text):
		return Oddity{Found: "is " + strconv.Quote(text) + ", which is no address of this site", So: f.Missing, Do: "Enter a path such as /journal."}, true
	case f.Form == Target && !isPath(text) && !isElsewhere(text):
		return Oddity{Found: "is " + strconv.Quote(text) + ", which is neither a path nor an address", So: f.Missing, Do: "Enter a path such as /blog, or an address with https://."}, true
	}
	return Oddity{}, false
}

// instead says what comes of a value of the wrong type.
func (f Field) instead(otherwise string) string {
	switch f.Type {
	case "date":
		return "the item stays hidden, as if its day were to come"
	case "boolean":
		return "it counts as yes"
	}
	return otherwise
}

// wanted is the type of a field, in an editor's words.
func (f Field) wanted() string {
	switch {
	case f.Related != "":
		return "a reference"
	case f.Type == "integer":
		return "a number"
	case f.Type == "date", f.Type == "boolean":
		return "a " + f.Type
	}
	return "text"
}

// ownReading reports whether the site reads the field in a way of its own, of whatever
// type it is, or may hold anything.
func (f Field) ownReading() bool {
	return f.Name == Published().Field || f.Interface == "input-rich-text-html" || f.Type == "json"
}

// Fit changes an item's values into the types that the table declares, and those of
// the items that it refers to: a number becomes text, for one. What cannot be changed
// becomes null. It reports whether anything had to be changed.
func (t Table) Fit(collection string, item Item) (changed bool) {
	c, _ := t.Find(collection)
	for _, f := range c.Fields {
		value, has := item[f.Name]
		switch {
		case !has || f.ownReading() || f.Key && !f.Typed:
		case f.Related != "":
			var related Item
			if shapeOf(value) == isObject && json.Unmarshal(value, &related) == nil && t.Fit(f.Related, related) {
				if fitted, err := json.Marshal(related); err == nil {
					item[f.Name], changed = fitted, true
				}
			}
		default:
			fitted := f.fit(value)
			changed = changed || string(fitted) != string(value)
			item[f.Name] = fitted
		}
	}
	return changed
}

// fit returns a value in the field's type.
func (f Field) fit(value json.RawMessage) json.RawMessage {
	found := shapeOf(value)
	text := strings.TrimSpace(TextOf(value))
	switch {
	case found == isNull:
		return value
	case f.Type == "boolean": // what cannot be read counts as yes: it closes what is for members
		return json.RawMessage(strconv.FormatBool(!slices.Contains([]string{"", "false", "0"}, text) || found == isList || found == isObject))
	case f.Type == "date" && found != isText: // a day that nobody can read is no day that is over
		return json.RawMessage(`"unreadable"`)
	case f.Type == "integer" && found != isNumber:
		if _, err := strconv.Atoi(text); err != nil {
			return json.RawMessage("null")
		}
		return json.RawMessage(text)
	case f.Type == "integer" || f.Type == "date" || found == isText:
		return value
	case found == isList || found == isObject:
		return json.RawMessage("null")
	}
	return json.RawMessage(strconv.Quote(string(value)))
}

// shape is what a value is in JSON, in an editor's words.
type shape string

const (
	isNull   shape = "nothing"
	isText   shape = "text"
	isNumber shape = "a number"
	isBool   shape = "yes or no"
	isList   shape = "a list"
	isObject shape = "an object"
)

func shapeOf(value json.RawMessage) shape {
	if len(value) == 0 {
		return isNull
	}
	switch value[0] {
	case 'n':
		return isNull
	case '"':
		return isText
	case '[':
		return isList
	case '{':
		return isObject
	case 't', 'f':
		return isBool
	}
	return isNumber
}

// TextOf returns a text as it is, and a number, or yes or no, as text; "" for anything
// else.
func TextOf(value json.RawMessage) string {
	switch shapeOf(value) {
	case isText:
		var text string
		_ = json.Unmarshal(value, &text) // it was decoded before
		return text
	case isNumber, isBool:
		return string(value)
	}
	return ""
}

func isTruth(value json.RawMessage) bool {
	return slices.Contains([]string{"true", "false", "1", "0"}, TextOf(value))
}

// maxAddress is longer than any slug or id, in characters.
const maxAddress = 255

// Addressable reports whether a text can be the last part of a page's address: it may
// have slashes in it, but nothing that a browser or a proxy would resolve. Nor may it
// be what no database accepts, or what Directus would interpret.
func Addressable(text string) bool {
	if strings.HasPrefix(text, "$NOW") || strings.HasPrefix(text, "$CURRENT_") {
		return false
	}
	for segment := range strings.SplitSeq(text, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	return utf8.RuneCountInString(text) <= maxAddress && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

func (f Field) taken(text string) bool {
	return slices.ContainsFunc(f.Taken, func(own string) bool {
		return text == own || strings.HasSuffix(own, "/") && strings.HasPrefix(text, own)
	})
}

// HasAddress reports whether an item of the collection with this slug has an address.
func (c Collection) HasAddress(slug string) bool {
	return Addressable(slug) && !slices.ContainsFunc(c.Fields, func(f Field) bool { return f.Form == Address && f.taken(slug) })
}

func isPath(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && strings.HasPrefix(parsed.Path, "/") && !strings.HasPrefix(text, "//")
}

func isElsewhere(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && parsed.Host != "" && (parsed.Scheme == "http" || parsed.Scheme == "https")
}

// ParseDate parses a Directus date, datetime or timestamp, into a time of this zone: the
// first two have none. The zero time stands for a missing or malformed one.
func ParseDate(value string, zone *time.Location) time.Time {
	for _, layout := range []string{time.DateOnly, localTime, time.RFC3339} {
		if date, err := time.ParseInLocation(layout, value, zone); err == nil {
			return date.In(zone)
		}
	}
	return time.Time{}
}

// localTime is Directus' type dateTime: a time on whatever clock the editor looked at.
const localTime = "2006-01-02T15:04:05"

// HasNoZone reports whether a date says nothing of the zone that it is meant in.
func HasNoZone(value string) bool {
	return !ParseDate(value, time.UTC).IsZero() && len(value) <= len(localTime)
}
