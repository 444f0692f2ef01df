package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"hutch/sandbox"
)

// Whoever has lost their phone comes in by a code that they have kept.
func TestRecoveryCodes(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		t.Run("from the codes to signing in", func(t *testing.T) {
			up.everyWay(t, func(t *testing.T, how way) { recoverWithCode(t, up, site, how) })
		})
		for name, journey := range map[string]func(*testing.T, upstream, *app, way){
			"codes that do not work": recoveryFails,
			"Directus goes away":     recoveryInTrouble,
			"new codes":              newRecoveryCodes,
		} {
			t.Run(name, func(t *testing.T) {
				bothWays(t, func(t *testing.T, how way) { journey(t, up, site, how) })
			})
		}
		t.Run("without a service token", func(t *testing.T) {
			bothWays(t, func(t *testing.T, how way) { recoveryWithoutServiceToken(t, up, how) })
		})
		t.Run("what the service token is for", func(t *testing.T) { serviceTokenKeepsToItsTask(t, up, site) })
	})
}

// recoveryRows are what an administrator can see of a member's codes.
func (up upstream) recoveryRows(t *testing.T, memberID any) []map[string]string {
	t.Helper()
	var rows []map[string]string
	query := url.Values{"filter[member][_eq]": {memberID.(string)}, "fields": {"*"}}
	if err := up.admin.Get(t.Context(), "/items/hutch_recovery_codes", query, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func recoverWithCode(t *testing.T, up upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	id := up.user(t, who)["id"]
	b.open("/profile/two-factor")
	b.submit("#two-factor", map[string]string{"current_password": who.password})
	secret := b.doc.Find("code.secret").Text()
	b.submit("#two-factor", map[string]string{"code": codeFor(t, secret)})
	b.wantText("Your recovery codes", "They are shown this once only.")
	var codes []string
	b.doc.Find(".codes code").Each(func(_ int, code *goquery.Selection) { codes = append(codes, code.Text()) })
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
	if cached := b.header.Get("Cache-Control"); cached != "no-store" {
		t.Errorf("the page with the codes may be kept: %q", cached)
	}
	site.mayNotShow(append(codes, secret, strings.ToLower(secret))...)
	b.open("/profile/two-factor") // they are shown this once only
	b.wantText("The second step is on")
	if b.doc.Find(".codes").Length() != 0 {
		t.Error("the codes are shown once more")
	}

	rows := up.recoveryRows(t, id)
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

	lost := site.browser(t, how)
	lost.signIn(who)
	lost.wantAt("/signin/code")
	lost.open(lost.doc.Find(`main a[href="/signin/recovery"]`).AttrOr("href", ""))
	lost.wantText("Use a recovery code")
	lost.submit("#signin-recovery", map[string]string{"code": " " + strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))})
	lost.wantAt("/signin?redirectedFrom=%2Fprofile")
	if up.endsSessions() {
		lost.wantText("The second step is off now, and you have been signed out everywhere.")
	} else {
		lost.wantText("The second step is off now.", "Where you were signed in before, you may still be.")
	}
	lost.wantSignedIn(false)
	b.wantSession(!up.endsSessions())
	if up.user(t, who)["tfa_secret"] != nil {
		t.Error("the second step is still on")
	}
	if left := up.recoveryRows(t, id); len(left) != 0 {
		t.Errorf("%d codes are left", len(left))
	}
	lost.signIn(who) // with the password alone
	lost.wantAt("/profile")

	// The codes are void, also for a second step that is set up anew.
	lost.switchOnTwoFactor(who)
	again := site.browser(t, how)
	for _, code := range []string{codes[3], codes[4]} {
		again.signIn(who)
		again.open("/signin/recovery")
		again.submit("#signin-recovery", map[string]string{"code": code})
		again.wantError("code", "This recovery code is wrong, or has been used.")
	}
	lost.wantSession(true)
}

