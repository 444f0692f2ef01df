package setup_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/setup"
)

// TestLeavesWhatIsThere runs setup on a Directus that somebody has used
// already, and set up stricter and differently.
func TestLeavesWhatIsThere(t *testing.T) {
	forEachVersion(t, nil, func(t *testing.T, w world) {
		_, users := w.role(t, "Users")
		newcomers, _ := w.role(t, "Newcomers")
		w.patch(t, "/settings", data{
			"public_registration": true, "public_registration_role": newcomers, "public_registration_verify_email": true,
		})
		w.collection(t, "global", data{"singleton": true}, serialKey(), data{"field": "title", "type": "text"})
		w.patch(t, "/items/global", data{"title": "Our own title"})
		w.collection(t, "authors", data{},
			data{"field": "key", "type": "uuid", "schema": data{"is_primary_key": true}, "meta": data{"special": []string{"uuid"}}},
			data{"field": "name", "type": "string", "meta": data{"interface": "input"}})
		w.collection(t, "posts", data{},
			serialKey(),
			data{"field": "status", "type": "string"},
			data{"field": "title", "type": "string"},
			data{"field": "publish_date", "type": "timestamp", "meta": data{"interface": "datetime"}})
		w.create(t, "/items/posts", data{"title": "Not ready yet", "status": "draft"})
		w.upload(t, "private.txt", "text/plain")
		strict := w.permission(t, w.public(t), data{"collection": "authors", "action": "read", "fields": []string{"*"}})
		kept := []string{strict}
		if !w.core() {
			kept = append(kept,
				w.permission(t, users, data{
					"collection": "directus_users", "action": "update", "fields": []string{"email"},
					"permissions": data{"id": data{"_eq": "$CURRENT_USER"}},
				}),
				w.permission(t, w.public(t), data{
					"collection": "global", "action": "read", "fields": []string{"description"},
				}),
				w.permission(t, w.public(t), data{
					"collection": "directus_files", "action": "read", "fields": []string{"*"},
					"permissions": data{"title": data{"_eq": "public"}},
				}))
		}
		before := w.permissions(t)

		out := w.mustRun(t, setup.Options{Sample: true})

		after := w.permissions(t)
		for _, id := range kept {
			if before[id] == "" || before[id] != after[id] {
				t.Errorf("permission %s was\n%s\nand is\n%s", id, before[id], after[id])
			}
		}
		wantLine(t, out, "ok", `role "Users"`)
		wantLine(t, out, "unchanged", "public registration", `with the role "Newcomers". Setup keeps that`)
		wantLine(t, out, "ok", "collection global", "title has the type text")
		wantLine(t, out, "done", "field global.description")
		wantLine(t, out, "ok", "collection posts", "publish_date has the type timestamp")
		wantLine(t, out, "done", "field posts.slug")
		if w.major() != "10" { // which makes no indexes
			wantLine(t, out, "done", "index on posts.publish_date")
		}
		wantLine(t, out, "done", "posts.author refers to authors")
		wantLine(t, out, "ok", "everybody reads authors")
		wantLine(t, out, "done", "members read authors")
		wantLine(t, out, "ok", "collection posts", "no field members_only. Setup does not add it")
		wantLine(t, out, "done", "field posts.teaser")
		if posts := w.fields(t, "posts"); posts["members_only"] || !posts["teaser"] {
			t.Errorf("the fields of posts are %v", posts)
		}
		wantLine(t, out, "done", "14 posts") // none for members, which would be for all
		if w.core() {
			wantLine(t, out, "refused", "everybody reads posts", "drafts")
			wantLine(t, out, "refused", "members read posts", "As for everybody")
			wantLine(t, out, "unchanged", "members read all files", "The public does not")
			wantLine(t, out, "unchanged", "everybody reads all files", "--public-files")
		} else {
			wantLine(t, out, "unchanged", "members change their own user", "does not cover first_name")
			wantLine(t, out, "unchanged", "everybody reads global", "does not cover title")
			wantLine(t, out, "done", `everybody reads posts whose status is "published"`)
			wantLine(t, out, "done", `members read posts whose status is "published"`)
			wantLine(t, out, "unchanged", "members read global", "set by somebody else")
			if w.major() == "11" {
				wantLine(t, out, "unchanged", "members read files that are images", "The public does not")
			} else {
				wantLine(t, out, "done", "members read their own files")
			}
			wantLine(t, out, "ok", "everybody reads files that are images", "a rule of its own")
		}
		var settings struct {
			Role   string `json:"public_registration_role"`
			Verify bool   `json:"public_registration_verify_email"`
		}
		if w.get(t, "/settings", nil, &settings); settings.Role != newcomers || !settings.Verify {
			t.Errorf("registration was changed: %+v", settings)
		}
		var global struct{ Title, Description string }
		if w.get(t, "/items/global", nil, &global); global.Title != "Our own title" || global.Description == "" {
			t.Errorf("the site is now called %+v", global)
		}
		// The authors' own key is a UUID here.
		var posts []struct{ Author struct{ Name string } }
		w.get(t, "/items/posts", url.Values{"filter[slug][_eq]": {"hay-by-numbers"}, "fields": {"author.name"}}, &posts)
		if len(posts) != 1 || posts[0].Author.Name != "Tomasz Wren" {
			t.Errorf("the author of a sample post: %+v", posts)
		}
		var shown []struct{ Title string }
		err := w.client.Items(t.Context(), directus.Visitor{}, secret.Text{}, "posts", directus.Query{Fields: []string{"title"}}, &shown)
		if w.core() {
			wantForbidden(t, "the public reads posts, drafts among them", err)
		} else if err != nil || len(shown) != 13 || slices.ContainsFunc(shown, func(post struct{ Title string }) bool {
			return post.Title == "Not ready yet" || post.Title == "The great parsley dispute"
		}) {
			t.Errorf("the public reads posts that are not published: %+v, %v", shown, err)
		}
		if w.canRead(t, "", "/files/"+privateID) {
			t.Error("the public reads a private file")
		}

		w.wantNothingToChange(t, setup.Options{Sample: true, NoVerifyEmail: true})
		if w.core() {
			w.mustRun(t, setup.Options{PublicFiles: true})
			if !w.canRead(t, "", "/files/"+privateID) {
				t.Error("--public-files does not make them public")
			}
		}
	})
}

