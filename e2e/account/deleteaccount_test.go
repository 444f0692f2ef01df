package account_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/internal/secret"
)

// Members delete their account.
func TestDeleteAccount(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		t.Run("for good", func(t *testing.T) {
			up.EveryWay(t, func(t *testing.T, how harness.Way) { deleteTheAccount(t, up, site, how) })
		})
		for name, journey := range map[string]func(*testing.T, harness.Upstream, *harness.App, harness.Way){
			"failing":            deleteFails,
			"Directus goes away": deleteInTrouble,
			"last administrator": deleteLastAdministrator,
		} {
			t.Run(name, func(t *testing.T) {
				up.InDetail(t, func(t *testing.T, how harness.Way) { journey(t, up, site, how) })
			})
		}
		t.Run("without permission", func(t *testing.T) { deleteForbidden(t, up) })
	})
}

func deleteTheAccount(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b, elsewhere := site.Browser(t, how), site.Browser(t, harness.Plain)
	who := b.SignUp()
	elsewhere.SignIn(who)
	b.Submit("#avatar", map[string]string{"picture": harness.AsPNG(t, harness.Painting(20, 20))})
	picture, id := up.AvatarOf(t, who), up.User(t, who)["id"].(string)
	b.Open("/profile/data")
	b.Open(b.Doc.Find(`main a[href="/profile/delete"]`).AttrOr("href", ""))
	b.WantStatus(http.StatusOK)
	b.WantText("You can't undo this.", "your profile picture")
	if b.Doc.Find(`main a[href="/profile"]`).Length() == 0 {
		t.Error("there is no way to stay")
	}
	b.Submit("#delete-account", map[string]string{"email": strings.ToUpper(who.Email), "current_password": who.Password})
	b.WantAt("/")
	b.WantText("Your account has been deleted.")
	b.WantSignedIn(false)
	if b.SessionCookie() != nil {
		t.Error("the cookie is still there")
	}
	elsewhere.WantSession(false)
	if up.Exists(t, "/users/"+id) || up.Exists(t, "/files/"+picture) {
		t.Error("the account or its picture is still there")
	}
	b.SignIn(who)
	b.WantError("", "The email address or password is incorrect.")
	b.Open("/signup") // the address is free again
	b.Submit("#signup", who.Form())
	b.WantAt("/profile")
	b.WantText("Your account is ready.")
}

func deleteFails(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	b.Submit("#avatar", map[string]string{"picture": harness.AsPNG(t, harness.Painting(20, 20))})
	b.Open("/profile/delete")
	for _, test := range []struct{ email, password, field, message string }{
		{"", who.Password, "email", "Enter your email address."},
		{"nonsense", who.Password, "email", "correct format"},
		{harness.NewAccount().Email, who.Password, "email", "This isn't the email address of your account."},
		{who.Email, "", "current_password", "Enter your password."},
		{who.Email, harness.WrongPassword, "current_password", "The current password is incorrect."},
	} {
		site.Wire.Forget()
		b.Submit("#delete-account", map[string]string{"email": test.email, "current_password": test.password})
		b.WantError(test.field, test.message)
		if b.Value("email") != test.email {
			t.Errorf("the address was %q and is %q", test.email, b.Value("email"))
		}
		if site.Wire.Count("DELETE") != 0 {
			t.Error("Directus was asked to delete without a proof")
		}
	}
	b.WantSession(true)
	if !up.Exists(t, "/files/"+up.AvatarOf(t, who)) {
		t.Error("the picture is gone, and the account is not")
	}
}

func deleteInTrouble(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	b.Submit("#avatar", map[string]string{"picture": harness.AsPNG(t, harness.Painting(20, 20))})
	b.Open("/profile/delete")
	fill := map[string]string{"email": who.Email, "current_password": who.Password}
	site.Wire.BreakOn("POST /auth/login", harness.Breakages["503"])
	b.Submit("#delete-account", fill)
	site.Wire.Mend()
	b.WantStatus(http.StatusServiceUnavailable)
	if b.Value("email") != who.Email {
		t.Error("what was typed is lost")
	}
	site.Wire.BreakOn("DELETE /users", harness.Breakages["cut"])
	b.Submit("#delete-account", fill)
	site.Wire.Mend()
	b.WantStatus(http.StatusServiceUnavailable)
	b.WantText("couldn't confirm your change")
	// Where an item of the project would be left pointing to nobody, Directus
	// breaks down.
	site.Wire.BreakOn("DELETE /users", harness.Breakages["500 with a stack"])
	b.Submit("#delete-account", fill)
	site.Wire.Mend()
	b.WantError("", "something else on this site still belongs to it")
	b.WantSession(true)
	b.Open("/profile/delete")
	b.Submit("#delete-account", fill)
	b.WantText("Your account has been deleted.")
}

