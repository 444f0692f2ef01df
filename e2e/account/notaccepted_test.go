package account_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// faults are all that Directus can say of a field, its database or a rule of the project.
var faults = map[string]string{ // and what a form says of it
	`"code":"VALUE_TOO_LONG"`:                       "This is too long for this field.",
	`"code":"VALUE_OUT_OF_RANGE"`:                   "This number is too large or too small for this field.",
	`"code":"RECORD_NOT_UNIQUE"`:                    "already",
	`"code":"NOT_NULL_VIOLATION"`:                   "Fill in this field.",
	`"code":"CONTAINS_NULL_VALUES"`:                 "Fill in this field.",
	`"code":"INVALID_FOREIGN_KEY"`:                  "This wasn't accepted.",
	`"code":"FAILED_VALIDATION","type":"nnull"`:     "Fill in this field.",
	`"code":"FAILED_VALIDATION","type":"lt"`:        "This wasn't accepted.",
	`"code":"A_RULE_OF_AN_EXTENSION"`:               "This wasn't accepted.",
	`"code":"FAILED_VALIDATION","type":"icontains"`: "This wasn't accepted.",
}

// Whatever Directus finds wrong with a field of a form is said beside it, on every form,
// and in our own words.
func TestFaultsAreSaidBesideTheirFields(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	var who harness.Account
	signedIn := func(t *testing.T, path string) *harness.Browser {
		b := site.Browser(t, harness.Plain)
		who = b.SignUp()
		b.Open(path)
		return b
	}
	for name, form := range map[string]struct {
		call   string // that Directus refuses
		field  string // as Directus calls it
		beside string // the field of the form; "": it has no such field
		open   func(*testing.T) *harness.Browser
		send   func(*harness.Browser)
		kept   string // what was typed
	}{
		"sign-up": {"POST /users/register", "email", "email", func(t *testing.T) *harness.Browser { return site.Browser(t, harness.Plain) },
			func(b *harness.Browser) { b.Open("/signup"); b.Submit("#signup", harness.Newcomer.Form()) }, harness.Newcomer.Email},
		"profile": {"PATCH /users", "title", "title", func(t *testing.T) *harness.Browser { return signedIn(t, "/profile") },
			func(b *harness.Browser) {
				b.Submit("#edit-profile", map[string]string{"title": "Keeper", "first_name": "Ada"})
			}, "Keeper"},
		"address": {"PATCH /users", "email", "email", func(t *testing.T) *harness.Browser { return signedIn(t, "/profile/email") },
			func(b *harness.Browser) {
				b.Submit("#change-email", map[string]string{"email": harness.Newcomer.Email, "current_password": who.Password})
			}, harness.Newcomer.Email},
		"password": {"PATCH /users", "password", "password", func(t *testing.T) *harness.Browser { return signedIn(t, "/profile/password") },
			func(b *harness.Browser) {
				b.Submit("#change-password", map[string]string{"password": harness.NewPassword, "current_password": who.Password})
			}, ""},
		"invitation": {"POST /users/invite/accept", "password", "password", func(t *testing.T) *harness.Browser {
			invited := harness.NewAccount()
			invite(t, up, invited.Email)
			b := site.Browser(t, harness.Plain)
			b.ComeBy(site.Mailed(t, up, invited.Email, 1))
			return b
		}, func(b *harness.Browser) {
			b.Submit("#choose-password", map[string]string{"password": harness.NewPassword})
		}, ""},
		"picture": {"POST /files", "filesize", "picture", func(t *testing.T) *harness.Browser { return signedIn(t, "/profile") },
			func(b *harness.Browser) { harness.Uploading(harness.Picture())(b) }, ""},
		"two-factor": {"POST /users/me/tfa/enable", "tfa_secret", "", func(t *testing.T) *harness.Browser {
			b := signedIn(t, "/profile/two-factor")
			b.Submit("#two-factor", map[string]string{"current_password": who.Password})
			return b
		}, func(b *harness.Browser) { b.Submit("#two-factor", map[string]string{"code": "123456"}) }, ""},
		"deletion": {"DELETE /users", "author", "", func(t *testing.T) *harness.Browser { return signedIn(t, "/profile/delete") },
			func(b *harness.Browser) {
				b.Submit("#delete-account", map[string]string{"email": who.Email, "current_password": who.Password})
			}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := form.open(t)
			refuse := func(fault, field string) {
				site.Wire.BreakOn(form.call, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(http.StatusBadRequest)
					_, _ = fmt.Fprintf(w, `{"errors":[{"message":"upstream-secret","extensions":{"collection":"upstream-secret","value":"upstream-secret",%s,"field":%s}}]}`, fault, field)
				})
				form.send(b)
				site.Wire.Mend()
				if strings.Contains(b.Raw, "upstream-secret") {
					t.Errorf("%s: the page has Directus' words", fault)
				}
				if form.kept != "" && !strings.Contains(b.Raw, form.kept) {
					t.Errorf("%s: what was typed is lost", fault)
				}
			}
			for fault, message := range faults {
				switch {
				case name == "sign-up" && strings.Contains(fault, "UNIQUE"): // which must not show
					continue
				case name == "picture":
					message = "This wasn't accepted."
				case form.beside == "":
					message = "Some of what you entered wasn't accepted."
				case form.beside == "password" && strings.Contains(fault, "FAILED_VALIDATION"):
					message = "This password doesn't meet the rules of this site."
				}
				refuse(fault, `"`+form.field+`"`)
				b.WantError(form.beside, message)
				if name == "picture" {
					continue
				}
				refuse(fault, `"upstream-secret"`)
				b.WantError("", "Some of what you entered wasn't accepted.")
			}
			if form.beside == "email" { // PostgreSQL does not say which of several values it is
				refuse(`"code":"VALUE_TOO_LONG"`, "null")
				b.WantError("email", "This is too long for this field.")
			}
		})
	}
}

