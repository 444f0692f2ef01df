package account_test

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// Members can have signing in take a code from their phone as well.
func TestTwoFactor(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		t.Run("on, signing in, off", func(t *testing.T) {
			up.EveryWay(t, func(t *testing.T, how harness.Way) { twoFactorOnAndOff(t, site, how) })
		})
		for name, journey := range map[string]func(*testing.T, harness.Upstream, *harness.App, harness.Way){
			"switching it on fails":     twoFactorOnFails,
			"switching it off fails":    twoFactorOffFails,
			"wrong codes":               wrongCodes,
			"Directus goes away":        twoFactorInTrouble,
			"another tab":               twoFactorInAnotherTab,
			"what asks for the code":    sensitiveFormsAskForTheCode,
			"the first step is changed": passwordChangedBetweenTheSteps,
		} {
			t.Run(name, func(t *testing.T) {
				up.InDetail(t, func(t *testing.T, how harness.Way) { journey(t, up, site, how) })
			})
		}
		t.Run("without permission", func(t *testing.T) { twoFactorForbidden(t, up, site) })
	})
}

func twoFactorOnAndOff(t *testing.T, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	b.Open("/profile/two-factor")
	b.WantText("Two-factor authentication is off.")
	b.Submit("#two-factor", map[string]string{"current_password": who.Password})
	b.WantAt("/profile/two-factor")
	b.WantText("Scan this code")
	secret := b.Doc.Find("code.secret").Text()
	if !regexp.MustCompile(`^[A-Z2-7]{16,}$`).MatchString(secret) {
		t.Errorf("the secret is %q", secret)
	}
	mustBeAQRCode(t, b)

	// Nothing is on yet: a member who stops here signs in as before.
	b.Submit(`form[action="/profile/two-factor/cancel"]`, nil)
	b.WantAt("/profile/two-factor")
	b.WantText("Two-factor authentication is off.")
	b.Submit("#two-factor", map[string]string{"current_password": who.Password})
	if again := b.Doc.Find("code.secret").Text(); again == secret {
		t.Error("the secret is the one that was given up")
	} else {
		secret = again
	}

	code := site.CodeFor(t, secret)
	b.Submit("#two-factor", map[string]string{"code": code[:3] + " " + code[3:]}) // as apps show it
	b.WantAt("/profile/two-factor")
	b.WantText("Two-factor authentication is on.", "Two-factor authentication is on")
	site.MayNotShow(secret, strings.ToLower(secret))
	if b.Doc.Find(".codes code").Length() != 10 {
		t.Errorf("%d recovery codes are shown", b.Doc.Find(".codes code").Length())
	}
	b.WantSession(true)

	other := site.Browser(t, how)
	other.Open("/profile?from=a+b")
	other.Submit("#signin", who.Form())
	other.WantAt("/signin/code")
	other.WantStatus(http.StatusOK)
	other.WantText("Enter your code")
	other.WantSignedIn(false)
	if strings.Contains(other.Raw, who.Email) {
		t.Error("what the first step learned is on the page of the second")
	}
	other.Open("/profile")
	other.WantAt("/signin?redirectedFrom=%2Fprofile")
	other.Open("/signin/code")
	other.Submit("#signin-code", map[string]string{"code": harness.WrongCode(t, secret)})
	other.WantError("code", "The code is incorrect.")
	other.WantSignedIn(false)
	other.Submit("#signin-code", map[string]string{"code": site.CodeFor(t, secret)})
	other.WantAt("/profile?from=a+b")
	other.WantText("You're signed in.", who.Email)
	other.Open("/signin/code") // which is over
	other.WantAt("/profile")

	b.Open("/profile/two-factor/off")
	b.Submit("#two-factor", map[string]string{"current_password": who.Password, "code": site.CodeFor(t, secret)})
	b.WantAt("/profile/two-factor")
	b.WantText("Two-factor authentication is off.", "Two-factor authentication is off.")
	other.WantSession(!site.Up.EndsSessions())
	again := site.Browser(t, how)
	again.SignIn(who)
	again.WantAt("/profile")
}

