package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/metrics"
	"hutch/session"
)

// Log is the log of the handlers: it names the request, the address and the member
// in each line about a request, and counts events.
type Log struct {
	*slog.Logger
	metrics    *metrics.Metrics
	sessions   *session.Manager // unexported: a caller logs, and touches no session
	pseudonyms session.Pseudonyms
	said       *sayings
}

// sayings are the lines that are logged once.
type sayings struct {
	mu    sync.Mutex
	lines map[string]bool
}

// maxSayings bounds them: what there is to say may be made of what visitors send.
const maxSayings = 1000

// NewLog returns a log. Without metrics (nil), nothing is counted.
func NewLog(logger *slog.Logger, counts *metrics.Metrics, sessions *session.Manager, pseudonyms session.Pseudonyms) *Log {
	return &Log{logger, counts, sessions, pseudonyms, &sayings{lines: map[string]bool{}}}
}

// WarnOnce logs what stays as it is until somebody mends it: the first time that it is
// seen, and not at every request.
func (l *Log) WarnOnce(message string, attrs ...any) {
	line := fmt.Sprint(append([]any{message}, attrs...)...)
	l.said.mu.Lock()
	known := l.said.lines[line] || len(l.said.lines) >= maxSayings
	if !known {
		l.said.lines[line] = true
	}
	l.said.mu.Unlock()
	if !known {
		l.Warn(message, attrs...)
	}
}

// Requests logs one line per request: the route's pattern instead of the address,
// since a query may hold what nobody should read.
func (l *Log) Requests(c *gin.Context) {
	start := time.Now()
	ctx, upstream := directus.Measure(c.Request.Context())
	c.Request = c.Request.WithContext(ctx)
	defer func() { // also of a response that is cut off
		took, route, method := time.Since(start), c.FullPath(), method(c.Request.Method)
		status := outcome(c)
		l.metrics.Request(method, route, status, took)
		if routeOf(c).Quiet {
			return
		}
		level := slog.LevelInfo
		if status >= http.StatusInternalServerError && !hasLeft(c) {
			level = slog.LevelWarn
		}
		address, member := l.visitor(c)
		var signedIn slog.Attr // left out if nobody is
		if member != "" {
			signedIn = slog.String("member", member)
		}
		line := [...]slog.Attr{ // not values of any type, which cost an allocation each
			slog.String("request", requestID(c.Request)), slog.String("address", address), signedIn,
			slog.String("method", method), slog.String("route", route), slog.Int("status", status),
			slog.Duration("duration", took.Round(time.Microsecond)), slog.Duration("upstream", upstream().Round(time.Microsecond)),
		}
		l.LogAttrs(ctx, level, "request", line[:]...)
	}()
	c.Next()
}

// Who returns what a line of the log says of whose request it is about: the request
// id, the visitor's address and, if signed in, the member's pseudonym.
func (l *Log) Who(c *gin.Context) []any {
	address, member := l.visitor(c)
	attrs := []any{"request", requestID(c.Request), "address", address}
	if member != "" {
		attrs = append(attrs, "member", member)
	}
	return attrs
}

// visitor returns the visitor's address and, if signed in, the member's pseudonym.
func (l *Log) visitor(c *gin.Context) (address, member string) {
	if own, signedIn := session.From(c); signedIn {
		member = l.pseudonyms.Of(own.MemberID)
	}
	return c.ClientIP(), member
}

// Event logs and counts a security event. Attributes are constants or what the log
// may hold: no address of a person, no part of a query, nothing that was typed.
func (l *Log) Event(c *gin.Context, e Event, attrs ...any) {
	l.metrics.Event(string(e))
	line := append(l.Who(c), "event", string(e), "route", c.FullPath())
	if !signedIn(c) {
		if member := l.sessions.MemberOf(c.Request); member != "" { // whose session has just ended
			line = append(line, "member", l.pseudonyms.Of(member))
		}
	}
	l.Log(c.Request.Context(), e.level(), "security", append(line, attrs...)...)
}

// Throttled records that a limit has refused an attempt.
func (l *Log) Throttled(c *gin.Context, limit string) {
	l.metrics.Throttled(limit)
	l.Event(c, EventThrottled, "limit", limit)
}

// Session records what became of the session of a request.
func (l *Log) Session(c *gin.Context, outcome session.Outcome) {
	l.metrics.Session(string(outcome))
	switch outcome {
	case session.Retrying:
		l.Event(c, EventSessionRetrying)
	case session.Trouble:
		l.Event(c, EventSessionTrouble)
	case session.Refused:
		l.Event(c, EventSessionEnded)
	case session.Forged:
		l.Event(c, EventForgedCookie)
	}
}

