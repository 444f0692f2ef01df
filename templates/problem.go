package templates

// Problem says in words what went wrong, and the way on.
type Problem struct {
	Heading string
	Text    string
	// RetryURL leads to the same page again; empty where that cannot help.
	RetryURL string
}

// Title is the heading.
func (p Problem) Title() string { return p.Heading }
func (Problem) file() string    { return "problem.html" }
