package contract_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/secret"
)

func (to target) hasPolicies() bool { return to.major >= 11 }

// hasAliases: presentation-only fields such as dividers.
func (to target) hasAliases() bool { return to.real }

func accessIsTold(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	access, err := to.client.Access(ctx, m.visitor, m.session.Token)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"first_name", "last_name", "email", "password", "location", "title", "description", "avatar", "language", "appearance", "tfa_secret"} {
		if !access.MayField("update", "directus_users", field) {
			t.Errorf("a member may not change their %s", field)
		}
	}
	for _, field := range []string{"role", "status", "policies", "token", "provider"} {
		if access.MayField("update", "directus_users", field) {
			t.Errorf("a member may change their %s", field)
		}
	}
	for _, may := range []struct {
		action, collection string
		want               bool
	}{
		{"read", "directus_users", to.membersReadThemselves()},
		{"delete", "directus_users", to.membersReadThemselves()},
		{"create", "directus_users", false},
		{"create", "directus_files", true},
		{"delete", "directus_files", true},
		{"read", "directus_fields", true},
		{"read", "posts", true},
		{"create", "posts", false},
		{"read", "directus_settings", false},
		{"read", "hutch_recovery_codes", false},
		{"read", "no_such_collection", false},
	} {
		if got := access.May(may.action, may.collection); got != may.want {
			t.Errorf("a member may %s %s: %t", may.action, may.collection, got)
		}
	}

	if !to.permissionsHangOnPolicies() {
		undo := forbid(t, to, "read", "directus_permissions")
		_, err := to.client.Access(ctx, m.visitor, m.session.Token)
		wantCode(t, "access without permission to read it", err, 403, directus.Forbidden)
		undo()
	}
	admin, err := to.client.Access(ctx, m.visitor, secret.Of(to.adminToken))
	if err != nil || !admin.May("create", "posts") || !admin.MayField("update", "directus_users", "role") || !admin.May("delete", "directus_users") {
		t.Errorf("an administrator's access: %+v, %v", admin, err)
	}
	_, err = to.client.Access(ctx, m.visitor, secret.Text{})
	wantCode(t, "access of who is not signed in", err, 403, directus.Forbidden)
	if _, err := to.client.Logout(ctx, m.visitor, m.session.Token); err != nil {
		t.Fatal(err)
	}
	if _, err := to.client.Access(ctx, m.visitor, m.session.Token); !directus.TokenRefused(err) {
		t.Errorf("access with a dead token: %v, want it refused", err)
	}
	if has, err := to.client.HasPolicies(ctx, m.visitor); err != nil || has != to.hasPolicies() {
		t.Errorf("it has policies: %t, %v", has, err)
	}
}

// named returns a field of its collection.
func named(fields []directus.Field, name string) (directus.Field, bool) {
	i := slices.IndexFunc(fields, func(f directus.Field) bool { return f.Name == name })
	if i < 0 {
		return directus.Field{}, false
	}
	return fields[i], true
}

func fieldsAreDescribed(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	describe := func(token string) ([]directus.Field, error) {
		return to.client.Fields(ctx, m.visitor, secret.Of(token), "directus_users")
	}
	_, err := describe("")
	wantCode(t, "fields for who is not signed in", err, 403, directus.Forbidden)
	fields, err := describe(m.session.Token.Reveal())
	if !to.membersReadThemselves() {
		wantCode(t, "fields of what the member may not read", err, 403, directus.Forbidden)
		fields, err = describe(to.adminToken)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][2]string{
		"id":          {"uuid", "input"},
		"first_name":  {"string", "input"},
		"last_name":   {"string", "input"},
		"email":       {"string", "input"},
		"location":    {"string", "input"},
		"title":       {"string", "input"},
		"description": {"text", "input-multiline"},
		"tags":        {"json", "tags"},
		"language":    {"string", "system-language"},
		"appearance":  {"string", "select-dropdown"},
		"password":    {"hash", "input-hash"},
		"tfa_secret":  {"string", "system-mfa-setup"},
	} {
		f, is := named(fields, name)
		if !is || f.Type != want[0] || f.Meta.Interface != want[1] || !bool(f.Meta.System) || f.Collection != "directus_users" {
			t.Errorf("%s is %+v, want %v of Directus' own", name, f, want)
		}
	}
	// Its type is the database's, and no foreign key leads from it.
	if f, _ := named(fields, "avatar"); f.Meta.Interface != "file" || (f.Type != "uuid" && f.Type != "string") || f.Schema.ForeignTable != "" {
		t.Errorf("avatar is %+v", f)
	}
	f, _ := named(fields, "appearance")
	if got, want := f.Choices(), []directus.Choice{{Value: "auto", Text: "auto"}, {Value: "light", Text: "light"}, {Value: "dark", Text: "dark"}}; !slices.Equal(got, want) {
		t.Errorf("the choices for appearance are %+v, want %+v", got, want)
	}
	defer forbid(t, to, "read", "directus_fields")()
	_, err = describe(m.session.Token.Reveal())
	wantCode(t, "fields without permission", err, 403, directus.Forbidden)
}

