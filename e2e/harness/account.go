package harness

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/pquerna/otp/totp"

	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/sandbox"
)

// What the tests of a member's account share: links from mails, codes from a
// phone, pictures, and what an administrator does meanwhile.

// Passwords that members change theirs to, and that are wrong.
const (
	NewPassword   = "teapot-orchard-gravel"
	WrongPassword = "not-the-right-clover"
)

// membersReadThemselves: an unlicensed Directus 12 allows no rule such as "own
// record only".
func (up Upstream) MembersReadThemselves() bool { return up.Major < 12 }

// endsSessions: since 11.5, a new password ends the member's other sessions.
func (up Upstream) EndsSessions() bool { return up.Major > 10 }

// HoldsLengths: SQLite has room for longer texts than their column says.
func (up Upstream) HoldsLengths() bool { return up.Sandbox || up.Postgres }

// MayNotShow adds to what no page and no line of the log may contain from now on.
func (a *App) MayNotShow(secrets ...string) {
	a.Wire.Mu.Lock()
	defer a.Wire.Mu.Unlock()
	a.Wire.seen = append(a.Wire.seen, secrets...)
}

// Mailed is the link of the n-th mail to an address. Its token is a secret.
func (a *App) Mailed(t *testing.T, up Upstream, address string, n int) (path string) {
	t.Helper()
	path = up.Mailed(t, address, n)
	_, token, has := strings.Cut(path, "?token=")
	if !has {
		t.Fatalf("the mail to %s leads to %s", address, path)
	}
	a.MayNotShow(token)
	return path
}

// ComeBy follows a link in webmail, which is another site.
func (b *Browser) ComeBy(path string) {
	b.T.Helper()
	if b.Tab == nil {
		b.OpenAs(path, http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}})
		return
	}
	b.openElsewhere(`<a href="` + b.App.URL + path + `">there</a>`)
	b.Tab.Await(http.MethodGet)
	b.Tab.Press(b.T, "a")
	b.Look()
}

// CodeFor is what the app on a phone shows, for the next seconds. A code works once,
// and tests cannot wait half a minute for each: the site's clock moves on, so that it
// has forgotten the code, which Directus still accepts.
func (a *App) CodeFor(t *testing.T, secret string) string {
	t.Helper()
	a.Pass(time.Minute)
	return CodeFor(t, secret)
}

// CodeFor is that for a site that may know the code. Near the end of its half minute,
// the next one is waited for; a browser needs the longest until the code arrives.
func CodeFor(t *testing.T, secret string) string {
	t.Helper()
	needed := int64(10)
	if testing.Short() {
		needed = 3
	}
	if left := 30 - time.Now().Unix()%30; left < needed {
		time.Sleep(time.Duration(left) * time.Second)
	}
	return codeAt(t, secret, time.Now())
}

// WrongCode is none that the phone shows now or next.
func WrongCode(t *testing.T, secret string) string {
	t.Helper()
	now, next := codeAt(t, secret, time.Now()), codeAt(t, secret, time.Now().Add(30*time.Second))
	for last := byte('0'); ; last++ {
		if wrong := now[:len(now)-1] + string(last); wrong != now && wrong != next {
			return wrong
		}
	}
}

func codeAt(t *testing.T, secret string, when time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, when)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// SwitchOnTwoFactor turns it on for the member who is signed in, and returns the
// secret for their authenticator app and the recovery codes on the page.
func (b *Browser) SwitchOnTwoFactor(who Account) (secret string, codes []string) {
	b.T.Helper()
	b.Open("/profile/two-factor")
	b.Submit("#two-factor", map[string]string{"current_password": who.Password})
	secret = b.Doc.Find("code.secret").Text()
	b.Submit("#two-factor", map[string]string{"code": b.App.CodeFor(b.T, secret)})
	b.WantText("Two-factor authentication is on.")
	b.Doc.Find(".codes code").Each(func(_ int, code *goquery.Selection) { codes = append(codes, code.Text()) })
	b.App.MayNotShow(append(codes, secret, strings.ToLower(secret))...)
	return secret, codes
}

// SignInWithCode signs in by both steps.
func (b *Browser) SignInWithCode(who Account, secret string) {
	b.T.Helper()
	b.SignIn(who)
	b.WantAt("/signin/code")
	b.Submit("#signin-code", map[string]string{"code": b.App.CodeFor(b.T, secret)})
}

// User is what an administrator reads of a member.
func (up Upstream) User(t *testing.T, who Account) map[string]any {
	t.Helper()
	var users []map[string]any
	if err := up.Admin.Get(t.Context(), "/users", url.Values{"filter[email][_eq]": {who.Email}}, &users); err != nil || len(users) != 1 {
		t.Fatalf("%s: %v, %v", who.Email, users, err)
	}
	return users[0]
}

// Set changes a member's row as an administrator does.
func (up Upstream) Set(t *testing.T, who Account, fields map[string]any) {
	t.Helper()
	if err := up.Admin.Patch(t.Context(), "/users/"+up.User(t, who)["id"].(string), fields); err != nil {
		t.Fatal(err)
	}
}

