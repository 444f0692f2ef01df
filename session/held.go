package session

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
)

// Between two steps of one errand, the visitor's browser holds what the first
// step has learned: sealed like the session, for a short time, and out of HTML,
// addresses and scripts. No process has to remember it.

// Held names what is held. Each kind has a key of its own, so that one never
// passes for another.
type Kind string

// What can be held, and for how long.
const (
	PendingSignIn Kind = "signin" // address and password of whoever still owes the code
	PendingSignUp Kind = "signup" // the address that has to be confirmed
	PendingSecret Kind = "secret" // of a second factor that is not on yet
	PendingCodes  Kind = "codes"  // recovery codes that have not been shown yet
	PendingVerify Kind = "verify" // the tokens of mailed links
	PendingReset  Kind = "reset"
	PendingInvite Kind = "invite"
	PendingForm   Kind = "form" // what was typed into a form whose session had ended
)

func allHeld() []Kind {
	return []Kind{PendingSignIn, PendingSignUp, PendingSecret, PendingCodes, PendingVerify, PendingReset, PendingInvite, PendingForm}
}

func (h Kind) life() time.Duration {
	switch h {
	case PendingSignIn, PendingCodes:
		return 5 * time.Minute
	case PendingSecret:
		return 10 * time.Minute
	case PendingForm:
		return 15 * time.Minute
	}
	return time.Hour
}

// sameSite lets a mailed token through to the page that its link leads to, since
// browsers keep a strict cookie back on the way from another site.
func (h Kind) sameSite() http.SameSite {
	switch h {
	case PendingVerify, PendingReset, PendingInvite:
		return http.SameSiteLaxMode
	}
	return http.SameSiteStrictMode
}

// packed: it is compressed before it is sealed. Only what the visitor has typed is
// worth it, and may be: where a secret stands beside what others can choose, such
// as the address to go on to, its length would tell of the secret.
func (h Kind) packed() bool { return h == PendingForm }

// heldValue is what is sealed: a browser may keep a cookie longer than it was told.
type heldValue struct {
	Until time.Time       `json:"until"`
	Value json.RawMessage `json:"value"`
}

// Hold lets the visitor's browser hold value, in place of an earlier one. It
// fails where that is too large for a cookie.
func (k *Manager) Save(c *gin.Context, what Kind, value any) error {
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("session: hold: %w", err)
	}
	plain, err := json.Marshal(heldValue{k.config.Now().Add(what.life()), encoded})
	if err != nil {
		return fmt.Errorf("session: hold: %w", err)
	}
	if what.packed() {
		plain = pack(plain)
	}
	sealed := k.held[what].sealBytes(plain)
	if len(k.heldName(what))+len(sealed) > maxCookie {
		return ErrTooLarge
	}
	k.setHeld(c, what, sealed, int(what.life()/time.Second))
	return nil
}

// Held reads what the browser holds into value, and reports whether there is
// anything that is genuine and not too old. It stays there until it is dropped.
func (k *Manager) Load(c *gin.Context, what Kind, value any) bool {
	for _, cookie := range c.Request.CookiesNamed(k.heldName(what)) {
		plain, genuine := k.held[what].openBytes(cookie.Value)
		if !genuine {
			continue
		}
		if what.packed() {
			plain = unpack(plain)
		}
		var kept heldValue
		if json.Unmarshal(plain, &kept) == nil && k.config.Now().Before(kept.Until) {
			return json.Unmarshal(kept.Value, value) == nil
		}
	}
	return false
}

func pack(plain []byte) []byte {
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression) // fails for other levels only
	_, _ = w.Write(plain)                                   // into memory
	_ = w.Close()
	return packed.Bytes()
}

// maxUnpacked is more than any form that is taken, and so more than what was packed.
const maxUnpacked = 1 << 20

// unpack reads what pack wrote. It was sealed, so nobody else has.
func unpack(packed []byte) []byte {
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxUnpacked))
	if err != nil {
		return nil
	}
	return plain
}

// Drop has the browser forget it.
func (k *Manager) Discard(c *gin.Context, what Kind) {
	if _, err := c.Cookie(k.heldName(what)); err == nil {
		k.setHeld(c, what, "", 0)
	}
}

// DropAll has the browser forget whatever it holds: the next visitor at it may be
// somebody else. What is spared stays.
func (k *Manager) DiscardAll(c *gin.Context, spared ...Kind) {
	for _, what := range allHeld() {
		if !slices.Contains(spared, what) {
			k.Discard(c, what)
		}
	}
}

// MemberOf is the member whose session the cookie of a request was, also when that
// is over; "": there is none. It only says who something must be kept for.
func (k *Manager) MemberOf(r *http.Request) string {
	for _, cookie := range r.CookiesNamed(k.name) {
		var sealed sealedSession
		if k.sealer.Open(cookie.Value, &sealed) {
			return sealed.MemberID
		}
	}
	return ""
}

func (k *Manager) setHeld(c *gin.Context, what Kind, value string, maxAge int) {
	k.setPlain(c, heldCookie(what), value, maxAge, what.sameSite())
}

func (k *Manager) heldName(what Kind) string { return k.plainName(heldCookie(what)) }

func heldCookie(what Kind) string { return "held-" + string(what) }
