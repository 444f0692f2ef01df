package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestItems(t *testing.T) {
	anyone := visitor{t: t, address: start(t, nil)}
	if got := anyone.do("GET", "/items/global", nil).want(t, 200, "").at("title"); got != "Hutch" {
		t.Errorf("global: %v", got)
	}
	for _, slug := range []string{"about", "conduct", "privacy"} {
		if got := anyone.do("GET", "/items/pages/"+slug+"?fields=slug", nil).want(t, 200, "").at("slug"); got != slug {
			t.Errorf("page %s: %v", slug, got)
		}
	}
	post := anyone.do("GET", "/items/posts/hay-by-numbers?fields=slug,author.name,image.id,image.description", nil).want(t, 200, "")
	if post.at("author", "name") != "Tomasz Wren" || post.at("image", "id") == nil || post.at("image", "description") == "" || post.at("title") != nil {
		t.Errorf("post: %s", post.body)
	}
	for path, status := range map[string]int{
		"/items/posts/nope": 403, "/items/nope": 403, "/items/directus_users": 403, "/items/authors/x": 403,
		"/items/posts?fields=nope": 403, "/items/posts?fields=author.nope": 403, "/items/posts?sort=nope": 403,
		"/items/posts?filter[nope][_eq]=1": 403, "/items/posts?filter[author][nope][_eq]=1": 403,
	} {
		anyone.do("GET", path, nil).want(t, status, "FORBIDDEN")
	}
	for _, query := range []string{"filter={", "filter[slug][_nope]=x", "filter[_nope]=x", "filter[slug][_eq]=", "filter[publish_date][_icontains]=x",
		"filter[publish_date][_null]=x", "filter[author][_null]=1", "filter[author][_eq]=x", "limit=x", "limit=-2", "offset=-1", "page=x", "meta=x", "aggregate[count]=*",
		"filter=" + strings.Repeat(`{"_and":[`, 40) + strings.Repeat("]}", 40), "fields=%zz"} {
		anyone.do("GET", "/items/posts?"+query, nil).want(t, 400, "INVALID_QUERY")
	}
	anyone.do("POST", "/items/posts", map[string]any{"slug": "x"}).want(t, 403, "FORBIDDEN")
	anyone.do("DELETE", "/items/posts/hay-by-numbers", nil).want(t, 403, "FORBIDDEN")
}

