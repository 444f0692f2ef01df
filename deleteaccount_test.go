package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

// Members delete their account.
func TestDeleteAccount(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		t.Run("for good", func(t *testing.T) {
			up.everyWay(t, func(t *testing.T, how way) { deleteTheAccount(t, up, site, how) })
		})
		for name, journey := range map[string]func(*testing.T, upstream, *app, way){
			"failing":            deleteFails,
			"Directus goes away": deleteInTrouble,
			"last administrator": deleteLastAdministrator,
		} {
			t.Run(name, func(t *testing.T) {
				bothWays(t, func(t *testing.T, how way) { journey(t, up, site, how) })
			})
		}
		t.Run("without permission", func(t *testing.T) { deleteForbidden(t, up) })
	})
}

func deleteTheAccount(t *testing.T, up upstream, site *app, how way) {
	b, elsewhere := site.browser(t, how), site.browser(t, plain)
	who := b.signUp()
	elsewhere.signIn(who)
	b.submit("#avatar", map[string]string{"picture": asPNG(t, painting(20, 20))})
	picture, id := up.avatarOf(t, who), up.user(t, who)["id"].(string)
	b.open("/profile/data")
	b.open(b.doc.Find(`main a[href="/profile/delete"]`).AttrOr("href", ""))
	b.wantStatus(http.StatusOK)
	b.wantText("This cannot be undone.", "your picture")
	if b.doc.Find(`main a[href="/profile"]`).Length() == 0 {
		t.Error("there is no way to stay")
	}
	b.submit("#delete-account", map[string]string{"email": strings.ToUpper(who.email), "current_password": who.password})
	b.wantAt("/")
	b.wantText("Your account has been deleted.")
	b.wantSignedIn(false)
	if b.sessionCookie() != nil {
		t.Error("the cookie is still there")
	}
	elsewhere.wantSession(false)
	if up.exists(t, "/users/"+id) || up.exists(t, "/files/"+picture) {
		t.Error("the account or its picture is still there")
	}
	b.signIn(who)
	b.wantError("", "The email address or the password is wrong.")
	b.open("/signup") // the address is free again
	b.submit("#signup", who.form())
	b.wantAt("/profile")
	b.wantText("Your account is ready.")
}

func deleteFails(t *testing.T, up upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	b.submit("#avatar", map[string]string{"picture": asPNG(t, painting(20, 20))})
	b.open("/profile/delete")
	for _, test := range []struct{ email, password, field, message string }{
		{"", who.password, "email", "Enter your email address."},
		{"nonsense", who.password, "email", "correct format"},
		{newAccount().email, who.password, "email", "This is not the address of your account."},
		{who.email, "", "current_password", "Enter your password."},
		{who.email, wrongPassword, "current_password", "The current password is wrong."},
	} {
		site.wire.forget()
		b.submit("#delete-account", map[string]string{"email": test.email, "current_password": test.password})
		b.wantError(test.field, test.message)
		if b.value("email") != test.email {
			t.Errorf("the address was %q and is %q", test.email, b.value("email"))
		}
		if site.wire.count("DELETE") != 0 {
			t.Error("Directus was asked to delete without a proof")
		}
	}
	b.wantSession(true)
	if !up.exists(t, "/files/"+up.avatarOf(t, who)) {
		t.Error("the picture is gone, and the account is not")
	}
}

func deleteInTrouble(t *testing.T, up upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	b.submit("#avatar", map[string]string{"picture": asPNG(t, painting(20, 20))})
	b.open("/profile/delete")
	fill := map[string]string{"email": who.email, "current_password": who.password}
	site.wire.breakOn("POST /auth/login", breakages["503"])
	b.submit("#delete-account", fill)
	site.wire.mend()
	b.wantStatus(http.StatusServiceUnavailable)
	if b.value("email") != who.email {
		t.Error("what was typed is lost")
	}
	site.wire.breakOn("DELETE /users", breakages["cut"])
	b.submit("#delete-account", fill)
	site.wire.mend()
	b.wantStatus(http.StatusServiceUnavailable)
	b.wantText("did not confirm")
	// Where an item of the project would be left pointing to nobody, Directus
	// breaks down.
	site.wire.breakOn("DELETE /users", breakages["500 with a stack"])
	b.submit("#delete-account", fill)
	site.wire.mend()
	b.wantError("", "something else on this site still belongs to it")
	b.wantSession(true)
	b.open("/profile/delete")
	b.submit("#delete-account", fill)
	b.wantText("Your account has been deleted.")
}

