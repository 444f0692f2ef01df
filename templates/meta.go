package templates

// Meta is what a published page tells search engines and link previews. Title and
// description are the page's blocks of these names.
type Meta struct {
	Path      string // canonical path of the page
	Type      string // Open Graph type: website, article or profile
	Image     *Image // nil for none
	Published string // a day such as 2026-11-14; may be empty
	Data      any    // for JSON-LD; may be nil
}
