package setup_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/setup"
)

// printed returns a variable that setup prints for .env.
func printed(out, name string) string {
	_, line, _ := strings.Cut(out, "\n"+name+"=")
	value, _, _ := strings.Cut(line, "\n")
	return value
}

// TestFormsAccount makes the account that sends in forms, and tries what else it may do.
func TestFormsAccount(t *testing.T) {
	onOfficial(t, func(t *testing.T, w world) {
		w.mustRun(t, setup.Options{})
		before := w.everything(t)
		out := w.mustRun(t, setup.Options{Forms: true})
		token, folder := printed(out, "FORMS_TOKEN"), printed(out, "FORMS_FOLDER")
		if len(token) != 64 || folder != harness.OfficialID("folders/uploads") {
			t.Fatalf("printed are %q and %q:\n%s", token, folder, out)
		}
		const its = "added /permissions Hutch forms account "
		want := []string{
			"added /policies Hutch forms account", "added /users forms account", `added /access user "forms account", policy "Hutch forms account"`,
			its + "create form_submissions", its + "create form_submission_values", its + "create directus_files",
		}
		if w.core() {
			want = append(want, its+"read form_submission_values")
			wantLine(t, out, "done", "the forms account reads form_submission_values", "anyone who has the token can read what visitors sent in")
			wantLine(t, out, "done", "the forms account uploads files", "takes all or nothing")
		} else {
			wantLine(t, out, "done", "uploads files into the folder for what visitors send in, and no other", "FILES_MAX_UPLOAD_SIZE")
		}
		wantChanges(t, before, w.everything(t), want)
		testFormsToken(t, w, token, folder)

		out = w.wantNothingToChange(t, setup.Options{Forms: true})
		wantLine(t, out, "ok", "forms account, without", "--new-forms-token")
		if strings.Contains(out, "of its own. Setup keeps") && strings.Contains(out, "FORMS_TOKEN=") {
			t.Errorf("it does not know again what it made:\n%s", out)
		}
		none := setup.Options{Forms: true, FormsFolder: "5d0c7f46-0000-4000-8000-000000000009"}
		wantLine(t, w.wantNothingToChange(t, none), "unchanged", "folder of FORMS_FOLDER", "no folder of that id")
		out = w.mustRun(t, setup.Options{NewFormsToken: true})
		if renewed := printed(out, "FORMS_TOKEN"); len(renewed) != 64 || renewed == token {
			t.Errorf("the new token is %q", renewed)
		}
		if err := w.client.Admin(token).Get(t.Context(), "/users/me", nil, nil); !directus.TokenRefused(err) {
			t.Errorf("the old one is answered %v, want it refused", err)
		}
	})
}

func testFormsToken(t *testing.T, w world, token, folder string) {
	account := w.client.Admin(token)
	const sent = "5d0c7f46-0000-4000-8000-000000000001"
	upload := func(id, folder string) error {
		fields := map[string]string{"id": id}
		if folder != "" {
			fields["folder"] = folder
		}
		_, err := account.Upload(t.Context(), directus.Upload{Fields: fields, Name: "cv.txt", ContentType: "text/plain", Content: []byte("a life")})
		return err
	}
	if err := upload(sent, folder); err != nil {
		t.Errorf("it cannot upload: %v", err)
	}
	if err := upload("5d0c7f46-0000-4000-8000-000000000002", ""); !w.core() && !errors.Is(err, directus.FailedValidation) {
		t.Errorf("it uploads where all look: %v", err)
	}
	values := []data{
		{"field": harness.OfficialID("form_fields/contact/first-name"), "value": "Ada"},
		{"field": harness.OfficialID("form_fields/contact/topics"), "file": sent},
	}
	if err := account.Post(t.Context(), "/items/form_submissions", data{"form": harness.OfficialID("forms/contact"), "values": values}, nil); err != nil {
		t.Errorf("it cannot send in a form: %v", err)
	}
	var submissions []struct {
		Values []struct{ Value, File string }
	}
	if w.get(t, "/items/form_submissions", map[string][]string{"fields": {"values.value,values.file"}}, &submissions); len(submissions) != 1 || len(submissions[0].Values) != 2 || submissions[0].Values[1].File != sent {
		t.Errorf("sent in were %+v", submissions)
	}
	for _, path := range []string{"/items/form_submissions", "/settings", "/permissions", "/activity", "/items/directus_versions"} {
		if w.canRead(t, token, path) && !w.isEmpty(t, token, path) && path != "/settings" {
			t.Errorf("it reads %s", path)
		}
	}
	if reads := w.canRead(t, token, "/items/form_submission_values"); reads != w.core() {
		t.Errorf("it reads what others sent in: %t", reads)
	}
	if reads := w.canRead(t, token, "/files/"+sent); reads && !w.core() {
		t.Error("it reads the file that it sent in")
	}
	post := harness.OfficialID("posts/hay")
	wantForbidden(t, "it changes a post", account.Patch(t.Context(), "/items/posts/"+post, data{"title": "Mallory"}))
	wantForbidden(t, "it makes a post", account.Post(t.Context(), "/items/posts", data{"title": "Mallory"}, nil))
	wantForbidden(t, "it deletes a file", account.Delete(t.Context(), "/files/"+sent))
	wantForbidden(t, "it makes a user", account.Post(t.Context(), "/users", data{"email": "x@example.com"}, nil))
}

