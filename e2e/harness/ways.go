package harness

import (
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
// same.
func BothWays(t *testing.T, journey func(*testing.T, Way)) { InWays(t, journey, Plain, HTMX) }

// EveryWay runs a journey in a real browser as well. The sandbox, which is quick,
// also sees the browser with JavaScript switched off.
func (up Upstream) EveryWay(t *testing.T, journey func(*testing.T, Way)) {
	ways := []Way{Plain, HTMX, Scripted}
	if up.Sandbox {
		ways = append(ways, Scriptless)
	}
	InWays(t, journey, ways...)
}

func InWays(t *testing.T, journey func(*testing.T, Way), ways ...Way) {
	for _, how := range ways {
		t.Run(string(how), func(t *testing.T) { journey(t, how) })
	}
}
