package account_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/sandbox"
)

// Members change their password.
func TestChangePassword(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		t.Run("and stay", func(t *testing.T) {
			up.EveryWay(t, func(t *testing.T, how harness.Way) { changePassword(t, up, site, how) })
		})
		for name, journey := range map[string]func(*testing.T, harness.Upstream, *harness.App, harness.Way){
			"failing":            changePasswordFails,
			"Directus goes away": changePasswordInTrouble,
		} {
			t.Run(name, func(t *testing.T) {
				up.InDetail(t, func(t *testing.T, how harness.Way) { journey(t, up, site, how) })
			})
		}
		t.Run("managed elsewhere", func(t *testing.T) { managedElsewhere(t, up, site) })
		t.Run("without permission", func(t *testing.T) {
			up.Forbid(t, "update", "directus_users", "password", "email")
			up.BothWays(t, func(t *testing.T, how harness.Way) { credentialsForbidden(t, site, how) })
		})
	})
}

// Password managers lead to the form from the address that they know, and find out
// whether addresses beside it can be believed.
func TestPasswordManagersFindTheForm(t *testing.T) {
	b := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil).Browser(t, harness.Plain)
	const known = "/.well-known/change-password"
	if answer := b.Request(http.MethodGet, known, nil, nil); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/profile/password" {
		t.Errorf("%d to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	b.Open(known)
	b.WantAt("/signin?redirectedFrom=%2Fprofile%2Fpassword")
	b.Submit("#signin", harness.Member.Form())
	b.WantAt("/profile/password")
	b.Open("/")
	b.Open(known)
	b.WantAt("/profile/password")
	if b.Doc.Find("#change-password input[type=password]").Length() != 2 {
		t.Errorf("there is no form: %s", b.Text())
	}
	b.Request(http.MethodGet, "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200", nil, nil)
	b.WantStatus(http.StatusNotFound)
}

func changePassword(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b, elsewhere := site.Browser(t, how), site.Browser(t, harness.Plain)
	who := b.SignUp()
	elsewhere.SignIn(who)
	b.Open("/profile/password")
	if up.EndsSessions() {
		b.WantText("You'll stay signed in here and be signed out on all other devices.")
	} else {
		b.WantText("You'll stay signed in on your other devices.")
	}
	bodies := site.Wire.Record(t, "PATCH /users/")
	b.Submit("#change-password", map[string]string{"current_password": who.Password, "password": harness.NewPassword})
	site.Wire.Mend()
	b.WantAt("/profile/password")
	if up.EndsSessions() {
		b.WantText("Your password has been changed. You've been signed out on all other devices.")
	} else {
		b.WantText("Your password has been changed.", "You're still signed in on your other devices.")
	}
	if sent := bodies(); len(sent) != 1 || sent[0] != `{"password":"`+harness.NewPassword+`"}` {
		t.Errorf("Directus was sent %q", sent)
	}
	b.WantSession(true)
	elsewhere.WantSession(!up.EndsSessions())

	other := site.Browser(t, harness.Plain)
	other.SignIn(who)
	other.WantError("", "The email address or password is incorrect.")
	other.SignIn(harness.Account{Email: who.Email, Password: harness.NewPassword})
	other.WantAt("/profile")
}

func changePasswordFails(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	earlier := len(site.Wire.Tokens())
	who := b.SignUp()
	b.Open("/profile/password")
	b.Submit("#change-password", map[string]string{"current_password": "", "password": harness.NewPassword})
	b.WantError("current_password", "Enter your password.")
	site.Wire.Forget()
	b.Submit("#change-password", map[string]string{"current_password": harness.WrongPassword, "password": harness.NewPassword})
	b.WantError("current_password", "The current password is incorrect.")
	if site.Wire.Count("PATCH") != 0 {
		t.Error("Directus was asked to change something without the right password")
	}
	b.Submit("#change-password", map[string]string{"current_password": who.Password, "password": who.Password})
	b.WantError("password", "This is already your password.")
	local, _, _ := strings.Cut(who.Email, "@")
	for _, easy := range []string{who.Email, local, local + "1"} {
		b.Submit("#change-password", map[string]string{"current_password": who.Password, "password": easy})
		b.WantError("password", "too easy to guess")
	}
	weakPasswords(t, up, b, "#change-password", map[string]string{"current_password": who.Password})
	b.Submit("#change-password", map[string]string{"current_password": who.Password, "password": harness.NewPassword})
	b.WantText("Your password has been changed.")
	onlyOneTokenWorks(t, up, site.Wire.Tokens()[earlier:])
}

