package templates

import "time"

// Outbox shows the emails that the sandbox would have sent.
type Outbox struct{ Mails []Mail }

// Mail is one of them.
type Mail struct {
	To, Subject string
	Text        string
	Link        string // the link it wants its reader to open
	At          time.Time
}

func (Outbox) file() string { return "outbox.html" }
