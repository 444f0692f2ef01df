package templates

import "hutch/words"

// Problem says in words what went wrong, and the way on.
type Problem struct {
	Heading words.Message
	Text    words.Message
	// RetryURL leads to the same page again; empty where that cannot help.
	RetryURL string
	// RetryForm is the id of the form on the visitor's page that was being sent
	// by htmx; empty: none. The page stays as it is then, with all that was
	// typed, and the problem is a notice above it.
	RetryForm string
}

func (Problem) file() string { return "problem.html" }
