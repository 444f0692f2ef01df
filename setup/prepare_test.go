package setup_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/setup"
)

// TestPrepare follows one Directus from new to prepared, and uses it.
func TestPrepare(t *testing.T) {
	forEachVersion(t, nil, func(t *testing.T, w world) {
		t.Run("a dry run changes nothing", func(t *testing.T) {
			before := w.snapshot(t)
			out := w.mustRun(t, setup.Options{DryRun: true, Sample: true, PublicURL: "https://hutch.test/"})
			wantEnvironment(t, out, "https://hutch.test")
			wantLast(t, out, "go run . setup --sample")
			wantSame(t, before, w.snapshot(t))
			wantLine(t, out, "to do", `role "Users"`)
			wantLine(t, out, "to do", "collection posts", "slug", "publish_date", "image", "author")
			wantLine(t, out, "to do", "public registration", "--no-verify-email")
			wantLine(t, out, "to do", "15 posts")
			if w.core() {
				wantLine(t, out, "refused", "members read their own user", "licence", "cannot read it", "service account")
				wantLine(t, out, "refused", "images, and no others", "EVERY file")
				wantLine(t, out, "refused", "members delete their own user", "licence", "--delete-accounts")
				wantLine(t, out, "refused", "members read their own files", "does not answer with it")
				wantLine(t, out, "to do", "service account")
				wantLine(t, out, "to do", "collection hutch_recovery_codes")
				wantLine(t, out, "to do", "everybody reads posts", "does not show drafts", "anyone who can reach Directus itself", "members only")
				wantLine(t, out, "to do", "members read all files")
			} else {
				wantLine(t, out, "to do", "members read their own user")
				wantLine(t, out, "to do", `members read posts whose status is "published"`)
				if w.major() == "10" {
					wantLine(t, out, "to do", "members read their own files, and files that are images")
					wantLine(t, out, "to do", `everybody reads posts whose status is "published"`, "cannot tell the two apart")
				} else {
					wantLine(t, out, "to do", "members read files that are images")
					wantLine(t, out, "to do", `everybody reads posts whose status is "published", without their content`, "added later")
					wantLine(t, out, "to do", "everybody reads the content of posts that are not for members")
				}
				if strings.Contains(out, "refused") || strings.Contains(out, "service account") {
					t.Errorf("nothing is refused here, and no service account needed:\n%s", out)
				}
			}
		})

		out := w.mustRun(t, setup.Options{NoVerifyEmail: true, DirectusURL: "http://directus.test"})
		wantLast(t, out, "DIRECTUS_URL=http://directus.test go run .")
		for line := range strings.Lines(out) { // what was done is not told a second time
			if strings.HasPrefix(line, "  done") && strings.Count(out, line[len("  done"):]) > 1 {
				t.Errorf("it says more than once:%s", line)
			}
		}
		token := serviceToken(out)
		wantEnvironment(t, out, "https://www.example.com")
		if !strings.Contains(out, "PUBLIC_URL is not set") {
			t.Errorf("it does not say that the address is an example:\n%s", out)
		}

		t.Run("the second run changes nothing", func(t *testing.T) {
			w.wantNothingToChange(t, setup.Options{})
			w.wantNothingToChange(t, setup.Options{NoVerifyEmail: true, PublicFiles: true})
		})

		t.Run("the role is for members and nothing more", func(t *testing.T) { testRole(t, w) })

		t.Run("sample content", func(t *testing.T) {
			out := w.mustRun(t, setup.Options{Sample: true})
			wantLine(t, out, "done", "11 images")
			w.wantNothingToChange(t, setup.Options{Sample: true})
			w.patch(t, "/items/posts/hay-by-numbers", data{"title": "Hay, edited"})
			w.delete(t, "/items/posts/counting-ears")
			out = w.mustRun(t, setup.Options{Sample: true})
			wantLine(t, out, "done", "15 posts", "Missing: counting-ears.")
			var post struct{ Title string }
			if w.get(t, "/items/posts/hay-by-numbers", nil, &post); post.Title != "Hay, edited" {
				t.Errorf("an edited post was put back: %q", post.Title)
			}
		})

		t.Run("what the public reads", func(t *testing.T) { testPublic(t, w) })

		t.Run("members", func(t *testing.T) { testMembers(t, w) })

		t.Run("what members may do", func(t *testing.T) { testMemberRights(t, w) })

		t.Run("the service account", func(t *testing.T) {
			if !w.core() {
				if token != "" || !strings.Contains(out, "No service token is needed.") {
					t.Errorf("it is not needed here, and setup does not say so:\n%s", out)
				}
				out := w.mustRun(t, setup.Options{NewServiceToken: true})
				wantLine(t, out, "unchanged", "service account", "no service account is needed", "--recovery-codes")
				token = serviceToken(w.mustRun(t, setup.Options{RecoveryCodes: true}))
			}
			testServiceAccount(t, w, token)
		})

		t.Run("App Access, asked for later", func(t *testing.T) { testAppAccess(t, w) })
	})
}

