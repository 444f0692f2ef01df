package main

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

	"hutch/sandbox"
)

// What a page does beyond showing itself: in Chromium, with JavaScript, unless a
// test says otherwise.

// A followed link changes what a new page would change, and the browser's own
// buttons lead back to what was there.
func TestFollowedLinks(t *testing.T) {
	b := startApp(t, startSandbox(t, sandbox.Options{}), nil).browser(t, scripted)
	b.open("/blog")
	ask[chromedp.Void](t, b.tab, `() => {
		window.sameDocument = true
		document.querySelector("main ol li:last-child a").scrollIntoView({block: "center", behavior: "instant"})
	}`)
	scrolled := b.scrolled()
	if scrolled == 0 {
		t.Fatal("the page is too short to tell anything")
	}
	b.follow("main ol li:last-child a")
	post := b.path
	if !strings.HasPrefix(post, "/blog/") || !strings.HasPrefix(b.title(), b.doc.Find("h1").Text()) {
		t.Errorf("the link led to %s with the title %q", post, b.title())
	}
	if !ask[bool](t, b.tab, `() => window.sameDocument === true`) {
		t.Error("the link loaded a new document")
	}
	if focus := b.focused(); focus != "h1" {
		t.Errorf("the focus is on %s, want the heading", focus)
	}
	if b.scrolled() != 0 {
		t.Errorf("the new page begins scrolled by %v", b.scrolled())
	}
	if b.doc.Find(`nav a[href="/blog"]`).AttrOr("aria-current", "") != "true" {
		t.Error("the navigation does not show where the visitor is")
	}

	b.travel(-1)
	b.wantAt("/blog")
	if title := b.title(); !strings.HasPrefix(title, "Blog") {
		t.Errorf("back: the title is %q", title)
	}
	if got := b.scrolled(); got != scrolled {
		t.Errorf("back: the page is scrolled by %v, it was by %v", got, scrolled)
	}
	b.travel(+1)
	b.wantAt(post)
	if b.doc.Find("article").Length() != 1 {
		t.Error("forward: the post is not there")
	}
}

// What was private is gone with the session, also for the Back button.
func TestBackAfterSigningOut(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	inWays(t, func(t *testing.T, how way) {
		b := site.browser(t, how)
		who := b.signUp()
		b.follow(`nav a[href="/blog"]`)
		b.follow(`.menu a[href="/profile"]`)
		b.wantText(who.email)
		b.submit(`form[action="/logout"]`, nil)
		b.wantSignedIn(false)
		for range 3 {
			b.travel(-1)
			if strings.Contains(b.raw, who.email) || b.signedIn() {
				t.Errorf("%s shows what was private %s", b.path, ask[string](t, b.tab, `() => JSON.stringify(performance.getEntriesByType("navigation")[0])`))
			}
		}
	}, scripted, scriptless)
}

// The summary of a failed form takes the focus, and its links lead to the fields.
func TestFailedFormLeadsToItsFields(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	inWays(t, func(t *testing.T, how way) {
		b := site.browser(t, how)
		b.open("/signup")
		b.submit("#signup", map[string]string{"email": "nonsense", "password": "short"})
		b.wantError("email", "correct format")
		if focus := b.focused(); focus != "div.summary" {
			t.Errorf("the focus is on %s, want the summary", focus)
		}
		b.press(`.summary a[href="#signup-password"]`)
		if focus := b.focused(); focus != "input#signup-password" {
			t.Errorf("the link leads to %s, want the field", focus)
		}
	}, scripted, scriptless)
}

