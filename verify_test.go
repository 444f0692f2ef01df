package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hutch/sandbox"
)

// Where addresses have to be confirmed, a mailed link does it.
func TestVerifyTheEmail(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		verified := map[string]any{"public_registration_verify_email": true}
		up.change(t, verified, map[string]any{"public_registration_verify_email": false})
		site := startApp(t, up, nil)
		t.Run("from the mail to signing in", func(t *testing.T) {
			up.everyWay(t, func(t *testing.T, how way) { verifyTheEmail(t, up, site, how) })
		})
		t.Run("Directus goes away", func(t *testing.T) {
			bothWays(t, func(t *testing.T, how way) { verifyInTrouble(t, up, site, how) })
		})
		t.Run("known and new addresses", func(t *testing.T) {
			bothWays(t, func(t *testing.T, how way) { signUpTellsNothing(t, up, site, how) })
		})
		t.Run("a password against the policy", func(t *testing.T) {
			up.refusePasswords(t)
			bothWays(t, func(t *testing.T, how way) {
				b := site.browser(t, how)
				who := newAccount()
				b.open("/signup")
				b.submit("#signup", who.form())
				b.wantError("password", "does not meet the rules")
				if b.value("email") != who.email {
					t.Error("the address is lost")
				}
			})
		})
	})
}

// refusePasswords has Directus take none of the passwords that tests type, for the
// rest of the test.
func (up upstream) refusePasswords(t *testing.T) {
	t.Helper()
	up.change(t, map[string]any{"auth_password_policy": "/^.{60,}$/"}, map[string]any{"auth_password_policy": nil})
}

func verifyTheEmail(t *testing.T, up upstream, site *app, how way) {
	b := site.browser(t, how)
	who := newAccount()
	b.open("/signup")
	b.submit("#signup", who.form())
	b.wantAt("/signup/check-email")
	b.wantText("Check your inbox", who.email)
	if b.doc.Find(`main a[href="/signup"]`).Length() != 1 {
		t.Error("there is no way to another address")
	}
	b.submit("#resend", nil)
	b.wantAt("/signup/check-email")
	b.wantText("We have sent the message once more.", who.email)
	link := site.mailed(t, up, who.email, 2)

	b.open("/signin")
	if b.value("email") != who.email {
		t.Errorf("whoever waits for the mail types their address again: %q", b.value("email"))
	}
	b.submit("#signin", map[string]string{"password": who.password})
	b.wantError("", "The email address or the password is wrong.")

	b.comeBy(link)
	b.wantStatus(http.StatusOK)
	b.wantAt("/verify")
	b.wantText("Confirm your address")
	b.submit("#verify", nil)
	b.wantAt("/signin")
	b.wantText("Your address is confirmed.")
	b.submit("#signin", map[string]string{"password": who.password})
	b.wantAt("/profile")
	b.wantText(who.email)
	b.open("/signup/check-email") // which is over
	if strings.Contains(b.text(), who.email) {
		t.Error("the address is still held")
	}

	// Both links have done their work.
	for n := range 2 {
		again := site.browser(t, how)
		again.comeBy(site.mailed(t, up, who.email, n+1))
		again.submit("#verify", nil)
		again.wantStatus(http.StatusGone)
		again.wantText("This link has been used", "you can sign in")
		if again.doc.Find(`main a[href="/signin"]`).Length() != 1 {
			t.Error("there is no way on")
		}
	}
}

func verifyInTrouble(t *testing.T, up upstream, site *app, how way) {
	b := site.browser(t, how)
	who := newAccount()
	b.open("/signup")
	b.submit("#signup", who.form())
	site.wire.breakOn("POST /users/register", breakages["503"])
	b.submit("#resend", nil)
	site.wire.mend()
	b.wantStatus(http.StatusServiceUnavailable)
	b.wantText("not answering", who.email)

	b.comeBy(site.mailed(t, up, who.email, 1))
	site.wire.breakOn("GET /users/register/verify-email", breakages["cut"])
	b.submit("#verify", nil)
	site.wire.mend()
	b.wantStatus(http.StatusServiceUnavailable)
	b.wantText("not answering")
	b.submit("#verify", nil) // nothing is lost
	b.wantAt("/signin")
	b.wantText("Your address is confirmed.")
}

// signUpTellsNothing compares what a new address gets to see with what one gets
// that has an account, confirmed or not.
func signUpTellsNothing(t *testing.T, up upstream, site *app, how way) {
	active := newAccount()
	sees := func(who account) string {
		b := site.browser(t, how)
		b.open("/signup")
		b.submit("#signup", who.form())
		b.wantAt("/signup/check-email")
		return strings.ReplaceAll(b.raw, who.email, "somebody")
	}
	page := sees(active)
	if sees(active) != page {
		t.Error("an address that waits for the mail sees another page")
	}
	b := site.browser(t, plain)
	b.comeBy(site.mailed(t, up, active.email, 1))
	b.submit("#verify", nil)
	if sees(active) != page {
		t.Error("an address that has an account sees another page")
	}
}

// The waiting page knows the address from this browser alone, and for an hour.
func TestWaitingForTheMailEnds(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	up.change(t, map[string]any{"public_registration_verify_email": true}, map[string]any{"public_registration_verify_email": false})
	bothWays(t, func(t *testing.T, how way) {
		site := startApp(t, up, nil)
		b := site.browser(t, how)
		b.open("/signup/check-email?email=eve@example.com")
		b.wantText("Check your inbox")
		if strings.Contains(b.text(), "eve@example.com") {
			t.Error("the address comes from the URL")
		}
		who := newAccount()
		b.open("/signup")
		b.submit("#signup", who.form())
		b.wantText(who.email)
		page := b.doc
		site.pass(61 * time.Minute)
		b.open("/signup/check-email")
		b.wantText("Check your inbox")
		if strings.Contains(b.text(), who.email) {
			t.Error("the address is still held after an hour")
		}
		b.doc = page // a tab that was left open
		b.submit("#resend", nil)
		b.wantAt("/signup")
	})
}
