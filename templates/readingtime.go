package templates

import "strings"

// readingTime is how long reading source takes, in minutes; 0: there is nothing.
func (r richText) readingTime(source string) int {
	return (len(strings.Fields(r.text.Sanitize(source))) + 199) / 200
}
