package templates

import "hutch/internal/i18n"

// Problem says in words what went wrong, and the way on.
type Problem struct {
	Heading i18n.Message
	Text    i18n.Message
	// RetryURL leads to the same page again; empty where that cannot help.
	RetryURL string
	// WayURL leads on to a page that can help, under the name of WayLabel.
	WayURL   string
	WayLabel i18n.Message
	// SignInURL leads to sign-in in another tab, so that this one stays; empty: that
	// would not help.
	SignInURL string
	// Again is the form that was sent, to be sent again; nil: none.
	Again *Again
	Notes []i18n.Message // what is to be known of that
	// Stays: a form was being sent by htmx. The page stays as it is, with all that
	// was typed, and the problem is a notice above it. RetryForm is the form's id,
	// where sending it again may help.
	Stays     bool
	RetryForm string
	// RequestID is a reference to quote when contacting the site: the name of the
	// request in the log. It is given for 5xx only; nobody can help with a 404.
	RequestID string
	// Offline: no answer came at all. static/hutch.js shows it, and knows what to
	// try again.
	Offline bool
}

// Again is a form that holds what was typed, out of sight.
type Again struct {
	Action string
	Typed  []Typed
}

func (Problem) file() string { return "problem.html" }
