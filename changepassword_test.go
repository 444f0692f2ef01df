package main

import (
	"net/http"
	"strings"
	"testing"

	"hutch/sandbox"
)

// Members change their password.
func TestChangePassword(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		t.Run("and stay", func(t *testing.T) {
			up.everyWay(t, func(t *testing.T, how way) { changePassword(t, up, site, how) })
		})
		for name, journey := range map[string]func(*testing.T, upstream, *app, way){
			"failing":            changePasswordFails,
			"Directus goes away": changePasswordInTrouble,
		} {
			t.Run(name, func(t *testing.T) {
				bothWays(t, func(t *testing.T, how way) { journey(t, up, site, how) })
			})
		}
		t.Run("managed elsewhere", func(t *testing.T) { managedElsewhere(t, up, site) })
		t.Run("without permission", func(t *testing.T) {
			up.forbid(t, "update", "directus_users", "password", "email")
			bothWays(t, func(t *testing.T, how way) { credentialsForbidden(t, site, how) })
		})
	})
}

func changePassword(t *testing.T, up upstream, site *app, how way) {
	b, elsewhere := site.browser(t, how), site.browser(t, plain)
	who := b.signUp()
	elsewhere.signIn(who)
	b.open("/profile/password")
	if up.endsSessions() {
		b.wantText("You stay signed in here, and are signed out on all other devices.")
	} else {
		b.wantText("You stay signed in here, and also where else you are signed in")
	}
	bodies := site.wire.record(t, "PATCH /users/")
	b.submit("#change-password", map[string]string{"current_password": who.password, "password": newPassword})
	site.wire.mend()
	b.wantAt("/profile/password")
	if up.endsSessions() {
		b.wantText("Your password has been changed. You are signed out on all other devices.")
	} else {
		b.wantText("Your password has been changed.", "sign out there yourself")
	}
	if sent := bodies(); len(sent) != 1 || sent[0] != `{"password":"`+newPassword+`"}` {
		t.Errorf("Directus was sent %q", sent)
	}
	b.wantSession(true)
	elsewhere.wantSession(!up.endsSessions())

	other := site.browser(t, plain)
	other.signIn(who)
	other.wantError("", "The email address or the password is wrong.")
	other.signIn(account{who.email, newPassword})
	other.wantAt("/profile")
}

func changePasswordFails(t *testing.T, up upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	b.open("/profile/password")
	b.submit("#change-password", map[string]string{"current_password": "", "password": newPassword})
	b.wantError("current_password", "Enter your password.")
	site.wire.forget()
	b.submit("#change-password", map[string]string{"current_password": wrongPassword, "password": newPassword})
	b.wantError("current_password", "The current password is wrong.")
	if site.wire.count("PATCH") != 0 {
		t.Error("Directus was asked to change something without the right password")
	}
	b.submit("#change-password", map[string]string{"current_password": who.password, "password": who.password})
	b.wantError("password", "This is your password already.")
	local, _, _ := strings.Cut(who.email, "@")
	for _, easy := range []string{who.email, local, local + "1"} {
		b.submit("#change-password", map[string]string{"current_password": who.password, "password": easy})
		b.wantError("password", "easily guessed")
	}
	weakPasswords(t, up, b, "#change-password", map[string]string{"current_password": who.password})
	b.submit("#change-password", map[string]string{"current_password": who.password, "password": newPassword})
	b.wantText("Your password has been changed.")
	// A proof is a sign-in that is ended at once.
	if proofs, ended := site.wire.count("POST /auth/login"), site.wire.count("POST /auth/logout"); proofs-1 != ended {
		t.Errorf("%d throw-away sign-ins, one of them wrong, and %d ended", proofs, ended)
	}
}

func changePasswordInTrouble(t *testing.T, _ upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	b.open("/profile/password")
	fill := map[string]string{"current_password": who.password, "password": newPassword}
	site.wire.breakOn("POST /auth/login", breakages["503"])
	b.submit("#change-password", fill)
	site.wire.mend()
	b.wantStatus(http.StatusServiceUnavailable)
	site.wire.breakOn("PATCH", breakages["cut"])
	b.submit("#change-password", fill)
	site.wire.mend()
	b.wantStatus(http.StatusServiceUnavailable)
	b.wantText("did not confirm")
	b.submit("#change-password", fill)
	b.wantText("Your password has been changed.")
}

// managedElsewhere: an external provider keeps the address and the password.
// There is none here, so the wire says it.
func managedElsewhere(t *testing.T, up upstream, site *app) {
	b := site.browser(t, plain)
	who := b.signUp()
	b.open("/profile/email")
	email := b.doc
	b.open("/profile/password")
	password := b.doc
	row := `{"id":"` + up.user(t, who)["id"].(string) + `","email":"` + who.email + `","provider":"github"}`
	site.wire.rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method+" "+r.URL.Path != "GET /users/me" {
			return false
		}
		writeJSON(w, row)
		return true
	})
	defer site.wire.mend()
	for _, path := range []string{"/profile/email", "/profile/password"} {
		b.open(path)
		b.wantStatus(http.StatusOK)
		b.wantText("You sign in with github, so your", "is managed there.")
		if b.doc.Find("main form").Length() != 0 {
			t.Errorf("%s has a form all the same", path)
		}
	}
	b.open("/profile/two-factor")
	b.wantText("external provider")
	b.open("/profile/delete")
	if b.doc.Find("#delete-account").Length() != 0 {
		t.Error("/profile/delete asks for a password that there is not")
	}
	site.wire.forget()
	b.doc = email
	b.submit("#change-email", map[string]string{"email": newAccount().email, "current_password": who.password})
	b.wantAt("/profile/email") // which says where
	b.doc = password
	b.submit("#change-password", map[string]string{"current_password": who.password, "password": newPassword})
	b.wantAt("/profile/password")
	if site.wire.count("PATCH") != 0 {
		t.Error("Directus was asked to change something")
	}
	b.open("/profile")
	b.wantText(who.email)
}

func credentialsForbidden(t *testing.T, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	b.open("/profile/password")
	b.submit("#change-password", map[string]string{"current_password": who.password, "password": newPassword})
	b.wantError("", "Your account may not change its password.")
	changed := newAccount()
	b.open("/profile/email")
	b.submit("#change-email", map[string]string{"email": changed.email, "current_password": who.password})
	b.wantError("", "Your account may not change its email address.")
	if b.value("email") != changed.email {
		t.Error("the new address is lost")
	}
}

// Passwords that are easily guessed are refused at sign-up already.
func TestSignUpRefusesWhatIsEasilyGuessed(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	if err := up.admin.Patch(t.Context(), "/items/global", map[string]any{"title": "Longeared Hutch"}); err != nil {
		t.Fatal(err)
	}
	site := startApp(t, up, nil)
	bothWays(t, func(t *testing.T, how way) {
		who := newAccount()
		local, _, _ := strings.Cut(who.email, "@")
		b := site.browser(t, how)
		b.open("/signup")
		for _, easy := range []string{who.email, local, "12345678", "aaaaaaaaaaaa", "longeared"} {
			b.submit("#signup", map[string]string{"email": who.email, "password": easy})
			b.wantError("password", "easily guessed")
			if b.value("email") != who.email {
				t.Error("the address is lost")
			}
		}
		weakPasswords(t, up, b, "#signup", map[string]string{"email": who.email})
		b.submit("#signup", who.form())
		b.wantAt("/profile")
	})
}
