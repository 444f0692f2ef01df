package setup_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/setup"
	"hutch/tools/realdirectus"
)

// onOfficial runs a test on real Directus with the content model of Directus' starters.
func onOfficial(t *testing.T, test func(*testing.T, world)) {
	harness.OnRealOfficial(t, func(t *testing.T, up harness.Upstream) {
		test(t, worldOf(t, &realdirectus.Server{
			URL: up.URL, Version: fmt.Sprintf("%d.", up.Major), AdminToken: up.AdminToken, AdminPassword: "is not used here",
		}))
	})
}

var withHook = setup.Options{PublicURL: "https://hutch.test", HookSecret: hookSecret}

// TestOfficialModelStaysAsItIs compares all of Directus before and after: setup has done
// what its plan said, and nothing else.
func TestOfficialModelStaysAsItIs(t *testing.T) {
	onOfficial(t, func(t *testing.T, w world) {
		before := w.everything(t)
		dry := withHook
		dry.DryRun = true
		out := w.mustRun(t, dry)
		wantChanges(t, before, w.everything(t), nil)
		if w.core() && !strings.Contains(out, "collections: 21 of 25 in use, setup takes 0;\n  flows: 0 of 5 in use, setup takes 1;\n  seats: 1 of 3 in use, setup takes 0.\n") {
			t.Errorf("it does not say what it takes of the licence:\n%s", out)
		}
		for _, twin := range []string{"collection global:", "collection authors", "field ", "hutch_recovery_codes"} {
			if strings.Contains(out, "to do     "+twin) {
				t.Errorf("it plans %q:\n%s", twin, out)
			}
		}

		out = w.mustRun(t, withHook)
		want := []string{
			`added /roles Users`, `added /policies Users`, `added /access role "Users", policy "Users"`,
			`added /permissions Users update directus_users`, `added /permissions Users create directus_files`,
			`added /permissions Users delete directus_files`, `added /permissions Users read directus_fields`,
			`added /permissions Users read globals`, `added /permissions Users read redirects`,
			`added /flows Hutch: content changed`, `added /operations Call the site`,
			`changed /fields posts.slug: schema.is_indexed`, `changed /fields posts.published_at: schema.is_indexed`, `changed /fields posts.author: schema.is_indexed`,
		}
		if w.core() {
			wantLine(t, out, "OPEN", "strangers read the email addresses of users: 4 users now", "posts name no author")
			wantLine(t, out, "OPEN", "whom forms are mailed to", "Without a licence", "the site shows no forms")
			wantLine(t, out, "OPEN", "strangers read items of posts", "2 items now")
			wantLine(t, out, "OPEN", "strangers read items of pages", "1 item now")
			wantLine(t, out, "OPEN", "strangers read the blocks")
			wantLine(t, out, "OPEN", "strangers list and download all files: 10 now")
			wantLine(t, out, "unchanged", "public registration", "--allow-public-users")
			if !strings.Contains(out, "OPEN TO STRANGERS at Directus itself, whatever the site shows: 6 findings") {
				t.Errorf("it does not say so loudly:\n%s", out)
			}
			want = append(want, `added /permissions Users read pages`, `added /permissions Users read posts`, `added /permissions Users read navigation`, `added /permissions Users read directus_files`,
				`added /policies Hutch service account`, `added /access user "service account", policy "Hutch service account"`,
				`added /permissions Hutch service account read directus_users`, `added /users service account`)
		} else {
			wantLine(t, out, "OPEN", "strangers read the blocks")
			if strings.Count(out, "\n  OPEN ") != 1 {
				t.Errorf("only the blocks are open here:\n%s", out)
			}
			want = append(want, `added /permissions Users read directus_users`, `added /permissions Users delete directus_users`, `added /permissions Users read directus_files`,
				`changed /settings: public_registration, public_registration_role`)
		}
		after := w.everything(t)
		wantChanges(t, before, after, want)
		w.wantNothingToChange(t, withHook)
		wantChanges(t, after, w.everything(t), nil)

		var flows []struct {
			Options struct{ Collections []string }
		}
		w.get(t, "/flows", url.Values{"filter[name][_eq]": {"Hutch: content changed"}}, &flows)
		for _, name := range []string{"globals", "pages", "posts", "page_blocks", "block_hero", "navigation_items", "forms", "form_fields", "directus_users", "directus_files"} {
			if len(flows) != 1 || !slices.Contains(flows[0].Options.Collections, name) {
				t.Errorf("the site is not told of changes to %s: %v", name, flows)
			}
		}
		if w.core() {
			allowed := withHook
			allowed.AllowPublicUsers = true
			wantLine(t, w.mustRun(t, allowed), "done", "public registration")
			wantChanges(t, after, w.everything(t), []string{`changed /settings: public_registration, public_registration_role`})
			wantLine(t, w.wantNothingToChange(t, withHook), "ok", "public registration", "strangers can read the address of everybody")
		}
		wantLine(t, w.wantNothingToChange(t, setup.Options{Sample: true}), "unchanged", "sample content", "content model of its own")
	})
}

