package browser_test

import (
	"fmt"
	"net/http"
	"slices"
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

// A followed link changes what a new page would change, and the browser's own
// buttons lead back to what was there.
func TestFollowedLinks(t *testing.T) {
	b := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil).Browser(t, harness.Scripted)
	b.Open("/blog")
	harness.Ask[chromedp.Void](t, b.Tab, `() => {
		window.sameDocument = true
		document.querySelector("main ol li:last-child a").scrollIntoView({block: "center", behavior: "instant"})
	}`)
	scrolled := scrollPosition(b)
	if scrolled == 0 {
		t.Fatal("the page is too short to tell anything")
	}
	b.Follow("main ol li:last-child a")
	post := b.Path
	if !strings.HasPrefix(post, "/blog/") || !strings.HasPrefix(b.Title(), b.Doc.Find("h1").Text()) {
		t.Errorf("the link led to %s with the title %q", post, b.Title())
	}
	if !harness.Ask[bool](t, b.Tab, `() => window.sameDocument === true`) {
		t.Error("the link loaded a new document")
	}
	if focus := focusedElement(b); focus != "h1" {
		t.Errorf("the focus is on %s, want the heading", focus)
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
	if got := scrollPosition(b); got != scrolled {
		t.Errorf("back: the page is scrolled by %v, it was by %v", got, scrolled)
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
		b.Submit(`form[action="/logout"]`, nil)
		b.WantSignedIn(false)
		for range 3 {
			travel(b, -1)
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

// One page fades into the next, but not for those who want nothing to move.
func TestMotion(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	for preference, fades := range map[string]bool{"no-preference": true, "reduce": false} {
		b := site.Browser(t, harness.Scripted)
		harness.Call(t, b.Tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-reduced-motion", Value: preference},
		}})
		b.Open("/")
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
		b.Follow(`nav a[href="/blog"]`)
		if fading := harness.Ask[int](t, b.Tab, `() => window.fading ?? -1`); fading < 0 || (fading > 0) != fades {
			t.Errorf("with %s, %d parts of the page fade (-1: no transition at all)", preference, fading)
		}
	}
}

// Whoever presses something else while an answer is awaited goes there, and is
// not led away when the answer comes.
func TestOnlyTheLastWishCounts(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	who := site.Browser(t, harness.Plain).SignUp()
	for name, wish := range map[string]struct {
		slow string
		make func(*harness.Browser)
	}{
		"a link": {"/items/posts", func(b *harness.Browser) { b.Tab.Press(t, `nav a[href="/blog"]`) }},
		"a form": {"/auth/login", func(b *harness.Browser) {
			b.Tab.Fill(t, "#signin", "email", who.Email)
			b.Tab.Fill(t, "#signin", "password", who.Password)
			b.Tab.Press(t, "#signin [type=submit]")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := site.Browser(t, harness.Scripted)
			b.Open("/signin")
			asked, release := make(chan struct{}), make(chan struct{})
			begun := sync.OnceFunc(func() { close(asked) })
			site.Wire.Rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == wish.slow {
					begun()
					<-release
				}
				return false
			})
			wish.make(b)
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
		})
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

// A link that reaches nobody leaves the page, and can be tried again.
func TestLinkWithoutConnection(t *testing.T) {
	b := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil).Browser(t, harness.Scripted)
	b.Open("/")
	offline(t, b.Tab, true)
	forgiving(b.Tab, func() { b.Follow(`main a[href="/blog"]`) })
	b.WantAt("/")
	if notice := b.Doc.Find("#notices").Text(); !strings.Contains(notice, "No connection") {
		t.Errorf("the notice says %q", notice)
	}
	offline(t, b.Tab, false)
	b.Follow("#notices .retry")
	b.WantAt("/blog")
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

// A field says what cannot be right when the visitor leaves it, not before, and
// takes it back as soon as it is right.
func TestHintsWhileFillingIn(t *testing.T) {
	b := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil).Browser(t, harness.Scripted)
	b.Open("/signup")
	email := func(want string) {
		t.Helper()
		wrong := harness.Ask[string](t, b.Tab, `() => {
			const input = document.getElementById("signup-email")
			const described = (input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean).map(id => document.getElementById(id).innerText).join(" ")
			return input.getAttribute("aria-invalid") === "true" ? described : ""
		}`)
		if (want == "") != (wrong == "") || !strings.Contains(wrong, want) {
			t.Errorf("the address is said to be wrong: %q, want %q", wrong, want)
		}
	}
	typeInto(t, b.Tab, "#signup-email", "ada@")
	email("")
	leave(t, b.Tab)
	email("correct format")
	typeInto(t, b.Tab, "#signup-email", "example")
	email("correct format")
	typeInto(t, b.Tab, "#signup-email", ".com")
	email("")

	b.Tab.Fill(t, "#signup", "email", "ada@gmial.com")
	leave(t, b.Tab)
	email("")
	b.Look()
	if offer := strings.Join(strings.Fields(b.Doc.Find(".suggestion").Text()), " "); offer != "Did you mean ada@gmail.com?" {
		t.Errorf("the page offers %q", offer)
	}
	b.Press(".suggestion button")
	if b.Value("email") != "ada@gmail.com" || b.Doc.Find(".suggestion button").Length() != 0 {
		t.Errorf("after taking the offer the address is %q", b.Value("email"))
	}

	b.Tab.Fill(t, "#signup", "password", "short")
	b.Look()
	if b.Doc.Find(".error").Length() != 0 {
		t.Error("the password is called short while it is being typed")
	}
	leave(t, b.Tab)
	b.Look()
	if said := b.Doc.Find("#signup-password-error").Text(); !strings.Contains(said, "at least 8 characters") {
		t.Errorf("a short password is said to be %q", said)
	}
}

// While a picture is on its way, a bar shows how far it is; what comes of it is
// told as with any other form, and the picture stays chosen for another try.
func TestUploadProgress(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Scripted)
	b.SignIn(harness.Member)
	b.Open("/profile")
	bar := func() (shown bool, value float64) {
		t.Helper()
		seen := harness.Ask[struct {
			Shown bool
			Value float64
		}](t, b.Tab, `() => { const bar = document.querySelector("#avatar progress"); return {Shown: bar.checkVisibility(), Value: bar.value} }`)
		return seen.Shown, seen.Value
	}
	large := harness.AsPNG(t, harness.Painting(1000, 800)) // about two megabytes
	b.Tab.Fill(t, "#avatar", "picture", large)
	if shown, _ := bar(); shown {
		t.Error("the bar is there before anything is sent")
	}

	// No connection at all.
	offline(t, b.Tab, true)
	b.Tab.Await(http.MethodPost)
	forgiving(b.Tab, func() { b.Press("#avatar [type=submit]") })
	if notice := b.Doc.Find("#notices").Text(); !strings.Contains(notice, "No connection") || focusedElement(b) != "div.trouble" {
		t.Errorf("without a connection the notice says %q, and the focus is on %s", notice, focusedElement(b))
	}
	if shown, _ := bar(); shown {
		t.Error("the bar is still there when the upload has failed")
	}

	// A slow one, and the same file once more.
	uploadSpeed(t, b.Tab, float64(len(large))/3)
	b.Tab.Await(http.MethodPost)
	b.Tab.Press(t, "#notices .retry")
	var values []float64
	said := ""
	for began := time.Now(); time.Since(began) < 2500*time.Millisecond; time.Sleep(50 * time.Millisecond) {
		if shown, value := bar(); shown && (len(values) == 0 || values[len(values)-1] != value) {
			values = append(values, value)
		}
		said += harness.Ask[string](t, b.Tab, `() => document.getElementById("waiting").textContent`)
	}
	if len(values) < 3 || !slices.IsSorted(values) || values[len(values)-1] <= 0 {
		t.Errorf("the bar has shown %v, want it to grow", values)
	}
	if !strings.Contains(said, "Uploading…") {
		t.Errorf("screen readers are told %q while the upload takes its time", said)
	}
	b.Look()
	b.WantAt("/profile")
	b.WantText("Your profile picture has been changed.")
	if b.Doc.Find(".avatar img").Length() != 1 {
		t.Error("the picture is not there")
	}

	// What is refused comes back as any other form does.
	uploadSpeed(t, b.Tab, -1)
	for content, sentence := range map[string]string{
		"":                           "Choose a picture.",
		"not a picture":              "Choose a JPEG, PNG or WebP image.",
		strings.Repeat("x", 5<<20+1): "too large",
		strings.Repeat("x", 30<<20):  "too large", // the server does not read it to the end
	} {
		b.Submit("#avatar", map[string]string{"picture": content})
		b.WantError("picture", sentence)
		if focus := focusedElement(b); focus != "div.summary" {
			t.Errorf("the focus is on %s, want the summary", focus)
		}
		if shown, _ := bar(); shown {
			t.Error("the bar is there although nothing is sent")
		}
	}

	// Whoever goes elsewhere meanwhile has given it up, and need not be told.
	b.Tab.Fill(t, "#avatar", "picture", large)
	uploadSpeed(t, b.Tab, float64(len(large))/10)
	b.Tab.Press(t, "#avatar [type=submit]")
	for deadline := time.Now().Add(harness.Patience); ; time.Sleep(10 * time.Millisecond) {
		if shown, _ := bar(); shown {
			break // the upload is under way
		}
		if time.Now().After(deadline) {
			t.Fatal("no upload begins")
		}
	}
	b.Follow(`nav a[href="/blog"]`)
	b.WantAt("/blog")
	if notice := b.Doc.Find("#notices").Text(); strings.TrimSpace(notice) != "" {
		t.Errorf("the notice says %q", notice)
	}
}