func TestQueries(t *testing.T) {
	anyone := visitor{t: t, address: start(t, nil)}
	for query, want := range map[string]string{
		"sort=-publish_date,slug&limit=2":                                       "one-hundred-and-twenty-five-years first-frost-checklist",
		"sort=publish_date&limit=1":                                             "notes-for-a-spring-issue", // null comes first
		"sort=-publish_date&limit=2&page=2":                                     "the-night-list hay-by-numbers",
		"sort=-publish_date&limit=1&offset=3":                                   "hay-by-numbers",
		"filter[publish_date][_gt]=$NOW":                                        "one-hundred-and-twenty-five-years",
		"filter[status][_neq]=published":                                        "", // the draft is not the public's
		"filter[members_only][_eq]=true":                                        "the-night-list",
		"sort=author.name,slug&limit=2":                                         "letters-about-biscuit counting-ears",
		"filter[slug][_eq]=counting-ears":                                       "counting-ears",
		"filter[slug]=counting-ears":                                            "counting-ears",
		"filter[publish_date][_null]=true":                                      "notes-for-a-spring-issue",
		"filter[image][_null]=true":                                             "names-we-have-given",
		"filter[author][_null]=true":                                            "letters-about-biscuit",
		"filter[slug][_in]=counting-ears,hay-by-numbers":                        "counting-ears hay-by-numbers",
		"filter[publish_date][_gte]=2026-10-31":                                 "first-frost-checklist hay-by-numbers one-hundred-and-twenty-five-years the-night-list",
		"filter[publish_date][_lt]=2026-07-01":                                  "the-weigh-in-at-saint-brigids",
		"filter[title][_icontains]=HAY":                                         "hay-by-numbers",
		"filter[author][name][_icontains]=wren&filter[slug][_contains]=hutch":   "a-hutch-from-old-doors",
		"filter[_or][0][slug]=counting-ears&filter[_or][1][author][_null]=true": "counting-ears letters-about-biscuit",
		`filter={"_or":[{"slug":{"_eq":"counting-ears"}},{"_and":[{"author":{"_eq":2}},{"publish_date":{"_gt":"2026-10-01"}}]}]}`: "counting-ears hay-by-numbers",
		`filter={"publish_date":{"_gte":"2026-10-01","_lte":"2026-10-05"}}`:                                                       "letters-about-biscuit",
		"search=TEAPOT":                        "hay-by-numbers",
		"search=no-such-word":                  "",
		"filter[title][_eq]='%20OR%201=1%20--": "",
		"limit=0":                              "",
	} {
		name, filter, _ := strings.Cut(query, "={")
		if filter != "" {
			query = name + "=" + url.QueryEscape("{"+filter)
		}
		answer := anyone.do("GET", "/items/posts?fields=slug&"+query, nil).want(t, 200, "")
		if got := strings.Join(slugs(answer), " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	answer := anyone.do("GET", "/items/posts?fields=slug&limit=1&filter[author][_eq]=3&meta=filter_count,total_count", nil).want(t, 200, "")
	if answer.meta["total_count"] != 14.0 || answer.meta["filter_count"] != 4.0 {
		t.Errorf("meta: %v", answer.meta)
	}
}

func slugs(r reply) []string {
	var all []string
	rows, _ := r.data.([]any)
	for _, row := range rows {
		all = append(all, fmt.Sprint(row.(map[string]any)["slug"]))
	}
	return all
}

func TestPermissionsAreEnforced(t *testing.T) {
	address := start(t, nil)
	anyone := visitor{t: t, address: address}
	admin := visitor{t: t, address: address, bearer: adminToken}
	const public = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"
	remove := func(collection string) {
		rows := admin.do("GET", "/permissions?fields=id&filter[policy][_eq]="+public+"&filter[collection][_eq]="+collection, nil).want(t, 200, "")
		for _, row := range rows.data.([]any) {
			admin.do("DELETE", fmt.Sprintf("/permissions/%v", row.(map[string]any)["id"]), nil).want(t, 204, "")
		}
	}
	grant := func(collection string, fields []string, filter map[string]any) {
		admin.do("POST", "/permissions", map[string]any{"policy": public, "collection": collection, "action": "read", "fields": fields, "permissions": filter}).want(t, 200, "")
	}

	signedIn(t, address).do("GET", "/items/hutch_recovery_codes", nil).want(t, 403, "FORBIDDEN")
	// What is for members: the public sees that it is there, and no more.
	gated := anyone.do("GET", "/items/posts/the-night-list", nil).want(t, 200, "")
	if gated.at("teaser") == nil || gated.at("content") != nil || anyone.do("GET", "/items/posts/hay-by-numbers", nil).at("content") == nil {
		t.Errorf("the public reads of a post for members: %s", gated.body)
	}
	if got := signedIn(t, address).do("GET", "/items/posts/the-night-list", nil).want(t, 200, "").at("content"); got == nil {
		t.Error("a member does not read a post for members")
	}
	for _, who := range []visitor{anyone, signedIn(t, address)} {
		who.do("GET", "/items/posts/the-great-parsley-dispute", nil).want(t, 403, "FORBIDDEN")
		if got := who.do("GET", "/items/posts?search=sludge", nil).want(t, 200, ""); len(slugs(got)) != 0 {
			t.Errorf("a draft is found: %s", got.body)
		}
	}
	if found, members := slugs(anyone.do("GET", "/items/posts?search=tunnicliffe", nil)), slugs(signedIn(t, address).do("GET", "/items/posts?search=tunnicliffe", nil)); len(found) != 0 || len(members) != 1 {
		t.Errorf("a word that only members read is found by the public in %v, by members in %v", found, members)
	}

	remove("authors")
	anyone.do("GET", "/items/authors", nil).want(t, 403, "FORBIDDEN")
	post := anyone.do("GET", "/items/posts/hay-by-numbers?fields=slug,author.name", nil).want(t, 200, "")
	if fmt.Sprint(post.data) != "map[slug:hay-by-numbers]" {
		t.Errorf("author that may not be read: %s", post.body)
	}
	anyone.do("GET", "/items/posts?filter[author][name][_icontains]=a", nil).want(t, 403, "FORBIDDEN")
	anyone.do("GET", "/items/posts?sort=author.name", nil).want(t, 403, "FORBIDDEN")

	grant("authors", []string{"name"}, map[string]any{"id": map[string]any{"_eq": 1}})
	authors := anyone.do("GET", "/items/authors?meta=total_count&search=2", nil).want(t, 200, "")
	if len(authors.data.([]any)) != 0 || authors.meta["total_count"] != 1.0 {
		t.Errorf("authors: %s", authors.body)
	}
	if got := anyone.do("GET", "/items/posts/hay-by-numbers?fields=author.name", nil).at("author"); got != nil {
		t.Errorf("author of another item: %v", got)
	}
	if got := anyone.do("GET", "/items/posts/counting-ears?fields=author", nil).at("author"); got != 3.0 {
		t.Errorf("key of an author: %v", got)
	}
	grant("authors", []string{"id"}, nil)
	rows := anyone.do("GET", "/items/authors?sort=id", nil).want(t, 200, "").data
	if encoded, _ := json.Marshal(rows); string(encoded) != `[{"id":1,"name":"Marjorie Thistlewood"},{"id":2,"name":null},{"id":3,"name":null}]` {
		t.Errorf("two rules: %s", encoded)
	}

	remove("posts")
	grant("posts", []string{"slug", "title", "publish_date"}, map[string]any{"publish_date": map[string]any{"_lte": "$NOW"}})
	if got := slugs(anyone.do("GET", "/items/posts?limit=-1", nil).want(t, 200, "")); len(got) != 13 || slices.Contains(got, "notes-for-a-spring-issue") {
		t.Errorf("published posts: %v", got)
	}
	anyone.do("GET", "/items/posts/notes-for-a-spring-issue", nil).want(t, 403, "FORBIDDEN")
	anyone.do("GET", "/items/posts?fields=content", nil).want(t, 403, "FORBIDDEN")
	anyone.do("GET", "/items/posts?filter[content][_contains]=a", nil).want(t, 403, "FORBIDDEN")

	admin.do("POST", "/permissions", map[string]any{"policy": public, "collection": "posts", "action": "read", "validation": map[string]any{"slug": "x"}}).want(t, 400, "INVALID_PAYLOAD")
}

func TestAdminChangesContent(t *testing.T) {
	address := start(t, nil)
	admin := visitor{t: t, address: address, bearer: adminToken}
	admin.do("POST", "/items/posts", map[string]any{"slug": "x", "title": "<script>", "author": 2}).want(t, 200, "")
	admin.do("POST", "/items/posts", map[string]any{"slug": "x"}).want(t, 400, "RECORD_NOT_UNIQUE")
	admin.do("POST", "/items/posts", map[string]any{"title": "no slug"}).want(t, 400, "FAILED_VALIDATION")
	admin.do("PATCH", "/items/global", map[string]any{"title": "Burrow"}).want(t, 200, "")
	admin.do("POST", "/items/global", map[string]any{"title": "x"}).want(t, 404, "ROUTE_NOT_FOUND")
	admin.do("PATCH", "/items/posts/x", map[string]any{"title": nil}).want(t, 200, "")
	admin.do("DELETE", "/items/posts/x", nil).want(t, 204, "")
	admin.do("GET", "/items/posts/x", nil).want(t, 403, "FORBIDDEN")
}
