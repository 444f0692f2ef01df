package contract_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

// What the content pages ask of Directus. Of the sample's fifteen posts thirteen
// are public: one is a draft, and one is dated 2099.

const (
	gatedSlug  = "the-night-list"
	draftSlug  = "the-great-parsley-dispute"
	futureSlug = "one-hundred-and-twenty-five-years"
	gatedWord  = "Tunnicliffe" // occurs only in the content of the members-only post
)

// hidesDrafts: the public's permissions have item rules.
func (to target) hidesDrafts() bool { return !to.core }

// gatesContent: they allow different fields for different items.
func (to target) gatesContent() bool { return !to.core && to.major >= 11 }

// published returns the filter for published posts.
func published(date string) directus.Filter {
	return directus.All(
		directus.Equal("status", "published"),
		directus.Either(directus.Filter{date: directus.Filter{"_null": true}}, directus.Filter{date: directus.Filter{"_lte": "$NOW"}}),
	)
}

type contentPost struct {
	Slug, Status, Title string
	Teaser, Content     *string
	MembersOnly         *bool   `json:"members_only"`
	Date                *string `json:"publish_date"`
}

// posts reads posts as the public, or with the token.
func (to target) posts(t *testing.T, token string, q directus.Query) []contentPost {
	t.Helper()
	var posts []contentPost
	if err := to.client.Items(t.Context(), somebody(), secret.Of(token), "posts", q, &posts); err != nil {
		t.Errorf("posts for %v: %v", q.Values(), err)
	}
	return posts
}

func slugsOf(posts []contentPost) []string {
	var slugs []string
	for _, p := range posts {
		slugs = append(slugs, p.Slug)
	}
	return slugs
}

// fieldsThatAreNoRelation: what is asked for below a field that refers to nothing is refused,
// or the field holds what it holds; asked for alone, the item may be its key. A relation is
// an item. And a date cannot be searched like a text, or it can, but nothing fails.
func fieldsThatAreNoRelation(t *testing.T, to target) {
	ask := func(filter directus.Filter, fields ...string) ([]map[string]json.RawMessage, error) {
		var items []map[string]json.RawMessage
		err := to.client.Items(t.Context(), somebody(), secret.Text{}, "posts", directus.Query{Fields: fields, Filter: filter, Limit: 1}, &items)
		return items, err
	}
	refused := func(err error) bool {
		return errors.Is(err, directus.Forbidden) || errors.Is(err, directus.InvalidQuery)
	}
	for _, field := range []string{"title", "members_only", "publish_date", "tags"} {
		items, err := ask(directus.Filter{field: directus.Filter{"_nnull": true}}, "slug", field+".*")
		if err != nil && !refused(err) || err == nil && len(items) == 1 && strings.HasPrefix(string(items[0][field]), "{") {
			t.Errorf("%s is a relation: %v %v", field, items, err)
		}
	}
	items, err := ask(directus.Filter{"author": directus.Filter{"_nnull": true}}, "slug", "author.*")
	if err != nil || len(items) != 1 || !strings.HasPrefix(string(items[0]["author"]), "{") {
		t.Errorf("author is no relation: %v %v", items, err)
	}
	if _, err := ask(directus.Contains("publish_date", "a"), "slug"); err != nil && !refused(err) {
		t.Errorf("a search in a date: %v", err)
	}
}

// postsTellTheirFields: an item reveals which of its fields are readable.
func postsTellTheirFields(t *testing.T, to target) {
	var posts []map[string]any
	if err := to.client.Items(t.Context(), somebody(), secret.Text{}, "posts", directus.Query{Fields: []string{"*"}, Limit: 1}, &posts); err != nil || len(posts) != 1 {
		t.Fatalf("%v, %v", posts, err)
	}
	got, want := slices.Sorted(maps.Keys(posts[0])), []string{"author", "content", "image", "members_only", "publish_date", "slug", "status", "tags", "teaser", "title"}
	if !slices.Equal(got, want) {
		t.Errorf("the fields are %v, want %v", got, want)
	}
	if _, is := posts[0]["members_only"].(bool); !is {
		t.Errorf("members_only is %v", posts[0]["members_only"])
	}
}

