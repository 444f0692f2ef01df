package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/sandbox"
	"hutch/sandbox/sample"
	"hutch/setup"
	"hutch/tools/realdirectus"
)

// The official content model is the one of Directus' starters: pages made of blocks, posts
// written by users, menus, forms. Setup has not run on it.

// OnOfficial runs a test on a sandbox of its own and on each real Directus that is tested
// with, except Directus 10, with the official content model and its sample. All tests of
// the package share the real ones: they may send forms, and change nothing that others see.
func OnOfficial(t *testing.T, test func(*testing.T, Upstream)) {
	t.Parallel()
	onOfficialSandbox(t, test)
	onEachOfficial(t, func(t *testing.T, version string) { test(t, sharedDirectus(t, officialModel, version)) })
}

// OnOfficialOfItsOwn is [OnOfficial] for a test that changes settings, permissions or
// published content.
func OnOfficialOfItsOwn(t *testing.T, test func(*testing.T, Upstream)) {
	onOfficialSandbox(t, test)
	OnRealOfficial(t, test)
}

// OnRealOfficial is [OnOfficialOfItsOwn] without the sandbox, for a test that changes the
// schema.
func OnRealOfficial(t *testing.T, test func(*testing.T, Upstream)) {
	t.Parallel()
	onEachOfficial(t, func(t *testing.T, version string) { test(t, StartOfficial(t, version)) })
}

func onOfficialSandbox(t *testing.T, test func(*testing.T, Upstream)) {
	t.Run("sandbox", func(t *testing.T) {
		t.Parallel()
		test(t, StartOfficialSandbox(t))
	})
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

// StartOfficialSandbox starts a sandbox with the official content model, its sample, and
// the permissions of the licensed template.
func StartOfficialSandbox(t *testing.T) Upstream {
	t.Helper()
	up := StartSandbox(t, sandbox.Options{Table: collections.Blocks()})
	var seeded []struct{ ID int }
	if err := up.Admin.Get(t.Context(), "/permissions", url.Values{"filter[policy][_eq]": {publicPolicy}, "limit": {"-1"}}, &seeded); err != nil {
		t.Fatal(err)
	}
	for _, p := range seeded {
		if err := up.Admin.Delete(t.Context(), fmt.Sprint("/permissions/", p.ID)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(makeOfficialSample(t.Context(), up.Admin), permitOfficial(t.Context(), up.Admin, false)); err != nil {
		t.Fatal(err)
	}
	link := map[string]any{"user": OfficialID("users/forms"), "policy": OfficialID("policies/forms")} // which it does not make along with the user
	if err := up.Admin.Post(t.Context(), "/access", link, nil); err != nil {
		t.Fatal(err)
	}
	return up
}

// FormsToken is the static token of the official model's forms account: a user whose only
// policy is to create submissions, their values and files.
const FormsToken = "the-forms-token-of-the-official-model-0123456789"

// OfficialID returns the key of a named item of the official sample, such as "posts/hay",
// "pages/about" or "files/logo".
func OfficialID(name string) string { return sample.ID(name) }

var officialModel = model{suffix: "-official", prepare: func(ctx context.Context, server *realdirectus.Server) (string, error) {
	client, err := directus.New(server.URL)
	if err != nil {
		return "", err
	}
	admin := client.Admin(server.AdminToken)
	if err := setup.MakeBlocks(ctx, admin); err != nil {
		return "", fmt.Errorf("official schema: %w", err)
	}
	for field, kind := range map[string]string{"slug": "string", "published_at": "timestamp", "author": "uuid"} { // which the template leaves without
		if err := admin.Patch(ctx, "/fields/posts/"+field, map[string]any{"type": kind, "schema": map[string]any{"is_indexed": false}}); err != nil {
			return "", fmt.Errorf("official indexes: %w", err)
		}
	}
	if err := makeOfficialSample(ctx, admin); err != nil {
		return "", fmt.Errorf("official sample: %w", err)
	}
	if err := permitOfficial(ctx, admin, strings.HasPrefix(server.Version, "12.")); err != nil {
		return "", fmt.Errorf("official permissions: %w", err)
	}
	return "", nil
}}

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
	permit := func(policy, action, collection string, fields []string, rule any) {
		if core {
			fields, rule = []string{"*"}, nil
		}
		permissions = append(permissions, map[string]any{"policy": policy, "action": action, "collection": collection, "fields": fields, "permissions": rule})
	}
	all := []string{"*"}
	permit(publicPolicy, "read", "directus_files", all, json.RawMessage(`{"_or":[{"folder":{"name":{"_contains":"Public"}}},{"folder":{"parent":{"name":{"_contains":"Public"}}}}]}`))
	for _, c := range collections.Blocks() {
		for _, right := range c.Reads.Of(collections.Visitors) {
			if right.Action = collections.Read; c.Name != "directus_files" {
				permit(publicPolicy, "read", c.Name, right.FieldsOf("id", nil), collections.Rule(right.Items))
			}
		}
	}
	for _, sent := range []string{"form_submissions", "form_submission_values"} {
		permit(forms, "create", sent, all, nil)
		permit(forms, "read", sent, []string{"id"}, nil)
	}
	permit(forms, "create", "directus_files", all, nil)
	permit(forms, "read", "directus_files", []string{"id"}, json.RawMessage(`{"folder":{"name":{"_eq":"Uploads"}}}`))
	if err := admin.Post(ctx, "/permissions", permissions, nil); err != nil {
		return err
	}
	return admin.Post(ctx, "/users", map[string]any{
		"id": OfficialID("users/forms"), "first_name": "Frontend", "last_name": "Bot", "token": FormsToken,
		"policies": []any{map[string]any{"policy": forms}},
	}, nil)
}