func testRole(t *testing.T, w world) {
	var permissions []struct {
		Collection, Action string
		Fields             []string
		System             bool
	}
	if w.major() == "10" {
		var roles []struct {
			ID    string
			Admin bool `json:"admin_access"`
			App   bool `json:"app_access"`
		}
		w.get(t, "/roles", url.Values{"filter[name][_eq]": {"Users"}}, &roles)
		if len(roles) != 1 || roles[0].Admin || roles[0].App {
			t.Fatalf("the roles named Users: %+v", roles)
		}
		w.get(t, "/permissions", url.Values{"filter[role][_eq]": {roles[0].ID}}, &permissions)
	} else {
		var policies []struct {
			Admin       bool `json:"admin_access"`
			App         bool `json:"app_access"`
			Permissions []struct {
				Collection, Action string
				Fields             []string
				System             bool
			}
			Roles []any
		}
		w.get(t, "/policies", url.Values{"filter[name][_eq]": {"Users"}, "fields": {"*,permissions.*"}}, &policies)
		if len(policies) != 1 || policies[0].Admin || policies[0].App || len(policies[0].Roles) != 1 {
			t.Fatalf("the policies named Users: %+v", policies)
		}
		permissions = policies[0].Permissions
	}
	var got []string
	for _, perm := range permissions {
		if !perm.System {
			got = append(got, perm.Action+" "+perm.Collection)
		}
	}
	want := []string{
		"create directus_files", "delete directus_files", "read directus_fields", "update directus_users",
		"read directus_files", "read global", "read pages", "read authors", "read posts", "read navigation", "read redirects",
	}
	if !w.core() {
		want = append(want, "delete directus_users", "read directus_users")
	}
	if w.major() == "11" {
		want = append(want, "read directus_files") // their own; images are another
	}
	if w.major() == "10" {
		want = append(want, "read directus_permissions")
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the role may %v, want %v", got, want)
	}
}

func testPublic(t *testing.T, w world) {
	w.upload(t, "private.txt", "text/plain")
	var posts []struct {
		Slug        string
		PublishDate string `json:"publish_date"`
		Author      struct{ Name string }
		Image       struct{ ID, Description string }
	}
	err := w.client.Items(t.Context(), directus.Visitor{}, secret.Text{}, "posts", directus.Query{
		Fields: []string{"slug", "publish_date", "author.name", "image.id", "image.description"},
		Filter: directus.Equal("slug", "first-frost-checklist"),
	}, &posts)
	if err != nil || len(posts) != 1 || posts[0].PublishDate != "2026-11-14" ||
		posts[0].Author.Name != "Marjorie Thistlewood" || posts[0].Image.Description == "" {
		t.Fatalf("a post: %+v, %v", posts, err)
	}
	image, err := w.client.Asset(t.Context(), directus.Visitor{}, secret.Text{}, posts[0].Image.ID, directus.Transform{Width: 100}, "image/jpeg")
	if err != nil {
		t.Errorf("its image: %v", err)
	} else {
		image.Body.Close()
	}
	var global struct{ Title, Description string }
	if err := w.client.Items(t.Context(), directus.Visitor{}, secret.Text{}, "global", directus.Query{}, &global); err != nil || global.Title != "Hutch" {
		t.Errorf("the title of the site: %+v, %v", global, err)
	}
	for path, want := range map[string]bool{
		"/items/pages/about":   true,
		"/items/authors":       true,
		"/users":               false,
		"/roles":               false,
		"/settings":            false,
		"/activity":            false,
		"/files/" + privateID:  w.core(), // without a licence, all files are public
		"/permissions":         false,
		"/items/posts/unknown": false,
	} {
		// From v11 on, some lists are empty instead of forbidden.
		if got := w.canRead(t, "", path) && !w.isEmpty(t, "", path); got != want {
			t.Errorf("the public reads %s: %v, want %v", path, got, want)
		}
	}
	public := w.client.Admin("")
	wantForbidden(t, "the public writes a post", public.Post(t.Context(), "/items/posts", data{"slug": "spam"}, nil))
	wantForbidden(t, "the public changes a post", public.Patch(t.Context(), "/items/posts/hay-by-numbers", data{"title": "spam"}))
	wantForbidden(t, "the public deletes a post", public.Delete(t.Context(), "/items/posts/hay-by-numbers"))
	wantForbidden(t, "the public makes a user", public.Post(t.Context(), "/users", data{"email": "x@example.com", "password": "x"}, nil))
}

