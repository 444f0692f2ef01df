package main

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/sandbox"
)

// Nothing typed is lost: not when the session has ended while the form was filled
// in, and not when Directus is away as it is sent.

// typing is a form of members, with something typed into it.
type typing struct {
	name   string
	page   string
	form   string            // its selector
	typed  map[string]string // what may be kept
	secret map[string]string // what may not
	done   string            // what is said when it was sent with success
}

// typings are the forms of who, the one that ends the account last.
func typings(who account) []typing {
	canary := "Canary" + rand.Text()[:10]
	password := map[string]string{"current_password": who.password}
	return []typing{
		{"profile", "/profile", "#edit-profile", map[string]string{
			"first_name": canary, "description": "Two lines of " + canary + ".\n\"Quoted\" <b>& more</b>", "appearance": "dark",
		}, nil, "Your profile has been saved."},
		{"email", "/profile/email", "#change-email", map[string]string{"email": who.email}, password, "This is your email address already."},
		{"password", "/profile/password", "#change-password", nil, map[string]string{"current_password": who.password, "password": passwords[3]}, ""},
		{"second step", "/profile/two-factor", "#two-factor", nil, password, ""},
		{"deletion", "/profile/delete", "#delete-account", map[string]string{"email": who.email}, password, "Your account has been deleted."},
	}
}

func (f typing) all() map[string]string {
	all := maps.Clone(f.typed)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, f.secret)
	return all
}

const (
	restored     = "What you typed is here again. It has not been sent yet."
	keptInCookie = "What you typed is kept for a quarter of an hour"
	keptInPage   = "What you typed is kept in this page"
	signInFirst  = "Sign in in another tab, then come back and send it again."
)

// The ways in which a session ends under a form.
var endings = map[string]func(*browser){
	"Directus has ended it":  (*browser).endSession,
	"the cookie is gone":     (*browser).loseSession,
	"a renewal was refused":  func(b *browser) { b.endSession(); b.app.pass(15 * time.Hour) },
	"the session is too old": func(b *browser) { b.app.pass(31 * 24 * time.Hour) },
}

// endSession ends at Directus what this visitor was signed in with: the last token
// that went over the wire.
func (b *browser) endSession() {
	b.t.Helper()
	client, err := directus.New(b.app.up.url)
	if err != nil {
		b.t.Fatal(err)
	}
	tokens, v := b.app.wire.tokens(), directus.Visitor{IP: b.ip}
	for i, token := range slices.Backward(tokens) {
		if _, err := client.Me(b.t.Context(), v, secret.Of(token)); err == nil || i == 0 { // no other secret
			if err := client.Logout(b.t.Context(), v, secret.Of(token)); err != nil {
				b.t.Fatal(err)
			}
			if _, err := client.Me(b.t.Context(), v, secret.Of(token)); !directus.TokenRefused(err) {
				b.t.Fatalf("the session goes on: %v", err)
			}
			return
		}
	}
}

// loseSession leaves a cookie that says nothing, as good as none.
func (b *browser) loseSession() { b.setSession(&http.Cookie{Value: "gone"}) }

func (b *browser) heldForm() string {
	if b.tab != nil {
		b.borrowCookies()
	}
	for _, cookie := range b.http.Jar.Cookies(b.address()) {
		if cookie.Name == "held-form" {
			return cookie.Value
		}
	}
	return ""
}

// wantTyped checks that a form holds what was typed and no password.
func (b *browser) wantTyped(f typing) {
	b.t.Helper()
	for name, value := range f.typed {
		if got := inputValue(b.doc.Find("main " + f.form + " [name=" + name + "]")); got != value {
			b.t.Errorf("%s: in %s stands %q, want %q", b.path, name, got, value)
		}
	}
	for name := range f.secret {
		if got := b.doc.Find("main "+f.form+" [name="+name+"]").AttrOr("value", ""); got != "" {
			b.t.Errorf("%s: %s has come back: %q", b.path, name, got)
		}
	}
}