// ownCollections are what a project adds: fields of members, a collection whose
// items belong to one, and one with dates of each type, which everybody reads.
func ownCollections() collections.Table {
	date := func(name, kind string) collections.Field {
		return collections.Field{Name: name, Type: kind, Interface: "datetime"}
	}
	return collections.Table{
		{Name: "directus_users", Fields: []collections.Field{
			{Name: "food", Type: "string", Interface: "select-dropdown", Note: "For the kitchen",
				Options: map[string]any{"choices": []any{map[string]any{"text": "Hay", "value": "hay"}, map[string]any{"value": "kale"}, map[string]any{"text": "$t:apple", "value": "apple"}}},
				Meta:    map[string]any{"required": true, "sort": 3, "translations": []any{map[string]any{"language": "de-DE", "translation": "Futter"}, map[string]any{"language": "fr-FR", "translation": ""}}}},
			{Name: "ears", Type: "integer", Interface: "input", Meta: map[string]any{"readonly": true, "hidden": true}},
			{Name: "plain", Type: "boolean"},
		}},
		{Name: "bookings", Reads: collections.Rights{{Who: collections.Members}}, Writes: collections.Nobody(), Fields: []collections.Field{
			{Name: "id", Type: "integer", Key: true},
			{Name: "guest", Type: "uuid", Related: "directus_users", Special: []string{"m2o"}, Interface: "select-dropdown-m2o"},
		}},
		notes(),
		{Name: "dated", Reads: collections.Rights{{Who: collections.Visitors}}, Writes: collections.Nobody(), Fields: []collections.Field{
			{Name: "slug", Type: "string", Key: true, Typed: true},
			{Name: "status", Type: "string"},
			date("a_date", "date"), date("a_datetime", "dateTime"), date("a_timestamp", "timestamp"),
		}},
	}
}

// ownFieldsAreDescribed looks at what the project has added.
func ownFieldsAreDescribed(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	if to.hasAliases() {
		alias := map[string]any{"field": "about", "type": "alias", "meta": map[string]any{"interface": "presentation-divider", "special": []any{"alias", "no-data"}}}
		if err := to.admin.Post(ctx, "/fields/directus_users", alias, nil); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := to.admin.Delete(t.Context(), "/fields/directus_users/about"); err != nil {
				t.Error(err)
			}
		}()
	}
	token := m.session.Token
	if !to.membersReadThemselves() {
		token = secret.Of(to.adminToken)
	}
	fields, err := to.client.Fields(ctx, m.visitor, token, "directus_users")
	if err != nil {
		t.Fatal(err)
	}
	food, _ := named(fields, "food")
	if food.Type != "string" || food.Meta.Interface != "select-dropdown" || food.Meta.Note != "For the kitchen" || !bool(food.Meta.Required) ||
		bool(food.Meta.System) || bool(food.Meta.ReadOnly) || bool(food.Meta.Hidden) || food.Meta.Sort != 3 {
		t.Errorf("food is %+v", food)
	}
	if got, want := food.Choices(), []directus.Choice{{Value: "hay", Text: "Hay"}, {Value: "kale", Text: "kale"}, {Value: "apple", Text: "apple"}}; !slices.Equal(got, want) {
		t.Errorf("the choices are %+v, want %+v", got, want)
	}
	if names := food.Names(); len(names) != 1 || names["de-DE"] != "Futter" {
		t.Errorf("the names are %v", names)
	}
	if ears, _ := named(fields, "ears"); ears.Type != "integer" || !bool(ears.Meta.ReadOnly) || !bool(ears.Meta.Hidden) || bool(ears.Meta.Required) {
		t.Errorf("ears is %+v", ears)
	}
	if about, is := named(fields, "about"); to.hasAliases() && (!is || about.Type != "alias") {
		t.Errorf("about is %+v, %t", about, is)
	}
	if plain, is := named(fields, "plain"); !is || plain.Type != "boolean" || plain.Meta.Interface != "" {
		t.Errorf("plain is %+v, %t", plain, is)
	}
	if user := row(t, to, m, "*"); string(user.Row["food"]) != "null" {
		t.Errorf("the row has food %s", user.Row["food"])
	}
	// Members may write it if permitted, and may omit it although it is required:
	// the form has to ask for it.
	err = to.client.UpdateUser(ctx, m.visitor, m.session.Token, m.session.UserID, change(t, map[string]any{"food": "hay"}))
	wantCode(t, "change of a field without permission", err, 403, directus.Forbidden)
	if err := to.client.UpdateUser(ctx, m.visitor, m.session.Token, m.session.UserID, change(t, map[string]any{"title": "x"})); err != nil {
		t.Errorf("change of another field while food is required: %v", err)
	}
	newMember(t, to)

	all, err := to.client.Fields(ctx, m.visitor, m.session.Token, "")
	if err != nil {
		t.Fatal(err)
	}
	var collections []string
	points := false
	for _, f := range all {
		if !slices.Contains(collections, f.Collection) {
			collections = append(collections, f.Collection)
		}
		points = points || (f.Collection == "bookings" && f.Name == "guest" && f.Schema.ForeignTable == "directus_users")
	}
	if !points || slices.Contains(collections, "directus_settings") || slices.Contains(collections, "hutch_recovery_codes") {
		t.Errorf("guest points to members: %t; a member is told of the fields of %v", points, collections)
	}
	var bookings []struct{}
	if err := to.client.Items(ctx, m.visitor, m.session.Token, "bookings", directus.Query{Filter: directus.Equal("guest", m.session.UserID)}, &bookings); err != nil {
		t.Errorf("bookings: %v", err)
	}
	if _, err := to.client.Fields(ctx, m.visitor, m.session.Token, "no_such_collection"); !errors.Is(err, directus.Forbidden) {
		t.Errorf("fields of no collection: %v", err)
	}
	_, err = to.client.Fields(ctx, m.visitor, m.session.Token, "directus_settings")
	wantCode(t, "fields of a collection that the member may not read", err, 403, directus.Forbidden)
}

