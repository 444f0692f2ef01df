package session

import (
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

// maxCookie is the length of name and value that every browser keeps (RFC 6265,
// 6.1). A longer cookie would be dropped without a word.
const maxCookie = 4096

// ErrTooLarge says that something does not fit into a cookie.
var ErrTooLarge = errors.New("session: too large for a cookie")

// Config is what a [Keeper] needs to know.
type Config struct {
	Secrets []string      // newest first; each at least 32 characters
	Domain  string        // of the cookie; empty: this host only
	Secure  bool          // HTTPS only
	MaxAge  time.Duration // a session ends this long after sign-in, however often it is renewed
	Renew   Renew
	Revoke  Revoke
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger
}

// Keeper keeps the sessions of all visitors. It holds none of them itself: they
// live in the visitors' cookies, so that any number of processes can serve them.
type Manager struct {
	config   Config
	name     string
	sealer   Sealer
	held     map[Kind]Sealer
	known    Sealer
	marks    map[string]Sealer // by the name of the cookie
	renewals *otter.Cache[string, renewal]
	ended    *otter.Cache[string, struct{}] // ids
	asked    *otter.Cache[string, struct{}] // what, and tokens
	running  sync.WaitGroup
}

// NewKeeper returns a keeper, or an error if it has no secret.
func NewManager(config Config) (*Manager, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	own, err := NewSealer(config.Secrets, "session")
	if err != nil {
		return nil, err
	}
	held := map[Kind]Sealer{}
	for _, what := range allHeld() {
		if held[what], err = NewSealer(config.Secrets, "held "+string(what)); err != nil {
			return nil, err
		}
	}
	known, err := NewSealer(config.Secrets, "known browser")
	if err != nil {
		return nil, err
	}
	marks := map[string]Sealer{}
	for _, name := range []string{healCookie, endedCookie} {
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
		// The prefix makes browsers refuse a cookie that a sibling domain set.
		name = "__Host-session"
	}
	config.Secrets = nil // the keys are made
	return &Manager{config: config, name: name, sealer: own, held: held, known: known, marks: marks, renewals: renewals, ended: ended, asked: asked}, nil
}

// Middleware opens the session of each request and renews it when half of its
// token's life is over. Whatever goes wrong, the request goes on; what happened is
// told to seen, which may answer the request.
func (k *Manager) Middleware(seen func(*gin.Context, Outcome)) gin.HandlerFunc {
	return func(c *gin.Context) {
		s, outcome := k.open(c.Request)
		if outcome == "" && s.ID != "" {
			c.Set(cameKey, s)
			outcome = k.take(c, s)
		}
		if outcome != "" {
			seen(c, outcome)
		}
	}
}

// take makes s the session of the request, renewed if that is due.
func (k *Manager) take(c *gin.Context, s Session) Outcome {
	if k.hasEnded(c, s) {
		return Ended
	}
	if k.config.Now().Before(s.refreshAt()) || !mayRenew(c.Request) {
		c.Set(contextKey, s)
		return ""
	}
	if k.isMarkedRefused(c, s.Token) {
		k.askAgain(s.Token)
	}
	result, asked := k.renew(c.Request.Context(), visitorOf(c), s)
	switch {
	case k.isBuried(s.ID): // meanwhile; whoever signed out has seen to the token
		return Ended
	case errors.Is(result.err, ErrRefused):
		return k.refused(c, s)
	case result.err != nil:
		// Trouble says nothing about the token: it serves on as long as it
		// lives, and Directus answers for the rest.
		c.Set(contextKey, s)
		return Trouble
	}
	k.write(c, result.sealed, result.session)
	c.Set(contextKey, result.session)
	if asked {
		return Renewed
	}
	return Joined
}

// Start begins a session with what Directus granted at sign-in. One that came with
// the request ends, here and at Directus: nobody keeps a session that they no
// longer see.
func (k *Manager) Start(c *gin.Context, g Grant, member Member) error {
	now := k.config.Now()
	s := Session{ID: rand.Text(), MemberID: g.MemberID, Member: member, SignedInAt: now}
	earlier, had := From(c)
	if err := k.save(c, s.renewed(g, now)); err != nil {
		return err
	}
	if came, did := k.came(c); did && had {
		k.bury(c, came)
		k.revokeAll(c, came, earlier)
	}
	return nil
}

// Note remembers what has changed in the member's row.
func (k *Manager) Note(c *gin.Context, member Member) error {
	s, ok := From(c)
	if !ok || s.Member == member {
		return nil
	}
	s.Member = member
	return k.save(c, s)
}

// open returns the session of a request's cookie, if it is genuine and not over.
// Without one, and without a reason, there is no cookie.
func (k *Manager) open(r *http.Request) (Session, Outcome) {
	var outcome Outcome
	// There may be several of that name: a sibling domain can set one beside
	// ours, and so does a change of COOKIE_DOMAIN.
	for _, cookie := range r.CookiesNamed(k.name) {
		var sealed sealedSession
		genuine := k.sealer.Open(cookie.Value, &sealed)
		s := sealed.Session
		s.Token = secret.Of(sealed.Token)
		switch {
		case !genuine || s.ID == "":
			if outcome == "" {
				outcome = Forged
			}
		case s.isOver(k.config.Now(), k.config.MaxAge):
			outcome = Over
		default:
			return s, ""
		}
	}
	return Session{}, outcome
}

// came is the session that came with the request, as it came.
func (k *Manager) came(c *gin.Context) (Session, bool) {
	value, _ := c.Get(cameKey)
	s, ok := value.(Session)
	return s, ok
}

// save writes s into the answer and makes it the session of this request.
func (k *Manager) save(c *gin.Context, s Session) error {
	sealed, err := k.seal(s)
	if err != nil {
		return err
	}
	k.write(c, sealed, s)
	c.Set(contextKey, s)
	return nil
}

func (k *Manager) seal(s Session) (string, error) {
	sealed, err := k.sealer.Seal(sealedSession{s, s.Token.Reveal()})
	if err != nil {
		return "", err
	}
	if len(k.name)+len(sealed) > maxCookie {
		return "", ErrTooLarge
	}
	return sealed, nil
}

// write sets the cookie for as long as the session can last without a renewal.
func (k *Manager) write(c *gin.Context, sealed string, s Session) {
	left := s.endsAt(k.config.MaxAge).Sub(k.config.Now())
	k.setCookie(c, sealed, max(1, int(left.Round(time.Second)/time.Second)))
	c.Set(writtenKey, s.ID)
}

func (k *Manager) clear(c *gin.Context) {
	k.setCookie(c, "", -1)
	c.Set(writtenKey, "")
}

// setCookie is the only one that writes the session's cookie, so that deleting
// has the same attributes as setting: a browser would keep the cookie otherwise.
func (k *Manager) setCookie(c *gin.Context, value string, maxAge int) {
	cookie := http.Cookie{ // #nosec G124 -- Secure wherever the site has HTTPS
		Name:     k.name,
		Value:    value,
		Path:     "/",
		Domain:   k.config.Domain,
		MaxAge:   maxAge,
		Secure:   k.config.Secure,
		HttpOnly: true,
		SameSite: http.SameSiteStrictMode,
	}
	// A renewal may have set one before the handler ends the session: the last
	// word alone goes out, since not all browsers agree which of two holds.
	takeBack(c, k.name)
	http.SetCookie(c.Writer, &cookie)
}

// takeBack has the answer say nothing of the cookie of this name.
func takeBack(c *gin.Context, name string) {
	header := c.Writer.Header()
	header["Set-Cookie"] = slices.DeleteFunc(header["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, name+"=")
	})
}