// Nothing typed is lost when the site cannot be reached or fails: the form
// stays, and a notice offers to send it again.
func TestTroubleLeavesTheForm(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	for name, trouble := range map[string]struct {
		begin, end func(*browser)
		says       string
	}{
		"no connection": {
			func(b *browser) { b.tab.offline(b.t, true) },
			func(b *browser) { b.tab.offline(b.t, false) },
			"No connection",
		},
		"the content service is down": {
			func(b *browser) { site.wire.breakOn("POST /auth/login", breakages["503"]) },
			func(*browser) { site.wire.mend() },
			"could not be done",
		},
		"too many tries": {
			func(b *browser) { site.wire.breakOn("POST /auth/login", breakages["429"]) },
			func(*browser) { site.wire.mend() },
			"tried too often",
		},
		"our own fault": {
			func(b *browser) { site.wire.breakOn("POST /auth/login", refuseOddly) },
			func(*browser) { site.wire.mend() },
			"Something went wrong",
		},
	} {
		t.Run(name, func(t *testing.T) {
			who := site.browser(t, plain).signUp()
			b := site.browser(t, scripted)
			b.open("/signin")
			trouble.begin(b)
			b.tab.forgiving(func() { b.submit("#signin", who.form()) })
			notice := strings.Join(strings.Fields(b.doc.Find("#notices").Text()), " ")
			if !strings.Contains(notice, trouble.says) || !strings.Contains(notice, "Try again") {
				t.Errorf("the notice says %q", notice)
			}
			if focus := b.focused(); focus != "div.trouble" {
				t.Errorf("the focus is on %s, want the notice", focus)
			}
			typed := ask[[]string](t, b.tab, `() => [...document.querySelectorAll("#signin input")].map(i => i.value)`)
			if len(typed) != 2 || typed[0] != who.email || typed[1] != who.password {
				t.Errorf("the form holds %q", typed)
			}
			if !strings.HasPrefix(b.title(), "Sign in") {
				t.Errorf("the title of the page that stays is %q", b.title())
			}
			trouble.end(b)
			b.tab.await(http.MethodPost)
			b.press("#notices .retry")
			b.wantAt("/profile")
			b.wantText(who.email)
		})
	}
}

// One page fades into the next, but not for those who want nothing to move.
func TestMotion(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	for preference, fades := range map[string]bool{"no-preference": true, "reduce": false} {
		b := site.browser(t, scripted)
		call(t, b.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-reduced-motion", Value: preference},
		}})
		b.open("/")
		ask[chromedp.Void](t, b.tab, `() => {
			const start = document.startViewTransition.bind(document)
			document.startViewTransition = change => {
				const transition = start(change)
				transition.ready.then(() => {
					window.fading = document.getAnimations().filter(a => a.effect.pseudoElement?.startsWith("::view-transition")).length
				})
				return transition
			}
		}`)
		b.follow(`nav a[href="/blog"]`)
		if fading := ask[int](t, b.tab, `() => window.fading ?? -1`); fading < 0 || (fading > 0) != fades {
			t.Errorf("with %s, %d parts of the page fade (-1: no transition at all)", preference, fading)
		}
	}
}

// Whoever presses something else while an answer is awaited goes there, and is
// not led away when the answer comes.
func TestOnlyTheLastWishCounts(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	who := site.browser(t, plain).signUp()
	for name, wish := range map[string]struct {
		slow string
		make func(*browser)
	}{
		"a link": {"/items/posts", func(b *browser) { b.tab.press(t, `nav a[href="/blog"]`) }},
		"a form": {"/auth/login", func(b *browser) {
			b.tab.fill(t, "#signin", "email", who.email)
			b.tab.fill(t, "#signin", "password", who.password)
			b.tab.press(t, "#signin [type=submit]")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := site.browser(t, scripted)
			b.open("/signin")
			asked, release := make(chan struct{}), make(chan struct{})
			begun := sync.OnceFunc(func() { close(asked) })
			site.wire.rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == wish.slow {
					begun()
					<-release
				}
				return false
			})
			wish.make(b)
			<-asked
			b.tab.press(t, `nav a[href="/pages/about"]`)
			time.Sleep(200 * time.Millisecond)
			close(release)
			b.look()
			time.Sleep(200 * time.Millisecond)
			b.look()
			site.wire.mend()
			b.wantAt("/pages/about")
			if !strings.HasPrefix(b.title(), "About") || b.doc.Find("h1").Text() != "About" {
				t.Errorf("the page is titled %q and headed %q", b.title(), b.doc.Find("h1").Text())
			}
		})
	}
}