// nobodyShows looks for what was typed where it must not stand.
func (b *browser) nobodyShows(f typing) {
	b.t.Helper()
	for _, value := range f.typed {
		if held := b.heldForm(); strings.Contains(held, value) {
			b.t.Errorf("the cookie shows %q", value)
		}
		if strings.Contains(b.path, url.QueryEscape(value)) || strings.Contains(b.path, value) {
			b.t.Errorf("the address shows it: %s", b.path)
		}
		if strings.Contains(b.app.log.String(), value) {
			b.t.Errorf("the log shows %q", value)
		}
	}
}

func TestTypedOutlivesASession(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		up.everyWay(t, func(t *testing.T, how way) {
			for i, ending := range slices.Sorted(maps.Keys(endings)) {
				if how.inChromium() && i > 1 {
					continue // for the browser they are the same
				}
				t.Run(ending, func(t *testing.T) {
					site := startApp(t, up, nil)
					who := site.browser(t, plain).signUp()
					for _, f := range typings(who) {
						t.Run(f.name, func(t *testing.T) { comesBackAfterSignIn(t, site, how, who, f, endings[ending]) })
					}
				})
			}
		})
	})
}

func comesBackAfterSignIn(t *testing.T, site *app, how way, who account, f typing, end func(*browser)) {
	b := site.browser(t, how)
	b.signIn(who)
	b.open(f.page)
	b.wantAt(f.page)
	end(b)
	b.submit(f.form, f.all())
	b.wantAt("/signin?" + url.Values{"redirectedFrom": {f.page}}.Encode())
	b.wantSignedIn(false)
	b.nobodyShows(f)
	if f.typed == nil {
		if b.heldForm() != "" {
			t.Error("a form of passwords is held")
		}
	} else {
		b.wantText(keptInCookie)
	}

	b.submit("#signin", map[string]string{"email": who.email, "password": "not-the-right-clover"})
	b.wantError("", "The email address or the password is wrong.")
	b.submit("#signin", who.form())
	b.wantAt(f.page)
	b.wantTyped(f)
	b.nobodyShows(f)
	if f.typed == nil {
		if strings.Contains(b.text(), restored) {
			t.Error("it says that something is back")
		}
		return
	}
	b.wantText(restored)
	if f.name == "profile" && site.up.user(t, who)["first_name"] != nil {
		t.Error("it was saved")
	}
	b.open(f.page) // and once more, if they load it again
	b.wantTyped(f)

	b.submit(f.form, f.secret)
	b.wantText(f.done)
	if f.name == "email" {
		return // it is the old address, so that nothing is done
	}
	if b.heldForm() != "" {
		t.Error("what was sent is still held")
	}
	if f.name == "profile" {
		if got := site.up.user(t, who)["first_name"]; got != f.typed["first_name"] {
			t.Errorf("saved is %v", got)
		}
		b.open("/profile/email")
		b.open("/profile")
		if strings.Contains(b.text(), restored) {
			t.Error("it is still back")
		}
		b.submit(f.form, map[string]string{"first_name": "", "description": "", "appearance": ""}) // for the next
	}
}

// What somebody has typed is shown to nobody else.
func TestTypedIsForItsMemberOnly(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	bothWays(t, func(t *testing.T, how way) {
		b := site.browser(t, how)
		other := site.browser(t, plain).signUp()
		typed := func(end func(*browser)) (account, typing) {
			t.Helper()
			who := b.signUp()
			f := typings(who)[0]
			b.open(f.page)
			end(b)
			b.submit(f.form, f.typed)
			if b.heldForm() == "" {
				t.Fatal("nothing is held")
			}
			return who, f
		}
		mustBeGone := func(who account) {
			t.Helper()
			if b.heldForm() != "" {
				t.Error("it is still held")
			}
			if b.open("/profile"); strings.Contains(b.text(), restored) || b.value("first_name") != "" {
				t.Error("it is shown to somebody else")
			}
			b.request(http.MethodPost, "/logout", url.Values{}, nil)
			if b.signIn(who); strings.Contains(b.text(), restored) {
				t.Error("it comes back later")
			}
			b.request(http.MethodPost, "/logout", url.Values{}, nil)
		}

		who, _ := typed((*browser).endSession)
		b.signIn(other)
		mustBeGone(who)

		who, _ = typed((*browser).endSession)
		b.request(http.MethodPost, "/logout", url.Values{}, nil)
		if b.heldForm() != "" {
			t.Error("it outlives signing out")
		}
		b.signIn(other)
		mustBeGone(who)

		// Of whose it is nobody can tell, the first who signs in is it.
		who, f := typed((*browser).loseSession)
		b.signIn(who)
		b.wantTyped(f)
		b.request(http.MethodPost, "/signin", form(other), nil) // instead of them
		mustBeGone(who)

		// Nor does it show in a session that has come in another way than by signing in.
		typed((*browser).endSession)
		elsewhere := site.browser(t, plain)
		elsewhere.signIn(other)
		b.setSession(elsewhere.sessionCookie())
		if b.open("/profile"); !strings.Contains(b.text(), other.email) || strings.Contains(b.text(), restored) {
			t.Errorf("in somebody else's session: %s", b.text())
		}
		b.request(http.MethodPost, "/logout", url.Values{}, nil)

		// Nor does it wait for ever.
		who, _ = typed((*browser).endSession)
		site.pass(16 * time.Minute)
		if b.signIn(who); strings.Contains(b.text(), restored) {
			t.Error("it is kept for more than a quarter of an hour")
		}
	})
}

