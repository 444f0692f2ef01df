package templates

import "hutch/internal/i18n"

// Problem says what went wrong and what to do next.
type Problem struct {
	Heading i18n.Message
	Text    i18n.Message
	// RetryURL is the same page again; empty if that cannot help.
	RetryURL string
	// WayURL is a page that can help, labelled WayLabel.
	WayURL   string
	WayLabel i18n.Message
	Lost     bool // nothing is at the address: the page offers a search, and the newest posts
	// SignInURL opens sign-in in another tab, so that this one stays; empty if that
	// would not help.
	SignInURL string
	// Again is the submitted form, to be sent again; may be nil.
	Again *Again
	Notes []i18n.Message // what to know before sending it again
	// Stays means that htmx was sending a form. The page stays as it is, with
	// everything typed, and the problem is a notice above it. RetryForm is the
	// form's id if sending it again may help.
	Stays     bool
	RetryForm string
	// RequestID is a reference to quote when contacting the site: the name of the
	// request in the log. It is given for 5xx only; nobody can help with a 404.
	RequestID string
	// Offline means that there was no response at all. static/hutch.js shows it,
	// and knows what to retry.
	Offline bool
}

// Again is a hidden form that holds what was typed.
type Again struct {
	Action    string
	Typed     []Typed
	Multipart bool // as the form was sent
}

func (Problem) file() string { return "problem.html" }