// testMembers signs up more members than Directus 12 Core has seats.
func testMembers(t *testing.T, w world) {
	ada := w.member(t, "ada@example.com")
	for _, name := range []string{"ben", "cleo", "dan", "eva"} {
		w.member(t, name+"@example.com")
	}
	me, err := w.client.Me(t.Context(), directus.Visitor{}, ada.Token)
	if err != nil {
		t.Fatal(err)
	}
	if me.Unreadable() != w.core() || (!w.core() && me.Email != "ada@example.com") {
		t.Errorf("a member reads of themselves: %+v", me)
	}
	email := "ada.new@example.com"
	if err := w.client.UpdateUser(t.Context(), directus.Visitor{}, ada.Token, ada.UserID, directus.NewEmail(email)); err != nil {
		t.Errorf("a member cannot change their email: %v", err)
	}
	var stored struct{ Email string }
	if w.get(t, "/users/"+ada.UserID, nil, &stored); stored.Email != email {
		t.Errorf("the email stored is %q", stored.Email)
	}

	member := w.client.Admin(ada.Token.Reveal())
	var others []struct{ ID string }
	w.get(t, "/users", url.Values{"filter[email][_eq]": {"ben@example.com"}}, &others)
	wantForbidden(t, "a member changes another", member.Patch(t.Context(), "/users/"+others[0].ID, data{"first_name": "Mallory"}))
	wantForbidden(t, "a member changes their role", member.Patch(t.Context(), "/users/"+ada.UserID, data{"role": nil}))
	wantForbidden(t, "a member changes their status", member.Patch(t.Context(), "/users/"+ada.UserID, data{"status": "suspended"}))
	if w.canRead(t, ada.Token.Reveal(), "/users/"+others[0].ID) {
		t.Error("a member reads another")
	}
	wantForbidden(t, "a member writes a post", member.Post(t.Context(), "/items/posts", data{"slug": "spam"}, nil))
	if !w.canRead(t, ada.Token.Reveal(), "/server/info") || (w.canRead(t, ada.Token.Reveal(), "/settings") && !w.isEmpty(t, ada.Token.Reveal(), "/settings")) {
		t.Error("a member has App Access: they read the settings")
	}
}

func testAppAccess(t *testing.T, w world) {
	out, err := w.run(t, setup.Options{AppAccess: true})
	if w.core() {
		// Five members want seats, and three are all there are.
		wantSentence(t, err, "1 step")
		wantLine(t, out, "failed", "App Access", "takes a seat", "3 seats, 1 of them taken")
		wantLine(t, out, "failed", "App Access", "limit", "LIMIT_EXCEEDED")
		wantLine(t, w.wantNothingToChange(t, setup.Options{}), "ok", "service account, without")
		var members []struct{ ID, Email string }
		w.get(t, "/users", url.Values{"filter[role][name][_eq]": {"Users"}}, &members)
		for _, member := range members[1:] {
			w.delete(t, "/users/"+member.ID)
		}
		out, err = w.run(t, setup.Options{AppAccess: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	wantLine(t, out, "done", "App Access")
	out = w.wantNothingToChange(t, setup.Options{})
	wantLine(t, out, "ok", "App Access", "never removes it")
	if w.core() {
		wantLine(t, out, "refused", "members read their own user", "With App Access")
		wantLine(t, out, "ok", "service account", "also allows to read directus_users, which Hutch does not need")
	}
}

// TestAppAccess prepares a Directus for members with App Access from the start.
func TestAppAccess(t *testing.T) {
	harness.ForAll(t)
	forEachVersion(t, nil, func(t *testing.T, w world) {
		out := w.mustRun(t, setup.Options{AppAccess: true, NoVerifyEmail: true})
		wantLine(t, out, "done", "App Access")
		if serviceToken(out) != "" {
			t.Error("a service account was made, which is not needed here")
		}
		ada := w.member(t, "ada@example.com")
		me, err := w.client.Me(t.Context(), directus.Visitor{}, ada.Token)
		if err != nil || me.Email != "ada@example.com" {
			t.Errorf("a member reads of themselves: %+v, %v", me, err)
		}
		w.member(t, "ben@example.com")
		err = w.client.Register(t.Context(), directus.Visitor{}, "cleo@example.com", "a member's password", "")
		if full := errors.Is(err, directus.LimitExceeded); full != w.core() || (!full && err != nil) {
			t.Errorf("the third member, beside the administrator, is answered %v", err)
		}
		w.wantNothingToChange(t, setup.Options{AppAccess: true})
	})
}
