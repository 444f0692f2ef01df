package contract_test

import (
	"errors"
	"fmt"
	"net/url"
	"testing"

	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/secret"
)

// notes are items that members write: all may add some and read all, and change their own.
func notes() collections.Collection {
	own := []collections.Condition{collections.Own("author")}
	return collections.Collection{
		Name: "notes", Reads: collections.Rights{{Who: collections.Members}},
		Writes: collections.Rights{
			{Who: collections.Members, Action: collections.Create},
			{Who: collections.Members, Action: collections.Update, Items: own, OrAll: true},
			{Who: collections.Members, Action: collections.Delete, Items: own, OrAll: true},
		},
		Fields: []collections.Field{
			{Name: "id", Type: "integer", Key: true},
			{Name: "title", Type: "string", Required: true, Interface: "input"},
			{Name: "slug", Type: "string", Unique: true, Interface: "input"},
			{Name: "colour", Type: "string", Default: "blue", Interface: "select-dropdown", Options: map[string]any{"choices": []any{map[string]any{"text": "One", "value": 1}}}},
			{Name: "author", Type: "uuid", Related: "directus_users", Special: []string{"user-created"}, Interface: "select-dropdown-m2o", Options: map[string]any{"template": "{{first_name}} {{ last_name }}{{avatar.$thumbnail}}"}},
		},
	}
}

// membersItems are what members write, with their own token.
func membersItems(t *testing.T, to target) {
	ctx := t.Context()
	m, other := newMember(t, to), newMember(t, to)
	info, err := to.client.Info(ctx, m.visitor, m.session.Token)
	if err != nil || info.DropsRules() != to.core {
		t.Errorf("rules are dropped: %t, %v", info.DropsRules(), err)
	}
	if !to.core { // which drops permissions with presets
		var rules []struct{ ID any }
		if err := to.admin.Get(ctx, "/permissions", url.Values{"filter[collection][_eq]": {"notes"}, "filter[action][_eq]": {"create"}}, &rules); err != nil || len(rules) != 1 {
			t.Fatalf("the permission: %v, %v", rules, err)
		}
		if err := to.admin.Patch(ctx, fmt.Sprintf("/permissions/%v", rules[0].ID), map[string]any{"presets": map[string]any{"colour": "red"}}); err != nil {
			t.Fatal(err)
		}
	}
	access, err := to.client.Access(ctx, m.visitor, m.session.Token)
	if err != nil || !access.May("create", "notes") || !access.MayField("update", "notes", "title") {
		t.Errorf("access: %v, %v", access, err)
	}
	if preset := string(access.Presets("notes")["colour"]); preset != `"red"` && !to.core {
		t.Errorf("the preset is %s", preset)
	}
	fields, err := to.client.Fields(ctx, m.visitor, m.session.Token, "notes")
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]directus.Field{}
	for _, f := range fields {
		described[f.Name] = f
	}
	author := described["author"]
	if !author.Has("user-created") || author.Schema.ForeignTable != "directus_users" || author.Schema.ForeignKey != "id" || len(author.Template()) != 2 ||
		!bool(described["id"].Schema.IsKey) || bool(described["title"].Schema.IsKey) || string(described["colour"].Schema.Default) != `"blue"` ||
		len(described["colour"].Choices()) != 1 || described["colour"].Choices()[0].Value != "1" {
		t.Errorf("fields: %+v", described)
	}

	type note struct{ ID, Title, Slug, Author any }
	add := func(values map[string]any) (made note, err error) {
		return made, to.client.AddItem(ctx, m.visitor, m.session.Token, "notes", values, &made)
	}
	slug := newEmail()
	first, err := add(map[string]any{"title": "One", "slug": slug, "author": other.session.UserID})
	if err != nil || first.Title != "One" || first.Author != m.session.UserID {
		t.Fatalf("added: %v, %v", first, err)
	}
	_, err = add(map[string]any{"title": "Two", "slug": slug})
	wantFault(t, "an address that is taken", err, directus.RecordNotUnique, "slug")
	_, err = add(map[string]any{"slug": newEmail()})
	wantFault(t, "no title", err, directus.FailedValidation, "title")
	key := fmt.Sprint(first.ID)

	var changed note
	if err := to.client.ChangeItem(ctx, m.visitor, m.session.Token, "notes", key, map[string]any{"title": "Three"}, &changed); err != nil || changed.Title != "Three" || changed.Author != m.session.UserID {
		t.Errorf("changed: %v, %v", changed, err)
	}
	var own []note
	mine := directus.Query{Filter: directus.Equal("author", "$CURRENT_USER")}
	if err := to.client.Items(ctx, m.visitor, m.session.Token, "notes", mine, &own); err != nil || len(own) != 1 {
		t.Errorf("their own: %v, %v", own, err)
	}
	if !to.core {
		wantCode(t, "changing somebody else's", to.client.ChangeItem(ctx, other.visitor, other.session.Token, "notes", key, map[string]any{"title": "x"}, &changed), 403, directus.Forbidden)
		wantCode(t, "deleting somebody else's", to.client.DeleteItem(ctx, other.visitor, other.session.Token, "notes", key), 403, directus.Forbidden)
	}
	wantCode(t, "changing none", to.client.ChangeItem(ctx, m.visitor, m.session.Token, "notes", "99999", map[string]any{"title": "x"}, &changed), 403, directus.Forbidden)
	wantCode(t, "adding without a token", to.client.AddItem(ctx, m.visitor, secret.Text{}, "notes", map[string]any{"title": "x"}, &changed), 403, directus.Forbidden)
	if err := to.client.DeleteItem(ctx, m.visitor, m.session.Token, "notes", key); err != nil {
		t.Errorf("delete: %v", err)
	}
}

func wantFault(t *testing.T, what string, err error, code directus.Code, field string) {
	t.Helper()
	var refusal *directus.Error
	if !errors.As(err, &refusal) || len(refusal.Faults) != 1 || refusal.Faults[0].Code != code || refusal.Faults[0].Field != field {
		t.Errorf("%s: got %v, want %s on %s", what, err, code, field)
	}
}