// A password can be looked at, and is a password again when it is sent. Without
// JavaScript there is no button that does nothing.
func TestShowingThePassword(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	without := site.Browser(t, harness.Scriptless)
	without.Open("/signin")
	if harness.Ask[int](t, without.Tab, `() => document.querySelectorAll(".reveal").length`) != 0 {
		t.Error("there is a button that cannot work")
	}

	b := site.Browser(t, harness.Scripted)
	b.Open("/signin")
	kind := func(want string) {
		t.Helper()
		b.Look()
		if got := b.Doc.Find("#signin-password").AttrOr("type", ""); got != want {
			t.Errorf("the field is of type %s, want %s", got, want)
		}
	}
	b.Tab.Fill(t, "#signin", "password", "not-the-right-clover")
	kind("password")
	b.Tab.Press(t, ".reveal:not([hidden])")
	kind("text")
	if says := b.Doc.Find(".reveal:not([hidden])").AttrOr("aria-label", ""); says != "Hide password" || focusedElement(b) != "button.reveal" {
		t.Errorf("the button is called %q, and the focus is on %s", says, focusedElement(b))
	}
	b.Tab.Press(t, ".reveal:not([hidden])")
	kind("password")
	b.Tab.Press(t, ".reveal:not([hidden])")
	b.Submit("#signin", map[string]string{"email": "ada@example.com"})
	b.WantError("", "The email address or password is incorrect.")
	kind("password")
}