// permissions are all that are stored, by their ids.
func (w world) permissions(t *testing.T) map[string]string {
	t.Helper()
	permissions := map[string]string{}
	for _, row := range w.storedPermissions(t) {
		permissions[row.ID.String()] = row.String()
	}
	return permissions
}

// TestStopsWhereItWouldBeDangerous runs setup where going on would give those
// who sign up more than was meant.
func TestStopsWhereItWouldBeDangerous(t *testing.T) {
	forEachVersion(t, nil, func(t *testing.T, w world) {
		registered := func() bool {
			var settings struct {
				On bool `json:"public_registration"`
			}
			w.get(t, "/settings", nil, &settings)
			return settings.On
		}
		role, holder := w.role(t, "Users")
		access := "/policies/" + holder
		if w.major() == "10" {
			access = "/roles/" + holder
		}

		t.Run("a role with administrator access", func(t *testing.T) {
			w.patch(t, access, data{"admin_access": true})
			_, err := w.run(t, setup.Options{DryRun: true})
			wantSentence(t, err, "could not be done")
			out, err := w.run(t, setup.Options{})
			wantSentence(t, err, "could not be done")
			wantLine(t, out, "blocked", `role "Users"`, "administrator access")
			wantLine(t, out, "blocked", "public registration", `Needs: role "Users"`)
			wantLine(t, out, "done", "collection posts") // does not need the role
			if registered() {
				t.Error("registration was switched on")
			}
			w.patch(t, access, data{"admin_access": false})
		})

		t.Run("a role that may do more than its own user", func(t *testing.T) {
			extras := []string{"delete posts", "read directus_settings"}
			if w.major() != "10" { // which shows two for the same action as one
				extras = append(extras, "delete directus_files")
			}
			if w.major() == "11" { // 12 takes them without fields and rules only
				extras = append(extras, "read directus_files", "create directus_files", "read posts")
			}
			for _, extra := range extras {
				action, collection, _ := strings.Cut(extra, " ")
				id := w.permission(t, holder, data{"collection": collection, "action": action, "fields": []string{"*"}})
				out, err := w.run(t, setup.Options{})
				wantSentence(t, err, "could not be done")
				wantLine(t, out, "blocked", "public registration", extra)
				if registered() {
					t.Error("registration was switched on")
				}
				w.delete(t, "/permissions/"+id)
			}
		})

		t.Run("members who may change their own role", func(t *testing.T) {
			if w.core() {
				return // it takes no such permission
			}
			stored := w.storedPermissions(t)
			for _, perm := range stored {
				if perm.Collection == "directus_users" && perm.Action == "update" {
					w.patch(t, "/permissions/"+perm.ID.String(), data{"fields": []string{"*"}})
				}
			}
			out, err := w.run(t, setup.Options{})
			wantSentence(t, err, "could not be done")
			wantLine(t, out, "ok", "members change their own user", "other rights")
			wantLine(t, out, "blocked", "public registration", "update directus_users")
			for _, perm := range stored {
				if perm.Collection == "directus_users" && perm.Action == "update" {
					w.patch(t, "/permissions/"+perm.ID.String(), data{"fields": perm.Fields})
				}
			}
		})

		t.Run("recovery codes that others may read", func(t *testing.T) {
			open := w.permission(t, w.public(t), data{"collection": "hutch_recovery_codes", "action": "read", "fields": []string{"*"}})
			out, err := w.run(t, setup.Options{RecoveryCodes: true})
			wantSentence(t, err, "could not be done")
			wantLine(t, out, "blocked", "nobody else may use hutch_recovery_codes", "the public")
			if !w.core() { // there it was made before
				wantLine(t, out, "blocked", "the service account may create hutch_recovery_codes", "Needs:")
				wantLine(t, out, "blocked", "service account, without", "Needs:")
			}
			w.delete(t, "/permissions/"+open)
		})

		t.Run("a second role of that name", func(t *testing.T) {
			second := w.create(t, "/roles", data{"name": "Users"})
			out, err := w.run(t, setup.Options{})
			wantSentence(t, err, "could not be done")
			wantLine(t, out, "blocked", `role "Users"`, "2 roles with this name")
			w.delete(t, "/roles/"+second)
		})

		t.Run("a policy of that name for other people", func(t *testing.T) {
			if w.major() == "10" {
				return // it has none
			}
			var links []struct{ ID string }
			w.get(t, "/access", url.Values{"filter[role][_eq]": {role}}, &links)
			w.delete(t, "/access/"+links[0].ID)
			w.patch(t, access, data{"app_access": true})
			out, err := w.run(t, setup.Options{})
			wantSentence(t, err, "could not be done")
			wantLine(t, out, "blocked", `policy "Users"`, "App Access")
			w.patch(t, access, data{"app_access": false})
		})

		t.Run("once all that is cleared", func(t *testing.T) {
			w.mustRun(t, setup.Options{})
			if !registered() {
				t.Error("registration was not switched on")
			}
			w.wantNothingToChange(t, setup.Options{})
		})
	})
}