func postsComeWithWhatTheyReferTo(t *testing.T, to target) {
	ctx := t.Context()
	fields := []string{"*", "author.*", "image.id", "image.title", "image.description", "image.width", "image.height", "image.type"}
	check := func(what, author, image string) {
		t.Helper()
		var posts []struct{ Author, Image json.RawMessage }
		err := to.client.Items(ctx, somebody(), secret.Text{}, "posts", directus.Query{Fields: fields, Filter: directus.Equal("slug", "first-frost-checklist")}, &posts)
		if err != nil || len(posts) != 1 {
			t.Fatalf("%s: %v, %v", what, posts, err)
		}
		if got := namesIn(posts[0].Author); got != author {
			t.Errorf("%s: the author is %s, want %s", what, got, author)
		}
		if got := namesIn(posts[0].Image); got != image {
			t.Errorf("%s: the image is %s, want %s", what, got, image)
		}
	}
	const author, image = "[bio id image name slug]", "[description height id title type width]"
	check("a post", author, image)
	// An unreadable relation is returned as its key.
	undo := forbidPublic(t, to, "authors")
	check("a post whose author is a secret", "1", image)
	undo()
	undo = forbidPublic(t, to, "directus_files")
	check("a post whose image is a secret", author, `"5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a01"`)
	undo()

	// Nothing but the key of the related item.
	var keys []struct{ Author, Image json.RawMessage }
	err := to.client.Items(ctx, somebody(), secret.Text{}, "posts", directus.Query{Fields: []string{"slug", "author", "image"}, Filter: directus.Equal("slug", "first-frost-checklist")}, &keys)
	if err != nil || len(keys) != 1 || string(keys[0].Author) != "1" {
		t.Errorf("the keys: %s, %v", keys, err)
	}

	// A collection without such fields is still readable.
	var pages []map[string]any
	err = to.client.Items(ctx, somebody(), secret.Text{}, "pages", directus.Query{Fields: fields, Limit: 1}, &pages)
	if err != nil || len(pages) != 1 || pages[0]["title"] == nil {
		t.Errorf("a collection without author and image: %v, %v", pages, err)
	}
}

// namesIn returns the field names of an object; anything else stays as it is.
func namesIn(value json.RawMessage) string {
	var object map[string]any
	if json.Unmarshal(value, &object) != nil || object == nil {
		return string(value)
	}
	return fmt.Sprint(slices.Sorted(maps.Keys(object)))
}

// forbidPublic removes the public's permission to read a collection, and returns a
// function that restores it.
func forbidPublic(t *testing.T, to target, collection string) (undo func()) {
	t.Helper()
	query := url.Values{"filter[collection][_eq]": {collection}, "filter[action][_eq]": {"read"}, "filter[policy][_eq]": {"abf8a154-5b1c-4a46-ac9c-7300570f4f17"}}
	if !to.permissionsHangOnPolicies() {
		query.Del("filter[policy][_eq]")
		query.Set("filter[role][_null]", "true")
	}
	var rules []map[string]any
	if err := to.admin.Get(t.Context(), "/permissions", query, &rules); err != nil || len(rules) == 0 {
		t.Fatalf("the public's permissions to read %s: %v, %v", collection, rules, err)
	}
	for _, rule := range rules {
		if err := to.admin.Delete(t.Context(), fmt.Sprintf("/permissions/%v", rule["id"])); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		for _, rule := range rules {
			delete(rule, "id")
			delete(rule, "system")
			permit(t, to, rule)
		}
	}
}