// mustBeAQRCode looks for what scanners look for: three squares in the corners,
// and a margin of four modules.
func mustBeAQRCode(t *testing.T, b *harness.Browser) {
	t.Helper()
	svg := b.Doc.Find("svg.qr")
	box := regexp.MustCompile(`^0 0 (\d+) (\d+)$`).FindStringSubmatch(svg.AttrOr("viewbox", svg.AttrOr("viewBox", "")))
	path := svg.Find("path").AttrOr("d", "")
	if box == nil || box[1] != box[2] || svg.AttrOr("aria-label", "") == "" {
		t.Fatalf("the box is %v", box)
	}
	for _, run := range []string{"M4 4h7v1h-7z", "M4 10h7v1h-7z"} { // the first square's upper and lower edge
		if !strings.Contains(path, run) {
			t.Errorf("the code has no %s", run)
		}
	}
	if regexp.MustCompile(`M[0-3] |M\d+ [0-3]h`).MatchString(path) {
		t.Error("the margin is too narrow")
	}
}

func twoFactorOnFails(t *testing.T, _ harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	b.Open("/profile/two-factor")
	b.Submit("#two-factor", map[string]string{"current_password": ""})
	b.WantError("current_password", "Enter your password.")
	b.Submit("#two-factor", map[string]string{"current_password": harness.WrongPassword})
	b.WantError("current_password", "The current password is incorrect.")
	b.Submit("#two-factor", map[string]string{"current_password": who.Password})
	secret := b.Doc.Find("code.secret").Text()
	for typed, message := range map[string]string{
		"": "Enter the code.", "abc": "The code is incorrect.", "1234567": "The code is incorrect.", harness.WrongCode(t, secret): "The code is incorrect.",
	} {
		b.Submit("#two-factor", map[string]string{"code": typed})
		b.WantError("code", message)
	}
	b.Open("/profile/two-factor") // the same secret, for the app has it by now
	if b.Doc.Find("code.secret").Text() != secret {
		t.Error("the secret is another one")
	}
	other := site.Browser(t, how)
	other.SignIn(who)
	other.WantAt("/profile")
	other.Open("/profile/two-factor")
	if other.Doc.Find("code.secret").Length() != 0 {
		t.Error("another browser shows the secret")
	}
}

func twoFactorOffFails(t *testing.T, _ harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	secret, _ := b.SwitchOnTwoFactor(who)
	b.Open("/profile/two-factor/off")
	for _, test := range []struct{ password, code, field, message string }{
		{"", site.CodeFor(t, secret), "current_password", "Enter your password."},
		{who.Password, "", "code", "Enter the code."},
		{harness.WrongPassword, site.CodeFor(t, secret), "current_password", "The current password is incorrect."},
		{who.Password, harness.WrongCode(t, secret), "code", "The code is incorrect."},
	} {
		site.Wire.Forget()
		b.Submit("#two-factor", map[string]string{"current_password": test.password, "code": test.code})
		b.WantError(test.field, test.message)
		if site.Wire.Count("POST /users/me/tfa/disable") != 0 {
			t.Error("Directus was asked to switch it off without a proof")
		}
	}
	b.Submit("#two-factor", map[string]string{"current_password": who.Password, "code": site.CodeFor(t, secret)})
	b.WantText("Two-factor authentication is off.")
}

// wrongCodes lead back to the start after five of them.
func wrongCodes(t *testing.T, _ harness.Upstream, site *harness.App, how harness.Way) {
	other := site.Browser(t, harness.Plain)
	who := other.SignUp()
	secret, _ := other.SwitchOnTwoFactor(who)
	b := site.Browser(t, how)
	b.Open("/profile?from=here")
	b.Submit("#signin", who.Form())
	b.Submit("#signin-code", map[string]string{"code": ""})
	b.WantError("code", "Enter the code.")
	for range 4 {
		b.Submit("#signin-code", map[string]string{"code": harness.WrongCode(t, secret)})
		b.WantError("code", "The code is incorrect.")
	}
	b.Submit("#signin-code", map[string]string{"code": harness.WrongCode(t, secret)})
	b.WantAt("/signin?redirectedFrom=%2Fprofile%3Ffrom%3Dhere")
	b.WantText("Too many incorrect codes.")
	b.WantSignedIn(false)
	b.Open("/signin/code") // nothing is left of the first step
	b.WantAt("/signin")
	b.WantText("Your sign-in has expired. Sign in again.")
	b.Open("/signin/recovery")
	b.WantAt("/signin")
	b.SignInWithCode(who, secret)
	b.WantAt("/profile")
}

