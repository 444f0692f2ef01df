package account_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// A member without their phone signs in with a recovery code.
func TestRecoveryCodes(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		t.Run("from the codes to signing in", func(t *testing.T) {
			up.EveryWay(t, func(t *testing.T, how harness.Way) { recoverWithCode(t, up, site, how) })
		})
		for name, journey := range map[string]func(*testing.T, harness.Upstream, *harness.App, harness.Way){
			"codes that do not work": recoveryFails,
			"Directus goes away":     recoveryInTrouble,
			"new codes":              newRecoveryCodes,
		} {
			t.Run(name, func(t *testing.T) {
				up.InDetail(t, func(t *testing.T, how harness.Way) { journey(t, up, site, how) })
			})
		}
		t.Run("without a service token", func(t *testing.T) {
			up.InDetail(t, func(t *testing.T, how harness.Way) { recoveryWithoutServiceToken(t, up, how) })
		})
		t.Run("what the service token is for", func(t *testing.T) { serviceTokenKeepsToItsTask(t, up, site) })
	})
}

// recoveryRows are what an administrator can see of a member's codes.
func recoveryRows(t *testing.T, up harness.Upstream, memberID any) []map[string]string {
	t.Helper()
	var rows []map[string]string
	query := url.Values{"filter[member][_eq]": {memberID.(string)}, "fields": {"*"}}
	if err := up.Admin.Get(t.Context(), "/items/hutch_recovery_codes", query, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func recoverWithCode(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	id := up.User(t, who)["id"]
	b.Open("/profile/two-factor")
	b.Submit("#two-factor", map[string]string{"current_password": who.Password})
	secret := b.Doc.Find("code.secret").Text()
	b.Submit("#two-factor", map[string]string{"code": site.CodeFor(t, secret)})
	b.WantText("Your recovery codes", "You won't see them again.")
	var codes []string
	b.Doc.Find(".codes code").Each(func(_ int, code *goquery.Selection) { codes = append(codes, code.Text()) })
	if len(codes) != 10 {
		t.Fatalf("the codes are %q", codes)
	}
	for _, code := range codes {
		if !regexp.MustCompile(`^([A-Z2-7]{5}-){3}[A-Z2-7]{5}$`).MatchString(code) {
			t.Errorf("a code is %q", code)
		}
	}
	if slices.Sort(codes); len(slices.Compact(slices.Clone(codes))) != 10 {
		t.Errorf("codes are the same: %q", codes)
	}
	if cached := b.Header.Get("Cache-Control"); cached != "no-store" {
		t.Errorf("the page with the codes may be kept: %q", cached)
	}
	for _, sent := range [][]string{codes, {codes[0], "<script>"}, {"x"}, nil} {
		res := b.Request(http.MethodPost, "/profile/two-factor/codes", url.Values{"codes": {strings.Join(sent, " ")}}, nil)
		switch named := res.Header.Get("Content-Disposition"); {
		case len(sent) != len(codes) && len(sent) > 0:
			if res.StatusCode != http.StatusSeeOther {
				t.Errorf("what is no code: %d %s", res.StatusCode, b.Raw)
			}
		case named != `attachment; filename="recovery-codes.txt"` || res.Header.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.HasSuffix(b.Raw, who.Email+"\n\n"+strings.Join(append(sent, ""), "\n")):
			t.Errorf("the file with the codes: %v %s", res.Header, b.Raw)
		}
	}
	site.MayNotShow(append(codes, secret, strings.ToLower(secret))...)
	b.Open("/profile/two-factor") // they are shown this once only
	b.WantText("Two-factor authentication is on")
	if b.Doc.Find(".codes").Length() != 0 {
		t.Error("the codes are shown once more")
	}

	rows := recoveryRows(t, up, id)
	stored, err := json.Marshal(rows)
	if err != nil || len(rows) != 10 {
		t.Errorf("%d rows are stored, %v", len(rows), err)
	}
	for _, code := range codes {
		for _, plain := range []string{code, strings.ReplaceAll(code, "-", ""), secret, strings.ToLower(secret)} {
			if strings.Contains(string(stored), plain) {
				t.Errorf("stored is %q", plain)
			}
		}
	}

	lost := site.Browser(t, how)
	lost.SignIn(who)
	lost.WantAt("/signin/code")
	lost.Open(lost.Doc.Find(`main a[href="/signin/recovery"]`).AttrOr("href", ""))
	lost.WantText("Use a recovery code")
	lost.Submit("#signin-recovery", map[string]string{"code": " " + strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))})
	lost.WantAt("/signin?redirectedFrom=%2Fprofile")
	if up.EndsSessions() {
		lost.WantText("Two-factor authentication is off, and you've been signed out everywhere.")
	} else {
		lost.WantText("Two-factor authentication is off.", "You may still be signed in on other devices.")
	}
	lost.WantSignedIn(false)
	b.WantSession(!up.EndsSessions())
	if up.User(t, who)["tfa_secret"] != nil {
		t.Error("two-factor authentication is still on")
	}
	if left := recoveryRows(t, up, id); len(left) != 0 {
		t.Errorf("%d codes are left", len(left))
	}
	lost.SignIn(who) // with the password alone
	lost.WantAt("/profile")

	// The codes are void, also when two-factor authentication is set up again.
	lost.SwitchOnTwoFactor(who)
	again := site.Browser(t, how)
	for _, code := range []string{codes[3], codes[4]} {
		again.SignIn(who)
		again.Open("/signin/recovery")
		again.Submit("#signin-recovery", map[string]string{"code": code})
		again.WantError("code", "This recovery code is incorrect or has already been used.")
	}
	lost.WantSession(true)
}