// Whoever owes the second step finds the form behind it, by code and by recovery.
func TestTypedOutlivesTheSecondStep(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	for _, how := range []way{plain, htmx, scripted} {
		t.Run(string(how), func(t *testing.T) {
			b := site.browser(t, how)
			who := b.signUp()
			secret, codes := b.switchOnTwoFactor(who)
			f := typings(who)[0]
			b.open(f.page)
			b.endSession()
			b.submit(f.form, f.typed)
			b.submit("#signin", who.form())
			b.wantAt("/signin/code")
			b.submit("#signin-code", map[string]string{"code": codeFor(t, secret)})
			b.wantAt(f.page)
			b.wantText(restored)
			b.wantTyped(f)

			b.endSession()
			b.submit(f.form, f.typed)
			b.submit("#signin", who.form())
			b.open("/signin/recovery")
			b.submit("#signin-recovery", map[string]string{"code": codes[0]})
			b.submit("#signin", who.form())
			b.wantAt(f.page)
			b.wantText(restored)
			b.wantTyped(f)
		})
	}
}

// tooLong fits into a profile and into no cookie.
func tooLong() string {
	var text strings.Builder
	for text.Len() < 4900 {
		text.WriteString(rand.Text() + " ")
	}
	return strings.TrimSpace(text.String()[:4900])
}

// What no cookie has room for stays in the page, until they have signed in in
// another tab; so does a second form, while the first one waits.
func TestTypedThatFitsInNoCookie(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	up.everyWay(t, func(t *testing.T, how way) {
		site := startApp(t, up, nil)
		b := site.browser(t, how)
		who := b.signUp()
		f := typing{"profile", "/profile", "#edit-profile", map[string]string{"first_name": "Canary", "description": tooLong()}, nil, "Your profile has been saved."}
		b.open("/profile")
		b.endSession()
		b.submit(f.form, f.typed)
		b.wantStatus(http.StatusForbidden)
		b.wantAt("/profile")
		b.wantText("Please sign in again", signInFirst)
		b.nobodyShows(typing{typed: map[string]string{"description": f.typed["description"]}})
		if b.heldForm() != "" {
			t.Error("something is held")
		}
		if cached := b.header.Get("Cache-Control"); cached != "no-store" {
			t.Errorf("the page may be kept: %q", cached)
		}
		link := b.doc.Find(`a[target=_blank]:contains("Sign in")`)
		if link.Length() != 1 || link.AttrOr("href", "") != "/signin?redirectedFrom=%2Fprofile" {
			t.Errorf("the link leads to %q", link.AttrOr("href", ""))
		}
		b.sendOnceMore(f) // too early
		b.wantStatus(http.StatusForbidden)
		b.inAnotherTab(who)
		b.sendOnceMore(f)
		b.wantText(f.done)
		if got := up.user(t, who)["description"]; got != f.typed["description"] {
			t.Errorf("saved is %.40q", got)
		}

		f = typings(who)[0]
		email := typing{"email", "/profile/email", "#change-email", map[string]string{"email": "x" + who.email}, map[string]string{"current_password": who.password}, ""}
		b.open(email.page)
		b.endSession()
		b.submit(email.form, email.all())
		b.wantText(keptInCookie)
		waiting := b.heldForm()
		if how == plain { // from another tab
			b.request(http.MethodPost, "/profile", url.Values{"first_name": {f.typed["first_name"]}}, nil)
			if b.status != http.StatusForbidden || !strings.Contains(b.raw, f.typed["first_name"]) || b.heldForm() != waiting {
				t.Errorf("a second form: %d, held: %t", b.status, b.heldForm() == waiting)
			}
		}
	})
}

