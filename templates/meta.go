package templates

// Meta is what a published page tells search engines and those who link to it.
// Title and description are the page's blocks of these names.
type Meta struct {
	Path      string // the one address of the page
	Type      string // of Open Graph: website, article or profile
	Image     *Image // nil: none
	Published string // a day, as in 2026-11-14; empty: not said
	Data      any    // as JSON-LD; nil: none
}