func onlyThePublishedIsShown(t *testing.T, to target) {
	now := time.Now().UTC()
	day := func(days int) string { return now.AddDate(0, 0, days).Format(time.DateOnly) }
	moment := func(d time.Duration) string { return now.Add(d).Format("2006-01-02T15:04:05") }
	for kind, dates := range map[string][4]string{
		"date":      {day(-1), day(0), day(1), day(400)},
		"dateTime":  {moment(-24 * time.Hour), moment(-2 * time.Second), moment(2 * time.Minute), moment(25 * time.Hour)},
		"timestamp": {moment(-24*time.Hour) + "Z", moment(-2*time.Second) + "Z", moment(2*time.Minute) + "Z", moment(25*time.Hour) + "Z"},
	} {
		field := "a_" + strings.ToLower(kind)
		for i, slug := range []string{"-1-past", "-2-now", "-3-soon", "-4-later"} {
			item := map[string]any{"slug": "p-" + kind + slug, "status": "published", field: dates[i]}
			if err := to.admin.Post(t.Context(), "/items/dated", item, nil); err != nil {
				t.Fatal(err)
			}
		}
		for slug, status := range map[string]string{"-0-none": "published", "-5-draft": "draft"} {
			if err := to.admin.Post(t.Context(), "/items/dated", map[string]any{"slug": "p-" + kind + slug, "status": status}, nil); err != nil {
				t.Fatal(err)
			}
		}
		var found []struct{ Slug string }
		err := to.client.Items(t.Context(), somebody(), secret.Text{}, "dated", directus.Query{
			Fields: []string{"slug"}, Sort: []string{"slug"},
			Filter: directus.All(published(field), directus.Filter{"slug": directus.Filter{"_starts_with": "p-" + kind + "-"}}),
		}, &found)
		if want := fmt.Sprintf("[{p-%[1]s-0-none} {p-%[1]s-1-past} {p-%[1]s-2-now}]", kind); err != nil || fmt.Sprint(found) != want {
			t.Errorf("of type %s, what is published: %v, %v; want %s", kind, found, err, want)
		}
	}
}

// searched returns the filter of a search for every word: members-only posts are found
// by title and teaser only.
func searched(words string) directus.Filter {
	all := []directus.Filter{published("publish_date")}
	for _, word := range strings.Fields(words) {
		all = append(all, directus.Either(
			directus.Contains("title", word), directus.Contains("teaser", word),
			directus.All(directus.Contains("content", word), directus.Either(
				directus.Filter{"members_only": directus.Filter{"_neq": true}}, directus.Filter{"members_only": directus.Filter{"_null": true}}))))
	}
	return directus.All(all...)
}

func searchFinds(t *testing.T, to target) {
	search := func(words string) (int, []string) {
		t.Helper()
		list, err := to.client.List(t.Context(), somebody(), secret.Text{}, "posts", directus.Query{
			Fields: []string{"slug"}, Filter: searched(words), Sort: []string{"-publish_date", "slug"}, Limit: 2, Count: true,
		})
		if err != nil {
			t.Errorf("search for %.40q: %v", words, err)
			return 0, nil
		}
		var posts []contentPost
		if err := json.Unmarshal(list.Items, &posts); err != nil {
			t.Errorf("search for %.40q: %v", words, err)
		}
		return list.Meta.Count, slugsOf(posts)
	}
	for words, want := range map[string]string{
		"teapot":      "1 [hay-by-numbers]",
		"TEAPOT":      "1 [hay-by-numbers]",
		"night list":  "4 [first-frost-checklist the-night-list]", // both words, anywhere
		"may be rung": "1 [the-night-list]",                       // its teaser
		gatedWord:     "0 []",
		"ring Gwen":   "0 []",
		"LIST night":  "4 [first-frost-checklist the-night-list]",
		"published":   "1 [counting-ears]", // not the status of all
		"sludge":      "0 []",              // in a draft
		"half-pound":  "0 []",              // in a future post
		"marjorie":    fmt.Sprint("2 ", undatedLast(to, []string{"first-frost-checklist", "notes-for-a-spring-issue"})),
		"no-such-xyz": "0 []",
	} {
		if n, slugs := search(words); fmt.Sprint(n, " ", slugs) != want {
			t.Errorf("search for %q: %d %v, want %s", words, n, slugs, want)
		}
	}
	for _, odd := range to.oddWords() {
		search(odd)
		for what, q := range map[string]directus.Query{
			"contains": {Filter: directus.Contains("title", odd)},
		} {
			q.Fields, q.Limit = []string{"slug"}, 2
			if _, err := to.client.List(t.Context(), somebody(), secret.Text{}, "posts", q); err != nil {
				t.Errorf("%s %.40q: %v", what, odd, err)
			}
		}
	}
	// Texts with a special meaning in Directus, which is why Contains exists.
	for _, words := range []string{"null", "true", "$NOW", "$CURRENT_USER"} {
		_, err := to.client.List(t.Context(), somebody(), secret.Text{}, "posts", directus.Query{Filter: directus.Filter{"title": directus.Filter{"_icontains": words}}})
		wantCode(t, "_icontains "+words, err, 500, "INTERNAL_SERVER_ERROR")
	}
	// Longer than a URL may be.
	if _, err := to.client.List(t.Context(), somebody(), secret.Text{}, "posts", directus.Query{Filter: directus.Contains("title", strings.Repeat("🐇", 20000))}); !errors.Is(err, directus.ErrUnavailable) {
		t.Errorf("search for 80 kB: %v", err)
	}
}

