package sandbox_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"hutch/internal/collections"
	"hutch/sandbox"
)

// described finds a field in the answer of GET /fields.
func (r reply) described(t *testing.T, collection, name string) map[string]any {
	t.Helper()
	fields, _ := r.data.([]any)
	for _, one := range fields {
		if f := one.(map[string]any); f["collection"] == collection && f["field"] == name {
			return f
		}
	}
	return nil
}

func TestFieldsAreDescribed(t *testing.T) {
	address := start(t, nil)
	member, admin, anyone := signedIn(t, address), visitor{t: t, address: address, bearer: adminToken}, visitor{t: t, address: address}
	users := member.do("GET", "/fields/directus_users", nil).want(t, 200, "")
	for name, want := range map[string]string{
		"first_name": "string input 50", "email": "string input 128", "location": "string input 255", "description": "text input-multiline <nil>",
		"avatar": "uuid file 36", "language": "string system-language 255", "appearance": "string select-dropdown 255", "tags": "json tags <nil>",
		"password": "hash input-hash 255", "tfa_secret": "string system-mfa-setup 255", "status": "string select-dropdown 16",
		"email_notifications": "boolean boolean <nil>", "id": "uuid input 36", "last_page": "string <nil> 255",
	} {
		f := users.described(t, "directus_users", name)
		meta, _ := f["meta"].(map[string]any)
		schema, _ := f["schema"].(map[string]any)
		if got := fmt.Sprint(f["type"], " ", meta["interface"], " ", schema["max_length"]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	appearance, status := users.described(t, "directus_users", "appearance"), users.described(t, "directus_users", "status")
	choices := appearance["meta"].(map[string]any)["options"].(map[string]any)["choices"].([]any)
	if len(choices) != 4 || fmt.Sprint(choices[0], choices[3]) != "map[text:$t:default_sync_with_project value:<nil>] map[text:$t:appearance_dark value:dark]" {
		t.Errorf("choices: %v", choices)
	}
	if schema := status["schema"].(map[string]any); schema["is_nullable"] != false || schema["default_value"] != "active" {
		t.Errorf("status: %v", schema)
	}
	if role := users.described(t, "directus_users", "role")["schema"].(map[string]any); role["foreign_key_table"] != "directus_roles" || role["foreign_key_column"] != "id" {
		t.Errorf("role: %v", role)
	}
	if divider := users.described(t, "directus_users", "admin_divider"); divider["type"] != "alias" || divider["schema"] != nil {
		t.Errorf("divider: %v", divider)
	}

	// Only what may be read is described.
	anyone.do("GET", "/fields", nil).want(t, 403, "FORBIDDEN")
	anyone.do("GET", "/fields/posts", nil).want(t, 403, "FORBIDDEN")
	member.do("GET", "/fields/hutch_recovery_codes", nil).want(t, 403, "FORBIDDEN")
	member.do("GET", "/fields/nope", nil).want(t, 403, "FORBIDDEN")
	if all := member.do("GET", "/fields", nil).want(t, 200, ""); all.described(t, "directus_users", "email") == nil ||
		all.described(t, "directus_files", "title") == nil || all.described(t, "posts", "title") == nil || all.described(t, "directus_roles", "name") != nil {
		t.Errorf("all: %s", all.body)
	}
	admin.do("PATCH", "/permissions/"+permission(t, admin, "directus_users", "read"), map[string]any{"fields": []string{"id", "email"}}).want(t, 200, "")
	if fields, _ := member.do("GET", "/fields/directus_users", nil).want(t, 200, "").data.([]any); len(fields) != 2 {
		t.Errorf("two fields: %v", fields)
	}
	if files := admin.do("GET", "/fields/directus_files", nil).want(t, 200, ""); files.described(t, "directus_files", "title")["meta"] != nil {
		t.Errorf("files: %s", files.body)
	}
	// What is declared is described as setup tells it to a real Directus.
	posts := admin.do("GET", "/fields/posts", nil).want(t, 200, "")
	for name, want := range map[string]string{"slug": "string input 255", "content": "text input-rich-text-html <nil>", "author": "integer select-dropdown-m2o <nil>", "image": "uuid file-image 36"} {
		f := posts.described(t, "posts", name)
		if got := fmt.Sprint(f["type"], " ", f["meta"].(map[string]any)["interface"], " ", f["schema"].(map[string]any)["max_length"]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	admin.do("DELETE", "/permissions/"+permission(t, admin, "directus_fields", "read"), nil).want(t, 204, "")
	member.do("GET", "/fields/directus_users", nil).want(t, 403, "FORBIDDEN")
}

func TestMyAccess(t *testing.T) {
	address := start(t, nil)
	visitor{t: t, address: address}.do("GET", "/permissions/me", nil).want(t, 403, "FORBIDDEN")
	member, admin := signedIn(t, address), visitor{t: t, address: address, bearer: adminToken}
	mine := member.do("GET", "/permissions/me", nil).want(t, 200, "")
	for _, c := range []struct {
		collection, action string
		want               string
	}{
		{"directus_users", "read", "map[access:partial fields:[*]]"},
		{"directus_users", "update", "map[access:partial fields:[first_name last_name email password location title description avatar language appearance theme_light theme_dark theme_light_overrides theme_dark_overrides tfa_secret]]"},
		{"directus_users", "delete", "map[access:partial fields:[*]]"},
		{"directus_users", "create", "map[access:none]"},
		{"directus_users", "share", "map[access:none]"},
		{"directus_fields", "read", "map[access:full fields:[*]]"},
		{"posts", "read", "map[access:partial fields:[*]]"},
		{"hutch_recovery_codes", "read", "<nil>"},
	} {
		if got := fmt.Sprint(mine.at(c.collection, c.action)); got != c.want {
			t.Errorf("%s %s: %s", c.action, c.collection, got)
		}
	}
	if got := fmt.Sprint(admin.do("GET", "/permissions/me", nil).want(t, 200, "").at("posts", "share")); got != "map[access:full fields:[*]]" {
		t.Errorf("admin: %s", got)
	}
	policy := admin.do("GET", "/policies?filter[name][_eq]=Users&fields=id", nil).data.([]any)[0].(map[string]any)["id"]
	admin.do("POST", "/permissions", []any{
		map[string]any{"policy": policy, "collection": "posts", "action": "update", "fields": []string{"title"}, "presets": map[string]any{"title": "x"}},
		map[string]any{"policy": policy, "collection": "posts", "action": "update", "fields": []string{"title", "content"}, "permissions": map[string]any{"slug": map[string]any{"_nnull": true}}},
	}).want(t, 200, "")
	if got := fmt.Sprint(member.do("GET", "/permissions/me", nil).at("posts", "update")); got != "map[access:partial fields:[title content] presets:map[title:x]]" {
		t.Errorf("posts: %s", got)
	}
}

// A project's own fields are declared when the sandbox is opened.
func TestDeclaredFields(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.db")
	users := collections.Collection{Name: "directus_users"}
	sent := map[string]any{}
	shown := map[string]any{}
	for _, c := range []struct {
		kind        string
		value, want any
	}{
		{"string", "a", "a"}, {"text", "a\nb", "a\nb"}, {"integer", 7, 7.0}, {"bigInteger", 1 << 40, float64(1 << 40)},
		{"float", 1.5, 1.5}, {"decimal", 2, 2.0}, {"boolean", true, true}, {"date", "2026-10-03", "2026-10-03"}, {"time", "10:00", "10:00"},
		{"dateTime", "2026-10-03T10:00", "2026-10-03T10:00:00"}, {"timestamp", "2026-10-03T10:00:00+02:00", "2026-10-03T08:00:00.000Z"},
		{"json", map[string]any{"a": []any{1}}, map[string]any{"a": []any{1.0}}}, {"csv", []any{"a", "b"}, []any{"a", "b"}},
		{"uuid", "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a99", "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a99"},
	} {
		name := "my_" + c.kind
		sent[name], shown[name] = c.value, c.want
		users.Fields = append(users.Fields, collections.Field{Name: name, Type: c.kind, Interface: "input", Note: "A note", Options: map[string]any{"a": 1},
			Meta: map[string]any{"required": true, "translations": []any{map[string]any{"language": "nl-NL", "translation": "Mijn"}}}})
	}
	options := sandbox.Options{Path: path, Collections: collections.Table{users}}
	first, address := openWith(t, options)
	member, admin := signedIn(t, address), visitor{t: t, address: address, bearer: adminToken}
	described := admin.do("GET", "/fields/directus_users", nil).want(t, 200, "")
	for i, declared := range users.Fields {
		f := described.described(t, "directus_users", declared.Name)
		meta, _ := f["meta"].(map[string]any)
		if f["type"] != declared.Type || meta["note"] != "A note" || meta["required"] != true || meta["hidden"] != false || meta["sort"] != float64(i+1) {
			t.Errorf("declared: %v", f)
		}
	}

	id, _ := member.do("GET", "/users/me?fields=id", nil).at("id").(string)
	member.do("PATCH", "/users/me", map[string]any{"my_string": "x"}).want(t, 403, "FORBIDDEN")
	admin.do("PATCH", "/users/"+id, sent).want(t, 200, "")
	for _, wrong := range []map[string]any{{"my_date": "soon"}, {"my_dateTime": "soon"}, {"my_timestamp": "soon"}} {
		admin.do("PATCH", "/users/"+id, wrong).want(t, 400, "INVALID_PAYLOAD")
	}
	check := func(who visitor) {
		t.Helper()
		me := who.do("GET", "/users/me", nil).want(t, 200, "")
		for name, want := range shown {
			if got := me.at(name); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
		f := who.do("GET", "/fields/directus_users", nil).want(t, 200, "").described(t, "directus_users", "my_date")
		if f["type"] != "date" || f["meta"].(map[string]any)["note"] != "A note" || f["schema"].(map[string]any)["data_type"] != "date" {
			t.Errorf("described: %v", f)
		}
	}
	check(member)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	_, member.address = openWith(t, options)
	check(member)
}

// A project's own collections are too, and are closed unless they say otherwise.
func TestDeclaredCollections(t *testing.T) {
	owner := collections.Field{Name: "owner", Type: "uuid", Related: "directus_users", OnDelete: "CASCADE"}
	options := sandbox.Options{Path: filepath.Join(t.TempDir(), "data.db"), Collections: collections.Table{
		{Name: "orders", Fields: []collections.Field{
			{Name: "id", Type: "integer", Key: true}, {Name: "what", Type: "string", Required: true, Interface: "input"}, owner,
			{Name: "made_by", Type: "uuid", Special: []string{"user-created"}}, {Name: "count", Type: "integer", Required: true, Default: 5},
		}},
		{Name: "lines", Fields: []collections.Field{{Name: "id", Type: "uuid", Key: true}, {Name: "order", Related: "orders"}},
			Reads:  collections.Rights{{Who: collections.Members}, {Who: collections.Visitors, Only: []string{"order"}}},
			Writes: collections.Rights{{Who: collections.Visitors, Action: collections.Create}}},
	}}
	first, address := openWith(t, options)
	admin := visitor{t: t, address: address, bearer: adminToken}
	member, anyone := signedIn(t, address), visitor{t: t, address: address}
	id, _ := member.do("GET", "/users/me?fields=id", nil).at("id").(string)

	made := admin.do("POST", "/items/orders", map[string]any{"what": "hay", "owner": id, "made_by": id}).want(t, 200, "")
	if made.at("count") != 5.0 || made.at("made_by") != administrator(t, address) || made.at("id") != 1.0 {
		t.Errorf("made: %s", made.body)
	}
	admin.do("POST", "/items/orders", map[string]any{"owner": id}).want(t, 400, "FAILED_VALIDATION")
	admin.do("PATCH", "/items/orders/1", map[string]any{"what": nil}).want(t, 400, "FAILED_VALIDATION")
	admin.do("POST", "/items/orders", map[string]any{"what": "hay", "owner": "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a99"}).want(t, 400, "INVALID_FOREIGN_KEY")
	service := visitor{t: t, address: address}
	service.bearer, _ = first.ServiceToken(t.Context())
	for _, who := range []visitor{anyone, member, service} { // nobody was said to have it
		who.do("GET", "/items/orders", nil).want(t, 403, "FORBIDDEN")
		who.do("POST", "/items/orders", map[string]any{"what": "hay"}).want(t, 403, "FORBIDDEN")
		who.do("PATCH", "/items/orders/1", map[string]any{"what": "straw"}).want(t, 403, "FORBIDDEN")
		who.do("DELETE", "/items/orders/1", nil).want(t, 403, "FORBIDDEN")
	}
	if named := admin.do("GET", "/permissions?filter[collection][_eq]=orders", nil).want(t, 200, ""); len(named.data.([]any)) > 0 {
		t.Errorf("permissions for a collection without rights: %s", named.body)
	}
	anyone.do("POST", "/items/lines", map[string]any{"order": 1}).want(t, 200, "")
	member.do("POST", "/items/lines", map[string]any{"order": 1}).want(t, 403, "FORBIDDEN")
	for who, want := range map[visitor]int{anyone: 2, member: 2} {
		if lines, _ := who.do("GET", "/items/lines", nil).want(t, 200, "").data.([]any); len(lines) != 1 || len(lines[0].(map[string]any)) != want {
			t.Errorf("lines: %v", lines)
		}
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	_, address = openWith(t, options)
	admin.address, member.address = address, address
	if got := admin.do("GET", "/items/orders?fields=owner.email&filter[owner][email][_nnull]=true", nil).want(t, 200, ""); fmt.Sprint(got.data) != "[map[owner:map[email:member@example.com]]]" {
		t.Errorf("orders: %s", got.body)
	}
	schema := admin.do("GET", "/fields/orders", nil).want(t, 200, "").described(t, "orders", "owner")["schema"].(map[string]any)
	if schema["foreign_key_table"] != "directus_users" || schema["foreign_key_column"] != "id" {
		t.Errorf("owner: %v", schema)
	}
	if order := admin.do("GET", "/fields/lines", nil).want(t, 200, "").described(t, "lines", "order"); order["type"] != "integer" {
		t.Errorf("a reference has not the type of the key: %v", order)
	}
	member.do("DELETE", "/users/"+id, nil).want(t, 204, "")
	if left, _ := admin.do("GET", "/items/orders", nil).want(t, 200, "").data.([]any); len(left) != 0 {
		t.Errorf("orders of nobody: %v", left)
	}
}

func TestFaultyDeclarations(t *testing.T) {
	id := collections.Field{Name: "id", Type: "integer", Key: true}
	for what, wrong := range map[string]collections.Collection{
		"unknown type":       {Name: "x", Fields: []collections.Field{id, {Name: "a", Type: "nope"}}},
		"not declared":       {Name: "x", Fields: []collections.Field{id, {Name: "a", Type: "uuid", Related: "nope"}}},
		"two fields named":   {Name: "directus_users", Fields: []collections.Field{{Name: "email", Type: "string"}}},
		"no primary key":     {Name: "x"},
		"used by the sandbo": {Name: "sessions", Fields: []collections.Field{id}},
	} {
		box, err := sandbox.Open(t.Context(), sandbox.Options{Path: ":memory:", Collections: collections.Table{wrong}})
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%+v: %v, want %q", wrong, err, what)
		}
		if box != nil {
			_ = box.Close()
		}
	}
}
