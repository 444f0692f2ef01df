package setup_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/internal/directus"

	_ "modernc.org/sqlite"

	"hutch/internal/collections"
	"hutch/setup"
	"hutch/tools/realdirectus"
)

// TestGoesOnAfterAnInterrupt stops setup in its midst, and runs it again.
func TestGoesOnAfterAnInterrupt(t *testing.T) {
	forEachVersion(t, nil, func(t *testing.T, w world) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		out := &interrupter{word: "done      collection pages", cancel: cancel}
		err := setup.Run(ctx, w.client, w.token, setup.Options{Sample: true}, out)
		wantSentence(t, err, "could not be done")
		wantLine(t, out.String(), "skipped", "collection authors", "Interrupted")
		again := w.mustRun(t, setup.Options{Sample: true})
		wantLine(t, again, "ok", `role "Users"`)
		wantLine(t, again, "ok", "collection pages")
		wantLine(t, again, "done", "collection authors")
		w.wantNothingToChange(t, setup.Options{Sample: true})
	})
}

// interrupter cancels once a word was printed.
type interrupter struct {
	bytes.Buffer
	word   string
	cancel func()
}

func (i *interrupter) Write(p []byte) (int, error) {
	n, err := i.Buffer.Write(p)
	if strings.Contains(i.String(), i.word) {
		i.cancel()
	}
	return n, err
}

// TestSeesPastTheCache runs setup where Directus caches what it answers: a
// permission made since the last look must be seen.
func TestSeesPastTheCache(t *testing.T) {
	harness.ForAll(t)
	env := map[string]string{"CACHE_ENABLED": "true", "CACHE_TTL": "10m", "CACHE_AUTO_PURGE": "false", "QUERY_LIMIT_MAX": "40"}
	forEachVersion(t, env, func(t *testing.T, w world) {
		w.mustRun(t, setup.Options{DryRun: true})
		strict := data{"collection": "posts", "action": "read", "fields": []string{"*"}}
		if !w.core() {
			strict["fields"] = []string{"title"}
		}
		w.permission(t, w.public(t), strict)
		out := w.mustRun(t, setup.Options{})
		if strings.Contains(out, "done      everybody reads posts") {
			t.Errorf("the permission that was there is not seen:\n%s", out)
		}
		out = w.mustRun(t, setup.Options{})
		if !strings.Contains(out, "Nothing to change.") {
			t.Errorf("what was just done is not seen:\n%s", out)
		}

		// Lists that are cut short must not be taken for the whole.
		for i := range 40 {
			w.create(t, "/roles", data{"name": fmt.Sprintf("Role %d", i)})
		}
		_, err := w.run(t, setup.Options{})
		wantSentence(t, err, "QUERY_LIMIT_MAX", "/roles")
	})
}

// TestDoesWhatItCan runs setup where the licence has too few collections left.
func TestDoesWhatItCan(t *testing.T) {
	forEachCore(t, func(t *testing.T, w world) {
		ours := slices.DeleteFunc(collections.All(), collections.Collection.System)
		before := slices.IndexFunc(ours, func(c collections.Collection) bool { return c.Name == "posts" })
		others := w.fillUp(t)
		others = w.makeRoom(t, others, before) // and none for posts
		before--                               // the last one is left to the project
		out := w.mustRun(t, setup.Options{})
		if !strings.Contains(out, "collections: 22 of 25 in use, setup takes 2;\n") {
			t.Errorf("it does not say what it takes:\n%s", out)
		}
		wantLine(t, out, "done", "collection pages")
		wantLine(t, out, "unchanged", "collection authors", "the last of the 25 collections", "--use-last", "posts name no author")
		wantLine(t, out, "unchanged", "collection posts", "the site has no blog")
		wantLine(t, out, "done", "everybody reads pages")
		wantLine(t, out, "unchanged", "collection hutch_recovery_codes", "a member who loses their phone")
		wantLine(t, out, "done", "the service account reads users")
		wantLine(t, out, "done", "service account, without")
		if strings.Contains(out, "reads posts") || strings.Contains(out, "refers to authors") {
			t.Errorf("it plans for what is left out:\n%s", out)
		}
		if serviceToken(out) == "" {
			t.Error("the token of the account that was made is lost")
		}
		w.wantNothingToChange(t, setup.Options{})

		out = w.mustRun(t, setup.Options{UseLast: true})
		wantLine(t, out, "done", "collection authors")
		wantLine(t, out, "refused", "collection posts", "allows 25 collections, and none is left")

		w.makeRoom(t, others, len(ours)-before)
		out = w.mustRun(t, setup.Options{})
		wantLine(t, out, "done", "everybody reads posts")
		wantLine(t, out, "done", "the service account may read hutch_recovery_codes")
		w.wantNothingToChange(t, setup.Options{})
	})
}

