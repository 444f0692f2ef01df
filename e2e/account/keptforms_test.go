package account_test

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
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
func typings(who harness.Account) []typing {
	canary := "Canary" + rand.Text()[:10]
	password := map[string]string{"current_password": who.Password}
	return []typing{
		{"profile", "/profile", "#edit-profile", map[string]string{
			"first_name": canary, "description": "Two lines of " + canary + ".\n\"Quoted\" <b>& more</b>", "appearance": "dark",
		}, nil, "Your profile has been saved."},
		{"email", "/profile/email", "#change-email", map[string]string{"email": who.Email}, password, "This is already your email address."},
		{"password", "/profile/password", "#change-password", nil, map[string]string{"current_password": who.Password, "password": harness.Passwords[3]}, ""},
		{"two-factor", "/profile/two-factor", "#two-factor", nil, password, ""},
		{"deletion", "/profile/delete", "#delete-account", map[string]string{"email": who.Email}, password, "Your account has been deleted."},
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
	restored     = "We've restored what you typed. It hasn't been sent yet."
	keptInCookie = "We'll keep what you typed for 15 minutes"
	keptInPage   = "This page still has what you typed."
	signInFirst  = "Use another tab to sign in, then come back and send it again."
)

// The ways in which a session ends under a form.
var endings = map[string]func(*harness.Browser){
	"Directus has ended it":  (*harness.Browser).EndSession,
	"the cookie is gone":     loseSession,
	"a renewal was refused":  func(b *harness.Browser) { b.EndSession(); b.App.Pass(15 * time.Hour) },
	"the session is too old": func(b *harness.Browser) { b.App.Pass(31 * 24 * time.Hour) },
}

// loseSession leaves a cookie that says nothing, as good as none.
func loseSession(b *harness.Browser) { b.SetSession(&http.Cookie{Value: "gone"}) }

func heldForm(b *harness.Browser) string {
	if b.Tab != nil {
		b.BorrowCookies()
	}
	for _, cookie := range b.HTTP.Jar.Cookies(b.Address()) {
		if cookie.Name == "pending-form" {
			return cookie.Value
		}
	}
	return ""
}

// wantTyped checks that a form holds what was typed and no password.
func wantTyped(b *harness.Browser, f typing) {
	b.T.Helper()
	for name, value := range f.typed {
		if got := harness.InputValue(b.Doc.Find("main " + f.form + " [name=" + name + "]")); got != value {
			b.T.Errorf("%s: in %s stands %q, want %q", b.Path, name, got, value)
		}
	}
	for name := range f.secret {
		if got := b.Doc.Find("main "+f.form+" [name="+name+"]").AttrOr("value", ""); got != "" {
			b.T.Errorf("%s: %s has come back: %q", b.Path, name, got)
		}
	}
}

// nobodyShows looks for what was typed where it must not stand.
func nobodyShows(b *harness.Browser, f typing) {
	b.T.Helper()
	for _, value := range f.typed {
		if held := heldForm(b); strings.Contains(held, value) {
			b.T.Errorf("the cookie shows %q", value)
		}
		if strings.Contains(b.Path, url.QueryEscape(value)) || strings.Contains(b.Path, value) {
			b.T.Errorf("the address shows it: %s", b.Path)
		}
		if strings.Contains(b.App.Log.String(), value) {
			b.T.Errorf("the log shows %q", value)
		}
	}
}

func TestInputSurvivesASession(t *testing.T) {
	harness.OnDirectusInTestAll(t, func(t *testing.T, up harness.Upstream) {
		up.EveryWay(t, func(t *testing.T, how harness.Way) {
			for i, ending := range slices.Sorted(maps.Keys(endings)) {
				if !up.InFull() && i > 0 && (how.InChromium() || !up.Sandbox) {
					continue // for a browser and for Directus they are the same
				}
				t.Run(ending, func(t *testing.T) {
					site := harness.StartApp(t, up, nil)
					who := site.Browser(t, harness.Plain).SignUp()
					for _, f := range typings(who) {
						t.Run(f.name, func(t *testing.T) { comesBackAfterSignIn(t, site, how, who, f, endings[ending]) })
					}
				})
			}
		})
	})
}

func comesBackAfterSignIn(t *testing.T, site *harness.App, how harness.Way, who harness.Account, f typing, end func(*harness.Browser)) {
	b := site.Browser(t, how)
	b.SignIn(who)
	b.Open(f.page)
	b.WantAt(f.page)
	end(b)
	b.Submit(f.form, f.all())
	b.WantAt("/signin?" + url.Values{"redirectedFrom": {f.page}}.Encode())
	b.WantSignedIn(false)
	nobodyShows(b, f)
	if f.typed == nil {
		if heldForm(b) != "" {
			t.Error("a form of passwords is held")
		}
	} else {
		b.WantText(keptInCookie)
	}

	b.Submit("#signin", map[string]string{"email": who.Email, "password": "not-the-right-clover"})
	b.WantError("", "The email address or password is incorrect.")
	b.Submit("#signin", who.Form())
	b.WantAt(f.page)
	wantTyped(b, f)
	nobodyShows(b, f)
	if f.typed == nil {
		if strings.Contains(b.Text(), restored) {
			t.Error("it says that something is back")
		}
		return
	}
	b.WantText(restored)
	if f.name == "profile" && site.Up.User(t, who)["first_name"] != nil {
		t.Error("it was saved")
	}
	b.Open(f.page) // and once more, if they load it again
	wantTyped(b, f)

	b.Submit(f.form, f.secret)
	b.WantText(f.done)
	if f.name == "email" {
		return // it is the old address, so that nothing is done
	}
	if heldForm(b) != "" {
		t.Error("what was sent is still held")
	}
	if f.name == "profile" {
		if got := site.Up.User(t, who)["first_name"]; got != f.typed["first_name"] {
			t.Errorf("saved is %v", got)
		}
		b.Open("/profile/email")
		b.Open("/profile")
		if strings.Contains(b.Text(), restored) {
			t.Error("it is still back")
		}
		b.Submit(f.form, map[string]string{"first_name": "", "description": "", "appearance": ""}) // for the next
	}
}

// What somebody has typed is shown to nobody else.
func TestInputIsForItsMemberOnly(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	harness.BothWays(t, func(t *testing.T, how harness.Way) {
		b := site.Browser(t, how)
		other := site.Browser(t, harness.Plain).SignUp()
		typed := func(end func(*harness.Browser)) (harness.Account, typing) {
			t.Helper()
			who := b.SignUp()
			f := typings(who)[0]
			b.Open(f.page)
			end(b)
			b.Submit(f.form, f.typed)
			if heldForm(b) == "" {
				t.Fatal("nothing is held")
			}
			return who, f
		}
		mustBeGone := func(who harness.Account) {
			t.Helper()
			if heldForm(b) != "" {
				t.Error("it is still held")
			}
			if b.Open("/profile"); strings.Contains(b.Text(), restored) || b.Value("first_name") != "" {
				t.Error("it is shown to somebody else")
			}
			b.Request(http.MethodPost, "/logout", url.Values{}, nil)
			if b.SignIn(who); strings.Contains(b.Text(), restored) {
				t.Error("it comes back later")
			}
			b.Request(http.MethodPost, "/logout", url.Values{}, nil)
		}

		who, _ := typed((*harness.Browser).EndSession)
		b.SignIn(other)
		mustBeGone(who)

		who, _ = typed((*harness.Browser).EndSession)
		b.Request(http.MethodPost, "/logout", url.Values{}, nil)
		if heldForm(b) != "" {
			t.Error("it outlives signing out")
		}
		b.SignIn(other)
		mustBeGone(who)

		// Of whose it is nobody can tell, the first who signs in is it.
		who, f := typed(loseSession)
		b.SignIn(who)
		wantTyped(b, f)
		b.Request(http.MethodPost, "/signin", harness.Form(other), nil) // instead of them
		mustBeGone(who)

		// Nor does it show in a session that has come in another way than by signing in.
		typed((*harness.Browser).EndSession)
		elsewhere := site.Browser(t, harness.Plain)
		elsewhere.SignIn(other)
		b.SetSession(elsewhere.SessionCookie())
		if b.Open("/profile"); !strings.Contains(b.Text(), other.Email) || strings.Contains(b.Text(), restored) {
			t.Errorf("in somebody else's session: %s", b.Text())
		}
		b.Request(http.MethodPost, "/logout", url.Values{}, nil)

		// Nor does it wait for ever.
		who, _ = typed((*harness.Browser).EndSession)
		site.Pass(16 * time.Minute)
		if b.SignIn(who); strings.Contains(b.Text(), restored) {
			t.Error("it is kept for more than a quarter of an hour")
		}
	})
}

// The form is restored after two-factor sign-in too, by code and by recovery code.
func TestInputSurvivesTheSecondStep(t *testing.T) {
	t.Parallel()
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	for _, how := range []harness.Way{harness.Plain, harness.HTMX, harness.Scripted} {
		t.Run(string(how), func(t *testing.T) {
			b := site.Browser(t, how)
			who := b.SignUp()
			secret, codes := b.SwitchOnTwoFactor(who)
			f := typings(who)[0]
			b.Open(f.page)
			b.EndSession()
			b.Submit(f.form, f.typed)
			b.Submit("#signin", who.Form())
			b.WantAt("/signin/code")
			b.Submit("#signin-code", map[string]string{"code": site.CodeFor(t, secret)})
			b.WantAt(f.page)
			b.WantText(restored)
			wantTyped(b, f)

			b.EndSession()
			b.Submit(f.form, f.typed)
			b.Submit("#signin", who.Form())
			b.Open("/signin/recovery")
			b.Submit("#signin-recovery", map[string]string{"code": codes[0]})
			b.Submit("#signin", who.Form())
			b.WantAt(f.page)
			b.WantText(restored)
			wantTyped(b, f)
		})
	}
}

// What no cookie has room for stays in the page, until they have signed in in
// another tab; so does a second form, while the first one waits.
func TestInputTooLongForACookie(t *testing.T) {
	t.Parallel()
	up := harness.StartSandbox(t, sandbox.Options{})
	up.EveryWay(t, func(t *testing.T, how harness.Way) {
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, how)
		who := b.SignUp()
		f := typing{"profile", "/profile", "#edit-profile", map[string]string{"first_name": "Canary", "description": harness.TooLong()}, nil, "Your profile has been saved."}
		b.Open("/profile")
		b.EndSession()
		b.Submit(f.form, f.typed)
		b.WantStatus(http.StatusForbidden)
		b.WantAt("/profile")
		b.WantText("Sign in again", signInFirst)
		nobodyShows(b, typing{typed: map[string]string{"description": f.typed["description"]}})
		if heldForm(b) != "" {
			t.Error("something is held")
		}
		if cached := b.Header.Get("Cache-Control"); cached != "no-store" {
			t.Errorf("the page may be kept: %q", cached)
		}
		link := b.Doc.Find(`a[target=_blank]:contains("Sign in")`)
		if link.Length() != 1 || link.AttrOr("href", "") != "/signin?redirectedFrom=%2Fprofile" {
			t.Errorf("the link leads to %q", link.AttrOr("href", ""))
		}
		sendOnceMore(b, f) // too early
		b.WantStatus(http.StatusForbidden)
		inAnotherTab(b, who)
		sendOnceMore(b, f)
		b.WantText(f.done)
		if got := up.User(t, who)["description"]; got != f.typed["description"] {
			t.Errorf("saved is %.40q", got)
		}

		f = typings(who)[0]
		email := typing{"email", "/profile/email", "#change-email", map[string]string{"email": "x" + who.Email}, map[string]string{"current_password": who.Password}, ""}
		b.Open(email.page)
		b.EndSession()
		b.Submit(email.form, email.all())
		b.WantText(keptInCookie)
		waiting := heldForm(b)
		if how == harness.Plain { // from another tab
			b.Request(http.MethodPost, "/profile", url.Values{"first_name": {f.typed["first_name"]}}, nil)
			if b.Status != http.StatusForbidden || !strings.Contains(b.Raw, f.typed["first_name"]) || heldForm(b) != waiting {
				t.Errorf("a second form: %d, held: %t", b.Status, heldForm(b) == waiting)
			}
		}
	})
}