// deleteLastAdministrator: nobody could run the project afterwards.
func deleteLastAdministrator(t *testing.T, up upstream, site *app, how way) {
	admin := up.administrator(t)
	b := site.browser(t, how)
	b.signIn(admin)
	b.wantAt("/profile")
	b.submit("#avatar", map[string]string{"picture": asPNG(t, painting(20, 20))})
	b.wantText("Your picture has been changed.")
	picture := up.avatarOf(t, admin)
	b.open("/profile/delete")
	b.submit("#delete-account", map[string]string{"email": admin.email, "current_password": admin.password})
	b.wantError("", "This is the last administrator's account")
	b.wantSession(true)
	if !up.exists(t, "/files/"+picture) {
		t.Error("the picture is gone, and the account is not")
	}
	up.set(t, admin, map[string]any{"avatar": nil})
}

// administrator lets the only administrator sign in with a password.
func (up upstream) administrator(t *testing.T) account {
	t.Helper()
	var me struct{ ID string }
	if err := up.admin.Get(t.Context(), "/users/me", nil, &me); err != nil {
		t.Fatal(err)
	}
	who := newAccount()
	if err := up.admin.Patch(t.Context(), "/users/"+me.ID, map[string]any{"email": who.email, "password": who.password}); err != nil {
		t.Fatal(err)
	}
	return who
}

// deleteForbidden: neither the member's role nor the service token may.
func deleteForbidden(t *testing.T, up upstream) {
	env := map[string]string{}
	if up.membersReadThemselves() {
		up.forbid(t, "delete", "directus_users")
	} else {
		env["DIRECTUS_SERVICE_TOKEN"] = ""
	}
	site := startApp(t, up, env)
	bothWays(t, func(t *testing.T, how way) {
		b := site.browser(t, how)
		who := b.signUp()
		b.open("/profile/data")
		b.wantText("Download my data")
		if strings.Contains(b.text(), "Delete") {
			t.Error("deleting is offered")
		}
		b.open("/profile/delete")
		b.wantStatus(http.StatusForbidden)
		b.wantText("Accounts cannot be deleted by their owners here.")
		b.request(http.MethodPost, "/profile/delete", url.Values{"email": {who.email}, "current_password": {who.password}}, nil)
		if b.status != http.StatusSeeOther || b.header.Get("Location") != "/profile/delete" {
			t.Errorf("sent all the same: %d %s, want the page that says why not", b.status, b.header.Get("Location"))
		}
		b.wantSession(true)
	})
}

// Whatever else a member has uploaded goes with them: Directus keeps an account
// that a file names.
func TestDeleteAccountThatHasFiles(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		b := site.browser(t, plain)
		who := b.signUp()
		id, tokens := uuid.NewString(), site.wire.tokens()
		client, err := directus.New(up.url)
		if err != nil {
			t.Fatal(err)
		}
		err = client.UploadFile(t.Context(), directus.Visitor{}, secret.Of(tokens[len(tokens)-1]), directus.Upload{
			Fields: map[string]string{"id": id, "title": "A letter"}, Name: "letter.png", ContentType: "image/png", Content: []byte(asPNG(t, painting(4, 4))),
		})
		if err != nil {
			t.Fatal(err)
		}
		b.open("/profile/delete")
		b.submit("#delete-account", map[string]string{"email": who.email, "current_password": who.password})
		b.wantText("Your account has been deleted.")
		if up.exists(t, "/files/"+id) {
			t.Error("the file is still there")
		}
	})
}
