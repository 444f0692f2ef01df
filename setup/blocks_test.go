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

// On an empty project, setup --blocks makes the content model of Directus' starters, with
// sample content, and what else setup makes.
func TestBlocks(t *testing.T) {
	forEachVersion(t, nil, func(t *testing.T, w world) {
		if w.major() == "10" { // which the starters do not support
			return
		}
		opts := setup.Options{Blocks: true, Sample: true, HookSecret: "a-secret-of-the-hook-0123456789", PublicURL: "https://hutch.test"}
		out := w.mustRun(t, opts)
		wantLine(t, out, "done", "content model of Directus' starters: 21 collections")
		if w.core() {
			if !strings.Contains(out, "collections: 0 of 25 in use, setup takes 22;\n") {
				t.Errorf("it does not say what it takes of the licence:\n%s", out)
			}
			wantLine(t, out, "refused", "everybody reads directus_users", "without their authors")
			wantLine(t, out, "done", "everybody reads forms", "mailed to")
		}
		w.wantNothingToChange(t, opts)

		visitor := func(path string, fields ...string) []map[string]any {
			t.Helper()
			var rows []map[string]any
			if err := w.client.Items(t.Context(), directus.Visitor{}, secret.Text{}, path, directus.Query{Fields: fields, Limit: 100}, &rows); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			return rows
		}
		var links []string
		for _, page := range visitor("pages", "permalink", "blocks.collection") {
			links = append(links, page["permalink"].(string))
		}
		slices.Sort(links)
		if got := strings.Join(links, " "); got != "/ /about /conduct /contact /privacy /society/meetings /society/membership" {
			t.Errorf("the pages: %s", got)
		}
		if menus := visitor("navigation", "id", "items.children.page.permalink"); len(menus) != 2 {
			t.Errorf("the menus: %v", menus)
		}
		if forms := visitor("forms", "title", "fields.name"); len(forms) != 2 {
			t.Errorf("the forms: %v", forms)
		}
		seen := visitor("posts", "slug", "status")
		if drafts := slices.ContainsFunc(seen, func(p map[string]any) bool {
			return p["status"] == "draft" || p["slug"] == "one-hundred-and-twenty-five-years"
		}); drafts != w.core() {
			t.Errorf("visitors see drafts: %v", seen)
		}
		var users []struct{}
		err := w.client.Items(t.Context(), directus.Visitor{}, secret.Text{}, "forms", directus.Query{Fields: []string{"emails"}}, &users)
		if (err == nil) != w.core() {
			t.Errorf("visitors read where forms are sent: %v", err)
		}

		// A picture that comes with a form is for editors, where there are rules.
		out = w.mustRun(t, setup.Options{Forms: true})
		const sent = "5d0c7f46-0000-4000-8000-000000000003"
		_, err = w.client.Admin(printed(out, "FORMS_TOKEN")).Upload(t.Context(), directus.Upload{
			Fields: map[string]string{"id": sent, "folder": printed(out, "FORMS_FOLDER")}, Name: "me.gif", ContentType: "image/gif", Content: []byte("GIF89a"),
		})
		if err != nil {
			t.Fatalf("%v, after\n%s", err, out)
		}
		if w.canRead(t, "", "/files/"+sent) != w.core() {
			t.Errorf("whether everybody sees a picture that came with a form: %t", !w.core())
		}
		if len(visitor("directus_files", "id")) == 0 {
			t.Error("nobody sees any picture")
		}
	})
}

// TestBlocksWholeOrNot runs setup --blocks where the licence has too few collections left
// for the model, just enough, and enough but for the recovery codes.
func TestBlocksWholeOrNot(t *testing.T) {
	forEachCore(t, func(t *testing.T, w world) {
		const model = "content model of Directus' starters"
		others := w.makeRoom(t, w.fillUp(t), 20)
		blocks := setup.Options{Blocks: true}
		wantNothing := func(opts setup.Options, notes ...string) {
			t.Helper()
			out, err := w.run(t, opts)
			wantSentence(t, err, "could not be done")
			wantLine(t, out, "blocked", model, append(notes, "does not make a part of this model")...)
			if w.canRead(t, w.token, "/collections/block_hero") || w.canRead(t, w.token, "/collections/redirects") {
				t.Error("it made a part of the model")
			}
		}
		wantNothing(blocks, "takes 21 collections, and of the 25 that the licence Core allows, 20 are left")
		others = w.makeRoom(t, others, 1)
		wantNothing(blocks, "the last of the 25 collections", "--use-last")
		w.makeRoom(t, others, 1)
		out := w.mustRun(t, blocks)
		wantLine(t, out, "done", model)
		wantLine(t, out, "unchanged", "collection hutch_recovery_codes", "the last of the 25 collections")
		if !strings.Contains(out, "collections: 3 of 25 in use, setup takes 21;\n") {
			t.Errorf("it does not say what it takes:\n%s", out)
		}
		w.wantNothingToChange(t, blocks)
		last := setup.Options{Blocks: true, UseLast: true, RecoveryCodes: true}
		wantLine(t, w.mustRun(t, last), "done", "collection hutch_recovery_codes")
	})
}