// TestNarrowsWhatStrangersRead opens what the licensed template keeps closed, and narrows
// it on request only.
func TestNarrowsWhatStrangersRead(t *testing.T) {
	onOfficial(t, func(t *testing.T, w world) {
		w.permission(t, w.public(t), data{"collection": "form_submissions", "action": "read", "fields": []string{"*"}})
		for _, perm := range w.storedPermissions(t) {
			if slices.Contains([]string{"directus_users", "forms", "posts", "pages", "directus_files"}, perm.Collection) && perm.Action == "read" && string(perm.Rule) != "null" && !w.core() {
				if !strings.Contains(string(perm.Rule), "Uploads") { // that of the template's own forms account
					w.patch(t, "/permissions/"+perm.ID.String(), data{"fields": []string{"*"}, "permissions": nil})
				}
			}
		}
		w.collection(t, "orders", data{}, serialKey(), data{"field": "status", "type": "string", "meta": data{}})
		w.permission(t, w.public(t), data{"collection": "orders", "action": "read", "fields": []string{"*"}})
		sees := func(path string) int {
			var rows []json.RawMessage
			if err := w.client.Admin("").Get(t.Context(), path, url.Values{"limit": {"-1"}}, &rows); err != nil {
				return -1
			}
			return len(rows)
		}
		if posts := sees("/items/posts"); posts < 5 || sees("/items/form_submissions") < 0 || sees("/users") < 4 {
			t.Fatalf("it is not open: %d posts", posts)
		}
		before := w.everything(t)
		out := w.mustRun(t, setup.Options{DryRun: true})
		wantLine(t, out, "OPEN", "strangers read which forms were sent in", "With --narrow-public, setup changes it:", "permission to read form_submissions is removed")
		wantLine(t, out, "OPEN", "strangers read items of orders", "does not know what its status means")
		if !w.core() {
			wantLine(t, out, "OPEN", "strangers read the email addresses of users: 4 users now",
				`The public reads of directus_users: id,first_name,last_name,title,avatar, where {"posts":{"_nnull":true}}`)
			wantLine(t, out, "OPEN", "strangers read items of posts", `where {"_and":[{"status":{"_eq":"published"}},{"_or":[{"published_at":{"_null":true}},{"published_at":{"_lte":"$NOW"}}]}]}`)
			wantLine(t, out, "unchanged", "public registration", "--allow-public-users")
		}
		wantChanges(t, before, w.everything(t), nil)

		w.mustRun(t, setup.Options{})
		before = w.everything(t)
		out = w.mustRun(t, setup.Options{NarrowPublic: true})
		wantLine(t, out, "OPEN", "strangers read items of orders", "--narrow-public does not change it")
		wantLine(t, out, "OPEN", "strangers read the blocks", "--narrow-public does not change it")
		if w.core() {
			wantLine(t, out, "OPEN", "strangers read items of posts", "--narrow-public cannot change it: Directus 12 accepts no rules")
			wantLine(t, out, "OPEN", "strangers list and download all files", "--narrow-public cannot change it", "the site shows no pictures")
			if !strings.Contains(out, "\n--narrow-public cannot close 7 findings, for the reasons above.\n") {
				t.Errorf("it does not say what is still open:\n%s", out)
			}
		}
		want := []string{"removed /permissions $t:public_label read form_submissions", "changed /policies $t:public_label: permissions"}
		if !w.core() {
			for collection, what := range map[string]string{"directus_users": "fields, permissions", "forms": "fields, permissions", "posts": "permissions", "pages": "permissions", "directus_files": "permissions"} {
				want = append(want, "changed /permissions $t:public_label read "+collection+": "+what)
			}
			want = append(want, "changed /settings: public_registration, public_registration_role")
			wantLine(t, out, "done", "no longer: strangers read the email addresses of users")
			wantLine(t, out, "done", "public registration")
		}
		wantChanges(t, before, w.everything(t), want)
		if n := sees("/items/form_submissions"); n >= 0 {
			t.Errorf("strangers see %d submissions", n)
		}
		if !w.core() {
			var users []map[string]any
			if err := w.client.Admin("").Get(t.Context(), "/users", nil, &users); err != nil || len(users) != 2 || users[0]["email"] != nil || users[0]["first_name"] == nil {
				t.Errorf("strangers see %v, %v", users, err)
			}
			if posts, sent := sees("/items/posts"), sees("/files/"+harness.OfficialID("files/sent")); posts != 7 || sent >= 0 || !w.canRead(t, "", "/files/"+harness.OfficialID("files/logo")) {
				t.Errorf("strangers see %d posts, the file that was sent in: %d", posts, sent)
			}
		}
		w.wantNothingToChange(t, setup.Options{NarrowPublic: true})
	})
}

