package main

import (
	"bytes"
	"context"
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
)

// What the tests of a member's account share: links from mails, codes from a
// phone, pictures, and what an administrator does meanwhile.

// Passwords that members change theirs to, and that are wrong.
const (
	newPassword   = "teapot-orchard-gravel"
	wrongPassword = "not-the-right-clover"
)

// membersReadThemselves: an unlicensed Directus 12 allows no rule such as "own
// record only".
func (up upstream) membersReadThemselves() bool { return up.major < 12 }

// endsSessions: since 11.5, a new password ends the member's other sessions.
func (up upstream) endsSessions() bool { return up.major > 10 }

// mayNotShow adds to what no page and no line of the log may contain from now on.
func (a *app) mayNotShow(secrets ...string) {
	a.wire.mu.Lock()
	defer a.wire.mu.Unlock()
	a.wire.seen = append(a.wire.seen, secrets...)
}

// mailed is the link of the n-th mail to an address. Its token is a secret.
func (a *app) mailed(t *testing.T, up upstream, address string, n int) (path string) {
	t.Helper()
	path = up.mailed(t, address, n)
	_, token, has := strings.Cut(path, "?token=")
	if !has {
		t.Fatalf("the mail to %s leads to %s", address, path)
	}
	a.mayNotShow(token)
	return path
}

// comeBy follows a link in webmail, which is another site.
func (b *browser) comeBy(path string) {
	b.t.Helper()
	if b.tab == nil {
		b.openAs(path, http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}})
		return
	}
	b.openElsewhere(`<a href="` + b.app.url + path + `">there</a>`)
	b.tab.await(http.MethodGet)
	b.tab.press(b.t, "a")
	b.look()
}

// codeFor is what the app on a phone shows. It is for the next seconds: near the
// end of its half minute, the next one is waited for.
func codeFor(t *testing.T, secret string) string {
	t.Helper()
	if left := 30 - time.Now().Unix()%30; left < 10 {
		time.Sleep(time.Duration(left) * time.Second)
	}
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// wrongCode is none that the phone shows now.
func wrongCode(t *testing.T, secret string) string {
	t.Helper()
	right := codeFor(t, secret)
	return string('0'+(right[0]-'0'+1)%10) + right[1:]
}

// switchOnTwoFactor does so for whoever is signed in here, and gives the secret
// that their phone has then and the recovery codes that they are shown.
func (b *browser) switchOnTwoFactor(who account) (secret string, codes []string) {
	b.t.Helper()
	b.open("/profile/two-factor")
	b.submit("#two-factor", map[string]string{"current_password": who.password})
	secret = b.doc.Find("code.secret").Text()
	b.submit("#two-factor", map[string]string{"code": codeFor(b.t, secret)})
	b.wantText("The second step is on.")
	b.doc.Find(".codes code").Each(func(_ int, code *goquery.Selection) { codes = append(codes, code.Text()) })
	b.app.mayNotShow(append(codes, secret, strings.ToLower(secret))...)
	return secret, codes
}

// signInWithCode signs in by both steps.
func (b *browser) signInWithCode(who account, secret string) {
	b.t.Helper()
	b.signIn(who)
	b.wantAt("/signin/code")
	b.submit("#signin-code", map[string]string{"code": codeFor(b.t, secret)})
}

// wantSession checks that Directus still knows this browser's session, or does
// not.
func (b *browser) wantSession(alive bool) {
	b.t.Helper()
	b.open("/profile")
	if alive {
		b.wantAt("/profile")
	} else {
		b.wantAt("/signin?redirectedFrom=%2Fprofile")
	}
}

// user is what an administrator reads of a member.
func (up upstream) user(t *testing.T, who account) map[string]any {
	t.Helper()
	var users []map[string]any
	if err := up.admin.Get(t.Context(), "/users", url.Values{"filter[email][_eq]": {who.email}}, &users); err != nil || len(users) != 1 {
		t.Fatalf("%s: %v, %v", who.email, users, err)
	}
	return users[0]
}

// set changes a member's row as an administrator does.
func (up upstream) set(t *testing.T, who account, fields map[string]any) {
	t.Helper()
	if err := up.admin.Patch(t.Context(), "/users/"+up.user(t, who)["id"].(string), fields); err != nil {
		t.Fatal(err)
	}
}

// exists reports whether an administrator finds something at a path.
func (up upstream) exists(t *testing.T, path string) bool {
	t.Helper()
	return up.admin.Get(t.Context(), path, nil, nil) == nil
}

// membersMay changes for the rest of the test which fields of a collection the
// members' permission for an action covers; none: there is no permission.
func (up upstream) membersMay(t *testing.T, action, collection string, fields func([]string) []string) {
	t.Helper()
	holder, id := up.permissionsHolder(t)
	var rules []map[string]any
	query := url.Values{"filter[" + holder + "][_eq]": {id}, "filter[collection][_eq]": {collection}, "filter[action][_eq]": {action}}
	if err := up.admin.Get(t.Context(), "/permissions", query, &rules); err != nil || len(rules) != 1 {
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
		if err := up.admin.Patch(t.Context(), at, map[string]any{"fields": wanted}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := up.admin.Patch(context.Background(), at, map[string]any{"fields": had}); err != nil {
				t.Error(err)
			}
		})
		return
	}
	if err := up.admin.Delete(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		delete(rule, "id")
		delete(rule, "system")
		if err := up.admin.Post(context.Background(), "/permissions", rule, nil); err != nil {
			t.Error(err)
		}
	})
}

