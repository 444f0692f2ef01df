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

// The state of a flow that is under way lives in the visitor's browser between two
// steps, in a short-lived cookie sealed like the session. That keeps it out of HTML,
// URLs and scripts, and no process has to store it.

// Kind is a kind of short-lived sealed cookie. Each is encrypted under its own key, so
// one cannot be replayed as another.
type Kind string

// The kinds of pending state.
const (
	PendingSignIn Kind = "signin" // email and password of a visitor who still has to enter a code
	PendingSignUp Kind = "signup" // the address that has to be confirmed, and where to go then
	PendingForgot Kind = "forgot" // the address that a reset link was asked for
	PendingSecret Kind = "secret" // TOTP secret that is not active yet
	PendingCodes  Kind = "codes"  // recovery codes that have not been shown yet
	PendingVerify Kind = "verify" // the tokens of mailed links
	PendingReset  Kind = "reset"
	PendingInvite Kind = "invite"
	PendingForm   Kind = "form" // input of a form whose session had ended
)

func allKinds() []Kind {
	return []Kind{PendingSignIn, PendingSignUp, PendingForgot, PendingSecret, PendingCodes, PendingVerify, PendingReset, PendingInvite, PendingForm}
}

func (k Kind) life() time.Duration {
	switch k {
	case PendingSignIn, PendingCodes:
		return 5 * time.Minute
	case PendingSecret:
		return 10 * time.Minute
	case PendingForm:
		return 15 * time.Minute
	}
	return time.Hour
}

// sameSite allows a mailed token to reach the page behind its link: browsers withhold
// strict cookies on navigation from another site.
func (k Kind) sameSite() http.SameSite {
	switch k {
	case PendingVerify, PendingReset, PendingInvite:
		return http.SameSiteLaxMode
	}
	return http.SameSiteStrictMode
}

// compressed reports whether the value is compressed before it is sealed. That is
// worthwhile only for what the visitor typed, and safe only there: next to text that
// others can choose, such as a return URL, the length would leak the secret.
func (k Kind) compressed() bool { return k == PendingForm }

// pendingValue is the sealed content. Until is part of it because a browser may keep a
// cookie longer than it should.
type pendingValue struct {
	Until time.Time       `json:"until"`
	Value json.RawMessage `json:"value"`
}

// Save stores value in the visitor's browser, replacing an earlier one of that kind.
// It returns [ErrTooLarge] if value does not fit into a cookie.
func (m *Manager) Save(c *gin.Context, kind Kind, value any) error {
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("session: save pending state: %w", err)
	}
	plain, err := json.Marshal(pendingValue{m.config.Now().Add(kind.life()), encoded})
	if err != nil {
		return fmt.Errorf("session: save pending state: %w", err)
	}
	if kind.compressed() {
		plain = compress(plain)
	}
	sealed := m.pending[kind].sealBytes(plain)
	if len(m.pendingName(kind))+len(sealed) > maxCookie {
		return ErrTooLarge
	}
	m.setPending(c, kind, sealed, int(kind.life()/time.Second))
	return nil
}

// Load reads the pending value into value and reports whether there is a genuine one
// that has not expired. It stays until it is discarded.
func (m *Manager) Load(c *gin.Context, kind Kind, value any) bool {
	for _, cookie := range c.Request.CookiesNamed(m.pendingName(kind)) {
		plain, genuine := m.pending[kind].openBytes(cookie.Value)
		if !genuine {
			continue
		}
		if kind.compressed() {
			plain = decompress(plain)
		}
		var pending pendingValue
		if json.Unmarshal(plain, &pending) == nil && m.config.Now().Before(pending.Until) {
			return json.Unmarshal(pending.Value, value) == nil
		}
	}
	return false
}

func compress(plain []byte) []byte {
	var compressed bytes.Buffer
	w, _ := flate.NewWriter(&compressed, flate.BestCompression) // fails only for invalid levels
	_, _ = w.Write(plain)                                       // into memory
	_ = w.Close()
	return compressed.Bytes()
}

// maxDecompressed is larger than any form that is accepted, and so than anything
// compressed.
const maxDecompressed = 1 << 20

// decompress reverses compress. The value was sealed, so it is ours.
func decompress(compressed []byte) []byte {
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(compressed)), maxDecompressed))
	if err != nil {
		return nil
	}
	return plain
}

// Discard deletes the pending state of this kind.
func (m *Manager) Discard(c *gin.Context, kind Kind) {
	if _, err := c.Cookie(m.pendingName(kind)); err == nil {
		m.setPending(c, kind, "", 0)
	}
}

// DiscardAll deletes all pending state except the spared kinds: the next visitor at
// this browser may be somebody else.
func (m *Manager) DiscardAll(c *gin.Context, spared ...Kind) {
	for _, kind := range allKinds() {
		if !slices.Contains(spared, kind) {
			m.Discard(c, kind)
		}
	}
}

// MemberOf returns the member of the session in the request's cookie, even if that
// session is over, or "". Use it only to decide whose data something is, never to
// authorise.
func (m *Manager) MemberOf(r *http.Request) string {
	for _, cookie := range r.CookiesNamed(m.name) {
		var sealed sealedSession
		if m.sealer.Open(cookie.Value, &sealed) {
			return sealed.MemberID
		}
	}
	return ""
}

func (m *Manager) setPending(c *gin.Context, kind Kind, value string, maxAge int) {
	m.setPlain(c, pendingCookie(kind), value, maxAge, kind.sameSite())
}

func (m *Manager) pendingName(kind Kind) string { return m.plainName(pendingCookie(kind)) }

func pendingCookie(kind Kind) string { return "pending-" + string(kind) }