// The choice of colours holds on every page, and leads back to where it was made.
func TestAppearance(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	harness.InWays(t, func(t *testing.T, how harness.Way) {
		b := site.Browser(t, how)
		scheme := func(want string) {
			t.Helper()
			if got := b.Doc.Find("html").AttrOr("data-appearance", ""); got != want {
				t.Errorf("%s: the appearance is %q, want %q", b.Path, got, want)
			}
			if b.Tab == nil {
				return
			}
			dark := harness.Ask[bool](t, b.Tab, `() => matchMedia("(prefers-color-scheme: dark)").matches`)
			computed := map[bool]string{true: "dark", false: "light"}
			used := want
			if used == "" {
				used = computed[dark]
			}
			paper := harness.Ask[string](t, b.Tab, `() => getComputedStyle(document.body).backgroundColor`)
			if isDark := strings.HasPrefix(paper, "rgb(") && luminance(paper) < 0.5; isDark != (used == "dark") {
				t.Errorf("%s: the paper is %s, want %s", b.Path, paper, used)
			}
		}
		b.Open("/signin?redirectedFrom=%2Fblog")
		scheme("")
		for _, choice := range []string{"dark", "light", ""} {
			b.Tab.Fill(t, "#signin", "email", "ada@example.com")
			choose(b, choice)
			if how == harness.Scripted && b.Value("email") != "ada@example.com" {
				t.Error("the choice of colours has cost what was typed")
			}
			b.WantAt("/signin?redirectedFrom=%2Fblog")
			scheme(choice)
			b.Open("/blog")
			scheme(choice)
			b.Open("/signin?redirectedFrom=%2Fblog")
		}
	}, harness.Scripted, harness.Scriptless)

	// Whatever else is sent is no choice, and no way off the site.
	b := site.Browser(t, harness.Plain)
	for referer, want := range map[string]string{"": "/", "https://evil.test/blog?page=1": "/blog?page=1", "//evil.test//evil.test": "/", "%%%": "/"} {
		b.Request(http.MethodPost, "/appearance", map[string][]string{"appearance": {"dark\"><script>"}}, http.Header{"Referer": {referer}})
		if b.Status != http.StatusSeeOther || b.Header.Get("Location") != want {
			t.Errorf("from %q: %d to %q, want %q", referer, b.Status, b.Header.Get("Location"), want)
		}
		if cookie := b.Header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "appearance=;") {
			t.Errorf("the cookie is %q", cookie)
		}
	}
}

// choose presses one of the buttons for colours.
func choose(b *harness.Browser, appearance string) {
	b.T.Helper()
	b.Tab.Await(http.MethodPost)
	b.Press(`.appearance button[value="` + appearance + `"]`)
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

// uploadSpeed bounds what the tab can send, in bytes a second; -1: it does not.
func uploadSpeed(t *testing.T, tab *harness.Tab, most float64) {
	t.Helper()
	harness.Call(t, tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{DownloadThroughput: -1, UploadThroughput: most}},
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

// luminance is how bright a colour such as "rgb(23, 26, 25)" is, from 0 to 1.
func luminance(colour string) float64 {
	var r, g, b float64
	if _, err := fmt.Sscanf(colour, "rgb(%g, %g, %g)", &r, &g, &b); err != nil {
		return 0.5
	}
	return (0.21*r + 0.72*g + 0.07*b) / 255
}
