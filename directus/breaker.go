package directus

import (
	"cmp"
	"errors"
	"net/http"
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
type breaker = gobreaker.TwoStepCircuitBreaker[struct{}]

func newBreaker(name string, options Options) *breaker {
	settings := gobreaker.Settings{
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
	}
	if told := options.BreakerChanged; told != nil {
		settings.OnStateChange = func(name string, _, to gobreaker.State) { told(name, to.String()) }
	}
	return gobreaker.NewTwoStepCircuitBreaker[struct{}](settings)
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
		if k.breaksDown && errors.As(err, &refusal) && refusal.Status == http.StatusInternalServerError {
			return errNotCounted // or strangers could stop everybody's calls with it
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