// DirectusTrouble logs why Directus could not be asked, and has the response say
// when to come back.
func (l *Log) DirectusTrouble(c *gin.Context, err error) {
	RetryAfter(c, max(5*time.Second, directus.RetryAfter(err).Truncate(time.Second)))
	if hasLeft(c) {
		return
	}
	attrs := append(l.Who(c), "route", c.FullPath(), "failure", directus.FailureOf(err), "error", err)
	if errors.Is(err, directus.ResourceRestricted) {
		l.Error("directus is locked: it wants a licence", attrs...)
		return
	}
	l.Warn("directus is in trouble", attrs...)
}

// hasLeft reports whether the visitor has gone before the response was ready: what
// failed then says nothing about Directus, and nobody reads it.
func hasLeft(c *gin.Context) bool { return c.Request.Context().Err() != nil }

// statusLeft is recorded, and never sent, for a request whose visitor hung up before
// its response was complete. nginx counts them so.
const statusLeft = 499

const leftKey = "hutch/handlers/web left"

// noteLeft records that the visitor hung up.
func noteLeft(c *gin.Context) { c.Set(leftKey, true) }

// noteIfLeft is called when a response is about to be written. After that, visitors who
// have read it have often gone too.
func noteIfLeft(c *gin.Context) {
	if hasLeft(c) {
		noteLeft(c)
	}
}

// outcome is the status of a response for log and metrics.
func outcome(c *gin.Context) int {
	if c.GetBool(leftKey) {
		return statusLeft
	}
	return c.Writer.Status()
}

// method returns a known method. A client can send any word.
func method(sent string) string {
	switch sent {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return sent
	}
	return "other"
}

// Event is a security event: something that an operator searches the log for by
// its name. docs/operations.md says when each is logged.
type Event string

const (
	EventSignedIn          Event = "signed_in"
	EventSignInRefused     Event = "sign_in_refused"
	EventCodeRefused       Event = "code_refused"
	EventProofRefused      Event = "proof_refused"
	EventSignedOut         Event = "signed_out"
	EventSignedUp          Event = "signed_up"
	EventSessionEnded      Event = "session_ended"
	EventSessionRetrying   Event = "session_retrying"
	EventSessionTrouble    Event = "session_trouble"
	EventForgedCookie      Event = "forged_cookie"
	EventThrottled         Event = "throttled"
	EventFormTrapped       Event = "form_trapped"
	EventCrossOrigin       Event = "cross_origin_refused"
	EventHookRefused       Event = "hook_refused"
	EventEmailChanged      Event = "email_changed"
	EventPasswordChanged   Event = "password_changed"
	EventPasswordReset     Event = "password_reset"
	EventResetRequested    Event = "password_reset_requested"
	EventTwoFactorOn       Event = "two_factor_on"
	EventTwoFactorOff      Event = "two_factor_off"
	EventRecoveryUsed      Event = "recovery_code_used"
	EventAccountDeleted    Event = "account_deleted"
	EventInviteAccepted    Event = "invitation_accepted"
	EventEmailConfirmed    Event = "email_confirmed"
	EventOverloaded        Event = "overloaded"
	EventRefusedByDirectus Event = "refused_by_directus"
)

// level returns a warning for what may be an attack, or trouble.
func (e Event) level() slog.Level {
	switch e {
	case EventSignInRefused, EventCodeRefused, EventProofRefused, EventSessionTrouble, EventForgedCookie,
		EventThrottled, EventCrossOrigin, EventHookRefused, EventOverloaded, EventRefusedByDirectus:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// requestIDHeader identifies a request in our log, in the proxy's and in Directus'.
const requestIDHeader = "X-Request-Id"

// NameRequests gives each request an id that visitors can quote when they contact the
// operator. A trusted proxy's is kept; anybody else's could be the id of another
// request. From here on the request's own header has it.
func NameRequests(trustedProxies []string) gin.HandlerFunc {
	trusted := networks(trustedProxies)
	return func(c *gin.Context) {
		id := c.GetHeader(requestIDHeader)
		if !couldBeRequestID(id) || !contains(trusted, c.RemoteIP()) {
			id = rand.Text()
		}
		named := []string{id}
		c.Request.Header[requestIDHeader], c.Writer.Header()[requestIDHeader] = named, named
	}
}

// couldBeRequestID rejects text that would be a message of its own in a log or page.
func couldBeRequestID(id string) bool {
	return len(id) >= 8 && len(id) <= 128 && strings.IndexFunc(id, func(r rune) bool {
		return !strings.ContainsRune("-_.:=+/@", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}

// networks parses addresses and networks, which the configuration has checked.
func networks(listed []string) []netip.Prefix {
	var all []netip.Prefix
	for _, one := range listed {
		if network, err := netip.ParsePrefix(one); err == nil {
			all = append(all, network)
		} else if address, err := netip.ParseAddr(one); err == nil {
			all = append(all, netip.PrefixFrom(address, address.BitLen()))
		}
	}
	return all
}

func contains(all []netip.Prefix, ip string) bool {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	for _, network := range all {
		if network.Contains(address.Unmap()) {
			return true
		}
	}
	return false
}

func requestID(r *http.Request) string { return r.Header.Get(requestIDHeader) }
