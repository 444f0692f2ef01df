package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"hutch/sandbox"
)

// Members can have signing in take a code from their phone as well.
func TestTwoFactor(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		t.Run("on, signing in, off", func(t *testing.T) {
			up.everyWay(t, func(t *testing.T, how way) { twoFactorOnAndOff(t, site, how) })
		})
		for name, journey := range map[string]func(*testing.T, upstream, *app, way){
			"switching it on fails":     twoFactorOnFails,
			"switching it off fails":    twoFactorOffFails,
			"wrong codes":               wrongCodes,
			"Directus goes away":        twoFactorInTrouble,
			"another tab":               twoFactorInAnotherTab,
			"what asks for the code":    sensitiveFormsAskForTheCode,
			"the first step is changed": passwordChangedBetweenTheSteps,
		} {
			t.Run(name, func(t *testing.T) {
				bothWays(t, func(t *testing.T, how way) { journey(t, up, site, how) })
			})
		}
		t.Run("without permission", func(t *testing.T) { twoFactorForbidden(t, up, site) })
	})
}

func twoFactorOnAndOff(t *testing.T, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	b.open("/profile/two-factor")
	b.wantText("The second step is off.")
	b.submit("#two-factor", map[string]string{"current_password": who.password})
	b.wantAt("/profile/two-factor")
	b.wantText("Scan this code")
	secret := b.doc.Find("code.secret").Text()
	if !regexp.MustCompile(`^[A-Z2-7]{16,}$`).MatchString(secret) {
		t.Errorf("the secret is %q", secret)
	}
	mustBeAQRCode(t, b)

	// Nothing is on yet: whoever stops here can sign in as before.
	b.submit(`form[action="/profile/two-factor/cancel"]`, nil)
	b.wantAt("/profile/two-factor")
	b.wantText("The second step is off.")
	b.submit("#two-factor", map[string]string{"current_password": who.password})
	if again := b.doc.Find("code.secret").Text(); again == secret {
		t.Error("the secret is the one that was given up")
	} else {
		secret = again
	}

	code := codeFor(t, secret)
	b.submit("#two-factor", map[string]string{"code": code[:3] + " " + code[3:]}) // as apps show it
	b.wantAt("/profile/two-factor")
	b.wantText("The second step is on.", "The second step is on")
	site.mayNotShow(secret, strings.ToLower(secret))
	if b.doc.Find(".codes code").Length() != 10 {
		t.Errorf("%d recovery codes are shown", b.doc.Find(".codes code").Length())
	}
	b.wantSession(true)

	other := site.browser(t, how)
	other.open("/profile?from=a+b")
	other.submit("#signin", who.form())
	other.wantAt("/signin/code")
	other.wantStatus(http.StatusOK)
	other.wantText("Enter your code")
	other.wantSignedIn(false)
	if strings.Contains(other.raw, who.email) {
		t.Error("what the first step learned is on the page of the second")
	}
	other.open("/profile")
	other.wantAt("/signin?redirectedFrom=%2Fprofile")
	other.open("/signin/code")
	other.submit("#signin-code", map[string]string{"code": wrongCode(t, secret)})
	other.wantError("code", "The code is wrong.")
	other.wantSignedIn(false)
	other.submit("#signin-code", map[string]string{"code": codeFor(t, secret)})
	other.wantAt("/profile?from=a+b")
	other.wantText("You are signed in.", who.email)
	other.open("/signin/code") // which is over
	other.wantAt("/profile")

	b.open("/profile/two-factor")
	b.submit("#two-factor", map[string]string{"current_password": who.password, "code": codeFor(t, secret)})
	b.wantAt("/profile/two-factor")
	b.wantText("The second step is off.", "The second step is off.")
	other.wantSession(true)
	again := site.browser(t, how)
	again.signIn(who)
	again.wantAt("/profile")
}