// fillUp makes as many collections as the licence allows, and returns their names.
func (w world) fillUp(t *testing.T) (names []string) {
	t.Helper()
	for {
		name := fmt.Sprintf("other_%d", len(names))
		err := w.tryCollection(t, name, data{}, serialKey())
		switch {
		case errors.Is(err, directus.LimitExceeded) && len(names) > 0:
			return names
		case err != nil || len(names) == 1000:
			t.Fatalf("%d collections, then %v", len(names), err)
		}
		names = append(names, name)
	}
}

// makeRoom deletes n of the collections and returns the others.
func (w world) makeRoom(t *testing.T, names []string, n int) []string {
	t.Helper()
	for _, name := range names[:n] {
		w.delete(t, "/collections/"+name)
	}
	return names[n:]
}

// TestRulesThatTheServerHides runs setup on a Directus 12 whose permissions
// come from a time with a licence. It does not show them at /permissions, and
// lets nobody in by them; a wider one beside them would be a hole.
func TestRulesThatTheServerHides(t *testing.T) {
	harness.ForAll(t)
	forEachCore(t, func(t *testing.T, w world) {
		_, users := w.role(t, "Users")
		w.collection(t, "posts", data{}, data{"field": "slug", "type": "string", "schema": data{"is_primary_key": true}})
		w.create(t, "/items/posts", data{"slug": "secret"})
		public := fmt.Sprint(w.public(t))
		w.store(t, public, "posts", "read", "*", `{"slug":{"_neq":"secret"}}`)
		w.store(t, public, "directus_files", "read", "*", `{"type":{"_starts_with":"image/"}}`)
		w.store(t, users, "directus_users", "read", "*", `{"id":{"_eq":"$CURRENT_USER"}}`)
		w.store(t, users, "directus_users", "delete", "*", `{"id":{"_eq":"$CURRENT_USER"}}`)
		w.store(t, users, "directus_files", "read", "*", `{"uploaded_by":{"_eq":"$CURRENT_USER"}}`)
		w.store(t, users, "directus_files", "delete", "*", `{"uploaded_by":{"_eq":"$CURRENT_USER"}}`)
		w.store(t, users, "directus_users", "update", "email", `{"id":{"_eq":"$CURRENT_USER"}}`)

		out := w.mustRun(t, setup.Options{NoVerifyEmail: true})
		wantLine(t, out, "unchanged", "everybody reads posts", "ignores it", "Setup keeps it")
		wantLine(t, out, "unchanged", "everybody reads all files", "ignores it")
		wantLine(t, out, "unchanged", "members read their own user", "ignores it")
		wantLine(t, out, "unchanged", "members change their own user", "ignores it")
		wantLine(t, out, "unchanged", "members delete their own user", "ignores it")
		wantLine(t, out, "unchanged", "members read their own files", "ignores it")
		wantLine(t, out, "ok", "members delete their own files")
		wantLine(t, out, "done", "service account, without")
		if w.canRead(t, "", "/items/posts/secret") {
			t.Error("the public reads what a rule hides")
		}
		w.wantNothingToChange(t, setup.Options{})
	})
}

// forEachCore starts each version to test with that is a Directus 12, without a
// licence, its database in a folder of the test.
func forEachCore(t *testing.T, test func(*testing.T, world)) {
	t.Parallel()
	for _, version := range realdirectus.TestVersions() {
		if !strings.HasPrefix(version, "12.") {
			continue
		}
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			realdirectus.NeedForTest(t, version)
			dir := t.TempDir()
			server, err := realdirectus.Start(t.Context(), version, realdirectus.Options{DataDir: dir})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := server.Stop(); err != nil {
					t.Error(err)
				}
			})
			w := worldOf(t, server)
			w.database = filepath.Join(dir, "data.db")
			test(t, w)
		})
	}
}

// store puts a permission where the server would not take it.
func (w world) store(t *testing.T, policy, collection, action, fields, rule string) {
	t.Helper()
	db, err := sql.Open("sqlite", w.database+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.ExecContext(t.Context(),
		"insert into directus_permissions (policy, collection, action, fields, permissions) values (?, ?, ?, ?, ?)",
		policy, collection, action, fields, rule)
	if err != nil {
		t.Fatal(err)
	}
}