// gatesHold: members-only content is for members, and unpublished posts are for
// nobody, as far as Directus can enforce it.
func gatesHold(t *testing.T, to target) {
	m := newMember(t, to)
	read := func(token, slug string, filters ...directus.Filter) *contentPost {
		t.Helper()
		posts := to.posts(t, token, directus.Query{Fields: []string{"*"}, Filter: directus.All(append(filters, directus.Equal("slug", slug))...)})
		if len(posts) != 1 {
			return nil
		}
		return &posts[0]
	}
	for who, token := range map[string]string{"the public": "", "a member": m.session.Token.Reveal()} {
		gated := read(token, gatedSlug, published("publish_date"))
		if gated == nil || gated.MembersOnly == nil || !*gated.MembersOnly || gated.Teaser == nil || gated.Title == "" {
			t.Fatalf("%s reads of what is for members: %+v", who, gated)
		}
		if whole, want := gated.Content != nil && strings.Contains(*gated.Content, gatedWord), token != "" || !to.gatesContent(); whole != want {
			t.Errorf("%s reads the content of what is for members: %t, want %t", who, whole, want)
		}
		if open := read(token, "hay-by-numbers"); open == nil || open.Content == nil || *open.MembersOnly {
			t.Errorf("%s does not read a post for everybody: %+v", who, open)
		}
		if draft := read(token, draftSlug); (draft == nil) != to.hidesDrafts() {
			t.Errorf("%s reads a draft: %+v", who, draft)
		}
		if read(token, draftSlug, published("publish_date")) != nil || read(token, futureSlug, published("publish_date")) != nil {
			t.Errorf("%s reads what is not published, though it was asked for only that", who)
		}
		if future := read(token, futureSlug); future == nil {
			t.Errorf("%s does not read what is to come: then Hutch need not filter it", who)
		}
		// Apart from the content, everybody sees the same.
		var teasers []map[string]any
		q := directus.Query{Fields: []string{"slug", "title", "teaser", "members_only"}, Filter: directus.Equal("slug", gatedSlug)}
		if err := to.client.Items(t.Context(), somebody(), secret.Of(token), "posts", q, &teasers); err != nil || len(teasers) != 1 || len(teasers[0]) != 4 {
			t.Errorf("%s reads the teaser: %v, %v", who, teasers, err)
		}
		// Filters also match unreadable fields: anyone with direct access to
		// Directus can probe them, so Hutch must never filter by content.
		guess := directus.Filter{"content": directus.Filter{"_contains": gatedWord}}
		if read(token, gatedSlug, guess) == nil {
			t.Errorf("%s does not find what is for members by a word in it: then setup need not warn of it", who)
		}
		for _, collection := range []string{"global", "pages", "authors", "navigation", "redirects"} {
			if _, err := to.client.List(t.Context(), somebody(), secret.Of(token), collection, directus.Query{Limit: 1}); err != nil {
				t.Errorf("%s reads %s: %v", who, collection, err)
			}
		}
		var pictured []struct{ Image struct{ ID, Type string } }
		q = directus.Query{Fields: []string{"image.id", "image.type"}, Filter: directus.Equal("slug", gatedSlug)}
		if err := to.client.Items(t.Context(), somebody(), secret.Of(token), "posts", q, &pictured); err != nil || len(pictured) != 1 || pictured[0].Image.Type != "image/jpeg" {
			t.Fatalf("%s reads the image: %v, %v", who, pictured, err)
		}
		asset, err := to.client.Asset(t.Context(), somebody(), secret.Of(token), pictured[0].Image.ID, directus.Transform{Width: 100}, "")
		if err != nil {
			t.Errorf("%s does not see the image: %v", who, err)
			continue
		}
		asset.Body.Close()
	}
}