// TestFormsWithoutAnAccount runs setup --forms where the public sends in forms itself, and
// where there are none.
func TestFormsWithoutAnAccount(t *testing.T) {
	onOfficial(t, func(t *testing.T, w world) {
		w.mustRun(t, setup.Options{})
		wantLine(t, w.wantNothingToChange(t, setup.Options{}), "unchanged", "forms account", "cannot send them: FORMS_TOKEN is not set", "setup --forms makes an account")
		if out := w.wantNothingToChange(t, setup.Options{FormsToken: true}); strings.Contains(out, "forms account") {
			t.Errorf("it says that forms cannot be sent, and the site has a token:\n%s", out)
		}
		for _, name := range []string{"form_submissions", "form_submission_values"} {
			w.permission(t, w.public(t), data{"collection": name, "action": "create", "fields": []string{"*"}})
		}
		out := w.wantNothingToChange(t, setup.Options{Forms: true})
		wantLine(t, out, "ok", "forms account", "the public may send in forms itself, but upload no files")
		if out := w.wantNothingToChange(t, setup.Options{}); strings.Contains(out, "forms account") {
			t.Errorf("it says that forms cannot be sent, and the public sends them:\n%s", out)
		}
		for _, perm := range w.storedPermissions(t) {
			if perm.Collection == "block_hero" || perm.Collection == "navigation_items" {
				w.delete(t, "/permissions/"+perm.ID.String())
			}
		}
		wantLine(t, w.wantNothingToChange(t, setup.Options{}), "unchanged", "everybody reads block_hero, navigation_items", "shows the rest without them")
		w.delete(t, "/collections/form_submission_values")
		out = w.wantNothingToChange(t, setup.Options{Forms: true})
		wantLine(t, out, "unchanged", "forms account", "This project has no forms: it lacks form_submission_values", "setup --blocks")
		wantLine(t, w.wantNothingToChange(t, setup.Options{}), "unchanged", "forms account", "cannot send them: it lacks form_submission_values")
	})
}

// TestSentFilesAreNotForStrangers runs setup where files that visitors send go into a folder
// of the project's own: on a project with an older rule for pictures, and on one without.
func TestSentFilesAreNotForStrangers(t *testing.T) {
	forEachVersion(t, nil, func(t *testing.T, w world) {
		if w.core() { // no rules there
			return
		}
		w.collection(t, "forms", data{}, serialKey())
		w.collection(t, "form_fields", data{}, serialKey())
		const sent, shown = "5d0c7f46-0000-4000-8000-000000000011", "5d0c7f46-0000-4000-8000-000000000012"
		letters := w.create(t, "/folders", data{"name": "Letters"})
		w.picture(t, sent, letters)
		w.picture(t, shown, "")
		withFolder := setup.Options{FormsFolder: letters}

		images := w.permission(t, w.public(t), data{"collection": "directus_files", "action": "read", "fields": []string{"*"},
			"permissions": data{"type": data{"_starts_with": "image/"}}})
		wantLine(t, w.mustRun(t, withFolder), "OPEN", "strangers download files that visitors send with forms: 1 now", "With --narrow-public")
		if !w.canRead(t, "", "/files/"+sent) {
			t.Error("without being asked, setup has changed what strangers read")
		}
		withFolder.NarrowPublic = true
		wantLine(t, w.mustRun(t, withFolder), "done", "no longer: strangers download files")
		closed := func() {
			t.Helper()
			if w.canRead(t, "", "/files/"+sent) || !w.canRead(t, "", "/files/"+shown) {
				t.Errorf("strangers see what was sent: %t, other pictures: %t", w.canRead(t, "", "/files/"+sent), w.canRead(t, "", "/files/"+shown))
			}
			if out := w.wantNothingToChange(t, withFolder); strings.Contains(out, "OPEN") {
				t.Errorf("it is closed:\n%s", out)
			}
		}
		closed()

		w.delete(t, "/permissions/"+images)
		wantLine(t, w.mustRun(t, withFolder), "done", "everybody reads files that are images")
		closed()

		// Setup's own rule knows no folder that is set later.
		later := w.create(t, "/folders", data{"name": "Post"})
		wantLine(t, w.mustRun(t, setup.Options{FormsFolder: later}), "OPEN", "strangers download files that visitors send with forms: 0 now")
	})
}