// TestCollectionsInTheWay runs setup where collections of our names are
// something else.
func TestCollectionsInTheWay(t *testing.T) {
	forEachVersion(t, nil, func(t *testing.T, w world) {
		if err := w.admin.Post(t.Context(), "/collections", data{"collection": "pages", "meta": data{}, "schema": nil}, nil); err != nil {
			t.Fatal(err)
		}
		w.collection(t, "global", data{"singleton": false}, serialKey(), data{"field": "title", "type": "string"})
		w.collection(t, "posts", data{},
			data{"field": "slug", "type": "string", "schema": data{"is_primary_key": true}},
			data{"field": "author", "type": "string"})
		out, err := w.run(t, setup.Options{Sample: true})
		wantSentence(t, err, "could not be done")
		wantLine(t, out, "blocked", "collection pages", "folder")
		wantLine(t, out, "ok", "collection global", "a list of items instead of a singleton")
		wantLine(t, out, "done", "everybody reads global")
		wantLine(t, out, "unchanged", "posts.author refers to authors", "type is not that of a reference")
		wantLine(t, out, "done", "field posts.image")
		wantLine(t, out, "done", "posts.image refers to directus_files")
		if w.major() == "10" { // later ones bring a key of their own
			w.delete(t, "/collections/global")
			w.collection(t, "global", data{"singleton": true}, data{"field": "title", "type": "string"})
			out, _ := w.run(t, setup.Options{})
			wantLine(t, out, "blocked", "collection global", "no primary key")
		}
		if strings.Contains(out, "failed") {
			t.Errorf("a step failed that should be blocked:\n%s", out)
		}
	})
}