// Back to a form that has been sent is no way to a button that cannot be pressed.
func TestBackToAFormThatWasSent(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	who := site.browser(t, plain).signUp()
	b := site.browser(t, scripted)
	b.open("/blog")
	b.follow(`nav a[href="/signin"]`)
	b.submit("#signin", who.form())
	b.wantAt("/profile")
	b.travel(-1)
	b.wantAt("/profile") // who is signed in need not sign in
	b.wantText(who.email)
}

// What a page leaves to be said is said once, on the next one, whatever that is.
func TestNotices(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	bothWays(t, func(t *testing.T, how way) {
		b := site.browser(t, how)
		said := func(want string) {
			t.Helper()
			if got := strings.TrimSpace(b.doc.Find(`main .notice[role="status"]`).Text()); got != want {
				t.Errorf("%s says %q, want %q", b.path, got, want)
			}
		}
		b.open("/profile")
		said("That page is for members: please sign in to go on.")
		b.open("/signup?redirectedFrom=%2Fblog")
		said("")
		b.submit("#signup", newAccount().form())
		b.wantAt("/blog")
		said("Welcome! Your account is ready.")
		b.open("/profile")
		said("")
		b.submit(`form[action="/logout"]`, nil)
		said("You are signed out.")

		// A notice that somebody has made up is not said.
		b.openAs("/signin", http.Header{"Cookie": {"notice=problem.broken"}})
		said("")
	})
}

// A link that reaches nobody leaves the page, and can be tried again.
func TestLinkWithoutConnection(t *testing.T) {
	b := startApp(t, startSandbox(t, sandbox.Options{}), nil).browser(t, scripted)
	b.open("/")
	b.tab.offline(t, true)
	b.tab.forgiving(func() { b.follow(`main a[href="/blog"]`) })
	b.wantAt("/")
	if notice := b.doc.Find("#notices").Text(); !strings.Contains(notice, "No connection") {
		t.Errorf("the notice says %q", notice)
	}
	b.tab.offline(t, false)
	b.follow("#notices .retry")
	b.wantAt("/blog")
}

// While an answer is awaited, the button says what it is doing and cannot be
// pressed again, and after a fifth of a second a line shows that time passes.
func TestWaiting(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, scripted)
	b.open("/signin")
	release := make(chan struct{})
	site.wire.rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/auth/login" {
			<-release
		}
		return false
	})
	b.tab.fill(t, "#signin", "email", "ada@example.com")
	b.tab.fill(t, "#signin", "password", "not-the-right-clover")
	ask[chromedp.Void](t, b.tab, `() => {
		const line = document.getElementById("progress")
		const began = performance.now()
		const watch = () => {
			if (getComputedStyle(line).visibility === "visible") window.lineAfter = performance.now() - began
			else requestAnimationFrame(watch)
		}
		document.querySelector("#signin").addEventListener("submit", watch)
	}`)
	b.tab.press(t, "#signin [type=submit]")
	time.Sleep(600 * time.Millisecond)
	button := ask[struct {
		Disabled  bool
		Says      string
		LineAfter float64
	}](t, b.tab, `() => {
		const button = document.querySelector("#signin [type=submit]")
		return {Disabled: button.disabled, Says: button.innerText.trim(), LineAfter: window.lineAfter ?? 0}
	}`)
	close(release)
	b.look()
	site.wire.mend()
	if !button.Disabled || button.Says != "Signing in…" {
		t.Errorf("the button can be pressed: %t, and says %q", !button.Disabled, button.Says)
	}
	if button.LineAfter < 200 {
		t.Errorf("the line appears after %v ms, want 200 or more (0: never)", button.LineAfter)
	}
	b.wantError("", "The email address or the password is wrong.")
	if says := ask[string](t, b.tab, `() => document.querySelector("#signin [type=submit]").innerText.trim()`); says != "Sign in" {
		t.Errorf("afterwards the button says %q", says)
	}
}