func twoFactorInTrouble(t *testing.T, _ harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	b.Open("/profile/two-factor")
	for _, call := range []string{"POST /auth/login", "POST /users/me/tfa/generate"} {
		site.Wire.BreakOn(call, harness.Breakages["503"])
		b.Submit("#two-factor", map[string]string{"current_password": who.Password})
		site.Wire.Mend()
		b.WantStatus(http.StatusServiceUnavailable)
		b.WantText("couldn't do this right now")
	}
	b.Submit("#two-factor", map[string]string{"current_password": who.Password})
	secret := b.Doc.Find("code.secret").Text()
	site.Wire.BreakOn("POST /users/me/tfa/enable", harness.Breakages["cut"])
	b.Submit("#two-factor", map[string]string{"code": site.CodeFor(t, secret)})
	site.Wire.Mend()
	b.WantStatus(http.StatusServiceUnavailable)
	b.WantText("couldn't confirm your change")
	b.Submit("#two-factor", map[string]string{"code": site.CodeFor(t, secret)}) // the secret is not lost
	b.WantText("Two-factor authentication is on.")

	other := site.Browser(t, how)
	other.SignIn(who)
	other.WantAt("/signin/code")
	site.Wire.BreakOn("POST /auth/login", harness.Breakages["503"])
	other.Submit("#signin-code", map[string]string{"code": site.CodeFor(t, secret)})
	site.Wire.Mend()
	other.WantStatus(http.StatusServiceUnavailable)
	other.WantText("couldn't do this right now")
	other.Submit("#signin-code", map[string]string{"code": site.CodeFor(t, secret)}) // nor is the first step
	other.WantAt("/profile")

	b.Open("/profile/two-factor/off")
	site.Wire.BreakOn("POST /users/me/tfa/disable", harness.Breakages["cut"])
	b.Submit("#two-factor", map[string]string{"current_password": who.Password, "code": site.CodeFor(t, secret)})
	site.Wire.Mend()
	b.WantStatus(http.StatusServiceUnavailable)
	b.WantText("couldn't confirm your change")
}

// Forms that were left open in another tab do no harm.
func twoFactorInAnotherTab(t *testing.T, _ harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	b.Open("/profile/two-factor")
	begin := b.Doc
	b.Submit("#two-factor", map[string]string{"current_password": who.Password})
	confirm := b.Doc
	secret := confirm.Find("code.secret").Text()
	b.Submit("#two-factor", map[string]string{"code": site.CodeFor(t, secret)})
	site.MayNotShow(secret)
	b.Open("/profile/two-factor/off")
	off := b.Doc
	b.Doc = begin
	b.Submit("#two-factor", map[string]string{"current_password": who.Password})
	b.WantAt("/profile/two-factor")
	b.WantText("Two-factor authentication is on")
	b.Doc = confirm
	b.Submit("#two-factor", map[string]string{"code": site.CodeFor(t, secret)})
	b.WantText("Two-factor authentication is on")
	b.Open("/profile/two-factor/off")
	b.Submit("#two-factor", map[string]string{"current_password": who.Password, "code": site.CodeFor(t, secret)})
	b.WantText("Two-factor authentication is off.")
	b.Doc = off
	b.Submit("#two-factor", map[string]string{"current_password": who.Password, "code": site.CodeFor(t, secret)})
	b.WantText("Two-factor authentication is off.")
	b.Doc = confirm
	b.Submit("#two-factor", map[string]string{"code": site.CodeFor(t, secret)})
	b.WantText("Two-factor authentication is off.")
}

