package templates

// Home is the front page, written by editors.
type Home struct {
	Heading     string // empty for a welcome
	Description string
}

func (Home) file() string { return "home.html" }

func (Home) meta() Meta { return Meta{Path: "/", Type: "website"} }
