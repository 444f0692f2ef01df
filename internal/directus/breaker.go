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
	// tripAfter is how many answers it takes to judge, where Options do not say.
	tripAfter = 20
	// breakerProbes are the calls that then try it out.
	breakerProbes = 3
	// openFor is how long Directus is left alone, where Options do not say.
	openFor = 5 * time.Second
)

// breaker gives up calls at once while most of their kind fail: whoever waits for
// a Directus in trouble learns no more by waiting, and it gets no rest.
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

// allow reports whether a call may be made, which then says how it has ended. What
// began before the last change of state counts no more.
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
		// gobreaker counts a call for the second in which it began, and forgets it
		// with that one: a timeout longer than the window would never count. So it
		// counts as one that begins and ends now.
		ended(errNotCounted)
		if now, err := b.counts.Allow(); err == nil {
			now(verdict)
		}
	}, nil
}

// errNotCounted tells a breaker that a call has said nothing of Directus' health.
var errNotCounted = errors.New("not counted")

// verdict is what the end of a call tells its breaker.
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
		// Limited is us, Left the visitor, and what is Odd may be odd for ever: a
		// project whose items have another shape must not lose the rest as well.
		return errNotCounted
	}
}
