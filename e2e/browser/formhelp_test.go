package browser_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

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

	// Leaving the page meanwhile gives the upload up, and shows no error.
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

// With the keyboard one goes from the password to the button that sends it, and finds the
// one that shows the password after that: there is more than one password to show.
func TestShowingThePasswordByKeyboard(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Scripted)
	b.SignIn(harness.Member)
	b.Open("/profile/password")
	press := func(key string, code int64, want string) {
		t.Helper()
		b.Tab.Key(t, key, code, 0)
		if got := harness.Ask[string](t, b.Tab, `() => document.activeElement.name || document.activeElement.innerText`); got != want {
			t.Errorf("%s leads to %q, want %q", key, got, want)
		}
	}
	harness.Ask[chromedp.Void](t, b.Tab, `() => document.querySelector("[name=current_password]").focus()`)
	seen := func() string {
		return harness.Ask[string](t, b.Tab, `() => {
			const button = document.querySelector("show-passwords button")
			return [button.ariaPressed, ...[...document.querySelectorAll("main form-field input")].map(input => input.type), ...[...document.querySelectorAll(".reveal:not([hidden])")].map(b => b.innerText), button.getBoundingClientRect().height >= 44].join(" ")
		}`)
	}
	press("Tab", 9, "password")
	press("Tab", 9, b.Doc.Find("#change-password [type=submit] .idle").Text())
	press("Tab", 9, "Show password")
	if got := seen(); got != "false password password Show Show true" {
		t.Errorf("before: %s", got)
	}
	b.Enter()
	if got := seen(); got != "true text text Hide Hide true" {
		t.Errorf("shown: %s", got)
	}
	b.Enter()
	if got := seen(); got != "false password password Show Show true" {
		t.Errorf("hidden again: %s", got)
	}
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

// uploadSpeed bounds what the tab can send, in bytes a second; -1: it does not.
func uploadSpeed(t *testing.T, tab *harness.Tab, most float64) {
	t.Helper()
	harness.Call(t, tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{DownloadThroughput: -1, UploadThroughput: most}},
	})
}

// luminance is how bright a colour such as "rgb(23, 26, 25)" is, from 0 to 1.
func luminance(colour string) float64 {
	var r, g, b float64
	if _, err := fmt.Sscanf(colour, "rgb(%g, %g, %g)", &r, &g, &b); err != nil {
		return 0.5
	}
	return (0.21*r + 0.72*g + 0.07*b) / 255
}
