package harness

import (
	"os"
	"testing"
)

// Way is how a visitor goes about the site.
type Way string

const (
	Plain      Way = "plain"                       // HTTP, as a browser without JavaScript
	HTMX       Way = "htmx"                        // HTTP, as htmx
	Scripted   Way = "Chromium"                    // a real browser
	Scriptless Way = "Chromium without JavaScript" // the same, with JavaScript switched off
)

func (w Way) InChromium() bool { return w == Scripted || w == Scriptless }

// BothWays runs a journey without JavaScript and with htmx: the outcome is the
// same. -short looks at the first only.
func BothWays(t *testing.T, journey func(*testing.T, Way)) {
	Upstream{Sandbox: true}.BothWays(t, journey)
}

// BothWays leaves htmx to the sandbox, as a real Directus is asked the same with it;
// make test-all looks at the newest too.
func (up Upstream) BothWays(t *testing.T, journey func(*testing.T, Way)) {
	InWays(t, journey, up.withoutBrowser()...)
}

// InDetail is for what goes wrong on a journey whose good end goes through
// [Upstream.EveryWay]: Hutch's own code notices it, behind calls that the contract
// suite holds the sandbox to, so that a real Directus is for make test-all.
func (up Upstream) InDetail(t *testing.T, journey func(*testing.T, Way)) {
	if up.Sandbox || All() {
		up.BothWays(t, journey)
	}
}

func (up Upstream) withoutBrowser() []Way {
	if up.InFull() || up.Sandbox && !testing.Short() {
		return []Way{Plain, HTMX}
	}
	return []Way{Plain}
}

// InFull reports whether this is make test-all in front of the sandbox or of the newest
// Directus, where every combination is tried. Older versions and PostgreSQL answer in
// other words, but they are asked the same by whatever way a visitor goes.
func (up Upstream) InFull() bool { return All() && (up.Sandbox || up.Major == 12 && !up.Postgres) }

// EveryWay runs a journey on the sandbox in a real browser as well. What a browser
// does is the same in front of a real Directus, and without JavaScript it sends what
// plain HTTP does, so that there only make test-all looks; or a journey that asks for
// more.
func (up Upstream) EveryWay(t *testing.T, journey func(*testing.T, Way), more ...Way) {
	ways := up.withoutBrowser()
	switch {
	case testing.Short():
	case up.Sandbox && up.InFull():
		ways = append(ways, Scripted, Scriptless)
	case up.Sandbox:
		ways = append(append(ways, Scripted), more...)
	case up.InFull():
		ways = append(ways, Scripted)
	}
	InWays(t, journey, ways...)
}

func InWays(t *testing.T, journey func(*testing.T, Way), ways ...Way) {
	for _, how := range ways {
		t.Run(string(how), func(t *testing.T) { journey(t, how) })
	}
}

// All reports whether this is make test-all, which looks at more versions of
// Directus, in more ways, and longer.
func All() bool { return os.Getenv("HUTCH_ALL") == "1" }

// ForAll is the first line of a test that takes minutes. What it shows in full,
// another test shows in short.
func ForAll(t *testing.T) {
	t.Helper()
	if !All() {
		t.Skip("takes minutes: make test-all")
	}
}

// TakesSeconds is the first line of a test that the quick loop leaves out: it waits as
// long as a visitor would, or asks for hundreds of pages.
func TakesSeconds(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds: not with -short")
	}
}