// TestBlocksTakeTheLast runs it where the model takes the last ones, and is to.
func TestBlocksTakeTheLast(t *testing.T) {
	forEachCore(t, func(t *testing.T, w world) {
		w.makeRoom(t, w.fillUp(t), 21)
		out := w.mustRun(t, setup.Options{Blocks: true, UseLast: true})
		wantLine(t, out, "done", "content model of Directus' starters")
		wantLine(t, out, "refused", "collection hutch_recovery_codes", "none is left")
	})
}

// TestBlocksWithForms makes the model and the account that sends its forms in one run.
func TestBlocksWithForms(t *testing.T) {
	forEachVersion(t, nil, func(t *testing.T, w world) {
		if w.major() == "10" {
			return
		}
		opts := setup.Options{Blocks: true, Forms: true, Sample: true, DryRun: true}
		before := w.snapshot(t)
		wantLine(t, w.mustRun(t, opts), "to do", "forms account")
		wantSame(t, before, w.snapshot(t))
		opts.DryRun = false
		out := w.mustRun(t, opts)
		var forms []struct {
			ID     string
			Fields []struct{ ID string }
		}
		w.get(t, "/items/forms", url.Values{"fields": {"id,fields.id"}}, &forms)
		account := w.client.Admin(printed(out, "FORMS_TOKEN"))
		sent := data{"form": forms[0].ID, "values": []data{{"field": forms[0].Fields[0].ID, "value": "Ada"}}}
		if err := account.Post(t.Context(), "/items/form_submissions", sent, nil); err != nil {
			t.Errorf("it cannot send a form: %v, after\n%s", err, out)
		}
		var folders []struct{ ID string }
		if w.get(t, "/folders", nil, &folders); len(folders) != 1 || folders[0].ID != printed(out, "FORMS_FOLDER") {
			t.Errorf("the folders are %v, printed is %q", folders, printed(out, "FORMS_FOLDER"))
		}
		w.wantNothingToChange(t, setup.Options{Blocks: true, Forms: true, Sample: true})
	})
}

// TestBlocksOfAnother plans the same indexes with --blocks as without, for a model that is
// there.
func TestBlocksOfAnother(t *testing.T) {
	onOfficial(t, func(t *testing.T, w world) {
		indexes := func(opts setup.Options) (lines []string) {
			for line := range strings.Lines(w.mustRun(t, opts)) {
				if strings.HasPrefix(line, "  to do     index on ") {
					lines = append(lines, strings.TrimSpace(line))
				}
			}
			slices.Sort(lines)
			return lines
		}
		without, with := indexes(setup.Options{DryRun: true}), indexes(setup.Options{DryRun: true, Blocks: true})
		if len(without) != 3 || !slices.Equal(without, with) {
			t.Errorf("the indexes are %q, with --blocks %q", without, with)
		}
	})
}

// It is for a project without content.
func TestBlocksBesideOthers(t *testing.T) {
	forEachVersion(t, nil, func(t *testing.T, w world) {
		w.collection(t, "pages", data{}, serialKey())
		out, err := w.run(t, setup.Options{Blocks: true})
		if err == nil {
			t.Error("it went well")
		}
		wantLine(t, out, "blocked", "content model of Directus' starters", "has pages already", "Leave it out")
		var all []struct{ Collection string }
		w.get(t, "/collections", url.Values{}, &all)
		for _, c := range all {
			if strings.HasPrefix(c.Collection, "block_") {
				t.Errorf("%s was made", c.Collection)
			}
		}
	})
}
