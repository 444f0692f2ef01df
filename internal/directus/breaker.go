package directus

import (
	"cmp"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

const (
	// breakerWindow is how far back a breaker looks.
	breakerWindow = 10 * time.Second
	// tripAfter is the default of Options.TripAfter.
	tripAfter = 20
	// breakerProbes is how many calls then test whether Directus is back.
	breakerProbes = 3
	// openFor is the default of Options.OpenFor.
	openFor = 5 * time.Second
)

// breaker fails calls at once while most of their kind fail. Waiting would help no
// visitor, and Directus would get no chance to recover.
type breaker struct {
	counts  *gobreaker.TwoStepCircuitBreaker[struct{}]
	changes atomic.Int64
}

func newBreaker(name string, options Options) *breaker {
	b := &breaker{}
	told := options.BreakerChanged
	if told == nil {
		told = func(string, string, string) {}
	}
	b.counts = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name:         name,
		MaxRequests:  breakerProbes,
		Interval:     breakerWindow,
		BucketPeriod: time.Second,
		Timeout:      cmp.Or(options.OpenFor, openFor),
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			judged := counts.TotalSuccesses + counts.TotalFailures
			return judged >= cmp.Or(options.TripAfter, tripAfter) && counts.TotalFailures*2 >= judged
		},
		IsExcluded: func(err error) bool { return errors.Is(err, errNotCounted) },
		OnStateChange: func(name string, from, to gobreaker.State) {
			b.changes.Add(1)
			told(name, from.String(), to.String())
		},
	})
	told(name, "", gobreaker.StateClosed.String())
	return b
}

// allow reports whether a call may be made; done then takes its result. Calls that
// began before the last change of state no longer count.
func (b *breaker) allow() (done func(error), err error) {
	ended, err := b.counts.Allow()
	if err != nil {
		return nil, err
	}
	before := b.changes.Load()
	return func(verdict error) {
		if b.counts.State() != gobreaker.StateClosed || b.changes.Load() != before {
			ended(verdict)
			return
		}
		// gobreaker counts a call in the second in which it began, and forgets it
		// with that second, so a timeout longer than the window would never count.
		// Count it as a call that begins and ends now.
		ended(errNotCounted)
		if now, err := b.counts.Allow(); err == nil {
			now(verdict)
		}
	}, nil
}

// errNotCounted means that a call says nothing about Directus' health.
var errNotCounted = errors.New("not counted")

// verdict returns what to tell the breaker about a call's end.
func (k call) verdict(err error) error {
	switch failure := FailureOf(err); failure {
	case NoFailure, Refused:
		return nil
	case Broken:
		var refusal *Error
		if errors.As(err, &refusal) && (k.breaksDown && refusal.Status == http.StatusInternalServerError ||
			k.crowded && refusal.Status == http.StatusServiceUnavailable) {
			return errNotCounted // or anybody could stop everybody's calls with it
		}
		return err
	case TimedOut, Cut, Foreign:
		return err
	default:
		// Limited is our fault and Left the visitor's. Odd may be permanent: a
		// project whose items have another shape must not lose everything else too.
		return errNotCounted
	}
}
