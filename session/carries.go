package session

import (
	"net/http"
	"slices"
)

// Carries reports whether a request has a session cookie or pending state. It does not
// check whether they are genuine.
func (m *Manager) Carries(r *http.Request) bool {
	return len(r.CookiesNamed(m.name)) > 0 || slices.ContainsFunc(allKinds(), func(kind Kind) bool {
		return len(r.CookiesNamed(m.pendingName(kind))) > 0
	})
}