// sensitiveFormsAskForTheCode: the email address, the password, the account.
func sensitiveFormsAskForTheCode(t *testing.T, _ harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	secret, _ := b.SwitchOnTwoFactor(who)
	changed := harness.NewAccount()
	for _, test := range []struct {
		path, form string
		fill       map[string]string
		done       string
	}{
		{"/profile/email", "#change-email", map[string]string{"email": changed.Email, "current_password": who.Password}, "Your email address has been changed."},
		{"/profile/password", "#change-password", map[string]string{"password": harness.NewPassword, "current_password": who.Password}, "Your password has been changed."},
		{"/profile/delete", "#delete-account", map[string]string{"email": changed.Email, "current_password": harness.NewPassword}, "Your account has been deleted."},
	} {
		b.Open(test.path)
		test.fill["code"] = ""
		b.Submit(test.form, test.fill)
		b.WantError("code", "Enter the code.")
		test.fill["code"] = harness.WrongCode(t, secret)
		b.Submit(test.form, test.fill)
		b.WantError("code", "The code is incorrect.")
		if email, has := test.fill["email"]; has && b.Value("email") != email {
			t.Errorf("%s: the address is lost", test.path)
		}
		test.fill["code"] = site.CodeFor(t, secret)
		b.Submit(test.form, test.fill)
		b.WantText(test.done)
	}
	b.WantSignedIn(false)
}

func passwordChangedBetweenTheSteps(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	other := site.Browser(t, harness.Plain)
	who := other.SignUp()
	secret, _ := other.SwitchOnTwoFactor(who)
	b := site.Browser(t, how)
	b.SignIn(who)
	up.Set(t, who, map[string]any{"password": harness.NewPassword})
	b.Submit("#signin-code", map[string]string{"code": site.CodeFor(t, secret)})
	b.WantAt("/signin?redirectedFrom=%2Fprofile")
	b.WantText("Your sign-in has expired. Sign in again.")
	b.SignInWithCode(harness.Account{Email: who.Email, Password: harness.NewPassword}, secret)
	b.WantAt("/profile")
}

// twoFactorForbidden: the role may not change tfa_secret.
func twoFactorForbidden(t *testing.T, up harness.Upstream, site *harness.App) {
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	b.Open("/profile/two-factor")
	begin := b.Doc
	b.Submit("#two-factor", map[string]string{"current_password": who.Password})
	confirm := b.Doc
	up.Forbid(t, "update", "directus_users", "tfa_secret")
	b.Open("/profile/two-factor")
	b.WantText("You can't turn two-factor authentication on or off yourself.")
	if b.Doc.Find("#two-factor").Length() != 0 || b.Doc.Find("code.secret").Length() != 0 {
		t.Error("there is a form all the same")
	}
	b.Doc = begin
	b.Submit("#two-factor", map[string]string{"current_password": who.Password})
	b.WantText("You can't turn two-factor authentication on or off yourself.")
	b.Doc = confirm
	b.Submit("#two-factor", map[string]string{"code": site.CodeFor(t, confirm.Find("code.secret").Text())})
	b.WantText("You can't turn two-factor authentication on or off yourself.")
	if up.User(t, who)["tfa_secret"] != nil {
		t.Error("it is on all the same")
	}
}

// The code has to be entered within five minutes; a secret waits for ten, and
// recovery codes are shown within five.
func TestStepsOfTwoFactorEnd(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	up.BothWays(t, func(t *testing.T, how harness.Way) {
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, how)
		who := b.SignUp()
		b.Open("/profile/two-factor")
		b.Submit("#two-factor", map[string]string{"current_password": who.Password})
		waiting := b.Doc
		secret := waiting.Find("code.secret").Text()
		site.Pass(11 * time.Minute)
		b.Open("/profile/two-factor")
		b.WantText("Two-factor authentication is off.")
		b.Doc = waiting
		b.Submit("#two-factor", map[string]string{"code": site.CodeFor(t, secret)})
		b.WantText("Two-factor authentication is off.")

		b.Submit("#two-factor", map[string]string{"current_password": who.Password})
		secret = b.Doc.Find("code.secret").Text()
		b.Request(http.MethodPost, "/profile/two-factor/confirm", map[string][]string{"code": {site.CodeFor(t, secret)}}, nil)
		site.Pass(6 * time.Minute)
		b.Open("/profile/two-factor")
		b.WantText("Two-factor authentication is on")
		if b.Doc.Find(".codes").Length() != 0 {
			t.Error("recovery codes are shown late")
		}

		other := site.Browser(t, how)
		other.SignIn(who)
		other.WantAt("/signin/code")
		site.Pass(6 * time.Minute)
		other.Submit("#signin-code", map[string]string{"code": site.CodeFor(t, secret)})
		other.WantAt("/signin")
		other.WantText("Your sign-in has expired. Sign in again.")
		other.WantSignedIn(false)
	})
}

