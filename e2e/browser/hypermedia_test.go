package browser_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// What a page does beyond showing itself: in Chromium, with JavaScript, unless a
// test says otherwise.

// A link is the browser's own: htmx would lose what browsers do well. It leads to the
// top of a page that says where the visitor is, and the buttons lead back and forth.
func TestFollowedLinks(t *testing.T) {
	b := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil).Browser(t, harness.Scripted)
	b.Open("/blog")
	harness.Ask[chromedp.Void](t, b.Tab, `() => { window.sameDocument = true }`)
	b.Follow("main ol li:last-child a")
	post := b.Path
	if !strings.HasPrefix(post, "/blog/") || !strings.HasPrefix(b.Title(), b.Doc.Find("h1").Text()) {
		t.Errorf("the link led to %s with the title %q", post, b.Title())
	}
	if harness.Ask[bool](t, b.Tab, `() => window.sameDocument === true`) {
		t.Error("the link was not followed by the browser")
	}
	if scrollPosition(b) != 0 {
		t.Errorf("the new page begins scrolled by %v", scrollPosition(b))
	}
	if b.Doc.Find(`nav a[href="/blog"]`).AttrOr("aria-current", "") != "true" {
		t.Error("the navigation does not show where the visitor is")
	}

	travel(b, -1)
	b.WantAt("/blog")
	if title := b.Title(); !strings.HasPrefix(title, "Blog") {
		t.Errorf("back: the title is %q", title)
	}
	travel(b, +1)
	b.WantAt(post)
	if b.Doc.Find("article").Length() != 1 {
		t.Error("forward: the post is not there")
	}
}

// What was private is gone with the session, also for the Back button.
func TestBackAfterSigningOut(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	harness.InWays(t, func(t *testing.T, how harness.Way) {
		b := site.Browser(t, how)
		who := b.SignUp()
		b.Follow(`nav a[href="/blog"]`)
		b.Follow(`.menu a[href="/profile"]`)
		b.WantText(who.Email)
		b.Follow(`.menu a[href="/logout"]`)
		b.Submit(`form[action="/logout"]`, nil)
		b.WantSignedIn(false)
		for i := range 4 {
			travel(b, -1)
			if i == 0 {
				b.WantAt("/logout")
				b.WantText("You're signed out")
			}
			if strings.Contains(b.Raw, who.Email) || b.SignedIn() {
				t.Errorf("%s shows what was private %s", b.Path, harness.Ask[string](t, b.Tab, `() => JSON.stringify(performance.getEntriesByType("navigation")[0])`))
			}
		}
	}, harness.Scripted, harness.Scriptless)
}

// The summary of a failed form takes the focus, and its links lead to the fields.
func TestFailedFormLeadsToItsFields(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	harness.InWays(t, func(t *testing.T, how harness.Way) {
		b := site.Browser(t, how)
		b.Open("/signup")
		b.Submit("#signup", map[string]string{"email": "nonsense", "password": "short"})
		b.WantError("email", "correct format")
		if focus := focusedElement(b); focus != "div.summary" {
			t.Errorf("the focus is on %s, want the summary", focus)
		}
		b.Press(`.summary a[href="#signup-password"]`)
		if focus := focusedElement(b); focus != "input#signup-password" {
			t.Errorf("the link leads to %s, want the field", focus)
		}
	}, harness.Scripted, harness.Scriptless)
}

// Nothing typed is lost when the site cannot be reached or fails: the form
// stays, and a notice offers to send it again.
func TestTroubleLeavesTheForm(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	for name, trouble := range map[string]struct {
		begin, end func(*harness.Browser)
		says       string
	}{
		"no connection": {
			func(b *harness.Browser) { offline(b.T, b.Tab, true) },
			func(b *harness.Browser) { offline(b.T, b.Tab, false) },
			"No connection",
		},
		"the content service is down": {
			func(b *harness.Browser) { site.Wire.BreakOn("POST /auth/login", harness.Breakages["503"]) },
			func(*harness.Browser) { site.Wire.Mend() },
			"couldn't do this right now",
		},
		"too many tries": {
			func(b *harness.Browser) { site.Wire.BreakOn("POST /auth/login", harness.Breakages["429"]) },
			func(*harness.Browser) { site.Wire.Mend() },
			"tried this too often",
		},
		"our own fault": {
			func(b *harness.Browser) { site.Wire.BreakOn("POST /auth/login", refuseOddly) },
			func(*harness.Browser) { site.Wire.Mend() },
			"Something went wrong",
		},
	} {
		t.Run(name, func(t *testing.T) {
			who := site.Browser(t, harness.Plain).SignUp()
			b := site.Browser(t, harness.Scripted)
			b.Open("/signin")
			trouble.begin(b)
			forgiving(b.Tab, func() { b.Submit("#signin", who.Form()) })
			notice := strings.Join(strings.Fields(b.Doc.Find("#notices").Text()), " ")
			if !strings.Contains(notice, trouble.says) || !strings.Contains(notice, "Try again") {
				t.Errorf("the notice says %q", notice)
			}
			if focus := focusedElement(b); focus != "div.trouble" {
				t.Errorf("the focus is on %s, want the notice", focus)
			}
			typed := harness.Ask[[]string](t, b.Tab, `() => [...document.querySelectorAll("#signin input")].map(i => i.value)`)
			if len(typed) != 2 || typed[0] != who.Email || typed[1] != who.Password {
				t.Errorf("the form holds %q", typed)
			}
			if !strings.HasPrefix(b.Title(), "Sign in") {
				t.Errorf("the title of the page that stays is %q", b.Title())
			}
			trouble.end(b)
			b.Tab.Await(http.MethodPost)
			b.Press("#notices .retry")
			b.WantAt("/profile")
			b.WantText(who.Email)
		})
	}
}

