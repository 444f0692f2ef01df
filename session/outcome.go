package session

// Outcome is what became of the session that came with a request, for logs and
// figures. A request without a session's cookie has none, nor has one whose
// session is merely good.
type Outcome string

const (
	// Renewed: Directus has given the successor of the token, for this request.
	Renewed Outcome = "renewed"
	// Joined: as Renewed, but another request had asked for it.
	Joined Outcome = "joined"
	// Trouble: the token could not be renewed now, and serves on.
	Trouble Outcome = "trouble"
	// Healing: Directus has refused the token, for the first time. A sibling
	// answer may have brought the browser a newer one, so it is to ask again. The
	// request goes on without a session, and the cookie stays.
	Retrying Outcome = "healing"
	// Refused: Directus has refused the token again. The cookie is cleared.
	Refused Outcome = "refused"
	// Ended: the cookie is of a session that has been signed out of.
	Ended Outcome = "ended"
	// Over: the session has reached the end of its life.
	Over Outcome = "over"
	// Forged: no key opens the cookie.
	Forged Outcome = "forged"
)