// A field says what cannot be right when the visitor leaves it, not before, and
// takes it back as soon as it is right.
func TestHintsWhileFillingIn(t *testing.T) {
	b := startApp(t, startSandbox(t, sandbox.Options{}), nil).browser(t, scripted)
	b.open("/signup")
	email := func(want string) {
		t.Helper()
		wrong := ask[string](t, b.tab, `() => {
			const input = document.getElementById("signup-email")
			const described = (input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean).map(id => document.getElementById(id).innerText).join(" ")
			return input.getAttribute("aria-invalid") === "true" ? described : ""
		}`)
		if (want == "") != (wrong == "") || !strings.Contains(wrong, want) {
			t.Errorf("the address is said to be wrong: %q, want %q", wrong, want)
		}
	}
	b.tab.typeInto(t, "#signup-email", "ada@")
	email("")
	b.tab.leave(t)
	email("correct format")
	b.tab.typeInto(t, "#signup-email", "example")
	email("correct format")
	b.tab.typeInto(t, "#signup-email", ".com")
	email("")

	b.tab.fill(t, "#signup", "email", "ada@gmial.com")
	b.tab.leave(t)
	email("")
	b.look()
	if offer := strings.Join(strings.Fields(b.doc.Find(".suggestion").Text()), " "); offer != "Did you mean ada@gmail.com?" {
		t.Errorf("the page offers %q", offer)
	}
	b.press(".suggestion button")
	if b.value("email") != "ada@gmail.com" || b.doc.Find(".suggestion button").Length() != 0 {
		t.Errorf("after taking the offer the address is %q", b.value("email"))
	}

	b.tab.fill(t, "#signup", "password", "short")
	b.look()
	if b.doc.Find(".error").Length() != 0 {
		t.Error("the password is called short while it is being typed")
	}
	b.tab.leave(t)
	b.look()
	if said := b.doc.Find("#signup-password-error").Text(); !strings.Contains(said, "at least 8 characters") {
		t.Errorf("a short password is said to be %q", said)
	}
}

// While a picture is on its way, a bar shows how far it is; what comes of it is
// told as with any other form, and the picture stays chosen for another try.
func TestUploadProgress(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, scripted)
	b.signIn(member)
	b.open("/profile")
	bar := func() (shown bool, value float64) {
		t.Helper()
		seen := ask[struct {
			Shown bool
			Value float64
		}](t, b.tab, `() => { const bar = document.querySelector("#avatar progress"); return {Shown: bar.checkVisibility(), Value: bar.value} }`)
		return seen.Shown, seen.Value
	}
	large := asPNG(t, painting(1000, 800)) // about two megabytes
	b.tab.fill(t, "#avatar", "picture", large)
	if shown, _ := bar(); shown {
		t.Error("the bar is there before anything is sent")
	}

	// No connection at all.
	b.tab.offline(t, true)
	b.tab.await(http.MethodPost)
	b.tab.forgiving(func() { b.press("#avatar [type=submit]") })
	if notice := b.doc.Find("#notices").Text(); !strings.Contains(notice, "No connection") || b.focused() != "div.trouble" {
		t.Errorf("without a connection the notice says %q, and the focus is on %s", notice, b.focused())
	}
	if shown, _ := bar(); shown {
		t.Error("the bar is still there when the upload has failed")
	}

	// A slow one, and the same file once more.
	b.tab.uploadSpeed(t, float64(len(large))/3)
	b.tab.await(http.MethodPost)
	b.tab.press(t, "#notices .retry")
	var values []float64
	said := ""
	for began := time.Now(); time.Since(began) < 2500*time.Millisecond; time.Sleep(50 * time.Millisecond) {
		if shown, value := bar(); shown && (len(values) == 0 || values[len(values)-1] != value) {
			values = append(values, value)
		}
		said += ask[string](t, b.tab, `() => document.getElementById("waiting").textContent`)
	}
	if len(values) < 3 || !slices.IsSorted(values) || values[len(values)-1] <= 0 {
		t.Errorf("the bar has shown %v, want it to grow", values)
	}
	if !strings.Contains(said, "Uploading…") {
		t.Errorf("screen readers are told %q while the upload takes its time", said)
	}
	b.look()
	b.wantAt("/profile")
	b.wantText("Your picture has been changed.")
	if b.doc.Find(".avatar img").Length() != 1 {
		t.Error("the picture is not there")
	}

	// What is refused comes back as any other form does.
	b.tab.uploadSpeed(t, -1)
	for content, sentence := range map[string]string{
		"":                           "Choose a picture.",
		"not a picture":              "no picture that can be used",
		strings.Repeat("x", 5<<20+1): "too large",
		strings.Repeat("x", 30<<20):  "too large", // the server does not read it to the end
	} {
		b.submit("#avatar", map[string]string{"picture": content})
		b.wantError("picture", sentence)
		if focus := b.focused(); focus != "div.summary" {
			t.Errorf("the focus is on %s, want the summary", focus)
		}
		if shown, _ := bar(); shown {
			t.Error("the bar is there although nothing is sent")
		}
	}

	// Whoever goes elsewhere meanwhile has given it up, and need not be told.
	b.tab.fill(t, "#avatar", "picture", large)
	b.tab.uploadSpeed(t, float64(len(large))/10)
	b.tab.press(t, "#avatar [type=submit]")
	time.Sleep(300 * time.Millisecond)
	b.follow(`nav a[href="/blog"]`)
	b.wantAt("/blog")
	if notice := b.doc.Find("#notices").Text(); strings.TrimSpace(notice) != "" {
		t.Errorf("the notice says %q", notice)
	}
}

