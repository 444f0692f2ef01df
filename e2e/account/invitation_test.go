package account_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// With the sandbox, in development, what was not sent can be read: every journey
// can be walked without a mail server.
func TestOutbox(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	up.Change(t, map[string]any{"public_registration_verify_email": true}, map[string]any{"public_registration_verify_email": false})
	up.OutboxShown = true
	site := harness.StartApp(t, up, nil)
	b := site.Browser(t, harness.Scripted)
	b.Open("/sandbox/outbox")
	b.WantStatus(http.StatusOK)
	b.WantText("No email yet.")

	who, invited := harness.NewAccount(), harness.NewAccount()
	b.Open("/signup")
	b.Submit("#signup", who.Form())
	b.WantAt("/signup/check-email")
	invite(t, up, invited.Email)
	b.Follow(`.sandbox a[href="/sandbox/outbox"]`)
	b.WantAt("/sandbox/outbox")
	mails := b.Doc.Find("article.mail")
	if mails.Length() != 2 || !strings.Contains(mails.First().Text(), "To "+invited.Email) || !strings.Contains(mails.Last().Text(), "To "+who.Email) {
		t.Fatalf("the mails, newest first: %s", mails.Text())
	}
	link := mails.Last().Find("a").AttrOr("href", "")
	path, ours := strings.CutPrefix(link, harness.PublicURL)
	if !ours {
		t.Fatalf("the link leads to %q", link)
	}
	b.Open(path)
	b.Submit("#verify", nil)
	b.WantText("Your email address is confirmed.")
}

// Nobody else's mails can be read: there is no such page on a real Directus.
func TestOutboxIsForTheSandbox(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil) // as with a Directus of one's own
	b := site.Browser(t, harness.Plain)
	b.Open("/sandbox/outbox")
	b.WantStatus(http.StatusNotFound)
	b.WantText("Page not found")
	if b.Doc.Find(`a[href="/sandbox/outbox"]`).Length() != 0 {
		t.Error("the page is linked to")
	}
}

// An invited member activates their account through a mailed link.
func TestInvitation(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		t.Run("from the mail to signing in", func(t *testing.T) {
			up.EveryWay(t, func(t *testing.T, how harness.Way) { acceptInvitation(t, up, site, how) })
		})
		t.Run("passwords that will not do", func(t *testing.T) {
			up.InDetail(t, func(t *testing.T, how harness.Way) {
				who := harness.NewAccount()
				invite(t, up, who.Email)
				b := site.Browser(t, how)
				b.ComeBy(site.Mailed(t, up, who.Email, 1))
				weakPasswords(t, up, b, "#choose-password", nil)
				b.Submit("#choose-password", map[string]string{"password": who.Password}) // and the link still works
				b.WantAt("/signin")
			})
		})
		t.Run("Directus goes away", func(t *testing.T) {
			up.InDetail(t, func(t *testing.T, how harness.Way) {
				who := harness.NewAccount()
				invite(t, up, who.Email)
				b := site.Browser(t, how)
				b.ComeBy(site.Mailed(t, up, who.Email, 1))
				site.Wire.BreakOn("POST /users/invite/accept", harness.Breakages["503"])
				b.Submit("#choose-password", map[string]string{"password": who.Password})
				site.Wire.Mend()
				b.WantStatus(http.StatusServiceUnavailable)
				b.WantText("couldn't confirm your new password")
				b.Submit("#choose-password", map[string]string{"password": who.Password})
				b.WantAt("/signin")
			})
		})
	})
}

// invite has an administrator invite somebody to be a member.
func invite(t *testing.T, up harness.Upstream, email string) {
	t.Helper()
	var roles []struct{ ID string }
	if err := up.Admin.Get(t.Context(), "/roles", url.Values{"filter[name][_eq]": {"Users"}}, &roles); err != nil || len(roles) != 1 {
		t.Fatalf("the members' role: %v, %v", roles, err)
	}
	err := up.Admin.Post(t.Context(), "/users/invite", map[string]any{"email": email, "role": roles[0].ID, "invite_url": harness.PublicURL + "/invite"}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

func acceptInvitation(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	who := harness.NewAccount()
	invite(t, up, who.Email)
	invite(t, up, who.Email) // once more
	b := site.Browser(t, how)
	b.SignIn(who)
	b.WantError("", "The email address or password is incorrect.")
	b.ComeBy(site.Mailed(t, up, who.Email, 1))
	b.WantAt("/invite")
	b.WantStatus(http.StatusOK)
	b.WantText("You've been invited.")
	b.Submit("#choose-password", map[string]string{"password": who.Password})
	b.WantAt("/signin")
	b.WantText("Your account is ready.")
	b.Submit("#signin", who.Form())
	b.WantAt("/profile")
	b.WantText(who.Email)

	for n := range 2 {
		again := site.Browser(t, how)
		again.ComeBy(site.Mailed(t, up, who.Email, n+1))
		again.Submit("#choose-password", map[string]string{"password": harness.NewPassword})
		again.WantStatus(http.StatusGone)
		again.WantText("This link has already been used", "already accepted")
		if again.Doc.Find(`main a[href="/signin"]`).Length() != 1 {
			t.Error("there is no way on")
		}
	}
	again := site.Browser(t, harness.Plain)
	again.SignIn(who)
	again.WantAt("/profile")
}

// weakPasswords tries passwords that are refused in a form that asks for a new
// one, the rest of which is filled in as given.
func weakPasswords(t *testing.T, up harness.Upstream, b *harness.Browser, selector string, rest map[string]string) {
	t.Helper()
	refused := func(password, message string) {
		t.Helper()
		fill := map[string]string{"password": password}
		for name, value := range rest {
			fill[name] = value
		}
		b.Submit(selector, fill)
		b.WantError("password", message)
		if b.Value("password") != "" {
			t.Error("the password comes back")
		}
	}
	refused("", "Choose a password.")
	refused("short12", "at least 8 characters")
	refused("password1234", "too easy to guess")
	refused("qwertyuiop", "too easy to guess")
	refused("hutchhutch", "too easy to guess") // the site's name
	up.Change(t, map[string]any{"auth_password_policy": "/^.{60,}$/"}, map[string]any{"auth_password_policy": nil})
	refused(harness.NewPassword, "doesn't meet the rules")
	if err := up.Admin.Patch(t.Context(), "/settings", map[string]any{"auth_password_policy": nil}); err != nil {
		t.Fatal(err)
	}
}

func TestMain(m *testing.M) { harness.Main(m) }