func changePasswordInTrouble(t *testing.T, _ harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	b.Open("/profile/password")
	fill := map[string]string{"current_password": who.Password, "password": harness.NewPassword}
	site.Wire.BreakOn("POST /auth/login", harness.Breakages["503"])
	b.Submit("#change-password", fill)
	site.Wire.Mend()
	b.WantStatus(http.StatusServiceUnavailable)
	site.Wire.BreakOn("PATCH", harness.Breakages["cut"])
	b.Submit("#change-password", fill)
	site.Wire.Mend()
	b.WantStatus(http.StatusServiceUnavailable)
	b.WantText("couldn't confirm your change")
	b.Submit("#change-password", fill)
	b.WantText("Your password has been changed.")
}

// managedElsewhere: an external provider keeps the address and the password.
// There is none here, so the wire says it.
func managedElsewhere(t *testing.T, up harness.Upstream, site *harness.App) {
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	b.Open("/profile/email")
	email := b.Doc
	b.Open("/profile/password")
	password := b.Doc
	row := `{"id":"` + up.User(t, who)["id"].(string) + `","email":"` + who.Email + `","provider":"github"}`
	site.Wire.Rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method+" "+r.URL.Path != "GET /users/me" {
			return false
		}
		harness.WriteJSON(w, row)
		return true
	})
	defer site.Wire.Mend()
	for _, path := range []string{"/profile/email", "/profile/password"} {
		b.Open(path)
		b.WantStatus(http.StatusOK)
		b.WantText("You sign in with github, so you change your", "there.")
		if b.Doc.Find("main .narrow form").Length() != 0 {
			t.Errorf("%s has a form all the same", path)
		}
	}
	b.Open("/profile/two-factor")
	b.WantText("external provider")
	b.Open("/profile/delete")
	if b.Doc.Find("#delete-account").Length() != 0 {
		t.Error("/profile/delete asks for a password that there is not")
	}
	site.Wire.Forget()
	b.Doc = email
	b.Submit("#change-email", map[string]string{"email": harness.NewAccount().Email, "current_password": who.Password})
	b.WantAt("/profile/email") // which says where
	b.Doc = password
	b.Submit("#change-password", map[string]string{"current_password": who.Password, "password": harness.NewPassword})
	b.WantAt("/profile/password")
	if site.Wire.Count("PATCH") != 0 {
		t.Error("Directus was asked to change something")
	}
	b.Open("/profile")
	b.WantText(who.Email)
}

func credentialsForbidden(t *testing.T, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	b.Open("/profile/password")
	b.Submit("#change-password", map[string]string{"current_password": who.Password, "password": harness.NewPassword})
	b.WantError("", "You can't change your password yourself.")
	changed := harness.NewAccount()
	b.Open("/profile/email")
	b.Submit("#change-email", map[string]string{"email": changed.Email, "current_password": who.Password})
	b.WantError("", "You can't change your email address yourself.")
	if b.Value("email") != changed.Email {
		t.Error("the new address is lost")
	}
}

// Passwords that are easily guessed are refused at sign-up already.
func TestSignUpRefusesWhatIsEasilyGuessed(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	if err := up.Admin.Patch(t.Context(), "/items/global", map[string]any{"title": "Longeared Hutch"}); err != nil {
		t.Fatal(err)
	}
	site := harness.StartApp(t, up, nil)
	up.BothWays(t, func(t *testing.T, how harness.Way) {
		who := harness.NewAccount()
		local, _, _ := strings.Cut(who.Email, "@")
		b := site.Browser(t, how)
		b.Open("/signup")
		for _, easy := range []string{who.Email, local, "12345678", "aaaaaaaaaaaa", "longeared"} {
			b.Submit("#signup", map[string]string{"email": who.Email, "password": easy})
			b.WantError("password", "too easy to guess")
			if b.Value("email") != who.Email {
				t.Error("the address is lost")
			}
		}
		weakPasswords(t, up, b, "#signup", map[string]string{"email": who.Email})
		b.Submit("#signup", who.Form())
		b.WantAt("/profile")
	})
}

// onlyOneTokenWorks: a proof is a sign-in, whose token takes the place of the session's.
// Of all that the visitor was given, the last works.
func onlyOneTokenWorks(t *testing.T, up harness.Upstream, tokens []string) {
	t.Helper()
	client, err := directus.New(up.URL)
	if err != nil {
		t.Fatal(err)
	}
	works := 0
	slices.Sort(tokens)
	for _, token := range slices.Compact(tokens) {
		if _, err := client.Me(t.Context(), directus.Visitor{}, secret.Of(token)); err == nil {
			works++
		}
	}
	if works != 1 {
		t.Errorf("%d tokens work", works)
	}
}