// everything is all that a Directus holds, as JSON, by path and by the name of the row.
func (w world) everything(t *testing.T) map[string]map[string]any {
	t.Helper()
	paths := []string{
		"/collections", "/fields", "/relations", "/roles", "/policies", "/access?fields=*,role.name,user.last_name,policy.name",
		"/policies?fields=name,permissions.*", "/users?fields=id,email,first_name,last_name,status,role,token,policies", "/settings", "/flows", "/operations",
		"/folders", "/files", "/presets", "/dashboards", "/shares", "/translations",
	}
	var all []struct {
		Collection string
		Schema     *struct{}
	}
	w.get(t, "/collections", nil, &all)
	for _, c := range all {
		if c.Schema != nil && !strings.HasPrefix(c.Collection, "directus_") {
			paths = append(paths, "/items/"+c.Collection)
		}
	}
	everything := map[string]map[string]any{}
	for _, path := range paths {
		path, query, _ := strings.Cut(path, "?")
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		values.Set("limit", "-1")
		var answer json.RawMessage
		if err := w.admin.Get(t.Context(), path, values, &answer); err != nil && !errors.Is(err, directus.Forbidden) {
			t.Fatal(err)
		}
		if strings.HasPrefix(query, "fields=name,permissions") {
			path = "/permissions"
		}
		everything[path] = rowsOf(t, answer)
	}
	return everything
}

func rowsOf(t *testing.T, answer json.RawMessage) map[string]any {
	t.Helper()
	var rows []map[string]any
	var single map[string]any
	if json.Unmarshal(answer, &single) == nil { // a singleton
		return map[string]any{"": single}
	}
	if err := json.Unmarshal(answer, &rows); err != nil {
		t.Fatal(err)
	}
	named := map[string]any{}
	for _, row := range rows {
		delete(row, "date_updated")
		if schema, is := row["schema"].(map[string]any); is {
			delete(schema, "sql") // SQLite's own statement
		}
		if permissions, is := row["permissions"].([]any); is && row["id"] == nil {
			for _, one := range permissions {
				permission := one.(map[string]any)
				named[fmt.Sprintf("%v %v %v", row["name"], permission["action"], permission["collection"])] = one
			}
			continue
		}
		named[nameOf(row)] = row
	}
	return named
}

func nameOf(row map[string]any) string {
	within := func(field, name string) any { related, _ := row[field].(map[string]any); return related[name] }
	switch {
	case row["collection"] != nil && row["field"] != nil && row["id"] == nil:
		return fmt.Sprintf("%v.%v", row["collection"], row["field"])
	case within("policy", "name") != nil && within("role", "name") != nil:
		return fmt.Sprintf("role %q, policy %q", within("role", "name"), within("policy", "name"))
	case within("policy", "name") != nil && within("user", "last_name") != nil:
		return fmt.Sprintf("user %q, policy %q", within("user", "last_name"), within("policy", "name"))
	}
	for _, field := range []string{"name", "last_name", "id", "collection"} {
		if text, is := row[field].(string); is {
			return text
		}
	}
	return fmt.Sprint(row["id"])
}

// wantChanges compares two states of a Directus.
func wantChanges(t *testing.T, before, after map[string]map[string]any, want []string) {
	t.Helper()
	var got []string
	for _, path := range slices.Sorted(maps.Keys(after)) {
		for name, row := range after[path] {
			was, had := before[path][name]
			switch {
			case !had:
				got = append(got, "added "+path+" "+name)
			case !reflect.DeepEqual(row, was):
				got = append(got, strings.TrimSpace("changed "+path+" "+name)+": "+strings.Join(differing("", was, row), ", "))
			}
		}
	}
	for path, rows := range before {
		for name := range rows {
			if _, has := after[path][name]; !has {
				got = append(got, "removed "+path+" "+name)
			}
		}
	}
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	for _, change := range got {
		if !slices.Contains(want, change) {
			t.Errorf("nobody said: %s", change)
		}
	}
	for _, change := range want {
		if !slices.Contains(got, change) {
			t.Errorf("has not happened: %s", change)
		}
	}
}

// differing are the paths at which two values differ.
func differing(at string, a, b any) (paths []string) {
	was, isMap := a.(map[string]any)
	is, both := b.(map[string]any)
	if !isMap || !both {
		return []string{at}
	}
	for _, key := range slices.Sorted(maps.Keys(is)) {
		if !reflect.DeepEqual(was[key], is[key]) {
			paths = append(paths, differing(strings.TrimPrefix(at+"."+key, "."), was[key], is[key])...)
		}
	}
	return paths
}
