package templates

import "time"

// Outbox shows what the sandbox keeps instead of passing it on: emails, and what visitors
// have sent with forms.
type Outbox struct {
	Mails       []Mail
	Submissions []Submission
}

// Mail is one of them.
type Mail struct {
	To, Subject string
	Text        string
	Link        string // the link it wants its reader to open
	At          time.Time
}

// Submission is a form that somebody has sent.
type Submission struct {
	Form   string
	At     time.Time
	Values []SubmittedValue
}

// SubmittedValue is one of its fields.
type SubmittedValue struct{ Label, Value string }

func (Outbox) file() string { return "outbox.html" }