// picture stores one as somebody else would.
func (w world) picture(t *testing.T, id, folder string) {
	t.Helper()
	fields := map[string]string{"id": id}
	if folder != "" {
		fields["folder"] = folder
	}
	if _, err := w.admin.Upload(t.Context(), directus.Upload{Fields: fields, Name: "me.gif", ContentType: "image/gif", Content: []byte("GIF89a")}); err != nil {
		t.Fatal(err)
	}
}

// TestOwnCollectionsOfTheSameNames runs setup on a project that calls something of its own
// as the starters call parts of their pages.
func TestOwnCollectionsOfTheSameNames(t *testing.T) {
	forEachVersion(t, nil, func(t *testing.T, w world) {
		text := func(name string) data { return data{"field": name, "type": "string", "meta": data{}} }
		for _, name := range []string{"forms", "navigation_items", "block_hero"} {
			w.collection(t, name, data{}, serialKey(), text("emails"))
		}
		w.permission(t, w.public(t), data{"collection": "forms", "action": "read", "fields": []string{"*"}})
		out := w.mustRun(t, withHook)
		for _, said := range []string{"OPEN", "block_hero", "reads forms", "reads navigation_items", "forms account", "whom forms are mailed to"} {
			if strings.Contains(out, said) {
				t.Errorf("it takes the project's own for a part of a model (%s):\n%s", said, out)
			}
		}
		var flows []struct {
			Options struct{ Collections []string }
		}
		if w.get(t, "/flows", nil, &flows); len(flows) != 1 || slices.Contains(flows[0].Options.Collections, "forms") || !slices.Contains(flows[0].Options.Collections, "pages") {
			t.Errorf("the site is told of changes to %v", flows)
		}
	})
}

// TestHalfWayProject runs setup where a project has taken over some of the model.
func TestHalfWayProject(t *testing.T) {
	forEachVersion(t, nil, func(t *testing.T, w world) {
		text := func(name string) data {
			return data{"field": name, "type": "string", "meta": data{"interface": "input"}}
		}
		w.collection(t, "globals", data{"singleton": true}, serialKey(), text("title"))
		w.collection(t, "pages", data{}, serialKey(), text("title"), text("permalink"))
		w.collection(t, "posts", data{}, serialKey(), text("title"), data{"field": "description", "type": "text", "meta": data{}}, data{"field": "published_at", "type": "timestamp", "meta": data{}})
		w.collection(t, "navigation", data{}, data{"field": "id", "type": "string", "meta": data{}, "schema": data{"is_primary_key": true}}, text("label"), text("url"))
		out := w.mustRun(t, setup.Options{})
		for _, name := range []string{"global", "authors"} {
			if w.canRead(t, w.token, "/collections/"+name) {
				t.Errorf("it made %s", name)
			}
		}
		for name, want := range map[string]map[string]bool{
			"globals": {"id": true, "title": true},
			"pages":   {"id": true, "title": true, "permalink": true, "content": true},
			"posts":   {"id": true, "title": true, "description": true, "published_at": true, "slug": true, "content": true},
		} {
			if got := w.fields(t, name); len(got) != len(want) {
				t.Errorf("%s now has %v, want %v", name, got, want)
			}
		}
		wantLine(t, out, "done", "collection redirects")
		wantLine(t, out, "done", "everybody reads globals")
		wantLine(t, out, "done", "everybody reads posts")
		w.wantNothingToChange(t, setup.Options{})
	})
}

// TestLeavesTheLastFlow runs setup where the licence has one flow left.
func TestLeavesTheLastFlow(t *testing.T) {
	forEachCore(t, func(t *testing.T, w world) {
		for range 4 {
			w.create(t, "/flows", data{"name": "Ours", "status": "active", "trigger": "manual"})
		}
		out := w.mustRun(t, withHook)
		wantLine(t, out, "unchanged", "flow", "the last of the 5 flows", "--use-last", "once Hutch's cache expires")
		last := withHook
		last.UseLast = true
		if out := w.mustRun(t, last); !strings.Contains(out, "flows: 4 of 5 in use, setup takes 1") {
			t.Errorf("it does not say that it takes it:\n%s", out)
		}
		w.wantNothingToChange(t, withHook)
		var flows []json.RawMessage
		if w.get(t, "/flows", nil, &flows); len(flows) != 5 {
			t.Errorf("there are %d flows", len(flows))
		}
	})
}
