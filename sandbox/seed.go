package sandbox

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/google/uuid"

	"hutch/sandbox/sample"
)

// publicPolicy is what visitors may do. Directus gives it this id everywhere.
const publicPolicy = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"

// schemaVersion changes when an older file can no longer be used.
const schemaVersion = "3"

// servicePolicy is named as the one that Hutch's setup makes in a real Directus.
const servicePolicy = "Hutch service account"

// seed fills an empty database with the sample project. On a database that has
// been seeded it changes nothing.
func (s *Sandbox) seed(ctx context.Context) error {
	content, err := sample.Load()
	if err != nil {
		return err
	}
	password, err := s.hashPassword(MemberPassword)
	if err != nil {
		return err
	}
	return s.inTransaction(ctx, func(tx querier) error {
		var version string
		err := tx.QueryRowContext(ctx, `SELECT coalesce(max(value), '') FROM sandbox WHERE name = 'schema'`).Scan(&version)
		if err != nil || version == schemaVersion {
			return err
		}
		if version != "" {
			return fmt.Errorf("%s was made by another version of Hutch (schema %s, now %s): remove it to start afresh",
				s.options.Path, version, schemaVersion)
		}
		secret := make([]byte, 32)
		_, _ = rand.Read(secret) // never fails
		if _, err := tx.ExecContext(ctx, `INSERT INTO sandbox VALUES ('schema', ?), ('secret', ?)`, schemaVersion, secret); err != nil {
			return err
		}
		for _, row := range append(s.seedAccess(password), s.seedContent(content)...) {
			if _, err := s.insert(ctx, tx, s.schema.collection(row.collection), row.item); err != nil {
				return fmt.Errorf("seeding %s: %w", row.collection, err)
			}
		}
		return nil
	})
}

// seedRow is an item on its way into its collection.
type seedRow struct {
	collection string
	item       map[string]any
}

// seedAccess gives roles, policies, permissions, settings and the accounts.
func (s *Sandbox) seedAccess(memberPassword string) []seedRow {
	users, usersPolicy := uuid.NewString(), uuid.NewString()
	administrators, administratorsPolicy := uuid.NewString(), uuid.NewString()
	service, serviceRights := uuid.NewString(), uuid.NewString()
	own := func(field string) map[string]any {
		return map[string]any{field: map[string]any{"_eq": "$CURRENT_USER"}}
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
		// The administrator has no address and no password: it acts only by the static token.
		{"directus_users", map[string]any{"id": uuid.NewString(), "first_name": "Sandbox", "last_name": "Administrator", "role": administrators}},
		{"directus_users", map[string]any{"id": uuid.NewString(), "email": MemberEmail, "password": memberPassword,
			"first_name": "Hazel", "last_name": "Meadows", "role": users, "title": "Keeper of two lops", "location": "Lower Burrow"}},
		// The service account acts by its token as well.
		{"directus_users", map[string]any{"id": service, "first_name": "Hutch", "last_name": "service account", "token": randomToken()}},
		{"directus_access", map[string]any{"id": uuid.NewString(), "user": service, "policy": serviceRights, "sort": 1}},
	}
	permit := func(policy, collection, action string, rule map[string]any, fields ...any) {
		rows = append(rows, seedRow{"directus_permissions", map[string]any{
			"policy": policy, "collection": collection, "action": action, "fields": fields, "permissions": rule}})
	}
	permit(usersPolicy, "directus_users", "read", own("id"), "*")
	permit(usersPolicy, "directus_users", "update", own("id"), // what Directus recommends, in its order
		"first_name", "last_name", "email", "password", "location", "title", "description", "avatar", "language",
		"appearance", "theme_light", "theme_dark", "theme_light_overrides", "theme_dark_overrides", "tfa_secret")
	permit(usersPolicy, "directus_users", "delete", own("id"), "*")
	permit(usersPolicy, "directus_files", "create", map[string]any{}, // all that an upload needs, and not filename_disk
		"id", "storage", "type", "title", "description", "filename_download", "folder", "tags")
	permit(usersPolicy, "directus_files", "read", own("uploaded_by"), "*")
	permit(usersPolicy, "directus_files", "delete", own("uploaded_by"), "*")
	permit(usersPolicy, "directus_fields", "read", map[string]any{}, "*")
	for _, action := range []string{"create", "read", "delete"} {
		permit(serviceRights, "hutch_recovery_codes", action, map[string]any{}, "*")
	}
	// Both the public and members read what is published, but only members the
	// content of what is for members.
	published := map[string]any{"status": map[string]any{"_eq": "published"}}
	forAll := map[string]any{"_and": []any{published, map[string]any{"_or": []any{
		map[string]any{"members_only": map[string]any{"_neq": true}},
		map[string]any{"members_only": map[string]any{"_null": true}},
	}}}}
	for _, policy := range []string{publicPolicy, usersPolicy} {
		for _, name := range []string{"global", "navigation", "authors", "redirects"} {
			permit(policy, name, "read", map[string]any{}, "*")
		}
		permit(policy, "pages", "read", published, "*")
	}
	permit(publicPolicy, "posts", "read", published, "slug", "status", "title", "teaser", "members_only", "publish_date", "author", "image")
	permit(publicPolicy, "posts", "read", forAll, "slug", "content")
	permit(publicPolicy, "directus_files", "read", map[string]any{}, "*")
	permit(usersPolicy, "posts", "read", published, "*")
	permit(usersPolicy, "directus_files", "read", map[string]any{"type": map[string]any{"_starts_with": "image/"}}, "*")
	return rows
}

// seedContent gives the sample site's items. Pictures are painted when they
// are first asked for.
func (s *Sandbox) seedContent(content sample.Content) []seedRow {
	rows := []seedRow{{"global", map[string]any{"id": 1,
		"title": content.Global.Title, "description": content.Global.Description}}}
	for _, page := range content.Pages {
		rows = append(rows, seedRow{"pages", map[string]any{
			"slug": page.Slug, "title": page.Title, "content": page.Content}})
	}
	for i, link := range content.Navigation {
		rows = append(rows, seedRow{"navigation", map[string]any{"label": link.Label, "url": link.URL, "sort": i + 1}})
	}
	for _, redirect := range content.Redirects {
		rows = append(rows, seedRow{"redirects", map[string]any{
			"url_from": redirect.From, "url_to": redirect.To, "response_code": redirect.Code}})
	}
	now := timestamp(s.now())
	for _, image := range content.Images {
		rows = append(rows, seedRow{"directus_files", map[string]any{
			"id": image.ID, "filename_disk": image.ID + ".jpg", "filename_download": image.FileName,
			"title": image.Title, "description": image.Description, "type": "image/jpeg",
			"width": sample.Width, "height": sample.Height,
			"created_on": now, "modified_on": now, "uploaded_on": now}})
	}
	for _, author := range content.Authors {
		item := map[string]any{"id": author.ID, "name": author.Name, "slug": author.Slug, "bio": author.Bio}
		if author.Image != "" {
			item["image"] = author.Image
		}
		rows = append(rows, seedRow{"authors", item})
	}
	for _, post := range content.Posts {
		item := map[string]any{"slug": post.Slug, "title": post.Title, "content": post.Content,
			"status": post.Status, "members_only": post.MembersOnly}
		if post.Teaser != "" {
			item["teaser"] = post.Teaser
		}
		if post.PublishDate != "" {
			item["publish_date"] = post.PublishDate
		}
		if post.Author != 0 {
			item["author"] = post.Author
		}
		if post.Image != "" {
			item["image"] = post.Image
		}
		rows = append(rows, seedRow{"posts", item})
	}
	return rows
}
