package web

import "hutch/internal/i18n"

// Notice is what the page after a redirect tells the visitor, once, and what the
// log records of it: a change that went through is always told. The zero value is
// none.
type Notice struct {
	Text   i18n.Message
	Events []Event
}