func recoveryFails(t *testing.T, _ harness.Upstream, site *harness.App, how harness.Way) {
	b, neighbour := site.Browser(t, harness.Plain), site.Browser(t, harness.Plain)
	who, other := b.SignUp(), neighbour.SignUp()
	secret, codes := b.SwitchOnTwoFactor(who)
	_, others := neighbour.SwitchOnTwoFactor(other)

	lost := site.Browser(t, how)
	lost.Open("/signin/recovery") // nobody has signed in
	lost.WantAt("/signin")
	lost.Open("/profile?from=here")
	lost.Submit("#signin", who.Form())
	lost.Open("/signin/recovery")
	lost.Submit("#signin-recovery", map[string]string{"code": ""})
	lost.WantError("code", "Enter the code.")
	for _, typed := range []string{
		"ABCDE-FGHIJ-KLMNO-PQRST",
		codes[0][:20],
		site.CodeFor(t, secret), // of the phone
		others[0],               // somebody else's, with this member's password
	} {
		lost.Submit("#signin-recovery", map[string]string{"code": typed})
		lost.WantError("code", "This recovery code is incorrect or has already been used.")
	}
	lost.Submit("#signin-recovery", map[string]string{"code": "ABCDE-FGHIJ-KLMNO-PQRST"})
	lost.WantAt("/signin?redirectedFrom=%2Fprofile%3Ffrom%3Dhere")
	lost.WantText("Too many incorrect codes.")

	// Nothing was lost by it, and both kinds of codes count together.
	lost.Submit("#signin", who.Form())
	lost.Submit("#signin-code", map[string]string{"code": harness.WrongCode(t, secret)})
	lost.Open("/signin/recovery")
	lost.Submit("#signin-recovery", map[string]string{"code": codes[0]})
	lost.WantText("Two-factor authentication is off")
	neighbour.Open("/profile/two-factor")
	neighbour.WantText("Two-factor authentication is on")
}

func recoveryInTrouble(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	_, codes := b.SwitchOnTwoFactor(who)
	lost := site.Browser(t, how)
	lost.SignIn(who)
	lost.Open("/signin/recovery")
	for _, call := range []string{"GET /items/hutch_recovery_codes", "POST /auth/login", "POST /users/me/tfa/disable"} {
		site.Wire.BreakOn(call, harness.Breakages["503"])
		lost.Submit("#signin-recovery", map[string]string{"code": codes[0]})
		site.Wire.Mend()
		lost.WantStatus(http.StatusServiceUnavailable)
		lost.WantText("couldn't do this right now")
		if up.User(t, who)["tfa_secret"] == nil {
			t.Errorf("%s failed, and two-factor authentication is off", call)
		}
	}
	lost.Submit("#signin-recovery", map[string]string{"code": codes[0]}) // nothing is lost
	lost.WantText("Two-factor authentication is off")
}

// newRecoveryCodes come with a new secret, and void the old ones.
func newRecoveryCodes(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	secret, old := b.SwitchOnTwoFactor(who)
	b.Open("/profile/two-factor/off")
	b.Submit("#two-factor", map[string]string{"current_password": who.Password, "code": site.CodeFor(t, secret)})
	b.WantText("Two-factor authentication is off.")
	id := up.User(t, who)["id"]
	if left := recoveryRows(t, up, id); len(left) != 0 {
		t.Errorf("%d codes are left although it is off", len(left))
	}
	_, codes := b.SwitchOnTwoFactor(who)
	if slices.Contains(codes, old[0]) || len(recoveryRows(t, up, id)) != 10 {
		t.Errorf("the new codes are %q, %d are stored", codes, len(recoveryRows(t, up, id)))
	}

	// The codes may be taken away behind the member's back.
	for _, row := range recoveryRows(t, up, id) {
		if err := up.Admin.Delete(t.Context(), "/items/hutch_recovery_codes/"+row["id"]); err != nil {
			t.Fatal(err)
		}
	}
	b.Open("/profile/two-factor")
	b.WantText("You don't have any recovery codes.")
}