func recoveryFails(t *testing.T, _ upstream, site *app, how way) {
	b, neighbour := site.browser(t, plain), site.browser(t, plain)
	who, other := b.signUp(), neighbour.signUp()
	secret, codes := b.switchOnTwoFactor(who)
	_, others := neighbour.switchOnTwoFactor(other)

	lost := site.browser(t, how)
	lost.open("/signin/recovery") // nobody has signed in
	lost.wantAt("/signin")
	lost.open("/profile?from=here")
	lost.submit("#signin", who.form())
	lost.open("/signin/recovery")
	lost.submit("#signin-recovery", map[string]string{"code": ""})
	lost.wantError("code", "Enter the code.")
	for _, typed := range []string{
		"ABCDE-FGHIJ-KLMNO-PQRST",
		codes[0][:20],
		codeFor(t, secret), // of the phone
		others[0],          // somebody else's, with this member's password
	} {
		lost.submit("#signin-recovery", map[string]string{"code": typed})
		lost.wantError("code", "This recovery code is wrong, or has been used.")
	}
	lost.submit("#signin-recovery", map[string]string{"code": "ABCDE-FGHIJ-KLMNO-PQRST"})
	lost.wantAt("/signin?redirectedFrom=%2Fprofile%3Ffrom%3Dhere")
	lost.wantText("The code was wrong too often.")

	// Nothing was lost by it, and both kinds of codes count together.
	lost.submit("#signin", who.form())
	lost.submit("#signin-code", map[string]string{"code": wrongCode(t, secret)})
	lost.open("/signin/recovery")
	lost.submit("#signin-recovery", map[string]string{"code": codes[0]})
	lost.wantText("The second step is off now")
	neighbour.open("/profile/two-factor")
	neighbour.wantText("The second step is on")
}

func recoveryInTrouble(t *testing.T, up upstream, site *app, how way) {
	b := site.browser(t, plain)
	who := b.signUp()
	_, codes := b.switchOnTwoFactor(who)
	lost := site.browser(t, how)
	lost.signIn(who)
	lost.open("/signin/recovery")
	for _, call := range []string{"GET /items/hutch_recovery_codes", "POST /auth/login", "POST /users/me/tfa/disable"} {
		site.wire.breakOn(call, breakages["503"])
		lost.submit("#signin-recovery", map[string]string{"code": codes[0]})
		site.wire.mend()
		lost.wantStatus(http.StatusServiceUnavailable)
		lost.wantText("content service")
		if up.user(t, who)["tfa_secret"] == nil {
			t.Errorf("%s failed, and the second step is off", call)
		}
	}
	lost.submit("#signin-recovery", map[string]string{"code": codes[0]}) // nothing is lost
	lost.wantText("The second step is off now")
}

// newRecoveryCodes come with a new secret, and void the old ones.
func newRecoveryCodes(t *testing.T, up upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	secret, old := b.switchOnTwoFactor(who)
	b.open("/profile/two-factor")
	b.submit("#two-factor", map[string]string{"current_password": who.password, "code": codeFor(t, secret)})
	b.wantText("The second step is off.")
	id := up.user(t, who)["id"]
	if left := up.recoveryRows(t, id); len(left) != 0 {
		t.Errorf("%d codes are left although it is off", len(left))
	}
	_, codes := b.switchOnTwoFactor(who)
	if slices.Contains(codes, old[0]) || len(up.recoveryRows(t, id)) != 10 {
		t.Errorf("the new codes are %q, %d are stored", codes, len(up.recoveryRows(t, id)))
	}

	// The codes may be taken away behind the member's back.
	for _, row := range up.recoveryRows(t, id) {
		if err := up.admin.Delete(t.Context(), "/items/hutch_recovery_codes/"+row["id"]); err != nil {
			t.Fatal(err)
		}
	}
	b.open("/profile/two-factor")
	b.wantText("You have no recovery codes.")
}

