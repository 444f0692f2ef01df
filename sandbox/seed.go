package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"hutch/internal/collections"
	"hutch/sandbox/sample"
)

// publicPolicy holds the rights of visitors. It has this id in every Directus.
const publicPolicy = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"

// servicePolicy has the same name as the policy that setup makes in a real Directus.
const servicePolicy = "Hutch service account"

// seed fills a new database with the sample project. It refuses one that was made
// for another schema, and changes nothing in one that was made for this.
func (s *Sandbox) seed(ctx context.Context, table collections.Table) error {
	wanted := s.schema.version(table)
	return s.inTransaction(ctx, func(tx querier) error {
		if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS sandbox (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID`); err != nil {
			return err
		}
		var version string
		err := tx.QueryRowContext(ctx, `SELECT coalesce(max(value), '') FROM sandbox WHERE name = 'schema'`).Scan(&version)
		switch {
		case err != nil || version == wanted:
			return err
		case version != "":
			return fmt.Errorf("%s was made by another version of Hutch and does not fit this one: delete the file to start afresh", s.options.Path)
		}
		for _, statement := range s.schema.statements() {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return s.fill(ctx, tx, wanted, table)
	})
}

func (s *Sandbox) fill(ctx context.Context, tx querier, version string, table collections.Table) error {
	content, err := sample.Load()
	if err != nil {
		return err
	}
	password, err := s.hashPassword(MemberPassword)
	if err != nil {
		return err
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	if _, err := tx.ExecContext(ctx, `INSERT INTO sandbox VALUES ('schema', ?), ('secret', ?)`, version, secret); err != nil {
		return err
	}
	rows, err := s.seedContent(content)
	if err != nil {
		return err
	}
	for _, row := range append(s.seedAccess(password, content.Portrait, table), rows...) {
		if _, err := s.insertAll(ctx, tx, caller{admin: true}, s.schema.collection(row.collection), row.item); err != nil {
			return fmt.Errorf("seeding %s: %w", row.collection, err)
		}
	}
	return nil
}

// grant is a declared right as a permission, before it has a policy.
type grant struct {
	who                collections.Who
	collection, action string
	rule, presets      map[string]any
	fields             []any
}

// grants are the rights that the table gives. A row without rights gives none.
func (s schema) grants(table collections.Table) []grant {
	var grants []grant
	for _, row := range table {
		key := "id"
		if c := s[row.Name]; c != nil {
			key = c.key
		}
		for _, right := range row.Rights() {
			g := grant{who: right.Who, collection: row.Name, action: string(right.Action), rule: collections.Rule(right.Items), presets: right.Presets}
			if g.rule == nil {
				g.rule = map[string]any{}
			}
			for _, name := range right.FieldsOf(key, row.FieldNames()) {
				g.fields = append(g.fields, name)
			}
			grants = append(grants, g)
		}
	}
	return grants
}

// seedRow is an item on its way into its collection.
type seedRow struct {
	collection string
	item       map[string]any
}

// seedAccess returns roles, policies, permissions, settings and accounts.
func (s *Sandbox) seedAccess(memberPassword, portrait string, table collections.Table) []seedRow {
	users, usersPolicy := uuid.NewString(), uuid.NewString()
	administrators, administratorsPolicy := uuid.NewString(), uuid.NewString()
	service, serviceRights := uuid.NewString(), uuid.NewString()
	member := map[string]any{"id": uuid.NewString(), "email": MemberEmail, "password": memberPassword,
		"first_name": "Hazel", "last_name": "Meadows", "role": users, "title": "Keeper of two lops", "location": "Lower Burrow"}
	if portrait != "" {
		member["avatar"] = portrait
	}
	rows := []seedRow{
		{"directus_roles", map[string]any{"id": administrators, "name": "Administrator", "icon": "verified"}},
		{"directus_roles", map[string]any{"id": users, "name": "Users", "icon": "person"}},
		{"directus_policies", map[string]any{"id": administratorsPolicy, "name": "Administrator", "icon": "verified", "admin_access": true, "app_access": true}},
		{"directus_policies", map[string]any{"id": publicPolicy, "name": "$t:public_label", "icon": "public", "description": "$t:public_description"}},
		{"directus_policies", map[string]any{"id": usersPolicy, "name": "Users", "icon": "badge"}},
		{"directus_policies", map[string]any{"id": serviceRights, "name": servicePolicy, "icon": "smart_toy"}},
		{"directus_access", map[string]any{"id": uuid.NewString(), "role": administrators, "policy": administratorsPolicy, "sort": 1}},
		{"directus_access", map[string]any{"id": uuid.NewString(), "role": nil, "policy": publicPolicy, "sort": 1}},
		{"directus_access", map[string]any{"id": uuid.NewString(), "role": users, "policy": usersPolicy, "sort": 1}},
		{"directus_settings", map[string]any{"id": 1, "project_name": "Hutch",
			"public_registration": true, "public_registration_role": users, "public_registration_verify_email": false}},
		// The administrator has no address and no password, only the static token.
		{"directus_users", map[string]any{"id": uuid.NewString(), "first_name": "Sandbox", "last_name": "Administrator", "role": administrators}},
		{"directus_users", member},
		// So has the service account.
		{"directus_users", map[string]any{"id": service, "first_name": "Hutch", "last_name": "service account", "token": randomToken()}},
		{"directus_access", map[string]any{"id": uuid.NewString(), "user": service, "policy": serviceRights, "sort": 1}},
	}
	policies := map[collections.Who]string{collections.Visitors: publicPolicy, collections.Members: usersPolicy, collections.Service: serviceRights}
	for _, g := range s.schema.grants(table) {
		if policy := policies[g.who]; policy != "" { // nobody has none
			rows = append(rows, seedRow{"directus_permissions", map[string]any{
				"policy": policy, "collection": g.collection, "action": g.action, "fields": g.fields, "permissions": g.rule, "presets": g.presets}})
		}
	}
	return rows
}

// seedContent returns the sample site's items. Images are painted when they are
// first requested.
func (s *Sandbox) seedContent(content sample.Content) ([]seedRow, error) {
	rows := []seedRow{{"directus_folders", map[string]any{"id": collections.UploadsFolder, "name": "Uploads"}}}
	now := timestamp(s.now())
	for _, image := range content.Images {
		rows = append(rows, seedRow{"directus_files", map[string]any{
			"id": image.ID, "filename_disk": image.ID + ".jpg", "filename_download": image.FileName,
			"title": image.Title, "description": image.Description, "type": "image/jpeg",
			"width": sample.Width, "height": sample.Height,
			"created_on": now, "modified_on": now, "uploaded_on": now}})
	}
	for _, row := range slices.Concat(s.options.Instead, s.options.Table) {
		if key, _ := row.Key(); row.Singleton && key.Type == "uuid" {
			rows = append(rows, seedRow{row.Name, map[string]any{}})
		} else if row.Singleton {
			rows = append(rows, seedRow{row.Name, map[string]any{key.Name: 1}}) // which is only ever changed
		}
	}
	items := content.Items()
	switch {
	case s.options.Table != nil:
		items = nil
	case s.options.Blocks:
		items = content.WithBlocks()
	}
	for _, item := range items {
		if _, other := s.options.Instead.Find(item.Collection); other {
			continue
		}
		sent, err := json.Marshal(item.Values) // as a request would: lists of anything
		if err != nil {
			return nil, err
		}
		row := seedRow{collection: item.Collection}
		if err := json.Unmarshal(sent, &row.item); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}
