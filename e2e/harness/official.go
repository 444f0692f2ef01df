package harness

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hutch/internal/directus"
	"hutch/tools/realdirectus"
)

// The official content model is the one of Directus' starters: pages made of blocks, posts
// written by users, menus, forms. Setup has not run on it.

// OnOfficial runs a test on each real Directus that is tested with, except Directus 10,
// with the official content model and its sample. All tests of the package share it: they
// may send forms, and change nothing that others see.
func OnOfficial(t *testing.T, test func(*testing.T, Upstream)) {
	t.Parallel()
	onEachOfficial(t, func(t *testing.T, version string) { test(t, sharedDirectus(t, officialModel, version)) })
}

// OnOfficialOfItsOwn is [OnOfficial] for a test that changes settings, permissions or
// published content.
func OnOfficialOfItsOwn(t *testing.T, test func(*testing.T, Upstream)) {
	t.Parallel()
	onEachOfficial(t, func(t *testing.T, version string) { test(t, StartOfficial(t, version)) })
}

func onEachOfficial(t *testing.T, test func(*testing.T, string)) {
	OnEachReal(t, func(t *testing.T, version string) {
		if !strings.HasPrefix(version, "10.") { // which the starters do not support
			test(t, version)
		}
	})
}

// StartOfficial starts a real Directus with the official content model for one test.
func StartOfficial(t *testing.T, version string) Upstream {
	t.Helper()
	_, up := startReal(t, officialModel, version)
	return up
}

// FormsToken is the static token of the official model's forms account: a user whose only
// policy is to create submissions, their values and files.
const FormsToken = "the-forms-token-of-the-official-model-0123456789"