// mustBeAQRCode looks for what scanners look for: three squares in the corners,
// and a margin of four modules.
func mustBeAQRCode(t *testing.T, b *browser) {
	t.Helper()
	svg := b.doc.Find("svg.qr")
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

func twoFactorOnFails(t *testing.T, _ upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	b.open("/profile/two-factor")
	b.submit("#two-factor", map[string]string{"current_password": ""})
	b.wantError("current_password", "Enter your password.")
	b.submit("#two-factor", map[string]string{"current_password": wrongPassword})
	b.wantError("current_password", "The current password is wrong.")
	b.submit("#two-factor", map[string]string{"current_password": who.password})
	secret := b.doc.Find("code.secret").Text()
	for typed, message := range map[string]string{
		"": "Enter the code.", "abc": "The code is wrong.", "1234567": "The code is wrong.", wrongCode(t, secret): "The code is wrong.",
	} {
		b.submit("#two-factor", map[string]string{"code": typed})
		b.wantError("code", message)
	}
	b.open("/profile/two-factor") // the same secret, for the app has it by now
	if b.doc.Find("code.secret").Text() != secret {
		t.Error("the secret is another one")
	}
	other := site.browser(t, how)
	other.signIn(who)
	other.wantAt("/profile")
	other.open("/profile/two-factor")
	if other.doc.Find("code.secret").Length() != 0 {
		t.Error("another browser shows the secret")
	}
}

func twoFactorOffFails(t *testing.T, _ upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	secret, _ := b.switchOnTwoFactor(who)
	b.open("/profile/two-factor")
	for _, test := range []struct{ password, code, field, message string }{
		{"", codeFor(t, secret), "current_password", "Enter your password."},
		{who.password, "", "code", "Enter the code."},
		{wrongPassword, codeFor(t, secret), "current_password", "The current password is wrong."},
		{who.password, wrongCode(t, secret), "code", "The code is wrong."},
	} {
		site.wire.forget()
		b.submit("#two-factor", map[string]string{"current_password": test.password, "code": test.code})
		b.wantError(test.field, test.message)
		if site.wire.count("POST /users/me/tfa/disable") != 0 {
			t.Error("Directus was asked to switch it off without a proof")
		}
	}
	b.submit("#two-factor", map[string]string{"current_password": who.password, "code": codeFor(t, secret)})
	b.wantText("The second step is off.")
}

// wrongCodes lead back to the start after five of them.
func wrongCodes(t *testing.T, _ upstream, site *app, how way) {
	other := site.browser(t, plain)
	who := other.signUp()
	secret, _ := other.switchOnTwoFactor(who)
	b := site.browser(t, how)
	b.open("/profile?from=here")
	b.submit("#signin", who.form())
	b.submit("#signin-code", map[string]string{"code": ""})
	b.wantError("code", "Enter the code.")
	for range 4 {
		b.submit("#signin-code", map[string]string{"code": wrongCode(t, secret)})
		b.wantError("code", "The code is wrong.")
	}
	b.submit("#signin-code", map[string]string{"code": wrongCode(t, secret)})
	b.wantAt("/signin?redirectedFrom=%2Fprofile%3Ffrom%3Dhere")
	b.wantText("The code was wrong too often.")
	b.wantSignedIn(false)
	b.open("/signin/code") // nothing is left of the first step
	b.wantAt("/signin")
	b.wantText("Please sign in again from the beginning.")
	b.open("/signin/recovery")
	b.wantAt("/signin")
	b.signInWithCode(who, secret)
	b.wantAt("/profile")
}

func twoFactorInTrouble(t *testing.T, _ upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	b.open("/profile/two-factor")
	for _, call := range []string{"POST /auth/login", "POST /users/me/tfa/generate"} {
		site.wire.breakOn(call, breakages["503"])
		b.submit("#two-factor", map[string]string{"current_password": who.password})
		site.wire.mend()
		b.wantStatus(http.StatusServiceUnavailable)
		b.wantText("not answering")
	}
	b.submit("#two-factor", map[string]string{"current_password": who.password})
	secret := b.doc.Find("code.secret").Text()
	site.wire.breakOn("POST /users/me/tfa/enable", breakages["cut"])
	b.submit("#two-factor", map[string]string{"code": codeFor(t, secret)})
	site.wire.mend()
	b.wantStatus(http.StatusServiceUnavailable)
	b.wantText("did not confirm")
	b.submit("#two-factor", map[string]string{"code": codeFor(t, secret)}) // the secret is not lost
	b.wantText("The second step is on.")

	other := site.browser(t, how)
	other.signIn(who)
	other.wantAt("/signin/code")
	site.wire.breakOn("POST /auth/login", breakages["503"])
	other.submit("#signin-code", map[string]string{"code": codeFor(t, secret)})
	site.wire.mend()
	other.wantStatus(http.StatusServiceUnavailable)
	other.wantText("not answering")
	other.submit("#signin-code", map[string]string{"code": codeFor(t, secret)}) // nor is the first step
	other.wantAt("/profile")

	b.open("/profile/two-factor")
	site.wire.breakOn("POST /users/me/tfa/disable", breakages["cut"])
	b.submit("#two-factor", map[string]string{"current_password": who.password, "code": codeFor(t, secret)})
	site.wire.mend()
	b.wantStatus(http.StatusServiceUnavailable)
	b.wantText("did not confirm")
}

// Forms that were left open in another tab do no harm.
func twoFactorInAnotherTab(t *testing.T, _ upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	b.open("/profile/two-factor")
	begin := b.doc
	b.submit("#two-factor", map[string]string{"current_password": who.password})
	confirm := b.doc
	secret := confirm.Find("code.secret").Text()
	b.submit("#two-factor", map[string]string{"code": codeFor(t, secret)})
	site.mayNotShow(secret)
	off := b.doc
	b.doc = begin
	b.submit("#two-factor", map[string]string{"current_password": who.password})
	b.wantAt("/profile/two-factor")
	b.wantText("The second step is on")
	b.doc = confirm
	b.submit("#two-factor", map[string]string{"code": codeFor(t, secret)})
	b.wantText("The second step is on")
	b.submit("#two-factor", map[string]string{"current_password": who.password, "code": codeFor(t, secret)})
	b.wantText("The second step is off.")
	b.doc = off
	b.submit("#two-factor", map[string]string{"current_password": who.password, "code": codeFor(t, secret)})
	b.wantText("The second step is off.")
	b.doc = confirm
	b.submit("#two-factor", map[string]string{"code": codeFor(t, secret)})
	b.wantText("The second step is off.")
}

// sensitiveFormsAskForTheCode: the email address, the password, the account.
func sensitiveFormsAskForTheCode(t *testing.T, _ upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	secret, _ := b.switchOnTwoFactor(who)
	changed := newAccount()
	for _, test := range []struct {
		path, form string
		fill       map[string]string
		done       string
	}{
		{"/profile/email", "#change-email", map[string]string{"email": changed.email, "current_password": who.password}, "Your email address has been changed."},
		{"/profile/password", "#change-password", map[string]string{"password": newPassword, "current_password": who.password}, "Your password has been changed."},
		{"/profile/delete", "#delete-account", map[string]string{"email": changed.email, "current_password": newPassword}, "Your account has been deleted."},
	} {
		b.open(test.path)
		test.fill["code"] = ""
		b.submit(test.form, test.fill)
		b.wantError("code", "Enter the code.")
		test.fill["code"] = wrongCode(t, secret)
		b.submit(test.form, test.fill)
		b.wantError("code", "The code is wrong.")
		if email, has := test.fill["email"]; has && b.value("email") != email {
			t.Errorf("%s: the address is lost", test.path)
		}
		test.fill["code"] = codeFor(t, secret)
		b.submit(test.form, test.fill)
		b.wantText(test.done)
	}
	b.wantSignedIn(false)
}

func passwordChangedBetweenTheSteps(t *testing.T, up upstream, site *app, how way) {
	other := site.browser(t, plain)
	who := other.signUp()
	secret, _ := other.switchOnTwoFactor(who)
	b := site.browser(t, how)
	b.signIn(who)
	up.set(t, who, map[string]any{"password": newPassword})
	b.submit("#signin-code", map[string]string{"code": codeFor(t, secret)})
	b.wantAt("/signin?redirectedFrom=%2Fprofile")
	b.wantText("Please sign in again from the beginning.")
	b.signInWithCode(account{who.email, newPassword}, secret)
	b.wantAt("/profile")
}

// twoFactorForbidden: the role may not change tfa_secret.
func twoFactorForbidden(t *testing.T, up upstream, site *app) {
	b := site.browser(t, plain)
	who := b.signUp()
	b.open("/profile/two-factor")
	begin := b.doc
	b.submit("#two-factor", map[string]string{"current_password": who.password})
	confirm := b.doc
	up.forbid(t, "update", "directus_users", "tfa_secret")
	b.open("/profile/two-factor")
	b.wantText("Your account may not switch this on or off.")
	if b.doc.Find("#two-factor").Length() != 0 || b.doc.Find("code.secret").Length() != 0 {
		t.Error("there is a form all the same")
	}
	b.doc = begin
	b.submit("#two-factor", map[string]string{"current_password": who.password})
	b.wantText("Your account may not switch this on or off.")
	b.doc = confirm
	b.submit("#two-factor", map[string]string{"code": codeFor(t, confirm.Find("code.secret").Text())})
	b.wantText("Your account may not switch this on or off.")
	if up.user(t, who)["tfa_secret"] != nil {
		t.Error("it is on all the same")
	}
}

// The second step has to be made within five minutes; a secret waits for ten, and
// recovery codes are shown within five.
func TestStepsOfTwoFactorEnd(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	bothWays(t, func(t *testing.T, how way) {
		site := startApp(t, up, nil)
		b := site.browser(t, how)
		who := b.signUp()
		b.open("/profile/two-factor")
		b.submit("#two-factor", map[string]string{"current_password": who.password})
		waiting := b.doc
		secret := waiting.Find("code.secret").Text()
		site.pass(11 * time.Minute)
		b.open("/profile/two-factor")
		b.wantText("The second step is off.")
		b.doc = waiting
		b.submit("#two-factor", map[string]string{"code": codeFor(t, secret)})
		b.wantText("The second step is off.")

		b.submit("#two-factor", map[string]string{"current_password": who.password})
		secret = b.doc.Find("code.secret").Text()
		b.request(http.MethodPost, "/profile/two-factor/confirm", map[string][]string{"code": {codeFor(t, secret)}}, nil)
		site.pass(6 * time.Minute)
		b.open("/profile/two-factor")
		b.wantText("The second step is on")
		if b.doc.Find(".codes").Length() != 0 {
			t.Error("recovery codes are shown late")
		}

		other := site.browser(t, how)
		other.signIn(who)
		other.wantAt("/signin/code")
		site.pass(6 * time.Minute)
		other.submit("#signin-code", map[string]string{"code": codeFor(t, secret)})
		other.wantAt("/signin")
		other.wantText("Please sign in again from the beginning.")
		other.wantSignedIn(false)
	})
}

// Where the row does not tell that there is a second step, the form asks for the
// code once Directus does.
func TestTwoFactorThatCannotBeSeen(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	site := startApp(t, up, nil)
	bothWays(t, func(t *testing.T, how way) {
		b := site.browser(t, how)
		who := b.signUp()
		secret, _ := b.switchOnTwoFactor(who)
		up.forbid(t, "read", "directus_users", "tfa_secret")
		changed := newAccount()
		b.open("/profile/email")
		b.submit("#change-email", map[string]string{"email": changed.email, "current_password": who.password})
		b.wantError("code", "Enter the code.")
		if b.value("email") != changed.email {
			t.Error("the address is lost")
		}
		b.submit("#change-email", map[string]string{"email": changed.email, "current_password": who.password, "code": codeFor(t, secret)})
		b.wantText("Your email address has been changed.", changed.email)
	})
}
