package templates

import "hutch/words"

// Problem says in words what went wrong, and the way on.
type Problem struct {
	Heading words.Message
	Text    words.Message
	// RetryURL leads to the same page again; empty where that cannot help.
	RetryURL string
	// WayURL leads on to a page that can help, under the name of WayLabel.
	WayURL   string
	WayLabel words.Message
	// RetryForm is the id of the form on the visitor's page that was being sent
	// by htmx; empty: none. The page stays as it is then, with all that was
	// typed, and the problem is a notice above it.
	RetryForm string
	// Offline: no answer came at all. static/hutch.js shows it, and knows what to
	// try again.
	Offline bool
}

func (Problem) file() string { return "problem.html" }