// Exists reports whether an administrator finds something at a path.
func (up Upstream) Exists(t *testing.T, path string) bool {
	t.Helper()
	return up.Admin.Get(t.Context(), path, nil, nil) == nil
}

// MembersMay changes for the rest of the test which fields of a collection the
// members' permission for an action covers; none: there is no permission.
func (up Upstream) MembersMay(t *testing.T, action, collection string, fields func([]string) []string) {
	t.Helper()
	holder, id := up.PermissionsHolder(t)
	var rules []map[string]any
	query := url.Values{"filter[" + holder + "][_eq]": {id}, "filter[collection][_eq]": {collection}, "filter[action][_eq]": {action}}
	if err := up.Admin.Get(t.Context(), "/permissions", query, &rules); err != nil || len(rules) != 1 {
		t.Fatalf("the members' permission to %s %s: %v, %v", action, collection, rules, err)
	}
	rule := rules[0]
	at := fmt.Sprintf("/permissions/%v", rule["id"])
	var had []string
	for _, field := range rule["fields"].([]any) {
		had = append(had, field.(string))
	}
	wanted := fields(slices.Clone(had))
	if len(wanted) > 0 {
		if err := up.Admin.Patch(t.Context(), at, map[string]any{"fields": wanted}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := up.Admin.Patch(context.Background(), at, map[string]any{"fields": had}); err != nil {
				t.Error(err)
			}
		})
		return
	}
	if err := up.Admin.Delete(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		delete(rule, "id")
		delete(rule, "system")
		if err := up.Admin.Post(context.Background(), "/permissions", rule, nil); err != nil {
			t.Error(err)
		}
	})
}

// PermissionsHolder is what members' permissions hang on: their policy, or on
// Directus 10 their role.
func (up Upstream) PermissionsHolder(t *testing.T) (kind, id string) {
	t.Helper()
	kind, path := "policy", "/policies"
	if up.Major == 10 {
		kind, path = "role", "/roles"
	}
	var holders []struct{ ID string }
	if err := up.Admin.Get(t.Context(), path, url.Values{"filter[name][_eq]": {"Users"}}, &holders); err != nil || len(holders) != 1 {
		t.Fatalf("the members' %s: %v, %v", kind, holders, err)
	}
	return kind, holders[0].ID
}

// Forbid takes an action away from members for the rest of the test; with
// fields, on these alone. An unlicensed Directus 12 takes no list of fields but
// its own, so that there the whole action goes.
func (up Upstream) Forbid(t *testing.T, action, collection string, fields ...string) {
	t.Helper()
	up.MembersMay(t, action, collection, func(had []string) []string {
		if len(fields) == 0 || up.Major > 11 {
			return nil
		}
		if slices.Contains(had, "*") {
			had = []string{
				"id", "first_name", "last_name", "email", "location", "title", "description", "avatar",
				"language", "appearance", "provider", "tfa_secret",
			}
		}
		return slices.DeleteFunc(had, func(field string) bool { return slices.Contains(fields, field) })
	})
}

// Record keeps the bodies of the calls to Directus that begin with prefix, until
// the wire is mended.
func (w *Wire) Record(t *testing.T, prefix string) (bodies func() []string) {
	t.Helper()
	var kept []string
	w.Rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.Method+" "+r.URL.Path, prefix) {
			return false
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.Mu.Lock()
		defer w.Mu.Unlock()
		kept = append(kept, string(body))
		return false
	})
	return func() []string {
		w.Mu.Lock()
		defer w.Mu.Unlock()
		return slices.Clone(kept)
	}
}

// CallsWith are the calls that a token was used for since the last forget,
// without the ids in them.
func (w *Wire) CallsWith(token string) []string {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	var calls []string
	for i, bearer := range w.bearers {
		if bearer == "Bearer "+token {
			calls = append(calls, withoutID(w.calls[i]))
		}
	}
	slices.Sort(calls)
	return slices.Compact(calls)
}

// CallsWithoutIDs are all calls since the last forget, in order.
func (w *Wire) CallsWithoutIDs() []string {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	var calls []string
	for _, call := range w.calls {
		calls = append(calls, withoutID(call))
	}
	slices.Sort(calls)
	return calls
}

func withoutID(call string) string {
	parts := strings.Split(call, "/")
	if last := len(parts) - 1; len(parts[last]) == 36 {
		parts[last] = ":id"
	}
	return strings.Join(parts, "/")
}

