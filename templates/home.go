package templates

// Home is the front page.
type Home struct {
	Heading     string
	Description string
}

// Title is the site's own.
func (p Home) Title() string { return p.Heading }
func (Home) file() string    { return "home.html" }
