package templates

// CheckInbox asks a new member to confirm the address that they gave.
type CheckInbox struct{ Email string }

func (CheckInbox) file() string { return "checkinbox.html" }
