package session

// Outcome is what became of the session that came with a request, for logs and
// metrics. A request has none if it came without a session cookie, or if its session
// is good and not due for renewal.
type Outcome string

const (
	// Renewed: Directus issued a successor of the token for this request.
	Renewed Outcome = "renewed"
	// Joined: like Renewed, but another request had asked for it.
	Joined Outcome = "joined"
	// Trouble: the token could not be renewed now and stays in use.
	Trouble Outcome = "trouble"
	// Retrying: Directus refused the token for the first time. Another response may
	// already have brought the browser a newer one, so it should retry. The request
	// goes on without a session, and the cookie stays.
	Retrying Outcome = "retrying"
	// Refused: Directus refused the same token again. The cookie is cleared.
	Refused Outcome = "refused"
	// Ended: the visitor has signed out of the cookie's session.
	Ended Outcome = "ended"
	// Over: the session has reached the end of its life.
	Over Outcome = "over"
	// Forged: no key opens the cookie.
	Forged Outcome = "forged"
)
