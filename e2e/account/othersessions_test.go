package account_test

import (
	"testing"
	"time"

	"hutch/e2e/harness"
)

// A member who changes what they sign in with is alone afterwards: sessions elsewhere end, if
// Directus can end them, and a stolen copy of one's own cookie does in any case.
func TestOtherSessionsEnd(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		env := map[string]string{"SESSION_SECRET": harness.ProcessesSecret}
		site, replica := harness.StartApp(t, up, env), harness.StartApp(t, up, env)
		says := " You're still signed in on your other devices."
		if up.EndsSessions() {
			says = " You've been signed out on all other devices."
		}
		var secret string
		for _, change := range []struct {
			name, path, done string
			make             func(*harness.Browser, harness.Account)
			before           func(*harness.Browser, harness.Account) // the cookie is stolen
		}{
			{name: "password", done: "Your password has been changed.", make: func(b *harness.Browser, who harness.Account) {
				b.Open("/profile/password")
				b.Submit("#change-password", map[string]string{"current_password": who.Password, "password": harness.NewPassword})
			}},
			{name: "email address", done: "Your email address has been changed.", make: func(b *harness.Browser, who harness.Account) {
				b.Open("/profile/email")
				b.Submit("#change-email", map[string]string{"email": harness.NewAccount().Email, "current_password": who.Password})
			}},
			{name: "two-factor on", done: "Two-factor authentication is on.",
				before: func(b *harness.Browser, who harness.Account) {
					b.Open("/profile/two-factor")
					b.Submit("#two-factor", map[string]string{"current_password": who.Password})
					secret = b.Doc.Find("code.secret").Text()
				},
				make: func(b *harness.Browser, _ harness.Account) {
					b.Submit("#two-factor", map[string]string{"code": site.CodeFor(t, secret)})
				}},
			{name: "two-factor off", done: "Two-factor authentication is off.",
				before: func(b *harness.Browser, who harness.Account) {
					secret, _ = b.SwitchOnTwoFactor(who)
				},
				make: func(b *harness.Browser, who harness.Account) {
					b.Open("/profile/two-factor/off")
					b.Submit("#two-factor", map[string]string{"current_password": who.Password, "code": site.CodeFor(t, secret)})
				}},
		} {
			t.Run(change.name, func(t *testing.T) {
				b, elsewhere := site.Browser(t, harness.Plain), site.Browser(t, harness.Plain)
				who := b.SignUp()
				if change.before != nil {
					change.before(b, who)
				}
				if change.name == "two-factor off" {
					elsewhere.SignInWithCode(who, secret)
				} else {
					elsewhere.SignIn(who)
				}
				elsewhere.WantAt("/profile")
				if change.name == "two-factor off" {
					b.Open("/profile/two-factor")
				}
				stolen := b.SessionCookie()
				change.make(b, who)
				b.WantText(change.done + says)
				thief, there := site.Browser(t, harness.Plain), replica.Browser(t, harness.Plain)
				thief.SetSession(stolen)
				there.SetSession(stolen)
				thief.WantSession(false)
				there.WantSession(false)
				elsewhere.WantSession(!up.EndsSessions())
				b.WantSession(true)
				if again := b.SessionCookie(); again == nil || again.Value == stolen.Value {
					t.Error("the cookie is the one that was stolen")
				}
				// It lasts as others do.
				site.Pass(15 * time.Hour)
				b.WantSession(true)
			})
		}
	})
}