func recoveryWithoutServiceToken(t *testing.T, up harness.Upstream, how harness.Way) {
	site := harness.StartApp(t, up, map[string]string{"DIRECTUS_SERVICE_TOKEN": ""})
	b := site.Browser(t, how)
	who := b.SignUp()
	b.Open("/profile/two-factor")
	if !up.MembersReadThemselves() {
		b.WantText("We can't tell whether two-factor authentication is on for your account.")
		return
	}
	b.WantText("Two-factor authentication is off.", "This site doesn't offer recovery codes")
	_, codes := b.SwitchOnTwoFactor(who)
	b.Open("/profile/two-factor")
	b.WantText("Two-factor authentication is on", "This site doesn't offer recovery codes")
	if len(codes) != 0 {
		t.Errorf("there are codes all the same: %q", codes)
	}
	lost := site.Browser(t, how)
	lost.SignIn(who)
	lost.Open("/signin/recovery")
	lost.WantText("contact us to turn off two-factor authentication")
	if lost.Doc.Find("#signin-recovery").Length() != 0 {
		t.Error("there is a form all the same")
	}
	lost.Request(http.MethodPost, "/signin/recovery", url.Values{"code": {"ABCDE-FGHIJ-KLMNO-PQRST"}}, nil)
	if lost.Status != http.StatusSeeOther || lost.Header.Get("Location") != "/signin/recovery" {
		t.Errorf("a code is answered with %d %s, want the page that says so", lost.Status, lost.Header.Get("Location"))
	}
}

// serviceTokenKeepsToItsTask walks through all that a member does, and looks at
// what the service token was used for.
func serviceTokenKeepsToItsTask(t *testing.T, up harness.Upstream, site *harness.App) {
	site.Wire.Forget()
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	secret, codes := b.SwitchOnTwoFactor(who)
	for _, path := range []string{"/", "/blog", "/profile", "/profile/email", "/profile/password", "/profile/two-factor", "/profile/data", "/profile/delete", "/profile/export"} {
		b.Request(http.MethodGet, path, nil, nil)
	}
	b.Open("/profile/email")
	changed := harness.NewAccount()
	b.Submit("#change-email", map[string]string{"email": changed.Email, "current_password": who.Password, "code": site.CodeFor(t, secret)})
	b.WantText("Your email address has been changed.")
	lost := site.Browser(t, harness.Plain)
	lost.SignIn(changed)
	lost.Open("/signin/recovery")
	lost.Submit("#signin-recovery", map[string]string{"code": codes[0]})
	lost.SignIn(changed)
	lost.Open("/profile/delete")
	lost.Submit("#delete-account", map[string]string{"email": changed.Email, "current_password": changed.Password})
	lost.WantText("Your account has been deleted.")

	want := []string{"DELETE /items/hutch_recovery_codes/:id", "GET /items/hutch_recovery_codes", "POST /items/hutch_recovery_codes"}
	if !up.MembersReadThemselves() {
		want = append(want, "DELETE /users/:id", "GET /permissions/me", "GET /users/:id")
	}
	slices.Sort(want)
	if got := site.Wire.CallsWith(up.ServiceToken); !slices.Equal(got, want) {
		t.Errorf("the service token was used for %q, want %q", got, want)
	}
}

// A service token that may not keep codes, or that Directus refuses, is as good
// as none.
func TestServiceTokenThatKeepsNoCodes(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	for name, refusal := range map[string]struct {
		status int
		code   string
	}{"not for this": {403, "FORBIDDEN"}, "refused": {401, "INVALID_CREDENTIALS"}} {
		t.Run(name, func(t *testing.T) {
			site := harness.StartApp(t, up, nil)
			site.Wire.Rewrite(func(w http.ResponseWriter, r *http.Request) bool {
				byService := r.Header.Get("Authorization") == "Bearer "+up.ServiceToken
				if byService {
					harness.Refuse(w, refusal.status, refusal.code)
				}
				return byService
			})
			b := site.Browser(t, harness.Plain)
			who := b.SignUp()
			_, codes := b.SwitchOnTwoFactor(who)
			b.Open("/profile/two-factor")
			b.WantText("Two-factor authentication is on", "This site doesn't offer recovery codes")
			b.WantSession(true)
			if len(codes) != 0 {
				t.Errorf("there are codes: %q", codes)
			}
		})
	}
}
