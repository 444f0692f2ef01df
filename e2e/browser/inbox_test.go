package browser_test

import (
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// How long it is until an email can be sent again is counted down, and the button waits
// as well. Without JavaScript it is words, and the button can be pressed.
func TestTheWaitIsCountedDown(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	harness.InWays(t, func(t *testing.T, how harness.Way) {
		who := harness.NewAccount()
		ask := func(b *harness.Browser) {
			b.Open("/password/forgot")
			b.Submit("#forgot", map[string]string{"email": who.Email})
		}
		b := site.Browser(t, how)
		ask(b)
		for range 4 {
			ask(site.Browser(t, harness.Plain))
		}
		b.Submit("#resend", nil)
		b.WantStatus(http.StatusTooManyRequests)
		type look struct {
			Says, Over string
			Disabled   bool
		}
		see := func() look {
			return harness.Ask[look](t, b.Tab, `() => ({
				Says: document.querySelector("wait-over").innerText.trim(), Over: document.querySelector("wait-over [role=status]").textContent,
				Disabled: document.querySelector("#resend [type=submit]").disabled,
			})`)
		}
		if how == harness.Scriptless {
			if got := see(); got.Says != "You can ask again in 20 minutes." || got.Disabled || got.Over != "" {
				t.Errorf("%+v", got)
			}
			return
		}
		first := see()
		if !regexp.MustCompile(`^You can ask again in (20:00|19:\d\d)\.$`).MatchString(first.Says) || !first.Disabled || first.Over != "" {
			t.Errorf("at first: %+v", first)
		}
		harness.Ask[chromedp.Void](t, b.Tab, `said => { window.said = said }`, first.Says)
		b.Tab.WaitFor(t, `() => document.querySelector("wait-over").innerText.trim() !== window.said`)

		site.Pass(20 * time.Minute)
		harness.Ask[chromedp.Void](t, b.Tab, `() => { const now = Date.now; Date.now = () => now() + 20 * 60 * 1000 }`)
		b.Tab.WaitFor(t, `() => !document.querySelector("#resend [type=submit]").disabled`)
		if got := see(); got.Over != "You can ask again now." || got.Disabled {
			t.Errorf("in the end: %+v", got)
		}
		b.Submit("#resend", nil)
		b.WantText("we've sent the email again.")
	}, harness.Scripted, harness.Scriptless)
}