// A password can be looked at, and is a password again when it is sent. Without
// JavaScript there is no button that does nothing.
func TestShowingThePassword(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	without := site.browser(t, scriptless)
	without.open("/signin")
	if ask[int](t, without.tab, `() => document.querySelectorAll(".reveal").length`) != 0 {
		t.Error("there is a button that cannot work")
	}

	b := site.browser(t, scripted)
	b.open("/signin")
	kind := func(want string) {
		t.Helper()
		b.look()
		if got := b.doc.Find("#signin-password").AttrOr("type", ""); got != want {
			t.Errorf("the field is of type %s, want %s", got, want)
		}
	}
	b.tab.fill(t, "#signin", "password", "not-the-right-clover")
	kind("password")
	b.tab.press(t, ".reveal:not([hidden])")
	kind("text")
	if says := b.doc.Find(".reveal:not([hidden])").AttrOr("aria-label", ""); says != "Hide password" || b.focused() != "button.reveal" {
		t.Errorf("the button is called %q, and the focus is on %s", says, b.focused())
	}
	b.tab.press(t, ".reveal:not([hidden])")
	kind("password")
	b.tab.press(t, ".reveal:not([hidden])")
	b.submit("#signin", map[string]string{"email": "ada@example.com"})
	b.wantError("", "The email address or the password is wrong.")
	kind("password")
}