// oddWords are searches that people and programs may send. Hutch asks for none with a
// NUL, which no text of PostgreSQL can have.
func (to target) oddWords() []string {
	words := []string{
		"%", "_", "%%", "'", "\"", "''", `\`, `\\`, "\\\"", "`", ";", "--", "/*", "' OR 1=1 --",
		"\x00", "a\x00b", "\xff\xfe", "\u2028", "\n", "\t", "  ",
		"🐇", "🐇🐇‍♀️", "مرحبا", "\u202eabc", "e\u0301", "İ", "ß",
		"$NOW", "$NOW(-1 year)", "$CURRENT_USER", "$CURRENT_ROLE", "$CURRENT_USER.email", "$FOLLOW(x)", "{{x}}", "{{$trigger}}", "{}", "[]",
		"null", "NULL", "true", "TRUE", "false", "undefined", "NaN", "Infinity",
		"0", "-1", "1e309", "99999999999999999999999999", "0x10", "2026-10-03", "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a01",
		"<script>alert(1)</script>", "&", "=", "#", "?", "+", "%00", "%zz", "a,b", "[_eq]", "_and", "__proto__", "constructor",
		strings.Repeat("x", 1000), strings.Repeat("ü", 200), strings.Repeat("🐇", 200),
	}
	if to.failsOnNUL() {
		words = slices.DeleteFunc(words, func(word string) bool { return strings.Contains(word, "\x00") })
	}
	return words
}

func authorsAreFound(t *testing.T, to target) {
	ctx := t.Context()
	type author struct {
		ID              int
		Name, Slug, Bio string
		Image           json.RawMessage
	}
	read := func(f directus.Filter) []author {
		t.Helper()
		var authors []author
		q := directus.Query{Fields: []string{"*", "image.id", "image.description", "image.width", "image.height"}, Filter: f, Limit: 2}
		if err := to.client.Items(ctx, somebody(), secret.Text{}, "authors", q, &authors); err != nil {
			t.Errorf("%v: %v", f, err)
		}
		return authors
	}
	bySlug := read(directus.Equal("slug", "marjorie-thistlewood"))
	if len(bySlug) != 1 || bySlug[0].Name != "Marjorie Thistlewood" || bySlug[0].Bio == "" || namesIn(bySlug[0].Image) != "[description height id width]" {
		t.Fatalf("an author by slug: %+v", bySlug)
	}
	if byID := read(directus.Equal("id", bySlug[0].ID)); len(byID) != 1 || byID[0].Slug != bySlug[0].Slug {
		t.Errorf("an author by number: %+v", byID)
	}
	for _, odd := range append(to.oddWords(), "nobody") {
		if found := read(directus.Equal("slug", odd)); len(found) != 0 {
			t.Errorf("an author by the slug %q: %+v", odd, found)
		}
	}
	for _, number := range []any{0, -1, 99999} {
		if found := read(directus.Equal("id", number)); len(found) != 0 {
			t.Errorf("an author by the number %v: %+v", number, found)
		}
	}
	// A question that is too long for an address is asked all the same.
	var either []directus.Filter
	for i := range 200 {
		either = append(either, directus.Equal("slug", fmt.Sprint("nobody-of-this-name-", i)))
	}
	if found := read(directus.Either(append(either, directus.Equal("slug", bySlug[0].Slug))...)); len(found) != 1 || found[0].ID != bySlug[0].ID {
		t.Errorf("an author by one of 201 slugs: %+v", found)
	}
	// A field that does not exist cannot be queried: the app has to know
	// beforehand.
	err := to.client.Items(ctx, somebody(), secret.Text{}, "authors", directus.Query{Filter: directus.Equal("no_such_slug", "x")}, &[]author{})
	if !errors.Is(err, directus.Forbidden) && !errors.Is(err, directus.InvalidQuery) { // that is Directus 10
		t.Errorf("authors by a field that is not there: %v", err)
	}
	// No text means no value to look for.
	err = to.client.Items(ctx, somebody(), secret.Text{}, "authors", directus.Query{Filter: directus.Equal("slug", "")}, &[]author{})
	wantCode(t, "an author without a slug by it", err, 400, "INVALID_QUERY")
}

func siteAnswers(t *testing.T, to target) {
	ctx := t.Context()
	var links []struct {
		Label, URL string
		Sort       int
	}
	if err := to.client.Items(ctx, somebody(), secret.Text{}, "navigation", directus.Query{Fields: []string{"*"}, Sort: []string{"sort", "id"}}, &links); err != nil ||
		fmt.Sprint(links) != "[{Home / 1} {About /pages/about 2} {Blog /blog 3}]" {
		t.Errorf("the navigation: %v, %v", links, err)
	}

	type redirect struct {
		From string `json:"url_from"`
		To   string `json:"url_to"`
		Code int    `json:"response_code"`
	}
	for _, from := range append(to.oddWords(), "/journal", "/Journal", "/nope", "/journal/") {
		var found []redirect
		err := to.client.Items(ctx, somebody(), secret.Text{}, "redirects", directus.Query{Fields: []string{"*"}, Filter: directus.Equal("url_from", from), Limit: 1}, &found)
		if want := from == "/journal"; err != nil || want != (len(found) == 1) || want && found[0] != (redirect{"/journal", "/blog", 301}) {
			t.Errorf("the redirect from %q: %v, %v", from, found, err)
		}
	}

	var global map[string]any
	if err := to.client.Items(ctx, somebody(), secret.Text{}, "global", directus.Query{Fields: []string{"*"}}, &global); err != nil ||
		fmt.Sprint(slices.Sorted(maps.Keys(global))) != "[color description favicon id logo title]" || global["title"] != "Hutch" || global["color"] != nil {
		t.Errorf("global: %v, %v", global, err)
	}
	if err := to.client.Items(ctx, somebody(), secret.Text{}, "global", directus.Query{Fields: []string{"*", "logo.id", "logo.type", "favicon.id"}}, &global); err != nil || global["logo"] != nil {
		t.Errorf("global without a logo: %v, %v", global, err)
	}

	_, err := to.client.List(ctx, somebody(), secret.Text{}, "no_such_collection", directus.Query{Limit: 1})
	wantCode(t, "an unknown collection", err, 403, directus.Forbidden)
}

func listsCount(t *testing.T, to target) {
	for _, test := range []struct {
		q            directus.Query
		items, count int
	}{
		{directus.Query{Filter: published("publish_date"), Limit: 12}, 12, 13},
		{directus.Query{Filter: published("publish_date"), Limit: 12, Offset: 12}, 1, 13},
		{directus.Query{Filter: published("publish_date"), Limit: 12, Offset: 24}, 0, 13},
		{directus.Query{Filter: published("publish_date"), Limit: -1}, 13, 13},
		{directus.Query{Filter: directus.All(published("publish_date"), directus.Equal("author", 2)), Limit: 2}, 2, 3},
		{directus.Query{Filter: searched("rabbit"), Limit: 5}, 5, 13},
		{directus.Query{Filter: searched("rabbit"), Limit: 5, Offset: 10}, 3, 13},
		{directus.Query{Filter: directus.All(published("publish_date"), directus.Equal("author", 999)), Limit: 12}, 0, 0},
	} {
		test.q.Fields, test.q.Sort, test.q.Count = []string{"slug"}, []string{"-publish_date", "slug"}, true
		list, err := to.client.List(t.Context(), somebody(), secret.Text{}, "posts", test.q)
		var posts []contentPost
		if err == nil {
			err = json.Unmarshal(list.Items, &posts)
		}
		if err != nil || len(posts) != test.items || list.Meta.Count != test.count {
			t.Errorf("%v: %d of %d, %v; want %d of %d", test.q.Values(), len(posts), list.Meta.Count, err, test.items, test.count)
		}
	}
	// Newest first, then by slug if dates are equal; items without a date come last on
	// SQLite and first on PostgreSQL.
	posts := to.posts(t, "", directus.Query{Filter: published("publish_date"), Fields: []string{"slug"}, Sort: []string{"-publish_date", "slug"}})
	if slugs := undatedLast(to, slugsOf(posts)); len(slugs) != 13 || slugs[0] != "first-frost-checklist" || slugs[1] != gatedSlug || slugs[12] != "notes-for-a-spring-issue" {
		t.Errorf("in order: %v", slugs)
	}
}

// unfitQuestionsAreAnswered: a project's fields may have other types than ours. The app
// asks all the same, and can tell a question that does not fit from an outage.
func unfitQuestionsAreAnswered(t *testing.T, to target) {
	read := func(collection string, q directus.Query) (directus.List, error) {
		return to.client.List(t.Context(), somebody(), secret.Text{}, collection, q)
	}
	for what, filter := range map[string]directus.Filter{
		"a text before now":        {"title": directus.Filter{"_lte": "$NOW"}},
		"a yes or no among others": {"members_only": directus.Filter{"_in": []any{true}}},
		"a number that is a word":  {"author": directus.Filter{"_eq": "nobody"}},
	} {
		found, err := read("posts", directus.Query{Fields: []string{"slug"}, Filter: filter})
		if what == "a number that is a word" && !to.comparesNumbersOnly() && err == nil && string(found.Items) == "[]" {
			continue
		}
		wantCode(t, what, err, 400, directus.InvalidQuery)
	}
	for field := range map[string]bool{"status": true, "members_only": true, "publish_date": true, "author": true} {
		found, err := read("posts", directus.Query{Fields: []string{field}, Filter: directus.Filter{field: directus.Filter{"_nnull": true}}, Limit: 1, Count: true})
		if err != nil || found.Meta.Count == 0 {
			t.Errorf("posts whose %s is not null: %d, %v", field, found.Meta.Count, err)
		}
	}
	// A project may send fewer items than are asked for (QUERY_LIMIT_MAX).
	if found, err := read("posts", directus.Query{Fields: []string{"slug"}, Limit: 5000}); err != nil || string(found.Items) == "[]" {
		t.Errorf("more posts than the project sends: %s, %v", found.Items, err)
	}
	// A field that refers to nothing has no fields of its own, and that is no mistake.
	found, err := read("posts", directus.Query{Fields: []string{"*", "title.*"}, Limit: 1})
	var posts []map[string]any
	if err != nil || json.Unmarshal(found.Items, &posts) != nil || len(posts) != 1 || posts[0]["title"] == "" {
		t.Errorf("the fields of a text: %s, %v", found.Items, err)
	}
	// A singleton can be counted like a list, and sends its item alone.
	if found, err = read("global", directus.Query{Fields: []string{"*"}}); err != nil || !strings.HasPrefix(string(found.Items), "{") {
		t.Errorf("the singleton as a list: %s, %v", found.Items, err)
	}
}

// indexesAreTold: setup asks for those that lists need, and Directus says which it has.
func indexesAreTold(t *testing.T, to target) {
	var fields []struct {
		Field  string
		Schema struct {
			Index *bool `json:"is_indexed"`
		}
	}
	if err := to.admin.Get(t.Context(), "/fields/posts", nil, &fields); err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		if f.Schema.Index == nil {
			if to.makesIndexes() {
				t.Errorf("nothing is said of an index on %s", f.Field)
			}
			continue
		}
		if want := slices.Contains([]string{"publish_date", "author"}, f.Field); *f.Schema.Index != want || !to.makesIndexes() {
			t.Errorf("%s has an index: %t", f.Field, *f.Schema.Index)
		}
	}
}