// OfficialID returns the key of a named item of the official sample, such as "posts/hay",
// "pages/about" or "files/logo".
func OfficialID(name string) string {
	sum := sha256.Sum256([]byte(name))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID of version 8, whose other bits are ours
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

var officialModel = model{suffix: "-official", prepare: func(ctx context.Context, server *realdirectus.Server) (string, error) {
	client, err := directus.New(server.URL)
	if err != nil {
		return "", err
	}
	admin := client.Admin(server.AdminToken)
	if err := makeOfficialSchema(ctx, admin); err != nil {
		return "", fmt.Errorf("official schema: %w", err)
	}
	if err := makeOfficialSample(ctx, admin); err != nil {
		return "", fmt.Errorf("official sample: %w", err)
	}
	if err := permitOfficial(ctx, admin, strings.HasPrefix(server.Version, "12.")); err != nil {
		return "", fmt.Errorf("official permissions: %w", err)
	}
	return "", nil
}}

// officialCollection describes a collection. Each word of fields is a field:
//
//	name:type=default
//	name>collection.alias/cascade
//
// The second is a reference: alias is the list at its other end, and "cascade" or "none"
// is what deleting that end does, instead of setting the reference to null. The key "id"
// is a UUID unless typedKey.
//
// Each collection that visitors do not fill also has date_created, user_created,
// date_updated and user_updated. The users are plain keys here, without the relation:
// forty relations more would double the time that preparing takes.
type officialCollection struct {
	name, fields string
	singleton    bool
	typedKey     bool      // is a text that the editor chooses
	versions     bool      // drafts beside what is published
	sent         bool      // by visitors, and the public does not read it
	junction     [2]string // its two references, if it joins two collections
	alias        string    // what the list is that leads to it; "" is one-to-many
	unique       string    // a field

	// What the public reads where there are rules: these items, and of these fields; ""
	// is all.
	rule, readable string
}

// officialRights are on Directus' own collections.
var officialRights = []officialCollection{
	{name: "directus_files", rule: `{"_or":[{"folder":{"name":{"_contains":"Public"}}},{"folder":{"parent":{"name":{"_contains":"Public"}}}}]}`},
	{name: "directus_users", rule: `{"posts":{"_nnull":true}}`, readable: "id first_name last_name avatar title"},
}

const (
	isPublic = `{"_and":[{"status":{"_eq":"published"}},{"published_at":{"_lte":"$NOW"}}]}`
	isActive = `{"is_active":{"_eq":true}}`
)

var officialCollections = []officialCollection{
	{name: "globals", readable: "id url title tagline description social_links logo logo_dark_mode favicon accent_color", singleton: true,
		fields: "title:string url:string tagline:string description:text logo>directus_files logo_dark_mode>directus_files favicon>directus_files accent_color:string social_links:json=[] directus_url:string"},
	{name: "forms", rule: isActive, readable: "id sort title is_active fields submit_label on_success success_message success_redirect_url",
		fields: "title:string is_active:boolean=true submit_label:string on_success:string success_message:text success_redirect_url:string emails:json sort:integer"},
	{name: "form_fields", rule: `{"form":` + isActive + `}`,
		fields: "form>forms.fields/cascade name:string type:string label:string placeholder:string help:string validation:string width:string choices:json required:boolean=false sort:integer"},
	{name: "form_submissions", sent: true, fields: "timestamp:created form>forms.submissions"},
	{name: "form_submission_values", sent: true,
		fields: "form_submission>form_submissions.values/cascade field>form_fields value:text file>directus_files sort:integer timestamp:created"},

	{name: "posts", rule: isPublic, versions: true,
		fields: "title:string slug:string status:string=draft published_at:timestamp description:text content:html image>directus_files/none author>directus_users.posts seo:json sort:integer"},
	{name: "pages", rule: isPublic, versions: true, unique: "permalink",
		fields: "title:string permalink:string status:string=draft published_at:timestamp seo:json sort:integer"},
	{name: "page_blocks", rule: `{"page":{"status":{"_eq":"published"}}}`, junction: [2]string{"page", "item"}, alias: "m2a",
		fields: "page>pages.blocks collection:string item:string hide_block:boolean=false background:string=light sort:integer"},

	{name: "block_button_group", fields: "sort:integer"},
	{name: "block_button",
		fields: "button_group>block_button_group.buttons label:string type:string page>pages post>posts url:string variant:string=default sort:integer"},
	{name: "block_hero", fields: "tagline:string headline:text description:text image>directus_files layout:string button_group>block_button_group"},
	{name: "block_richtext", fields: "tagline:string headline:string content:html alignment:string=center"},
	{name: "block_form", fields: "tagline:string headline:text form>forms"},
	{name: "block_posts", fields: "tagline:string headline:text collection:string=posts limit:integer=6"},
	{name: "block_gallery", fields: "tagline:string headline:text"},
	{name: "block_gallery_items", junction: [2]string{"block_gallery", "directus_file"}, alias: "files",
		fields: "block_gallery>block_gallery.items/cascade directus_file>directus_files/cascade sort:integer"},
	{name: "block_pricing", fields: "tagline:string headline:text"},
	{name: "block_pricing_cards",
		fields: "pricing>block_pricing.pricing_cards title:string description:text price:string badge:string features:json button>block_button is_highlighted:boolean=false sort:integer"},

	{name: "navigation", rule: isActive, typedKey: true, fields: "title:string is_active:boolean=true"},
	{name: "navigation_items", rule: `{"_or":[{"navigation":` + isActive + `},{"parent":{"navigation":` + isActive + `}}]}`,
		fields: "navigation>navigation.items parent>navigation_items.children/none title:string type:string page>pages post>posts url:string sort:integer"},
	{name: "redirects", fields: "url_from:string url_to:string response_code:string note:text"},
}

// officialBlocks may stand on a page.
var officialBlocks = []string{"block_hero", "block_richtext", "block_form", "block_posts", "block_gallery", "block_pricing"}

// How Directus describes a field of a type of the table above.
var officialTypes = map[string]struct{ kind, editor, special string }{
	"string":    {"string", "input", ""},
	"text":      {"text", "input-multiline", ""},
	"html":      {"text", "input-rich-text-html", ""},
	"integer":   {"integer", "input", ""},
	"boolean":   {"boolean", "boolean", "cast-boolean"},
	"json":      {"json", "list", "cast-json"},
	"timestamp": {"timestamp", "datetime", ""},
	"user":      {"uuid", "select-dropdown-m2o", ""},
	"created":   {"timestamp", "datetime", "date-created"},
}

func makeOfficialSchema(ctx context.Context, admin *directus.Admin) error {
	aliases := map[string][]map[string]any{} // by the collection that has them
	var relations, made []map[string]any
	for _, c := range officialCollections {
		for word := range strings.FieldsSeq(c.fields) {
			name, to, isReference := strings.Cut(word, ">")
			if !isReference {
				continue
			}
			r := c.relation(name, to)
			relations = append(relations, r)
			if alias, _ := r["meta"].(map[string]any)["one_field"].(string); alias != "" {
				special := cmp.Or(c.alias, "o2m")
				editor := map[string]string{"o2m": "list-o2m", "m2a": "list-m2a", "files": "files"}[special]
				related := r["related_collection"].(string)
				aliases[related] = append(aliases[related], map[string]any{
					"field": alias, "type": "alias", "schema": nil, "meta": map[string]any{"interface": editor, "special": []string{special}},
				})
			}
		}
	}
	relations = append(relations, map[string]any{
		"collection": "page_blocks", "field": "item", "related_collection": nil, "schema": nil,
		"meta": map[string]any{"one_collection_field": "collection", "one_allowed_collections": officialBlocks, "junction_field": "page"},
	})
	for _, c := range officialCollections {
		made = append(made, c.body(aliases[c.name]))
	}
	if err := admin.Post(ctx, "/collections", made, nil); err != nil {
		return err
	}
	for _, alias := range aliases["directus_users"] {
		if err := admin.Post(ctx, "/fields/directus_users", alias, nil); err != nil {
			return err
		}
	}
	for _, r := range relations {
		if err := admin.Post(ctx, "/relations", r, nil); err != nil {
			return fmt.Errorf("%s.%s: %w", r["collection"], r["field"], err)
		}
	}
	return nil
}

// tracking are the fields that Directus fills by itself.
func (c officialCollection) tracking() string {
	if c.sent {
		return ""
	}
	return " date_created:timestamp user_created:user date_updated:timestamp user_updated:user"
}

func (c officialCollection) relation(field, to string) map[string]any {
	to, deleted, _ := strings.Cut(to, "/")
	related, alias, _ := strings.Cut(to, ".")
	onDelete := map[string]string{"": "SET NULL", "cascade": "CASCADE", "none": "NO ACTION"}[deleted]
	meta := map[string]any{}
	if alias != "" {
		meta["one_field"] = alias
		if strings.Contains(c.fields, " sort:") {
			meta["sort_field"] = "sort"
		}
	}
	if at := slices.Index(c.junction[:], field); at >= 0 {
		meta["junction_field"] = c.junction[1-at]
	}
	return map[string]any{
		"collection": c.name, "field": field, "related_collection": related,
		"schema": map[string]any{"on_delete": onDelete}, "meta": meta,
	}
}

func (c officialCollection) body(aliases []map[string]any) map[string]any {
	key := map[string]any{
		"field": "id", "type": "uuid", "schema": map[string]any{"is_primary_key": true, "length": 36},
		"meta": map[string]any{"interface": "input", "hidden": true, "readonly": true, "special": []string{"uuid"}},
	}
	if c.typedKey {
		key["type"], key["schema"], key["meta"] = "string", map[string]any{"is_primary_key": true, "length": 255}, map[string]any{"interface": "input"}
	}
	fields := []map[string]any{key}
	for word := range strings.FieldsSeq(c.fields + c.tracking()) {
		fields = append(fields, c.field(word))
	}
	return map[string]any{
		"collection": c.name, "schema": map[string]any{}, "fields": append(fields, aliases...),
		"meta": map[string]any{"singleton": c.singleton, "versioning": c.versions},
	}
}

func (c officialCollection) field(word string) map[string]any {
	if name, to, isReference := strings.Cut(word, ">"); isReference {
		kind, editor, special := "uuid", "select-dropdown-m2o", "m2o"
		switch to, _, _ := strings.Cut(to, "/"); {
		case to == "directus_files":
			editor, special = "file-image", "file"
		case strings.HasPrefix(to, "navigation."):
			kind = "string"
		}
		return map[string]any{
			"field": name, "type": kind, "schema": map[string]any{},
			"meta": map[string]any{"interface": editor, "special": []string{special}},
		}
	}
	name, rest, _ := strings.Cut(word, ":")
	kind, standard, _ := strings.Cut(rest, "=")
	described := officialTypes[kind]
	if slices.Contains(strings.Fields(c.tracking()), word) {
		described.special = strings.Replace(name, "_", "-", 1)
	}
	meta, schema := map[string]any{"interface": described.editor}, map[string]any{}
	if described.special != "" {
		meta["special"] = []string{described.special}
	}
	switch {
	case kind == "boolean" && standard != "":
		schema["default_value"] = standard == "true"
	case standard != "":
		schema["default_value"] = standard
	}
	if name == "status" {
		schema["is_nullable"] = false
	}
	if name == c.unique {
		schema["is_unique"] = true
	}
	return map[string]any{"field": name, "type": described.kind, "schema": schema, "meta": meta}
}

// permitOfficial lets the public read what the official templates let it read, and the
// forms' account send forms. Without a licence Directus 12 has no rules: everybody reads
// all users, every draft and where forms are sent, and that account what others sent.
func permitOfficial(ctx context.Context, admin *directus.Admin, core bool) error {
	forms := OfficialID("policies/forms")
	err := admin.Post(ctx, "/policies", map[string]any{"id": forms, "name": "Forms - Submission", "app_access": false, "admin_access": false}, nil)
	if err != nil {
		return err
	}
	var permissions []map[string]any
	permit := func(policy, action, collection, fields, rule string) {
		p := map[string]any{"policy": policy, "action": action, "collection": collection, "fields": []string{"*"}}
		if fields != "" && !core {
			p["fields"] = strings.Fields(fields)
		}
		if rule != "" && !core {
			p["permissions"] = json.RawMessage(rule)
		}
		permissions = append(permissions, p)
	}
	for _, c := range slices.Concat(officialRights, officialCollections) {
		if !c.sent {
			permit(publicPolicy, "read", c.name, c.readable, c.rule)
			continue
		}
		permit(forms, "create", c.name, "", "")
		permit(forms, "read", c.name, "id", "")
	}
	permit(forms, "create", "directus_files", "", "")
	permit(forms, "read", "directus_files", "id", `{"folder":{"name":{"_eq":"Uploads"}}}`)
	if err := admin.Post(ctx, "/permissions", permissions, nil); err != nil {
		return err
	}
	return admin.Post(ctx, "/users", map[string]any{
		"id": OfficialID("users/forms"), "first_name": "Frontend", "last_name": "Bot", "token": FormsToken,
		"policies": []any{map[string]any{"policy": forms}},
	}, nil)
}
