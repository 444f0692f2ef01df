package directus

import "strings"

// Contains is the filter for items of which this field has these words in it,
// in small letters or capitals. Empty words are in all that have a value.
func Contains(field, words string) Filter {
	// Directus takes some texts for more than texts, such as "null" and "$NOW", and
	// then fails (500). Written like this it does not know them, and finds the same.
	words = strings.ToLower(words)
	switch words {
	case "null", "true", "false":
		words = strings.ToUpper(words[:1]) + words[1:]
	case "":
		return Filter{field: Filter{"_nnull": true}}
	}
	return Filter{field: Filter{"_icontains": words}}
}
