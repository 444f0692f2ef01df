package templates

// Home is the front page, in the editors' words.
type Home struct {
	Heading     string // empty: a welcome
	Description string
}

func (Home) file() string { return "home.html" }

func (Home) meta() Meta { return Meta{Path: "/", Type: "website"} }