// permissionsHolder is what members' permissions hang on: their policy, or on
// Directus 10 their role.
func (up upstream) permissionsHolder(t *testing.T) (kind, id string) {
	t.Helper()
	kind, path := "policy", "/policies"
	if up.major == 10 {
		kind, path = "role", "/roles"
	}
	var holders []struct{ ID string }
	if err := up.admin.Get(t.Context(), path, url.Values{"filter[name][_eq]": {"Users"}}, &holders); err != nil || len(holders) != 1 {
		t.Fatalf("the members' %s: %v, %v", kind, holders, err)
	}
	return kind, holders[0].ID
}

// membersMayRead lets members read all items of a collection for the rest of the
// test.
func (up upstream) membersMayRead(t *testing.T, collection string) {
	t.Helper()
	holder, id := up.permissionsHolder(t)
	var made struct{ ID int }
	err := up.admin.Post(t.Context(), "/permissions", map[string]any{
		holder: id, "collection": collection, "action": "read", "fields": []string{"*"}, "permissions": map[string]any{},
	}, &made)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { undoPermission(t, up, made.ID) })
}

// forbid takes an action away from members for the rest of the test; with
// fields, on these alone. An unlicensed Directus 12 takes no list of fields but
// its own, so that there the whole action goes.
func (up upstream) forbid(t *testing.T, action, collection string, fields ...string) {
	t.Helper()
	up.membersMay(t, action, collection, func(had []string) []string {
		if len(fields) == 0 || up.major > 11 {
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

// record keeps the bodies of the calls to Directus that begin with prefix, until
// the wire is mended.
func (w *wire) record(t *testing.T, prefix string) (bodies func() []string) {
	t.Helper()
	var kept []string
	w.rewrite(func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.Method+" "+r.URL.Path, prefix) {
			return false
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.mu.Lock()
		defer w.mu.Unlock()
		kept = append(kept, string(body))
		return false
	})
	return func() []string {
		w.mu.Lock()
		defer w.mu.Unlock()
		return slices.Clone(kept)
	}
}

// callsWith are the calls that a token was used for since the last forget,
// without the ids in them.
func (w *wire) callsWith(token string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var calls []string
	for i, bearer := range w.bearers {
		if bearer == "Bearer "+token {
			calls = append(calls, withoutID(w.calls[i]))
		}
	}
	slices.Sort(calls)
	return slices.Compact(calls)
}

// callsWithoutIDs are all calls since the last forget, in order.
func (w *wire) callsWithoutIDs() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
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