// Every fault is said, not only the first.
func TestEveryFaultIsSaid(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	b := site.Browser(t, harness.Plain)
	b.SignUp()
	site.Wire.BreakOn("PATCH /users", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprint(w, `{"errors":[{"extensions":{"code":"FAILED_VALIDATION","field":"title","type":"regex"}},
			{"extensions":{"code":"FAILED_VALIDATION","field":"location","type":"nempty"}},{"extensions":{"code":"FAILED_VALIDATION","field":"no_such_field"}}]}`)
	})
	b.Submit("#edit-profile", map[string]string{"title": "Keeper", "location": "Burrow"})
	b.WantError("title", "This wasn't accepted.")
	b.WantError("location", "Fill in this field.")
	b.WantError("", "Some of what you entered wasn't accepted.")
}

// A database may have room for fewer characters than an address may have: the form says
// so. SQLite has room for any.
func TestAddressesLongerThanTheirColumn(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		member := site.Browser(t, harness.Plain)
		who := member.SignUp()
		for _, length := range []int{128, 129, 200, 254} {
			stranger := site.Browser(t, harness.Plain)
			stranger.Open("/signup")
			stranger.Submit("#signup", map[string]string{"email": emailOf(length), "password": harness.NewPassword})
			if length > 128 && up.HoldsLengths() {
				stranger.WantError("email", "This is too long for this field.")
			} else {
				stranger.WantAt("/profile")
			}
			member.Open("/profile/email")
			changed := emailOf(length)
			member.Submit("#change-email", map[string]string{"email": changed, "current_password": who.Password})
			if length > 128 && up.HoldsLengths() {
				member.WantError("email", "This is too long for this field.")
			} else {
				member.WantText("Your email address has been changed.")
				who.Email = changed
			}
			// Such an address has no account, and that is all there is to say.
			nobody := site.Browser(t, harness.Plain)
			nobody.SignIn(harness.Account{Email: emailOf(length), Password: harness.NewPassword})
			nobody.WantError("", "The email address or password is incorrect.")
			nobody.Open("/password/forgot")
			nobody.Submit("#forgot", map[string]string{"email": emailOf(length)})
			nobody.WantAt("/password/sent")
		}
	})
}