func recoveryWithoutServiceToken(t *testing.T, up upstream, how way) {
	site := startApp(t, up, map[string]string{"DIRECTUS_SERVICE_TOKEN": ""})
	b := site.browser(t, how)
	who := b.signUp()
	b.open("/profile/two-factor")
	if !up.membersReadThemselves() {
		b.wantText("This site cannot see whether the second step is on for your account.")
		return
	}
	b.wantText("The second step is off.", "This site has no recovery codes")
	_, codes := b.switchOnTwoFactor(who)
	b.open("/profile/two-factor")
	b.wantText("The second step is on", "This site has no recovery codes")
	if len(codes) != 0 {
		t.Errorf("there are codes all the same: %q", codes)
	}
	lost := site.browser(t, how)
	lost.signIn(who)
	lost.open("/signin/recovery")
	lost.wantText("ask whoever runs this site")
	if lost.doc.Find("#signin-recovery").Length() != 0 {
		t.Error("there is a form all the same")
	}
	lost.request(http.MethodPost, "/signin/recovery", url.Values{"code": {"ABCDE-FGHIJ-KLMNO-PQRST"}}, nil)
	if lost.status != http.StatusSeeOther || lost.header.Get("Location") != "/signin/recovery" {
		t.Errorf("a code is answered with %d %s, want the page that says so", lost.status, lost.header.Get("Location"))
	}
}

// serviceTokenKeepsToItsTask walks through all that a member does, and looks at
// what the service token was used for.
func serviceTokenKeepsToItsTask(t *testing.T, up upstream, site *app) {
	site.wire.forget()
	b := site.browser(t, plain)
	who := b.signUp()
	secret, codes := b.switchOnTwoFactor(who)
	for _, path := range []string{"/", "/blog", "/profile", "/profile/email", "/profile/password", "/profile/two-factor", "/profile/data", "/profile/delete", "/profile/export"} {
		b.request(http.MethodGet, path, nil, nil)
	}
	b.open("/profile/email")
	changed := newAccount()
	b.submit("#change-email", map[string]string{"email": changed.email, "current_password": who.password, "code": codeFor(t, secret)})
	b.wantText("Your email address has been changed.")
	lost := site.browser(t, plain)
	lost.signIn(changed)
	lost.open("/signin/recovery")
	lost.submit("#signin-recovery", map[string]string{"code": codes[0]})
	lost.signIn(changed)
	lost.open("/profile/delete")
	lost.submit("#delete-account", map[string]string{"email": changed.email, "current_password": changed.password})
	lost.wantText("Your account has been deleted.")

	want := []string{"DELETE /items/hutch_recovery_codes/:id", "GET /items/hutch_recovery_codes", "POST /items/hutch_recovery_codes"}
	if !up.membersReadThemselves() {
		want = append(want, "DELETE /users/:id", "GET /permissions/me", "GET /users/:id")
	}
	slices.Sort(want)
	if got := site.wire.callsWith(up.serviceToken); !slices.Equal(got, want) {
		t.Errorf("the service token was used for %q, want %q", got, want)
	}
}

// A service token that may not keep codes, or that Directus refuses, is as good
// as none.
func TestServiceTokenThatKeepsNoCodes(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	for name, refusal := range map[string]struct {
		status int
		code   string
	}{"not for this": {403, "FORBIDDEN"}, "refused": {401, "INVALID_CREDENTIALS"}} {
		t.Run(name, func(t *testing.T) {
			site := startApp(t, up, nil)
			site.wire.rewrite(func(w http.ResponseWriter, r *http.Request) bool {
				byService := r.Header.Get("Authorization") == "Bearer "+up.serviceToken
				if byService {
					refuse(w, refusal.status, refusal.code)
				}
				return byService
			})
			b := site.browser(t, plain)
			who := b.signUp()
			_, codes := b.switchOnTwoFactor(who)
			b.open("/profile/two-factor")
			b.wantText("The second step is on", "This site has no recovery codes")
			b.wantSession(true)
			if len(codes) != 0 {
				t.Errorf("there are codes: %q", codes)
			}
		})
	}
}