// deleteLastAdministrator: nobody could run the project afterwards.
func deleteLastAdministrator(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	admin := administrator(t, up)
	b := site.Browser(t, how)
	b.SignIn(admin)
	b.WantAt("/profile")
	b.Submit("#avatar", map[string]string{"picture": harness.AsPNG(t, harness.Painting(20, 20))})
	b.WantText("Your profile picture has been changed.")
	picture := up.AvatarOf(t, admin)
	b.Open("/profile/delete")
	b.Submit("#delete-account", map[string]string{"email": admin.Email, "current_password": admin.Password})
	b.WantError("", "You can't delete the last administrator's account.")
	b.WantSession(true)
	if !up.Exists(t, "/files/"+picture) {
		t.Error("the picture is gone, and the account is not")
	}
	up.Set(t, admin, map[string]any{"avatar": nil})
}

// administrator lets the only administrator sign in with a password.
func administrator(t *testing.T, up harness.Upstream) harness.Account {
	t.Helper()
	var me struct{ ID string }
	if err := up.Admin.Get(t.Context(), "/users/me", nil, &me); err != nil {
		t.Fatal(err)
	}
	who := harness.NewAccount()
	if err := up.Admin.Patch(t.Context(), "/users/"+me.ID, map[string]any{"email": who.Email, "password": who.Password}); err != nil {
		t.Fatal(err)
	}
	return who
}

// deleteForbidden: neither the member's role nor the service token may.
func deleteForbidden(t *testing.T, up harness.Upstream) {
	env := map[string]string{}
	if up.MembersReadThemselves() {
		up.Forbid(t, "delete", "directus_users")
	} else {
		env["DIRECTUS_SERVICE_TOKEN"] = ""
	}
	site := harness.StartApp(t, up, env)
	up.BothWays(t, func(t *testing.T, how harness.Way) {
		b := site.Browser(t, how)
		who := b.SignUp()
		b.Open("/profile/data")
		b.WantText("Download my data")
		if strings.Contains(b.Text(), "Delete") {
			t.Error("deleting is offered")
		}
		b.Open("/profile/delete")
		b.WantStatus(http.StatusForbidden)
		b.WantText("You can't delete your account yourself.")
		b.Request(http.MethodPost, "/profile/delete", url.Values{"email": {who.Email}, "current_password": {who.Password}}, nil)
		if b.Status != http.StatusSeeOther || b.Header.Get("Location") != "/profile/delete" {
			t.Errorf("sent all the same: %d %s, want the page that says why not", b.Status, b.Header.Get("Location"))
		}
		b.WantSession(true)
	})
}

// Whatever else a member has uploaded goes with them: Directus keeps an account
// that a file names.
func TestDeleteAccountThatHasFiles(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, harness.Plain)
		who := b.SignUp()
		id, tokens := uuid.NewString(), site.Wire.Tokens()
		client, err := directus.New(up.URL)
		if err != nil {
			t.Fatal(err)
		}
		err = client.UploadFile(t.Context(), directus.Visitor{}, secret.Of(tokens[len(tokens)-1]), directus.Upload{
			Fields: map[string]string{"id": id, "title": "A letter"}, Name: "letter.png", ContentType: "image/png", Content: []byte(harness.AsPNG(t, harness.Painting(4, 4))),
		})
		if err != nil {
			t.Fatal(err)
		}
		b.Open("/profile/delete")
		b.Submit("#delete-account", map[string]string{"email": who.Email, "current_password": who.Password})
		b.WantText("Your account has been deleted.")
		if up.Exists(t, "/files/"+id) {
			t.Error("the file is still there")
		}
	})
}
