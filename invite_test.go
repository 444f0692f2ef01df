package main

import (
	"net/http"
	"net/url"
	"testing"
)

// Whoever is invited opens their account by a mailed link.
func TestInvitation(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		t.Run("from the mail to signing in", func(t *testing.T) {
			up.everyWay(t, func(t *testing.T, how way) { acceptInvitation(t, up, site, how) })
		})
		t.Run("passwords that will not do", func(t *testing.T) {
			bothWays(t, func(t *testing.T, how way) {
				who := newAccount()
				up.invite(t, who.email)
				b := site.browser(t, how)
				b.comeBy(site.mailed(t, up, who.email, 1))
				weakPasswords(t, up, b, "#choose-password", nil)
				b.submit("#choose-password", map[string]string{"password": who.password}) // and the link still works
				b.wantAt("/signin")
			})
		})
		t.Run("Directus goes away", func(t *testing.T) {
			bothWays(t, func(t *testing.T, how way) {
				who := newAccount()
				up.invite(t, who.email)
				b := site.browser(t, how)
				b.comeBy(site.mailed(t, up, who.email, 1))
				site.wire.breakOn("POST /users/invite/accept", breakages["503"])
				b.submit("#choose-password", map[string]string{"password": who.password})
				site.wire.mend()
				b.wantStatus(http.StatusServiceUnavailable)
				b.wantText("did not confirm")
				b.submit("#choose-password", map[string]string{"password": who.password})
				b.wantAt("/signin")
			})
		})
	})
}

// invite has an administrator invite somebody to be a member.
func (up upstream) invite(t *testing.T, email string) {
	t.Helper()
	var roles []struct{ ID string }
	if err := up.admin.Get(t.Context(), "/roles", url.Values{"filter[name][_eq]": {"Users"}}, &roles); err != nil || len(roles) != 1 {
		t.Fatalf("the members' role: %v, %v", roles, err)
	}
	err := up.admin.Post(t.Context(), "/users/invite", map[string]any{"email": email, "role": roles[0].ID, "invite_url": publicURL + "/invite"}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

func acceptInvitation(t *testing.T, up upstream, site *app, how way) {
	who := newAccount()
	up.invite(t, who.email)
	up.invite(t, who.email) // once more
	b := site.browser(t, how)
	b.signIn(who)
	b.wantError("", "The email address or the password is wrong.")
	b.comeBy(site.mailed(t, up, who.email, 1))
	b.wantAt("/invite")
	b.wantStatus(http.StatusOK)
	b.wantText("You have been invited.")
	b.submit("#choose-password", map[string]string{"password": who.password})
	b.wantAt("/signin")
	b.wantText("Your account is ready.")
	b.submit("#signin", who.form())
	b.wantAt("/profile")
	b.wantText(who.email)

	for n := range 2 {
		again := site.browser(t, how)
		again.comeBy(site.mailed(t, up, who.email, n+1))
		again.submit("#choose-password", map[string]string{"password": newPassword})
		again.wantStatus(http.StatusGone)
		again.wantText("This link has been used", "accepted already")
		if again.doc.Find(`main a[href="/signin"]`).Length() != 1 {
			t.Error("there is no way on")
		}
	}
	again := site.browser(t, plain)
	again.signIn(who)
	again.wantAt("/profile")
}

// weakPasswords tries passwords that are refused in a form that asks for a new
// one, the rest of which is filled in as given.
func weakPasswords(t *testing.T, up upstream, b *browser, selector string, rest map[string]string) {
	t.Helper()
	refused := func(password, message string) {
		t.Helper()
		fill := map[string]string{"password": password}
		for name, value := range rest {
			fill[name] = value
		}
		b.submit(selector, fill)
		b.wantError("password", message)
		if b.value("password") != "" {
			t.Error("the password comes back")
		}
	}
	refused("", "Choose a password.")
	refused("short12", "at least 8 characters")
	refused("password1234", "easily guessed")
	refused("qwertyuiop", "easily guessed")
	refused("hutchhutch", "easily guessed") // the site's name
	up.change(t, map[string]any{"auth_password_policy": "/^.{60,}$/"}, map[string]any{"auth_password_policy": nil})
	refused(newPassword, "does not meet the rules")
	if err := up.admin.Patch(t.Context(), "/settings", map[string]any{"auth_password_policy": nil}); err != nil {
		t.Fatal(err)
	}
}
