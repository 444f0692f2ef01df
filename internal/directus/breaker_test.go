package directus

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The longest waits exceed the breaker's window. They count when they end.
func TestBreakerCountsLongCalls(t *testing.T) {
	t.Parallel()
	for _, took := range []time.Duration{readTimeout, writeTimeout, breakerWindow + time.Second, assetHeaderTimeout, uploadTimeout} {
		synctest.Test(t, func(t *testing.T) {
			var states []string
			b := newBreaker("x", Options{BreakerChanged: func(_, from, to string) { states = append(states, from+" to "+to) }})
			failed := errors.New("timeout")
			var early, late []func(error)
			for i := range 2 * tripAfter {
				done, err := b.allow()
				if err != nil {
					t.Fatal(err)
				}
				if i < tripAfter {
					early = append(early, done)
				} else {
					late = append(late, done)
				}
				time.Sleep(100 * time.Millisecond) // so that they begin in four different seconds
			}
			time.Sleep(took)
			for _, done := range early {
				done(failed)
			}
			if want := []string{" to closed", "closed to open"}; !slices.Equal(states, want) {
				t.Errorf("%d calls that failed after %s: %v, want %v", tripAfter, took, states, want)
			}
			// Earlier calls say nothing about how Directus is doing afterwards.
			time.Sleep(openFor + time.Second)
			for range breakerProbes {
				done, err := b.allow()
				if err != nil {
					t.Fatal(err)
				}
				done(nil)
			}
			for _, done := range late {
				done(failed)
			}
			if got := states[len(states)-1]; got != "half-open to closed" {
				t.Errorf("after %s: %s", took, got)
			}
		})
	}
}

// Failures older than the window are forgotten.
func TestBreakerLooksBackNoFurther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		changes := 0
		b := newBreaker("x", Options{BreakerChanged: func(_, _, _ string) { changes++ }})
		for range 2 * tripAfter {
			done, err := b.allow()
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			done(errors.New("timeout"))
		}
		if changes > 1 {
			t.Errorf("%s had ten failures at most", breakerWindow)
		}
	})
}

func TestUnansweredAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var u unanswered
		for i := range 100 {
			u.note(fmt.Sprint("token-", i), TimedOut)
		}
		if !u.has("token-7") || len(u.since) != 100 {
			t.Errorf("%d are kept", len(u.since))
		}
		if strings.Contains(fmt.Sprintf("%s", u.since), "token-7") {
			t.Error("tokens are kept in clear")
		}
		time.Sleep(renewalGrace)
		if u.note("another", NoFailure); len(u.since) > 0 || u.has("token-7") {
			t.Errorf("%d are kept that it is too late for", len(u.since))
		}
	})
}
