package writing

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"hutch/handlers/fields"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/internal/sitefolder"
	"hutch/templates"
)

const msgAddress i18n.Message = "error.address"

// addressField returns the field of an item's address: what site.toml says, else slug or
// permalink, else the key.
func (m Collection) addressField(a asked) string {
	for _, wanted := range []string{m.of.Address, "slug", "permalink"} {
		if wanted != "" && slices.ContainsFunc(a.Fields, func(f directus.Field) bool { return f.Name == wanted }) {
			return wanted
		}
	}
	return keyOf(a)
}

// addressOf returns the address of an item, or its key, by which it can be edited as well.
func (m Collection) addressOf(a asked, item collections.Item) string {
	address := strings.TrimPrefix(strings.TrimPrefix(collections.TextOf(item[m.addressField(a)]), m.of.Path), "/")
	if address == "" || strings.Contains(address, "/") || sitefolder.Taken(address) {
		return collections.TextOf(item[keyOf(a)])
	}
	return address
}

// wrongAddress says what is wrong with an address that was typed.
func wrongAddress(address string) i18n.Message {
	switch {
	case sitefolder.Taken(address):
		return fields.MsgTaken
	case address != "" && (!collections.Addressable(address) || strings.ContainsAny(address, "/ ")):
		return msgAddress
	}
	return ""
}

// titleField returns the field of an item's title: what site.toml says, else the usual names.
func (m Collection) titleField(a asked) string {
	for _, wanted := range []string{m.of.Title, "title", "name", "headline"} {
		if wanted != "" && slices.ContainsFunc(a.Fields, func(f directus.Field) bool { return f.Name == wanted }) {
			return wanted
		}
	}
	return ""
}

// mostAddresses is how many addresses are tried for a title that others have as well.
const mostAddresses = 50

// freeAddress returns an address made of the title, after which none of those is that were
// tried. It is "" where there is nothing to make one of, or no field for it.
func (m Collection) freeAddress(a asked, title string, tried int) (string, error) {
	base := slugOf(title)
	if base == "" {
		base = "entry"
	}
	var candidates []string
	for n := tried + 1; n <= tried+mostAddresses; n++ {
		candidate := base
		if n > 1 {
			candidate += "-" + strconv.Itoa(n)
		}
		if !sitefolder.Taken(candidate) {
			candidates = append(candidates, candidate)
		}
	}
	field := m.addressField(a)
	taken, err := m.read(a, directus.Query{Fields: []string{field}, Limit: len(candidates), Filter: directus.Filter{field: directus.Filter{"_in": candidates}}})
	if err != nil {
		return "", err
	}
	for _, candidate := range candidates {
		if !slices.ContainsFunc(taken, func(item collections.Item) bool { return collections.TextOf(item[field]) == candidate }) {
			return candidate, nil
		}
	}
	return "", nil
}

// slugOf makes an address of a title: small letters and digits between hyphens, without
// accents.
func slugOf(title string) string {
	var slug strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(strings.ToLower(strings.ReplaceAll(title, "ß", "ss"))) {
		switch {
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’': // an accent, or within a word
		case (unicode.IsLetter(r) || unicode.IsDigit(r)) && slug.Len() < 80:
			if gap && slug.Len() > 0 {
				slug.WriteByte('-')
			}
			gap = false
			slug.WriteRune(r)
		default:
			gap = true
		}
	}
	return slug.String()
}

// needsAddress reports whether an address has to be made for what is written: the member
// may set it and has not, and the item has none.
func (m Collection) needsAddress(a asked, action string, item collections.Item, values map[string]json.RawMessage) bool {
	field := m.addressField(a)
	if field == keyOf(a) || !a.Unknown && !a.Access.MayField(action, m.of.Name, field) {
		return false
	}
	for _, f := range a.Fields {
		if f.Name == field && f.Type != "string" && f.Type != "text" {
			return false
		}
	}
	if value, given := values[field]; given {
		return fields.Plain(value) == ""
	}
	return collections.TextOf(item[field]) == ""
}

// path returns the address of the page of an item.
func (m Collection) path(address string) string { return templates.EntryPath(m.of.Path, address) }