// The choice of colours holds on every page, and leads back to where it was made.
func TestAppearance(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	inWays(t, func(t *testing.T, how way) {
		b := site.browser(t, how)
		scheme := func(want string) {
			t.Helper()
			if got := b.doc.Find("html").AttrOr("data-appearance", ""); got != want {
				t.Errorf("%s: the appearance is %q, want %q", b.path, got, want)
			}
			if b.tab == nil {
				return
			}
			dark := ask[bool](t, b.tab, `() => matchMedia("(prefers-color-scheme: dark)").matches`)
			computed := map[bool]string{true: "dark", false: "light"}
			used := want
			if used == "" {
				used = computed[dark]
			}
			paper := ask[string](t, b.tab, `() => getComputedStyle(document.body).backgroundColor`)
			if isDark := strings.HasPrefix(paper, "rgb(") && luminance(paper) < 0.5; isDark != (used == "dark") {
				t.Errorf("%s: the paper is %s, want %s", b.path, paper, used)
			}
		}
		b.open("/signin?redirectedFrom=%2Fblog")
		scheme("")
		for _, choice := range []string{"dark", "light", ""} {
			b.tab.fill(t, "#signin", "email", "ada@example.com")
			b.choose(choice)
			if how == scripted && b.value("email") != "ada@example.com" {
				t.Error("the choice of colours has cost what was typed")
			}
			b.wantAt("/signin?redirectedFrom=%2Fblog")
			scheme(choice)
			b.open("/blog")
			scheme(choice)
			b.open("/signin?redirectedFrom=%2Fblog")
		}
	}, scripted, scriptless)

	// Whatever else is sent is no choice, and no way off the site.
	b := site.browser(t, plain)
	for referer, want := range map[string]string{"": "/", "https://evil.test/blog?page=1": "/blog?page=1", "//evil.test//evil.test": "/", "%%%": "/"} {
		b.request(http.MethodPost, "/appearance", map[string][]string{"appearance": {"dark\"><script>"}}, http.Header{"Referer": {referer}})
		if b.status != http.StatusSeeOther || b.header.Get("Location") != want {
			t.Errorf("from %q: %d to %q, want %q", referer, b.status, b.header.Get("Location"), want)
		}
		if cookie := b.header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "appearance=;") {
			t.Errorf("the cookie is %q", cookie)
		}
	}
}

// choose presses one of the buttons for colours.
func (b *browser) choose(appearance string) {
	b.t.Helper()
	b.tab.await(http.MethodPost)
	b.press(`.appearance button[value="` + appearance + `"]`)
}

// press clicks on what the selector finds, and waits for what comes of it.
func (b *browser) press(selector string) {
	b.t.Helper()
	b.tab.press(b.t, selector)
	b.look()
}

// follow presses a link.
func (b *browser) follow(selector string) {
	b.t.Helper()
	b.tab.await(http.MethodGet)
	b.press(selector)
}

// travel goes back (-1) or forward (+1) in the tab's history.
func (b *browser) travel(by int) {
	b.t.Helper()
	history := call(b.t, b.tab, page.GetNavigationHistory, cdp.Empty{})
	before := b.tab.heard()
	call(b.t, b.tab, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{
		EntryID: history.Entries[int(history.CurrentIndex)+by].ID,
	})
	// htmx asks for the page a moment later; a page that the browser has kept is
	// not asked for at all.
	for range 50 {
		if b.tab.heard() != before {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.look()
}

// focused is the element that has the focus, as tag, id and first class.
func (b *browser) focused() string {
	b.t.Helper()
	return ask[string](b.t, b.tab, `() => {
		const e = document.activeElement
		return e.localName + (e.id ? "#" + e.id : e.classList.length ? "." + e.classList[0] : "")
	}`)
}

func (b *browser) scrolled() float64 {
	b.t.Helper()
	return ask[float64](b.t, b.tab, `() => scrollY`)
}

func (tab *tab) offline(t *testing.T, off bool) {
	t.Helper()
	call(t, tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}},
	})
}

// uploadSpeed bounds what the tab can send, in bytes a second; -1: it does not.
func (tab *tab) uploadSpeed(t *testing.T, most float64) {
	t.Helper()
	call(t, tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{DownloadThroughput: -1, UploadThroughput: most}},
	})
}

// forgiving drops what the console says of trouble that the test makes itself.
func (tab *tab) forgiving(do func()) {
	tab.mu.Lock()
	tab.forgives = true
	tab.mu.Unlock()
	do()
	tab.mu.Lock()
	tab.forgives, tab.faults = false, nil
	tab.mu.Unlock()
}

// typeInto adds to what is in a field, and stays there.
func (tab *tab) typeInto(t *testing.T, selector, text string) {
	t.Helper()
	ask[chromedp.Void](t, tab, `selector => {
		const field = document.querySelector(selector)
		field.focus()
		field.type === "email" || field.setSelectionRange(field.value.length, field.value.length)
	}`, selector)
	tab.insert(t, text)
}

// leave moves on to the next field.
func (tab *tab) leave(t *testing.T) {
	t.Helper()
	tab.key(t, "Tab", 9, 0)
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
