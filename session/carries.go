package session

import (
	"net/http"
	"slices"
)

// Carries reports whether a request brings a cookie that may open something: a
// session or what the browser holds between two steps. Whether it is genuine is
// not asked.
func (k *Manager) Carries(r *http.Request) bool {
	return len(r.CookiesNamed(k.name)) > 0 || slices.ContainsFunc(allHeld(), func(what Kind) bool {
		return len(r.CookiesNamed(k.heldName(what))) > 0
	})
}
