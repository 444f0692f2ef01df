package harness

import (
	"net/http"
	"strings"
)

// Follow presses a link.
func (b *Browser) Follow(selector string) {
	b.T.Helper()
	b.Tab.Await(http.MethodGet)
	b.Press(selector)
}

func Squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }
