package setup_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"hutch/e2e/harness"
	"hutch/internal/sitefolder"
	"hutch/setup"
)

// ownTOML has collections that exist, one that setup is to make, one for members, and one
// that nobody describes.
const ownTOML = `
[[collection]]
name = "events"
path = "/events"
item = { fields = ["*", "venue.*"] }
read = "everybody"
members = { create = true, edit = "own" }

[[collection.field]]
name = "slug"
type = "string"
required = true
[[collection.field]]
name = "title"
type = "string"
[[collection.field]]
name = "status"
type = "string"
[[collection.field]]
name = "starts"
type = "dateTime"
note = "When the doors open"
[[collection.field]]
name = "image"
related = "directus_files"
[[collection.field]]
name = "venue"
related = "venues"
[[collection.field]]
name = "host"
related = "hosts"

[[collection]]
name = "talks"
path = "/talks"
list = { sort = ["-venue.size"], filter = { _or = [{ "year(held)" = { _gte = 2020 } }, { held = { _null = true } }] } }
item = { fields = ["slug", "title", "venue.name", "speakers.people_id.name", "shows.item:venues.name", "by.*"] }
read = "everybody"

[[collection.field]]
name = "subtitle"
type = "string"

[[collection]]
name = "minutes"
path = "/minutes"
read = "members"
item = { fields = ["*", "venue.name"] }

[[collection]]
name = "ghosts"
path = "/ghosts"
read = "everybody"

[[collection]]
name = "posts"
path = "/log"
read = "members"
`

func ownRows(t *testing.T, source string) []sitefolder.Collection {
	t.Helper()
	site, err := sitefolder.ParseConfig([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return site.Collections
}

// ownProject is what a team has made in Directus already.
func ownProject(t *testing.T, w world) {
	t.Helper()
	text := func(name string) data { return data{"field": name, "type": "string"} }
	w.collection(t, "venues", data{}, serialKey(), text("name"), text("phone"), data{"field": "size", "type": "integer"})
	w.collection(t, "people", data{}, serialKey(), text("name"), text("mobile"))
	w.collection(t, "talks", data{}, serialKey(), text("slug"), text("title"), text("status"), text("budget"), data{"field": "held", "type": "date"},
		data{"field": "venue", "type": "integer"}, data{"field": "by", "type": "uuid"},
		data{"field": "speakers", "type": "alias", "meta": data{"interface": "list-m2m", "special": []string{"m2m"}}},
		data{"field": "shows", "type": "alias", "meta": data{"interface": "list-m2a", "special": []string{"m2a"}}})
	w.collection(t, "talks_people", data{}, serialKey(), data{"field": "talks_id", "type": "integer"}, data{"field": "people_id", "type": "integer"}, data{"field": "sort", "type": "integer"}, text("fee"))
	w.collection(t, "talks_shows", data{}, serialKey(), data{"field": "talks_id", "type": "integer"}, text("collection"), text("item"))
	w.collection(t, "minutes", data{}, serialKey(), text("title"), data{"field": "venue", "type": "integer"})
	for _, relation := range []data{
		{"collection": "talks", "field": "venue", "related_collection": "venues"},
		{"collection": "talks", "field": "by", "related_collection": "directus_users"},
		{"collection": "minutes", "field": "venue", "related_collection": "venues"},
		{"collection": "talks_people", "field": "talks_id", "related_collection": "talks", "meta": data{"one_field": "speakers", "junction_field": "people_id", "sort_field": "sort"}},
		{"collection": "talks_shows", "field": "talks_id", "related_collection": "talks", "meta": data{"one_field": "shows", "junction_field": "item"}},
		{"collection": "talks_shows", "field": "item", "related_collection": nil, "schema": nil, "meta": data{"junction_field": "talks_id", "one_collection_field": "collection", "one_allowed_collections": []string{"venues", "people"}}},
		{"collection": "talks_people", "field": "people_id", "related_collection": "people", "meta": data{"junction_field": "talks_id"}},
	} {
		w.create(t, "/relations", relation)
	}
	w.create(t, "/items/venues", data{"name": "The barn", "phone": "555", "size": 40})
	w.create(t, "/items/people", data{"name": "Ada", "mobile": "556"})
	w.create(t, "/items/talks", data{"slug": "hay", "title": "On hay", "status": "published", "budget": "7", "venue": 1, "speakers": []data{{"people_id": 1, "fee": "8"}}, "shows": []data{{"collection": "venues", "item": data{"id": 1}}}})
	w.create(t, "/items/talks", data{"slug": "straw", "title": "On straw", "status": "draft"})
	w.create(t, "/items/minutes", data{"title": "What we said", "venue": 1})
}

// reads returns items as somebody who is not signed in, or with a token; nil: Directus
// refuses it.
func (w world) reads(t *testing.T, token, collection, fields string) []map[string]any {
	t.Helper()
	var items []map[string]any
	if err := w.client.Admin(token).Get(t.Context(), "/items/"+collection, url.Values{"fields": {fields}, "sort": {"id"}}, &items); err != nil {
		wantForbidden(t, collection+" "+fields, err)
		return nil
	}
	return items
}

// wantReads checks what somebody reads, as JSON; "" is nothing at all.
func (w world) wantReads(t *testing.T, token, collection, fields, want string) {
	t.Helper()
	got := ""
	if items := w.reads(t, token, collection, fields); items != nil {
		written, _ := json.Marshal(items)
		got = string(written)
	}
	if w.major() == "10" && want == "" && !strings.Contains(got, ":") { // which leaves out what may not be read
		return
	}
	if got != want {
		t.Errorf("%s of %s are read as %s, want %s", fields, collection, got, want)
	}
}

// TestOwnCollections follows a project from its own model to a site that shows it.
func TestOwnCollections(t *testing.T) {
	env := map[string]string{"IMPORT_IP_DENY_LIST": "169.254.169.254"}
	forEachVersion(t, env, func(t *testing.T, w world) {
		ownProject(t, w)
		options := setup.Options{Own: ownRows(t, ownTOML), PublicURL: "https://hutch.test", HookSecret: hookSecret, NoVerifyEmail: true}

		plan := options
		plan.DryRun = true
		before := w.snapshot(t)
		out := w.mustRun(t, plan)
		wantLine(t, out, "unchanged", "collection events", "only with --schema")
		wantLine(t, out, "unchanged", "fields of talks: subtitle", "only with --schema")
		wantLine(t, out, "unchanged", "collection ghosts", "It does not exist", "[[collection.field]]")
		wantLine(t, out, "unchanged", "collection posts of site.toml", "itself")
		if strings.Contains(out, "reads events") || strings.Contains(out, "ghosts:") {
			t.Errorf("it plans rights to what there is not:\n%s", out)
		}

		plan.Schema = true
		out = w.mustRun(t, plan)
		wantSame(t, before, w.snapshot(t))
		wantLast(t, out, "go run . setup --no-verify-email --schema")
		wantLine(t, out, "to do", "collection events: slug, title, status, starts, image, venue")
		wantLine(t, out, "to do", "events.venue refers to venues")
		wantLine(t, out, "to do", "field talks.subtitle")
		wantLine(t, out, "unchanged", "fields of events: host (hosts)", "does not have")
		wantLine(t, out, "unchanged", "fields of talks: by", "users")
		wantLine(t, out, "to do", "members read minutes")
		wantLine(t, out, "unchanged", "members write events", `the policy "Users"`, "create; update, where user_created equals $CURRENT_USER")
		if strings.Contains(out, "everybody reads minutes") {
			t.Errorf("everybody is to read what is for members:\n%s", out)
		}
		if w.core() {
			wantLine(t, out, "to do", "everybody reads events", "does not show drafts", "anyone who can reach Directus itself can read them there")
			wantLine(t, out, "refused", "everybody reads talks", "Hutch cannot show talks")
			wantLine(t, out, "unchanged", "members write events", "members would change those of others")
		} else {
			wantLine(t, out, "to do", `everybody reads events whose status is "published"`)
			wantLine(t, out, "to do", `everybody reads talks whose status is "published", only held, id, shows, slug, speakers, status, title, venue`)
			wantLine(t, out, "to do", "everybody reads people, only id, name")
			wantLine(t, out, "to do", "everybody reads talks_people, only id, people_id, sort, talks_id")
		}

		options.Schema = true
		token := serviceToken(w.mustRun(t, options))
		w.wantNothingToChange(t, options)
		options.Schema = false
		w.wantNothingToChange(t, options)
		testOwnFlow(t, w)
		testOwnRights(t, w)
		testOwnSite(t, w, token)
		testOwnWider(t, w, options)
	})
}

// testOwnFlow checks what Directus tells the site of.
func testOwnFlow(t *testing.T, w world) {
	var flows []struct {
		Options struct{ Collections []string }
	}
	w.get(t, "/flows", url.Values{"fields": {"options"}}, &flows)
	told := flows[0].Options.Collections
	for _, name := range []string{"events", "talks", "talks_people", "people", "venues", "minutes", "posts", "directus_files"} {
		if n := len(slices.DeleteFunc(slices.Clone(told), func(one string) bool { return one != name })); n != 1 {
			t.Errorf("%s is named %d times among %v", name, n, told)
		}
	}
	if slices.Contains(told, "ghosts") || slices.Contains(told, "directus_users") {
		t.Errorf("the site is told of %v", told)
	}
}

// testOwnRights reads as a stranger and as a member.
func testOwnRights(t *testing.T, w world) {
	w.create(t, "/items/events", data{"slug": "fair", "title": "Spring fair", "status": "published", "starts": "2026-03-01T10:00:00", "venue": 1})
	w.create(t, "/items/events", data{"slug": "secret", "title": "Not yet", "status": "draft"})
	member := w.member(t, "ada@example.com").Token.Reveal()
	for _, token := range []string{"", member} {
		if w.core() {
			if items := w.reads(t, token, "talks", "*"); items != nil {
				t.Errorf("talks are read, drafts among them: %v", items)
			}
		} else {
			var events []map[string]any
			if err := w.client.Admin(token).Get(t.Context(), "/items/events", url.Values{"fields": {"slug,venue.name,venue.phone"}}, &events); err != nil || len(events) != 1 || events[0]["slug"] != "fair" {
				t.Errorf("events are read as %v, %v", events, err)
			}
			w.wantReads(t, token, "talks", "title,venue.name,speakers.people_id.name", `[{"speakers":[{"people_id":{"name":"Ada"}}],"title":"On hay","venue":{"name":"The barn"}}]`)
			w.wantReads(t, token, "talks", "shows.collection,shows.item:venues.name", `[{"shows":[{"collection":"venues","item":{"name":"The barn"}}]}]`)
			w.wantReads(t, token, "talks", "budget", "")
			w.wantReads(t, token, "people", "mobile", "")
			w.wantReads(t, token, "talks_people", "fee", "")
		}
		if token == "" && w.canRead(t, token, "/users") {
			t.Error("strangers read users")
		}
	}
	w.wantReads(t, "", "minutes", "title", "")
	w.wantReads(t, member, "minutes", "title,venue.name", `[{"title":"What we said","venue":{"name":"The barn"}}]`)
	if err := w.client.Admin(member).Post(t.Context(), "/items/events", data{"slug": "mine"}, nil); err == nil {
		t.Error("setup lets members write")
	}
}

// testOwnSite shows what setup has prepared.
func testOwnSite(t *testing.T, w world, serviceToken string) {
	shown, _, _ := strings.Cut(ownTOML, "[[collection]]\nname = \"ghosts\"")
	shown = strings.Replace(shown, `, edit = "own"`, "", 1) // which an unlicensed 12 cannot hold
	up := harness.Upstream{URL: w.server.URL, Admin: w.admin, ServiceToken: serviceToken, Folder: fstest.MapFS{"site.toml": {Data: []byte(shown)}}}
	site := harness.StartApp(t, up, nil)
	b := site.Browser(t, harness.Plain)
	b.Open("/events")
	b.WantStatus(200)
	b.WantText("Spring fair")
	if strings.Contains(b.Text(), "Not yet") {
		t.Error("the site shows a draft")
	}
	b.Open("/events/fair")
	b.WantText("Spring fair", "The barn")
	b.Open("/events/secret")
	b.WantStatus(404)
	if !w.core() {
		b.Open("/talks/hay")
		b.WantText("On hay", "The barn")
	}
	b.Open("/minutes")
	if strings.Contains(b.Text(), "What we said") {
		t.Error("the site shows strangers what is for members")
	}
	b.SignIn(harness.Account{Email: "ada@example.com", Password: "a member's password"})
	b.Open("/minutes")
	b.WantText("What we said")
}

// testOwnWider opens more than site.toml says, which setup tells and closes only when asked.
func testOwnWider(t *testing.T, w world, options setup.Options) {
	filter := url.Values{"filter[policy][_eq]": {fmt.Sprint(w.public(t))}, "filter[action][_eq]": {"read"}, "limit": {"-1"}}
	if w.major() == "10" {
		filter = url.Values{"filter[role][_null]": {"true"}, "filter[action][_eq]": {"read"}, "limit": {"-1"}}
	}
	var given []storedPermission
	w.get(t, "/permissions", filter, &given)
	for _, name := range []string{"minutes", "talks", "people"} {
		if at := slices.IndexFunc(given, func(perm storedPermission) bool { return perm.Collection == name }); at >= 0 {
			w.patch(t, "/permissions/"+given[at].ID.String(), data{"fields": []string{"*"}, "permissions": data{}})
			continue
		}
		w.permission(t, w.public(t), data{"collection": name, "action": "read", "fields": []string{"*"}, "permissions": data{}})
	}
	out := w.mustRun(t, options)
	wantLine(t, out, "OPEN", "strangers read minutes, which site.toml keeps for members: 1 item now", "--narrow-public")
	wantLine(t, out, "OPEN", "strangers read items of talks that are not published, such as drafts: 1 item now")
	wantLine(t, out, "OPEN", "strangers read fields of people that site.toml does not name")
	wantLine(t, out, "ok", "members read minutes")
	options.NarrowPublic = true
	out = w.mustRun(t, options)
	wantLine(t, out, "done", "no longer: strangers read minutes")
	w.wantReads(t, "", "minutes", "title", "")
	if w.core() {
		wantLine(t, out, "OPEN", "strangers read items of talks", "then the site does not show it")
		return
	}
	wantLine(t, out, "done", "no longer: strangers read items of talks")
	wantLine(t, out, "done", "no longer: strangers read fields of people")
	w.wantReads(t, "", "talks", "title", `[{"title":"On hay"}]`)
	w.wantReads(t, "", "talks", "budget", "")
	w.wantReads(t, "", "people", "name", `[{"name":"Ada"}]`)
	w.wantReads(t, "", "people", "mobile", "")
	w.wantNothingToChange(t, options)
}
