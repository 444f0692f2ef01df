package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/maypok86/otter/v2"

	"hutch/internal/secret"
)

// maxCookie is the length of name and value that every browser accepts (RFC 6265,
// 6.1). Browsers silently drop a longer cookie.
const maxCookie = 4096

// ErrTooLarge means that a value does not fit into a cookie.
var ErrTooLarge = errors.New("session: too large for a cookie")

// Config configures a [Manager].
type Config struct {
	Secrets []string      // newest first, each at least 32 characters
	Domain  string        // of the cookie; empty for this host only
	Secure  bool          // HTTPS only
	MaxAge  time.Duration // a session ends this long after sign-in, however often it is renewed
	Renew   Renew
	Revoke  Revoke
	Now     func() time.Time // nil for time.Now
	Log     *slog.Logger
}

// Manager manages the sessions of all visitors. It stores none of them: they live in
// the visitors' cookies, so any number of processes can serve them.
type Manager struct {
	config   Config
	name     string
	sealer   Sealer
	pending  map[Kind]Sealer
	trusted  Sealer
	stamps   [][]byte
	marks    map[string]Sealer // by cookie name
	renewals *otter.Cache[string, renewal]
	ended    *otter.Cache[string, struct{}] // session ids
	asked    *otter.Cache[string, struct{}] // keyed by action and token
	running  sync.WaitGroup
}

// NewManager returns a manager, or an error if there is no secret.
func NewManager(config Config) (*Manager, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	own, err := NewSealer(config.Secrets, "session")
	if err != nil {
		return nil, err
	}
	pending := map[Kind]Sealer{}
	for _, kind := range allKinds() {
		if pending[kind], err = NewSealer(config.Secrets, "pending "+string(kind)); err != nil {
			return nil, err
		}
	}
	trusted, err := NewSealer(config.Secrets, "trusted device")
	if err != nil {
		return nil, err
	}
	stamps, err := stampKeys(config.Secrets)
	if err != nil {
		return nil, err
	}
	marks := map[string]Sealer{}
	for _, name := range []string{retryCookie, endedCookie, noticeCookie} {
		if marks[name], err = NewSealer(config.Secrets, "mark "+name); err != nil {
			return nil, err
		}
	}
	renewals, err := newRenewals()
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	ended, err := newMemory(endedLife)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	asked, err := newMemory(keepRenewal)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	name := "session"
	if config.Secure && config.Domain == "" {
		// The prefix makes browsers reject a cookie set by a sibling domain.
		name = "__Host-session"
	}
	config.Secrets = nil // only the derived keys are needed from here on
	return &Manager{config: config, name: name, sealer: own, pending: pending, trusted: trusted, stamps: stamps, marks: marks, renewals: renewals, ended: ended, asked: asked}, nil
}

// Middleware opens the session of each request and renews it once half of its token's
// life is over. The request goes on whatever fails; seen is told the outcome and may
// answer the request itself.
func (m *Manager) Middleware(seen func(*gin.Context, Outcome)) gin.HandlerFunc {
	return func(c *gin.Context) {
		s, outcome := m.open(c.Request)
		if outcome == "" && s.ID != "" {
			c.Set(incomingKey, s)
			outcome = m.take(c, s)
		}
		if outcome != "" {
			seen(c, outcome)
		}
	}
}

// take makes s the session of the request, renewing it if it is due.
func (m *Manager) take(c *gin.Context, s Session) Outcome {
	if m.isSignedOut(c, s) {
		return Ended
	}
	if m.config.Now().Before(s.refreshAt()) || !mayRenew(c.Request) {
		c.Set(contextKey, s)
		return ""
	}
	if m.isMarkedRefused(c, s.Token) {
		m.askAgain(s.Token)
	}
	result, asked := m.renew(c.Request.Context(), visitorOf(c), s)
	switch {
	case m.hasEnded(s.ID): // signed out in the meantime, which has revoked the token
		return Ended
	case errors.Is(result.err, ErrRefused):
		return m.retryOnce(c, s)
	case result.err != nil:
		// A failed renewal says nothing about the token. Keep using it; Directus still
		// checks every call.
		c.Set(contextKey, s)
		return Trouble
	}
	m.write(c, result.sealed, result.session)
	c.Set(contextKey, result.session)
	if asked {
		return Renewed
	}
	return Joined
}

// Start begins a session with the token Directus granted at sign-in. A session that
// came with the request ends, here and in Directus, so that no session lives on where
// its owner can't see it.
func (m *Manager) Start(c *gin.Context, g Grant, member Member) error {
	now := m.config.Now()
	s := Session{ID: rand.Text(), MemberID: g.MemberID, Member: member, SignedInAt: now}
	earlier, had := From(c)
	if err := m.set(c, s.renewed(g, now)); err != nil {
		return err
	}
	if incoming, did := m.incoming(c); did && had {
		m.markEnded(c, incoming)
		m.revokeAll(c, incoming, earlier)
	}
	return nil
}