// Where the row does not tell that two-factor authentication is on, the form asks for the
// code once Directus does.
func TestTwoFactorThatCannotBeSeen(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	up.BothWays(t, func(t *testing.T, how harness.Way) {
		b := site.Browser(t, how)
		who := b.SignUp()
		secret, _ := b.SwitchOnTwoFactor(who)
		up.Forbid(t, "read", "directus_users", "tfa_secret")
		changed := harness.NewAccount()
		b.Open("/profile/email")
		b.Submit("#change-email", map[string]string{"email": changed.Email, "current_password": who.Password})
		b.WantError("code", "Enter the code.")
		if b.Value("email") != changed.Email {
			t.Error("the address is lost")
		}
		b.Submit("#change-email", map[string]string{"email": changed.Email, "current_password": who.Password, "code": site.CodeFor(t, secret)})
		b.WantText("Your email address has been changed.", changed.Email)
	})
}

// A code works once within its half minute, in any browser, although Directus accepts
// it as often as it is shown.
func TestACodeWorksOnce(t *testing.T) {
	t.Parallel()
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	const used = "You've already used this code."
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	b.Open("/profile/two-factor")
	b.Submit("#two-factor", map[string]string{"current_password": who.Password})
	secret := b.Doc.Find("code.secret").Text()
	code := harness.CodeFor(t, secret) // from here on within its half minute, or the next
	b.Submit("#two-factor", map[string]string{"code": code})
	b.WantText("Two-factor authentication is on.")
	halfWay := func(who harness.Account) *harness.Browser {
		other := site.Browser(t, harness.Plain)
		other.SignIn(who)
		other.WantAt("/signin/code")
		return other
	}
	// The code that has turned it on, with the spaces that people type.
	other := halfWay(who)
	other.Submit("#signin-code", map[string]string{"code": code[:3] + " " + code[3:]})
	other.WantError("code", used)
	other.WantSignedIn(false)

	code = site.CodeFor(t, secret) // which the site has forgotten
	other.Submit("#signin-code", map[string]string{"code": code})
	other.WantAt("/profile")
	third := halfWay(who)
	third.Submit("#signin-code", map[string]string{"code": code})
	third.WantError("code", used)
	for _, form := range []struct {
		path, id string
		fill     map[string]string
	}{
		{"/profile/email", "#change-email", map[string]string{"email": harness.NewAccount().Email}},
		{"/profile/password", "#change-password", map[string]string{"password": harness.NewPassword}},
		{"/profile/two-factor/off", "#two-factor", map[string]string{}},
		{"/profile/delete", "#delete-account", map[string]string{"email": who.Email}},
	} {
		form.fill["current_password"], form.fill["code"] = who.Password, code
		other.Open(form.path)
		other.Submit(form.id, form.fill)
		other.WantError("code", used)
	}

	// A code is used by what it was accepted for: not by a wrong password.
	code = site.CodeFor(t, secret)
	changed := harness.NewAccount()
	other.Open("/profile/email")
	other.Submit("#change-email", map[string]string{"email": changed.Email, "current_password": harness.WrongPassword, "code": code})
	other.WantError("current_password", "The current password is incorrect.")
	other.Submit("#change-email", map[string]string{"email": changed.Email, "current_password": who.Password, "code": code})
	other.WantText("Your email address has been changed.")
	fourth := halfWay(changed) // nor does it work under another address of the account
	fourth.Submit("#signin-code", map[string]string{"code": code})
	fourth.WantError("code", used)

	// At the same time.
	waiting := make([]*harness.Browser, 6)
	for i := range waiting {
		waiting[i] = halfWay(changed)
	}
	code = site.CodeFor(t, secret)
	var group sync.WaitGroup
	for _, b := range waiting {
		group.Go(func() { b.Request(http.MethodPost, "/signin/code", map[string][]string{"code": {code}}, nil) })
	}
	group.Wait()
	in := 0
	for _, b := range waiting {
		if b.Status == http.StatusSeeOther {
			in++
		}
	}
	if in != 1 {
		t.Errorf("%d of %d got in with one code", in, len(waiting))
	}
}