// inAnotherTab signs in while the page stays what it is.
func inAnotherTab(b *harness.Browser, who harness.Account) {
	b.T.Helper()
	seen := *b
	b.Request(http.MethodPost, "/signin", harness.Form(who), nil)
	b.Status, b.Header, b.Raw = seen.Status, seen.Header, seen.Raw
}

// sendOnceMore presses what the page offers for that.
func sendOnceMore(b *harness.Browser, f typing) {
	b.T.Helper()
	switch b.How {
	case harness.Scripted: // the form is still there, with all that was typed
		b.Tab.Await(http.MethodPost)
		b.Tab.Press(b.T, ".trouble .retry")
		b.Look()
	case harness.HTMX:
		if b.Doc.Find("#notices .retry").Length() != 1 {
			b.T.Error("the notice does not offer to send it again")
		}
		b.Submit(f.form, f.all())
	case harness.Plain, harness.Scriptless:
		for _, field := range b.Doc.Find("#again [name]").EachIter() {
			if name := field.AttrOr("name", ""); f.secret[name] != "" {
				b.T.Errorf("%s has come back", name)
			}
		}
		b.Submit("#again", nil)
	}
}

// A picture cannot be kept; where htmx has left it in its form, it need not be.
func TestPictureSurvivesASession(t *testing.T) {
	t.Parallel()
	up := harness.StartSandbox(t, sandbox.Options{})
	up.EveryWay(t, func(t *testing.T, how harness.Way) {
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, how)
		who := b.SignUp()
		f := typing{"picture", "/profile", "#avatar", map[string]string{"picture": harness.Picture()}, nil, "Your profile picture has been changed."}
		b.Open("/profile")
		b.EndSession()
		b.Submit(f.form, f.typed)
		if how == harness.Plain || how == harness.Scriptless {
			b.WantAt("/signin?redirectedFrom=%2Fprofile")
			b.Submit("#signin", who.Form())
			b.WantText("We couldn't keep the picture. Choose it again.")
			b.Submit(f.form, f.typed)
			b.WantText(f.done)
			if heldForm(b) != "" {
				t.Error("it still says so")
			}
			return
		}
		b.WantStatus(http.StatusForbidden)
		b.WantText(signInFirst)
		inAnotherTab(b, who)
		sendOnceMore(b, f)
		b.WantText(f.done)
	})
}