// inAnotherTab signs in while the page stays what it is.
func (b *browser) inAnotherTab(who account) {
	b.t.Helper()
	seen := *b
	b.request(http.MethodPost, "/signin", form(who), nil)
	b.status, b.header, b.raw = seen.status, seen.header, seen.raw
}

// sendOnceMore presses what the page offers for that.
func (b *browser) sendOnceMore(f typing) {
	b.t.Helper()
	switch b.how {
	case scripted: // the form is still there, with all that was typed
		b.tab.await(http.MethodPost)
		b.tab.press(b.t, ".trouble .retry")
		b.look()
	case htmx:
		if b.doc.Find("#notices .retry").Length() != 1 {
			b.t.Error("the notice does not offer to send it again")
		}
		b.submit(f.form, f.all())
	case plain, scriptless:
		for _, field := range b.doc.Find("#again [name]").EachIter() {
			if name := field.AttrOr("name", ""); f.secret[name] != "" {
				b.t.Errorf("%s has come back", name)
			}
		}
		b.submit("#again", nil)
	}
}

// A picture cannot be kept; where htmx has left it in its form, it need not be.
func TestPictureOutlivesASession(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	up.everyWay(t, func(t *testing.T, how way) {
		site := startApp(t, up, nil)
		b := site.browser(t, how)
		who := b.signUp()
		f := typing{"picture", "/profile", "#avatar", map[string]string{"picture": picture()}, nil, "Your picture has been changed."}
		b.open("/profile")
		b.endSession()
		b.submit(f.form, f.typed)
		if how == plain || how == scriptless {
			b.wantAt("/signin?redirectedFrom=%2Fprofile")
			b.submit("#signin", who.form())
			b.wantText("The picture could not be kept. Please choose it again.")
			b.submit(f.form, f.typed)
			b.wantText(f.done)
			if b.heldForm() != "" {
				t.Error("it still says so")
			}
			return
		}
		b.wantStatus(http.StatusForbidden)
		b.wantText(signInFirst)
		b.inAnotherTab(who)
		b.sendOnceMore(f)
		b.wantText(f.done)
	})
}

// However Directus breaks down, what was typed comes back, and can be sent again.
func TestTypedOutlivesAnOutage(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		up.everyWay(t, func(t *testing.T, how way) {
			for i, what := range slices.Sorted(maps.Keys(breakages)) {
				if how.inChromium() && i > 1 {
					continue // for the browser they are the same
				}
				t.Run(what, func(t *testing.T) {
					site := startApp(t, up, nil)
					b := site.browser(t, how)
					who := b.signUp()
					for _, f := range typings(who) {
						t.Run(f.name, func(t *testing.T) {
							b.t = t
							comesBackAfterAnOutage(t, b, f, what)
						})
					}
				})
			}
		})
	})
}