// Replace gives the request's session another token and id and ends the old ones, so
// that a copy of its cookie is worth nothing from now on.
func (m *Manager) Replace(c *gin.Context) error {
	s, has := From(c)
	incoming, came := m.incoming(c)
	if !has || !came {
		return nil
	}
	ctx, visitor := context.WithoutCancel(c.Request.Context()), visitorOf(c)
	// Asked for anew: what other requests share belongs to the old id.
	result := m.ask(ctx, visitor, s)
	if result.err != nil {
		return result.err
	}
	next := result.session
	next.ID = rand.Text()
	if err := m.set(c, next); err != nil {
		return err
	}
	m.markEnded(c, incoming)
	m.revokeTokens(ctx, visitor, incoming.Token, s.Token)
	return nil
}

// Note stores what has changed in the member's row.
func (m *Manager) Note(c *gin.Context, member Member) error {
	s, ok := From(c)
	if !ok || s.Member == member {
		return nil
	}
	s.Member = member
	return m.set(c, s)
}

// open returns the session in the request's cookie if it is genuine and not over. With
// neither a session nor an outcome, there was no cookie.
func (m *Manager) open(r *http.Request) (Session, Outcome) {
	var outcome Outcome
	// There may be several cookies of that name: a sibling domain or a changed
	// COOKIE_DOMAIN can leave one beside ours.
	for _, cookie := range r.CookiesNamed(m.name) {
		var sealed sealedSession
		genuine := m.sealer.Open(cookie.Value, &sealed)
		s := sealed.Session
		s.Token = secret.Of(sealed.Token)
		switch {
		case !genuine || s.ID == "":
			if outcome == "" {
				outcome = Forged
			}
		case s.isOver(m.config.Now(), m.config.MaxAge):
			outcome = Over
		default:
			return s, ""
		}
	}
	return Session{}, outcome
}

// incoming returns the session as it came with the request.
func (m *Manager) incoming(c *gin.Context) (Session, bool) {
	value, _ := c.Get(incomingKey)
	s, ok := value.(Session)
	return s, ok
}

// set writes s into the response and makes it the session of this request.
func (m *Manager) set(c *gin.Context, s Session) error {
	sealed, err := m.seal(s)
	if err != nil {
		return err
	}
	m.write(c, sealed, s)
	c.Set(contextKey, s)
	return nil
}

func (m *Manager) seal(s Session) (string, error) {
	sealed, err := m.sealer.Seal(sealedSession{s, s.Token.Reveal()})
	if err != nil {
		return "", err
	}
	if len(m.name)+len(sealed) > maxCookie {
		return "", ErrTooLarge
	}
	return sealed, nil
}

// write sets the cookie for as long as the session can last without a renewal.
func (m *Manager) write(c *gin.Context, sealed string, s Session) {
	left := s.endsAt(m.config.MaxAge).Sub(m.config.Now())
	m.setCookie(c, sealed, max(1, int(left.Round(time.Second)/time.Second)))
	c.Set(writtenKey, s.ID)
}

func (m *Manager) clear(c *gin.Context) {
	m.setCookie(c, "", -1)
	c.Set(writtenKey, "")
}

// setCookie is the only place that writes the session cookie. Setting and deleting
// therefore use the same attributes; otherwise a browser would keep the cookie.
func (m *Manager) setCookie(c *gin.Context, value string, maxAge int) {
	cookie := http.Cookie{ // #nosec G124 -- Secure wherever the site has HTTPS
		Name:     m.name,
		Value:    value,
		Path:     "/",
		Domain:   m.config.Domain,
		MaxAge:   maxAge,
		Secure:   m.config.Secure,
		HttpOnly: true,
		SameSite: http.SameSiteStrictMode,
	}
	// A renewal may have set a cookie before the handler ends the session. Send only
	// the last one, since browsers disagree about which of two wins.
	removeCookie(c, m.name)
	http.SetCookie(c.Writer, &cookie)
}

// removeCookie drops any Set-Cookie for name from the response.
func removeCookie(c *gin.Context, name string) {
	header := c.Writer.Header()
	header["Set-Cookie"] = slices.DeleteFunc(header["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, name+"=")
	})
}

// Carries reports whether a request has a session cookie or pending state. It does not
// check whether they are genuine.
func (m *Manager) Carries(r *http.Request) bool {
	return len(r.CookiesNamed(m.name)) > 0 || slices.ContainsFunc(allKinds(), func(kind Kind) bool {
		return len(r.CookiesNamed(m.pendingName(kind))) > 0
	})
}

// KeepsCookies reports whether the browser has sent a cookie of ours, of any kind: one
// that refuses them never does.
func (m *Manager) KeepsCookies(r *http.Request) bool {
	return m.Carries(r) || slices.ContainsFunc([]string{deviceCookie, noticeCookie, appearanceCookie, languageCookie, retryCookie, endedCookie}, func(name string) bool {
		return len(r.CookiesNamed(m.plainName(name))) > 0
	})
}
