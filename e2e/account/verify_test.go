package account_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// Where addresses have to be confirmed, a mailed link does it.
func TestVerifyTheEmail(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		verified := map[string]any{"public_registration_verify_email": true}
		up.Change(t, verified, map[string]any{"public_registration_verify_email": false})
		site := harness.StartApp(t, up, nil)
		t.Run("from the mail to signing in", func(t *testing.T) {
			up.EveryWay(t, func(t *testing.T, how harness.Way) { verifyTheEmail(t, up, site, how) })
		})
		t.Run("Directus goes away", func(t *testing.T) {
			up.InDetail(t, func(t *testing.T, how harness.Way) { verifyInTrouble(t, up, site, how) })
		})
		t.Run("known and new addresses", func(t *testing.T) {
			up.InDetail(t, func(t *testing.T, how harness.Way) { signUpTellsNothing(t, up, site, how) })
		})
		t.Run("a password against the policy", func(t *testing.T) {
			refusePasswords(t, up)
			up.BothWays(t, func(t *testing.T, how harness.Way) {
				b := site.Browser(t, how)
				who := harness.NewAccount()
				b.Open("/signup")
				b.Submit("#signup", who.Form())
				b.WantError("password", "doesn't meet the rules")
				if b.Value("email") != who.Email {
					t.Error("the address is lost")
				}
			})
		})
	})
}

// refusePasswords has Directus take none of the passwords that tests type, for the
// rest of the test.
func refusePasswords(t *testing.T, up harness.Upstream) {
	t.Helper()
	up.Change(t, map[string]any{"auth_password_policy": "/^.{60,}$/"}, map[string]any{"auth_password_policy": nil})
}

func verifyTheEmail(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := harness.NewAccount()
	b.Open("/signup?redirectedFrom=/blog/the-night-list") // as from a post for members
	b.Submit("#signup", who.Form())
	b.WantAt("/signup/check-email")
	b.WantText("Check your inbox", who.Email)
	if b.Doc.Find(`main a[href="/signup"]`).Length() != 1 {
		t.Error("there is no way to another address")
	}
	b.Submit("#resend", nil)
	b.WantAt("/signup/check-email")
	b.WantText("We've sent the email again.", who.Email)
	link := site.Mailed(t, up, who.Email, 2)

	b.Open("/signin")
	if b.Value("email") != who.Email {
		t.Errorf("the page after sign-up does not fill in the address: %q", b.Value("email"))
	}
	b.Submit("#signin", map[string]string{"password": who.Password})
	b.WantError("", "The email address or password is incorrect.")

	b.ComeBy(link)
	b.WantStatus(http.StatusOK)
	b.WantAt("/verify")
	b.WantText("Confirm your email address")
	b.Submit("#verify", nil)
	b.WantAt("/signin?redirectedFrom=%2Fblog%2Fthe-night-list")
	b.WantText("Your email address is confirmed.")
	b.Submit("#signin", map[string]string{"password": who.Password})
	b.WantAt("/blog/the-night-list")
	b.Open("/signup/check-email") // which is over
	if strings.Contains(b.Text(), who.Email) {
		t.Error("the address is still held")
	}

	// Both links have done their work.
	for n := range 2 {
		again := site.Browser(t, how)
		again.ComeBy(site.Mailed(t, up, who.Email, n+1))
		again.Submit("#verify", nil)
		again.WantStatus(http.StatusGone)
		again.WantText("This link has already been used", "You can sign in.")
		if again.Doc.Find(`main a[href="/signin"]`).Length() != 1 {
			t.Error("there is no way on")
		}
	}
}

func verifyInTrouble(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := harness.NewAccount()
	b.Open("/signup")
	b.Submit("#signup", who.Form())
	site.Wire.BreakOn("POST /users/register", harness.Breakages["503"])
	b.Submit("#resend", nil)
	site.Wire.Mend()
	b.WantStatus(http.StatusServiceUnavailable)
	b.WantText("couldn't do this right now", who.Email)

	b.ComeBy(site.Mailed(t, up, who.Email, 1))
	site.Wire.BreakOn("GET /users/register/verify-email", harness.Breakages["cut"])
	b.Submit("#verify", nil)
	site.Wire.Mend()
	b.WantStatus(http.StatusServiceUnavailable)
	b.WantText("couldn't do this right now")
	b.Submit("#verify", nil) // nothing is lost
	b.WantAt("/signin")
	b.WantText("Your email address is confirmed.")
}

// signUpTellsNothing compares what a new address gets to see with what one gets
// that has an account, confirmed or not.
func signUpTellsNothing(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	active := harness.NewAccount()
	sees := func(who harness.Account) string {
		b := site.Browser(t, how)
		b.Open("/signup")
		b.Submit("#signup", who.Form())
		b.WantAt("/signup/check-email")
		return strings.ReplaceAll(b.Raw, who.Email, "somebody")
	}
	page := sees(active)
	if sees(active) != page {
		t.Error("an address that waits for the mail sees another page")
	}
	b := site.Browser(t, harness.Plain)
	b.ComeBy(site.Mailed(t, up, active.Email, 1))
	b.Submit("#verify", nil)
	if sees(active) != page {
		t.Error("an address that has an account sees another page")
	}
}

// The waiting page knows the address from this browser alone, and for an hour.
func TestWaitingForTheMailEnds(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Change(t, map[string]any{"public_registration_verify_email": true}, map[string]any{"public_registration_verify_email": false})
	up.BothWays(t, func(t *testing.T, how harness.Way) {
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, how)
		b.Open("/signup/check-email?email=eve@example.com")
		b.WantText("Check your inbox")
		if strings.Contains(b.Text(), "eve@example.com") {
			t.Error("the address comes from the URL")
		}
		who := harness.NewAccount()
		b.Open("/signup")
		b.Submit("#signup", who.Form())
		b.WantText(who.Email)
		page := b.Doc
		site.Pass(61 * time.Minute)
		b.Open("/signup/check-email")
		b.WantText("Check your inbox")
		if strings.Contains(b.Text(), who.Email) {
			t.Error("the address is still held after an hour")
		}
		b.Doc = page // a tab that was left open
		b.Submit("#resend", nil)
		b.WantAt("/signup")
	})
}