// FieldOfEachKind declares a field of each kind for members. A sandbox is opened
// with it; [FillFieldOfEachKind] gives the sample member a value for each.
func FieldOfEachKind() collections.Table {
	type object = map[string]any
	choices := []object{{"text": "Upper Burrow", "value": "upper"}, {"text": "Lower Burrow", "value": "lower"}}
	return collections.Table{{Name: "directus_users", Fields: []collections.Field{
		{Name: "pronouns", Type: "string", Note: "As you would like to be spoken of.", Meta: object{"required": true}},
		{Name: "burrow", Type: "string", Interface: "select-dropdown", Options: object{"choices": choices},
			Meta: object{"translations": []object{{"language": "de-DE", "translation": "Bau"}}}},
		{Name: "name_of_whoever_looks_after_your_rabbits_while_you_are_away", Type: "string"},
		{Name: "about_your_rabbits", Type: "text", Interface: "input-multiline"},
		{Name: "rabbits", Type: "integer"},
		{Name: "hay_per_day", Type: "float", Note: "In kilograms."},
		{Name: "keeper_since", Type: "date"},
		{Name: "feeding_time", Type: "time"},
		{Name: "next_visit", Type: "dateTime"},
		{Name: "newsletter", Type: "boolean", Note: "Once a month, and never more often."},
		{Name: "interests", Type: "csv", Interface: "tags"},
		{Name: "membership_number", Type: "string", Meta: object{"readonly": true}},
		{Name: "internal_note", Type: "string", Meta: object{"hidden": true}},
	}}}
}

// FillFieldOfEachKind also lets members change these fields.
func FillFieldOfEachKind(t *testing.T, up Upstream, _ *App) {
	t.Helper()
	up.Set(t, Member, map[string]any{
		"pronouns": "she/her",
		"burrow":   "lower",
		"name_of_whoever_looks_after_your_rabbits_while_you_are_away": "Bartholomew Featherstonehaugh-Cholmondeley of the Lower Burrow, third door on the left",
		"about_your_rabbits": "Two lops, Bracken and Fern.\nThey like parsley.",
		"rabbits":            2,
		"hay_per_day":        0.25,
		"keeper_since":       "2019-04-01",
		"feeding_time":       "07:30:00",
		"next_visit":         "2026-12-01T15:00:00",
		"newsletter":         true,
		"interests":          []string{"hay", "parsley", "tunnels"},
		"membership_number":  strings.Repeat("0123456789", 8),
		"internal_note":      "not for members",
	})
	up.MembersMay(t, "update", "directus_users", func([]string) []string { return []string{"*"} })
}

func TypedProfile() map[string]string {
	return map[string]string{"first_name": "Hazelnut", "description": "Keeps two lops.\nAnd a garden."}
}

// Uploading chooses a file with this content as the new picture; "": none.
func Uploading(content string) func(*Browser) {
	return func(b *Browser) {
		b.Open("/profile")
		b.Submit("#avatar", map[string]string{"picture": content})
	}
}

func (up Upstream) Code(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, up.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// EndSession ends at Directus what this visitor was signed in with: the last token
// that went over the wire.
func (b *Browser) EndSession() {
	b.T.Helper()
	client, err := directus.New(b.App.Up.URL)
	if err != nil {
		b.T.Fatal(err)
	}
	tokens, v := b.App.Wire.Tokens(), directus.Visitor{IP: b.IP}
	for i, token := range slices.Backward(tokens) {
		if _, err := client.Me(b.T.Context(), v, secret.Of(token)); err == nil || i == 0 { // no other secret
			if _, err := client.Logout(b.T.Context(), v, secret.Of(token)); err != nil {
				b.T.Fatal(err)
			}
			if _, err := client.Me(b.T.Context(), v, secret.Of(token)); !directus.TokenRefused(err) {
				b.T.Fatalf("the session goes on: %v", err)
			}
			return
		}
	}
}

// TooLong fits into a profile and into no cookie.
func TooLong() string {
	var text strings.Builder
	for text.Len() < 4900 {
		text.WriteString(rand.Text() + " ")
	}
	return strings.TrimSpace(text.String()[:4900])
}

// Account is a member that a test has made.
type Account struct{ Email, Password string }

// Passwords are all that tests type, to be looked for where they must not be.
var Passwords = []string{"a-long-enough-password", "not-the-right-clover", sandbox.MemberPassword, "teapot-orchard-gravel"}

func NewAccount() Account {
	return Account{"m" + strings.ToLower(rand.Text()[:12]) + "@example.com", Passwords[0]}
}

func (who Account) Form() map[string]string {
	return map[string]string{"email": who.Email, "password": who.Password}
}

// SignUp makes the account through the app and leaves the browser signed in.
func (b *Browser) SignUp() Account {
	b.T.Helper()
	who := NewAccount()
	b.Open("/signup")
	b.Submit("#signup", who.Form())
	b.WantAt("/profile")
	b.WantSignedIn(true)
	return who
}

func (b *Browser) SignIn(who Account) {
	b.T.Helper()
	b.Open("/signin")
	b.Submit("#signin", who.Form())
}

func Form(who Account) url.Values {
	return url.Values{"email": {who.Email}, "password": {who.Password}}
}

// Who the states know: the sandbox's own member, somebody who has an account as
// well, and somebody who wants one.
var (
	Member    = Account{sandbox.MemberEmail, sandbox.MemberPassword}
	Neighbour = Account{"clover@example.com", Passwords[0]}
	Newcomer  = Account{"bramble@example.com", Passwords[0]}
)

func At(path string) func(*Browser) { return func(b *Browser) { b.Open(path) } }

func SigningUp(who Account) func(*Browser) {
	return func(b *Browser) {
		b.Open("/signup")
		b.Submit("#signup", who.Form())
	}
}
