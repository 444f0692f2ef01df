package directus

import "strings"

// Contains returns a filter for items whose field contains these words, regardless
// of case. Empty words match every item that has a value.
func Contains(field, words string) Filter {
	// Directus gives some texts, such as "null" and "$NOW", a special meaning and
	// then fails with a 500. Written like this they are plain text with the same
	// result.
	words = strings.ToLower(words)
	switch words {
	case "null", "true", "false":
		words = strings.ToUpper(words[:1]) + words[1:]
	case "":
		return Filter{field: Filter{"_nnull": true}}
	}
	return Filter{field: Filter{"_icontains": words}}
}
