package account_test

import (
	"crypto/rand"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/sandbox"
)

// However Directus breaks down, what was typed comes back, and can be sent again.
func TestInputSurvivesAnOutage(t *testing.T) {
	harness.TakesSeconds(t)
	harness.OnDirectusInTestAll(t, func(t *testing.T, up harness.Upstream) {
		up.EveryWay(t, func(t *testing.T, how harness.Way) {
			for i, what := range slices.Sorted(maps.Keys(harness.Breakages)) {
				if !up.InFull() && i > 0 && (how.InChromium() || !up.Sandbox) {
					continue // for a browser and for Directus they are the same
				}
				t.Run(what, func(t *testing.T) {
					site := harness.StartApp(t, up, nil)
					b := site.Browser(t, how)
					who := b.SignUp()
					for _, f := range typings(who) {
						t.Run(f.name, func(t *testing.T) {
							b.T = t
							comesBackAfterAnOutage(t, b, f, what)
						})
					}
				})
			}
		})
	})
}

func comesBackAfterAnOutage(t *testing.T, b *harness.Browser, f typing, what string) {
	b.Open(f.page)
	b.WantAt(f.page)
	b.App.Wire.BreakWith(harness.Breakages[what])
	defer b.App.Wire.Mend()
	b.Submit(f.form, f.all())
	status, words := http.StatusServiceUnavailable, "can't load this page right now"
	if what == "429" {
		status, words = http.StatusTooManyRequests, "Wait a moment"
	}
	b.WantStatus(status)
	b.WantText(words)
	b.WantSignedIn(true)
	nobodyShows(b, f)
	if b.Header.Get("Retry-After") == "" {
		t.Error("it does not say when to try again")
	}
	if stays := b.How == harness.HTMX || b.How == harness.Scripted; stays {
		if b.How == harness.Scripted {
			wantTyped(b, f)
		}
	} else if f.secret != nil {
		b.WantText("We never keep passwords or codes.")
	}
	if f.typed == nil && (b.How == harness.Plain || b.How == harness.Scriptless) {
		if way := b.Doc.Find(`main a:contains("Go back to the form")`).AttrOr("href", ""); way != f.page {
			t.Errorf("the way back is %q", way)
		}
		return
	}
	if b.How == harness.Plain || b.How == harness.Scriptless {
		b.WantText(keptInPage)
		sendOnceMore(b, f) // too early
		b.WantStatus(status)
		b.WantText(keptInPage)
	}
	b.App.Wire.Mend()
	if f.name == "password" || f.name == "two-factor" {
		return // it stays as it is, which is told above
	}
	sendOnceMore(b, f)
	if f.secret != nil && (b.How == harness.Plain || b.How == harness.Scriptless) {
		b.WantError("current_password", "Enter your password.")
		wantTyped(b, f)
		b.Submit(f.form, f.secret)
	}
	b.WantText(f.done)
}

// A Directus that never answers is given up, and what was typed comes back as well.
func TestInputSurvivesATimeout(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Treated = &directus.Options{MaxWait: 3 * time.Second, TripAfter: math.MaxUint32} // nobody need wait for the usual ten
	site := harness.StartApp(t, up, nil)
	for _, how := range []harness.Way{harness.Plain, harness.HTMX, harness.Scriptless} {
		t.Run(string(how), func(t *testing.T) {
			b := site.Browser(t, how)
			b.SignUp()
			f := typing{"profile", "/profile", "#edit-profile", harness.TypedProfile(), nil, "Your profile has been saved."}
			b.Open(f.page)
			site.Wire.BreakWith(func(_ http.ResponseWriter, r *http.Request) {
				select {
				case <-r.Context().Done():
				case <-time.After(30 * time.Second):
				}
			})
			b.Submit(f.form, f.typed)
			site.Wire.Mend()
			b.WantStatus(http.StatusGatewayTimeout)
			if b.Header.Get("Retry-After") == "" {
				t.Error("it does not say when to try again")
			}
			sendOnceMore(b, f)
			b.WantText(f.done)
		})
	}
}

// A button has nothing typed, and can be pressed again. With htmx the page stays.
func TestButtonsSurviveAnOutage(t *testing.T) {
	harness.TakesSeconds(t)
	t.Parallel()
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	for _, how := range []harness.Way{harness.Plain, harness.HTMX, harness.Scripted, harness.Scriptless} {
		t.Run(string(how), func(t *testing.T) {
			b := site.Browser(t, how)
			b.SignUp()
			harness.Uploading(harness.Picture())(b)
			b.Open("/profile")
			site.Wire.BreakWith(harness.Breakages["503"])
			b.Submit("#remove-avatar", nil)
			site.Wire.Mend()
			b.WantStatus(http.StatusServiceUnavailable)
			again := "#again"
			if how == harness.HTMX || how == harness.Scripted {
				again = "#remove-avatar"
			}
			b.Submit(again, nil)
			b.WantText("Your profile picture has been removed.")
		})
	}
}

// Nobody can make the page of a problem grow, or hold a script.
func TestWhatComesBackIsOnlyText(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Plain)
	many := url.Values{}
	for i := range 3000 {
		many.Set(fmt.Sprintf("f%d", i), rand.Text()[:12])
	}
	b.Request(http.MethodPost, "/profile", many, nil)
	b.Load()
	if n := b.Doc.Find("#again input").Length(); b.Status != http.StatusForbidden || n > 256 {
		t.Errorf("%d: %d fields come back", b.Status, n)
	}
	b.Request(http.MethodPost, "/profile", url.Values{`"><script>alert(1)</script>`: {harness.TooLong() + `"><script>alert(2)</script>`}, "password": {"teapot-orchard-gravel"}}, nil)
	b.Load()
	if b.Doc.Find("#again script").Length() > 0 || b.Doc.Find("#again input").Length() != 1 {
		t.Errorf("what comes back: %.300s", b.Raw)
	}
	b.Request(http.MethodPost, "/profile", url.Values{"first_name": {strings.Repeat("x", 70<<10)}}, nil)
	if b.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a form that is too large: %d", b.Status)
	}
	for _, forged := range []string{"", "x", strings.Repeat("A", 4000)} {
		b.HTTP.Jar.SetCookies(b.Address(), []*http.Cookie{{Name: "pending-form", Value: forged, Path: "/"}})
		b.SignUp()
		b.WantStatus(http.StatusOK)
		b.Request(http.MethodPost, "/logout", url.Values{}, nil)
	}
}