// emailOf is a new address of this many characters.
func emailOf(length int) string {
	email := strings.TrimSuffix(harness.NewAccount().Email, "example.com")
	for len(email) < length-len("example.com")-62 {
		email += strings.Repeat("a", 60) + "."
	}
	if rest := length - len("example.com") - len(email); rest > 1 {
		email += strings.Repeat("b", rest-1) + "."
	}
	return email + "example.com"
}

// Two presses of one button at once are one: nobody's page breaks.
func TestAtOnce(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site, replica := harness.StartApp(t, up, nil), harness.StartApp(t, up, nil)
		atOnce := func(path string, form url.Values, browsers ...*harness.Browser) {
			var group sync.WaitGroup
			for _, b := range browsers {
				group.Go(func() { b.Request(http.MethodPost, path, form, nil) })
			}
			group.Wait()
		}
		t.Run("one registration", func(t *testing.T) {
			a, b := site.Browser(t, harness.Plain), replica.Browser(t, harness.Plain)
			who := harness.NewAccount()
			atOnce("/signup", harness.Form(who), a, b)
			for _, b := range []*harness.Browser{a, b} {
				if to := b.Header.Get("Location"); b.Status != http.StatusSeeOther || to != "/profile" && !strings.HasPrefix(to, "/signin/cookies?") {
					t.Errorf("it is answered with %d %s", b.Status, b.Header.Get("Location"))
				}
			}
		})
		for name, apps := range map[string][2]*harness.App{"one recovery code": {site, site}, "one recovery code on two replicas": {site, replica}} {
			t.Run(name, func(t *testing.T) {
				member := site.Browser(t, harness.Plain)
				who := member.SignUp()
				_, codes := member.SwitchOnTwoFactor(who)
				if len(codes) == 0 {
					t.Fatal("there are no codes")
				}
				a, b := apps[0].Browser(t, harness.Plain), apps[1].Browser(t, harness.Plain)
				for _, b := range []*harness.Browser{a, b} {
					b.SignIn(who)
					b.WantAt("/signin/code")
				}
				atOnce("/signin/recovery", url.Values{"code": {codes[0]}}, a, b)
				done := 0
				for _, b := range []*harness.Browser{a, b} {
					switch {
					case b.Status == http.StatusSeeOther && strings.HasPrefix(b.Header.Get("Location"), "/signin?"):
						done++
					case b.Status != http.StatusUnprocessableEntity || !strings.Contains(b.Raw, "has already been used"):
						t.Errorf("it is answered with %d %s", b.Status, b.Header.Get("Location"))
					}
				}
				if done == 0 || name == "one recovery code" && done != 2 {
					t.Errorf("%d of two have been told that it worked", done)
				}
				if up.User(t, who)["tfa_secret"] != nil {
					t.Error("two-factor authentication is still on")
				}
			})
		}
	})
}

// A registration that another replica makes at the same moment is no fault.
func TestARegistrationThatWasJustMade(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	for password, want := range map[string]string{harness.NewAccount().Password: "/profile", harness.NewPassword: "/signup"} {
		first := site.Browser(t, harness.Plain)
		who := first.SignUp()
		b := site.Browser(t, harness.Plain)
		b.Open("/signup")
		site.Wire.BreakOn("POST /users/register", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprint(w, `{"errors":[{"message":"upstream-secret","extensions":{"code":"RECORD_NOT_UNIQUE","field":"email"}}]}`)
		})
		b.Submit("#signup", map[string]string{"email": who.Email, "password": password})
		site.Wire.Mend()
		if b.WantAt(want); want == "/signup" {
			b.WantError("", "We couldn't create an account") // as for every address that has one
		}
	}
}
