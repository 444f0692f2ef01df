package templates

// Home is the front page, in the editors' words.
type Home struct {
	Content
	Heading     string // empty: a welcome
	Description string
}

func (Home) file() string { return "home.html" }
