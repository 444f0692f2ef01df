package directus

import (
	"errors"
	"fmt"
	"os"
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

// docs/operations.md states the limits of calls as they are in the code (ASVS 13.1.2,
// 13.1.3).
func TestLimitsAreAsDocumented(t *testing.T) {
	raw, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, begins := strings.Cut(string(raw), "<!-- calls")
	documented, _, ends := strings.Cut(after, "<!-- end of calls -->")
	if !begins || !ends {
		t.Fatal("the tables are not there")
	}
	for _, row := range []string{
		fmt.Sprintf("refreshes, passwords | %d |", signInCalls),
		fmt.Sprintf("lists, menus, feeds | %d |", otherCalls),
		fmt.Sprintf("a post, a page, an author | %d |", otherCalls),
		fmt.Sprintf("further pages of a list | %d |", searchCalls),
		fmt.Sprintf("calls with a token | %d |", otherCalls),
		fmt.Sprintf("if large, have started | %d |", assetCalls),
		fmt.Sprintf("| wait for a free slot | %s |", slotWait),
		fmt.Sprintf("| dial | %s |", dialTimeout),
		fmt.Sprintf("| TLS handshake | %s |", tlsTimeout),
		fmt.Sprintf("| response to a read | %s |", readTimeout),
		fmt.Sprintf("| response to a sign-in or a change | %s |", writeTimeout),
		fmt.Sprintf("| upload of a picture | %s |", uploadTimeout),
		fmt.Sprintf("| image, first byte | %s |", assetHeaderTimeout),
		fmt.Sprintf("| image, last byte | %s |", assetTimeout),
		fmt.Sprintf("gets any of it | up to %d MB; %d MB in total |", maxKept>>20, maxKeptTogether>>20),
		fmt.Sprintf("while its visitor reads | %d at once |", assetDownloads),
		fmt.Sprintf("| idle connection | %s |", idleTimeout),
		fmt.Sprintf("| response header | %d KB |", maxHeader>>10),
		fmt.Sprintf("| response body | %d MB; an error %d KB |", maxBody>>20, maxErrorBody>>10),
		fmt.Sprintf("| retries | %d after %s to %s,", maxRetries, minPause, maxPause),
		fmt.Sprintf("one for each %.0f calls, with %d to spare |", 1/retryShare, retrySpared),
		fmt.Sprintf("| circuit breaker | opens for %s when half of at least %d calls in %s failed, then lets %d through |", openFor, tripAfter, breakerWindow, breakerProbes),
	} {
		if !strings.Contains(documented, row) {
			t.Errorf("docs/operations.md does not say %q", row)
		}
	}
}