func neighboursAreFound(t *testing.T, to target) {
	type row map[string]any
	for kind, dates := range map[string][3]string{
		"date":      {"2026-03-01", "2026-03-02", "2026-03-03"},
		"dateTime":  {"2026-03-01T10:00:00", "2026-03-02T10:00:00", "2026-03-03T10:00:00"},
		"timestamp": {"2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z", "2026-03-03T10:00:00Z"},
	} {
		field, mine := "a_"+strings.ToLower(kind), directus.Filter{"slug": directus.Filter{"_starts_with": "n-" + kind + "-"}}
		for slug, date := range map[string]string{"a": dates[0], "b": dates[1], "c": dates[1], "d": dates[1], "e": dates[2]} {
			if err := to.admin.Post(t.Context(), "/items/dated", map[string]any{"slug": "n-" + kind + "-" + slug, "status": "published", field: date}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := to.admin.Post(t.Context(), "/items/dated", map[string]any{"slug": "n-" + kind + "-" + "f", "status": "published"}, nil); err != nil {
			t.Fatal(err)
		}
		var all []row
		if err := to.client.Items(t.Context(), somebody(), secret.Text{}, "dated", directus.Query{Filter: mine, Sort: []string{"-" + field, "slug"}}, &all); err != nil {
			t.Fatal(err)
		}
		all = undatedLast(to, all)
		var order string
		for _, r := range all {
			order += strings.TrimPrefix(fmt.Sprint(r["slug"]), "n-"+kind+"-")
		}
		if order != "ebcdaf" {
			t.Errorf("%s: the newest first, then by slug: %s, want ebcdaf", kind, order)
		}
		// The order is e b c d a f: d follows c, and b precedes it. Texts support
		// equality but no order, so rows with equal dates come along.
		for i, r := range all[:5] {
			neighbour := func(operator string, sort ...string) string {
				q := directus.Query{
					Fields: []string{"slug"}, Sort: sort, Limit: 5,
					Filter: directus.All(mine, directus.Filter{field: directus.Filter{operator: r[field]}}),
				}
				var found []row
				if err := to.client.Items(t.Context(), somebody(), secret.Text{}, "dated", q, &found); err != nil {
					t.Errorf("%s: %v", kind, err)
				}
				at := slices.IndexFunc(found, func(other row) bool { return other["slug"] == r["slug"] })
				if at < 0 || at+1 == len(found) {
					return ""
				}
				return strings.TrimPrefix(fmt.Sprint(found[at+1]["slug"]), "n-"+kind+"-")
			}
			older, newer := "", ""
			if i < 4 {
				older = string("ebcda"[i+1])
			}
			if i > 0 {
				newer = string("ebcda"[i-1])
			}
			if got := neighbour("_lte", "-"+field, "slug"); got != older {
				t.Errorf("%s: after %v (%v) comes %q, want %q", kind, r["slug"], r[field], got, older)
			}
			if got := neighbour("_gte", field, "-slug"); got != newer {
				t.Errorf("%s: before %v (%v) comes %q, want %q", kind, r["slug"], r[field], got, newer)
			}
		}
	}
	err := to.client.Items(t.Context(), somebody(), secret.Text{}, "posts", directus.Query{Filter: directus.Filter{"slug": directus.Filter{"_gt": "a"}}}, &[]row{})
	wantCode(t, "a text that is more than another", err, 400, "INVALID_QUERY")
	related := to.posts(t, "", directus.Query{
		Filter: directus.All(published("publish_date"), directus.Equal("author", 2)),
		Sort:   []string{"-publish_date", "slug"},
	})
	if got := fmt.Sprint(slugsOf(related)); got != "[hay-by-numbers a-hutch-from-old-doors introducing-two-strangers]" {
		t.Errorf("posts of the author: %s", got)
	}
}