func comesBackAfterAnOutage(t *testing.T, b *browser, f typing, what string) {
	b.open(f.page)
	b.wantAt(f.page)
	b.app.wire.breakWith(breakages[what])
	defer b.app.wire.mend()
	b.submit(f.form, f.all())
	status, words := http.StatusServiceUnavailable, "not answering"
	if what == "429" {
		status, words = http.StatusTooManyRequests, "Please wait a moment"
	}
	b.wantStatus(status)
	b.wantText(words)
	b.wantSignedIn(true)
	b.nobodyShows(f)
	if b.header.Get("Retry-After") == "" {
		t.Error("it does not say when to try again")
	}
	if stays := b.how == htmx || b.how == scripted; stays {
		if b.how == scripted {
			b.wantTyped(f)
		}
	} else if f.secret != nil {
		b.wantText("Passwords and codes are never kept.")
	}
	if f.typed == nil && (b.how == plain || b.how == scriptless) {
		if way := b.doc.Find(`main a:contains("Back to the form")`).AttrOr("href", ""); way != f.page {
			t.Errorf("the way back is %q", way)
		}
		return
	}
	if b.how == plain || b.how == scriptless {
		b.wantText(keptInPage)
		b.sendOnceMore(f) // too early
		b.wantStatus(status)
		b.wantText(keptInPage)
	}
	b.app.wire.mend()
	if f.name == "password" || f.name == "second step" {
		return // it stays as it is, which is told above
	}
	b.sendOnceMore(f)
	if f.secret != nil && (b.how == plain || b.how == scriptless) {
		b.wantError("current_password", "Enter your password.")
		b.wantTyped(f)
		b.submit(f.form, f.secret)
	}
	b.wantText(f.done)
}

// A Directus that never answers is given up, and what was typed comes back as well.
func TestTypedOutlivesSilence(t *testing.T) {
	t.Parallel()
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	for _, how := range []way{plain, htmx, scriptless} {
		t.Run(string(how), func(t *testing.T) {
			b := site.browser(t, how)
			b.signUp()
			f := typing{"profile", "/profile", "#edit-profile", typedProfile(), nil, "Your profile has been saved."}
			b.open(f.page)
			site.wire.breakWith(func(_ http.ResponseWriter, r *http.Request) {
				select {
				case <-r.Context().Done():
				case <-time.After(30 * time.Second):
				}
			})
			b.submit(f.form, f.typed)
			site.wire.mend()
			b.wantStatus(http.StatusGatewayTimeout)
			if b.header.Get("Retry-After") == "" {
				t.Error("it does not say when to try again")
			}
			b.sendOnceMore(f)
			b.wantText(f.done)
		})
	}
}

// A button has nothing typed, and can be pressed again.
func TestButtonsOutliveAnOutage(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	for _, how := range []way{plain, htmx, scripted, scriptless} {
		t.Run(string(how), func(t *testing.T) {
			b := site.browser(t, how)
			b.signUp()
			uploading(picture())(b)
			b.open("/profile")
			site.wire.breakWith(breakages["503"])
			b.submit("#remove-avatar", nil)
			site.wire.mend()
			b.wantStatus(http.StatusServiceUnavailable)
			b.submit("#again", nil)
			b.wantText("Your picture has been removed.")
		})
	}
}

// Nobody can make the page of a problem grow, or hold a script.
func TestWhatComesBackIsOnlyText(t *testing.T) {
	site := startApp(t, startSandbox(t, sandbox.Options{}), nil)
	b := site.browser(t, plain)
	many := url.Values{}
	for i := range 3000 {
		many.Set(fmt.Sprintf("f%d", i), rand.Text()[:12])
	}
	b.request(http.MethodPost, "/profile", many, nil)
	b.load()
	if n := b.doc.Find("#again input").Length(); b.status != http.StatusForbidden || n > 256 {
		t.Errorf("%d: %d fields come back", b.status, n)
	}
	b.request(http.MethodPost, "/profile", url.Values{`"><script>alert(1)</script>`: {tooLong() + `"><script>alert(2)</script>`}, "password": {"teapot-orchard-gravel"}}, nil)
	b.load()
	if b.doc.Find("#again script").Length() > 0 || b.doc.Find("#again input").Length() != 1 {
		t.Errorf("what comes back: %.300s", b.raw)
	}
	b.request(http.MethodPost, "/profile", url.Values{"first_name": {strings.Repeat("x", 70<<10)}}, nil)
	if b.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a form that is too large: %d", b.status)
	}
	for _, forged := range []string{"", "x", strings.Repeat("A", 4000)} {
		b.http.Jar.SetCookies(b.address(), []*http.Cookie{{Name: "held-form", Value: forged, Path: "/"}})
		b.signUp()
		b.wantStatus(http.StatusOK)
		b.request(http.MethodPost, "/logout", url.Values{}, nil)
	}
}