// What a form answers fades in, but not for those who want nothing to move.
func TestMotion(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	for preference, fades := range map[string]bool{"no-preference": true, "reduce": false} {
		b := site.Browser(t, harness.Scripted)
		harness.Call(t, b.Tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-reduced-motion", Value: preference},
		}})
		b.Open("/signin")
		harness.Ask[chromedp.Void](t, b.Tab, `() => {
			const start = document.startViewTransition.bind(document)
			document.startViewTransition = change => {
				const transition = start(change)
				transition.ready.then(() => {
					window.fading = document.getAnimations().filter(a => a.effect.pseudoElement?.startsWith("::view-transition")).length
				})
				return transition
			}
		}`)
		b.Submit("#signin", map[string]string{"email": "nonsense"})
		if fading := harness.Ask[int](t, b.Tab, `() => window.fading ?? -1`); fading < 0 || (fading > 0) != fades {
			t.Errorf("with %s, %d parts of the page fade (-1: no transition at all)", preference, fading)
		}
	}
}

// A link pressed while the answer to a form is awaited wins, and what is given up for it
// is no trouble.
func TestOnlyTheLastWishCounts(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	who := site.Browser(t, harness.Plain).SignUp()
	b := site.Browser(t, harness.Scripted)
	b.Open("/signin")
	harness.Ask[chromedp.Void](t, b.Tab, `() => addEventListener("pagehide", () => {
		sessionStorage.said = document.getElementById("notices").innerText
	})`)
	asked, release := make(chan struct{}), make(chan struct{})
	begun := sync.OnceFunc(func() { close(asked) })
	site.Wire.Rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/auth/login" {
			begun()
			<-release
		}
		return false
	})
	b.Tab.Fill(t, "#signin", "email", who.Email)
	b.Tab.Fill(t, "#signin", "password", who.Password)
	b.Tab.Press(t, "#signin [type=submit]")
	<-asked
	b.Tab.Press(t, `nav a[href="/pages/about"]`)
	b.Tab.WaitFor(t, `() => location.pathname === "/pages/about"`)
	close(release)
	site.Wire.WaitForRest(t)
	b.Look()
	site.Wire.Mend()
	b.WantAt("/pages/about")
	if !strings.HasPrefix(b.Title(), "About") || b.Doc.Find("h1").Text() != "About" {
		t.Errorf("the page is titled %q and headed %q", b.Title(), b.Doc.Find("h1").Text())
	}
	if said := harness.Ask[string](t, b.Tab, `() => sessionStorage.said`); said != "" {
		t.Errorf("the page that was left says %q", said)
	}
}

// Back to a form that has been sent is no way to a button that cannot be pressed.
func TestBackToAFormThatWasSent(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	who := site.Browser(t, harness.Plain).SignUp()
	b := site.Browser(t, harness.Scripted)
	b.Open("/blog")
	b.Follow(`nav a[href="/signin"]`)
	b.Submit("#signin", who.Form())
	b.WantAt("/profile")
	travel(b, -1)
	b.WantAt("/profile") // who is signed in need not sign in
	b.WantText(who.Email)
}

// What a page leaves to be said is said once, on the next one, whatever that is.
func TestNotices(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	harness.BothWays(t, func(t *testing.T, how harness.Way) {
		b := site.Browser(t, how)
		said := func(want string) {
			t.Helper()
			if got := strings.TrimSpace(b.Doc.Find(`main .notice[role="status"]`).Text()); got != want {
				t.Errorf("%s says %q, want %q", b.Path, got, want)
			}
		}
		b.Open("/profile")
		said("Sign in to see that page.")
		b.Open("/signup?redirectedFrom=%2Fblog")
		said("")
		b.Submit("#signup", harness.NewAccount().Form())
		b.WantAt("/blog")
		said("Welcome! Your account is ready.")
		b.Open("/profile")
		said("")
		b.Submit(`form[action="/logout"]`, nil)
		said("You're signed out.")

		// A notice that somebody has made up is not said.
		b.OpenAs("/signin", http.Header{"Cookie": {"notice=problem.broken"}})
		said("")
	})
}

// While an answer is awaited, the button says what it is doing and cannot be
// pressed again, and after a fifth of a second a line shows that time passes.
func TestWaiting(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Scripted)
	b.Open("/signin")
	release := make(chan struct{})
	site.Wire.Rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/auth/login" {
			<-release
		}
		return false
	})
	b.Tab.Fill(t, "#signin", "email", "ada@example.com")
	b.Tab.Fill(t, "#signin", "password", "not-the-right-clover")
	harness.Ask[chromedp.Void](t, b.Tab, `() => {
		const line = document.getElementById("progress")
		const began = performance.now()
		const watch = () => {
			if (getComputedStyle(line).visibility === "visible") window.lineAfter = performance.now() - began
			else requestAnimationFrame(watch)
		}
		document.querySelector("#signin").addEventListener("submit", watch)
	}`)
	b.Tab.Press(t, "#signin [type=submit]")
	b.Tab.WaitFor(t, `() => window.lineAfter > 0`)
	button := harness.Ask[struct {
		Disabled  bool
		Says      string
		LineAfter float64
	}](t, b.Tab, `() => {
		const button = document.querySelector("#signin [type=submit]")
		return {Disabled: button.disabled, Says: button.innerText.trim(), LineAfter: window.lineAfter ?? 0}
	}`)
	close(release)
	b.Look()
	site.Wire.Mend()
	if !button.Disabled || button.Says != "Signing in…" {
		t.Errorf("the button can be pressed: %t, and says %q", !button.Disabled, button.Says)
	}
	if button.LineAfter < 200 {
		t.Errorf("the line appears after %v ms, want 200 or more (0: never)", button.LineAfter)
	}
	b.WantError("", "The email address or password is incorrect.")
	if says := harness.Ask[string](t, b.Tab, `() => document.querySelector("#signin [type=submit]").innerText.trim()`); says != "Sign in" {
		t.Errorf("afterwards the button says %q", says)
	}
}

// travel goes back (-1) or forward (+1) in the tab's history.
func travel(b *harness.Browser, by int) {
	b.T.Helper()
	history := harness.Call(b.T, b.Tab, page.GetNavigationHistory, cdp.Empty{})
	before := b.Tab.Heard()
	harness.Call(b.T, b.Tab, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{
		EntryID: history.Entries[int(history.CurrentIndex)+by].ID,
	})
	// htmx asks for the page a moment later; a page that the browser has kept is
	// not asked for at all.
	for range 50 {
		if b.Tab.Heard() != before {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Look()
}

// focusedElement is the element that has the focus, as tag, id and first class.
func focusedElement(b *harness.Browser) string {
	b.T.Helper()
	return harness.Ask[string](b.T, b.Tab, `() => {
		const e = document.activeElement
		return e.localName + (e.id ? "#" + e.id : e.classList.length ? "." + e.classList[0] : "")
	}`)
}

func scrollPosition(b *harness.Browser) float64 {
	b.T.Helper()
	return harness.Ask[float64](b.T, b.Tab, `() => scrollY`)
}

func offline(t *testing.T, tab *harness.Tab, off bool) {
	t.Helper()
	harness.Call(t, tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}},
	})
}

// forgiving drops what the console says of trouble that the test makes itself.
func forgiving(tab *harness.Tab, do func()) {
	tab.Mu.Lock()
	tab.Forgives = true
	tab.Mu.Unlock()
	do()
	tab.Mu.Lock()
	tab.Forgives, tab.Faults = false, nil
	tab.Mu.Unlock()
}

// typeInto adds to what is in a field, and stays there.
func typeInto(t *testing.T, tab *harness.Tab, selector, text string) {
	t.Helper()
	harness.Ask[chromedp.Void](t, tab, `selector => {
		const field = document.querySelector(selector)
		field.focus()
		field.type === "email" || field.setSelectionRange(field.value.length, field.value.length)
	}`, selector)
	tab.Insert(t, text)
}

// leave moves on to the next field.
func leave(t *testing.T, tab *harness.Tab) {
	t.Helper()
	tab.Key(t, "Tab", 9, 0)
}

// refuseOddly answers as no Directus should, which is a fault of ours.
func refuseOddly(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte(`{"errors":[{"message":"upstream-secret","extensions":{"code":"INVALID_QUERY"}}]}`))
}
