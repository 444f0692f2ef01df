package setup_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/setup"
)

const hookSecret = "the-hooks-secret-0123456789-0123456789"

// told is a call of Directus to the site.
type told struct {
	request, secret  string
	collection, keys string
	event            string
}

// TestTellsOfChanges runs setup with a site that listens, changes content, and
// waits for Directus to tell of it.
func TestTellsOfChanges(t *testing.T) {
	env := map[string]string{"IMPORT_IP_DENY_LIST": "169.254.169.254"} // as setup advises
	forEachVersion(t, env, func(t *testing.T, w world) {
		calls := make(chan told, 100)
		site := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			var body struct {
				Collection, Event string
				Key, Keys         any
			}
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				t.Errorf("%s: %v", r.URL, err)
			}
			keys := []any{body.Key}
			if list, is := body.Keys.([]any); is {
				keys = list
			}
			calls <- told{r.Method + " " + r.URL.Path, r.Header.Get("Authorization"), body.Collection, fmt.Sprint(keys), body.Event}
		}))
		defer site.Close()
		want := func(secret, collection, event, keys string) {
			t.Helper()
			wanted := told{"POST /hooks/directus", "Bearer " + secret, collection, keys, event}
			var others []told
			for timeout := time.After(20 * time.Second); ; {
				select {
				case got := <-calls:
					if got == wanted {
						return
					}
					others = append(others, got)
				case <-timeout:
					t.Fatalf("nothing is told of %+v, but: %+v", wanted, others)
				}
			}
		}

		out := w.mustRun(t, setup.Options{PublicURL: site.URL})
		wantLine(t, out, "unchanged", "flow", "HOOK_SECRET is not set")
		out = w.mustRun(t, setup.Options{HookSecret: hookSecret})
		wantLine(t, out, "unchanged", "flow", "PUBLIC_URL is not set")
		options := setup.Options{PublicURL: site.URL + "/", HookSecret: hookSecret}
		out = w.mustRun(t, options)
		wantLine(t, out, "done", "flow \"Hutch: content changed\"")
		if strings.Contains(out, hookSecret) {
			t.Error("the secret was printed")
		}
		w.wantNothingToChange(t, options)

		w.create(t, "/items/posts", data{"slug": "new", "title": "New"})
		want(hookSecret, "posts", "posts.items.create", "[new]")
		w.patch(t, "/items/posts/new", data{"title": "Newer"})
		want(hookSecret, "posts", "posts.items.update", "[new]")
		w.delete(t, "/items/posts/new")
		want(hookSecret, "posts", "posts.items.delete", "[new]")
		author := w.create(t, "/items/authors", data{"name": "Somebody"})
		want(hookSecret, "authors", "authors.items.create", "["+author+"]")
		w.patch(t, "/items/global", data{"title": "New"})
		want(hookSecret, "global", "global.items.create", "[1]")
		w.patch(t, "/items/global", data{"title": "Newer"})
		want(hookSecret, "global", "global.items.update", "[1]")
		w.upload(t, "picture.png", "image/png")
		want(hookSecret, "directus_files", "files.upload", "["+privateID+"]")
		w.patch(t, "/files/"+privateID, data{"title": "New"})
		want(hookSecret, "directus_files", "files.update", "["+privateID+"]")
		w.delete(t, "/files/"+privateID)
		want(hookSecret, "directus_files", "files.delete", "["+privateID+"]")

		// Another secret takes the place of the old one, and what somebody took
		// out of the flow comes back.
		var flows []struct{ ID string }
		w.get(t, "/flows", nil, &flows)
		w.patch(t, "/flows/"+flows[0].ID, data{"options": data{"type": "action", "scope": []string{"items.create"}, "collections": []string{"own_things"}}})
		options.HookSecret = "another" + hookSecret
		out = w.mustRun(t, options)
		wantLine(t, out, "done", "flow")
		wantLine(t, out, "done", "flow", "did not cover changes to: global, pages", "its secret was not the site's")
		w.wantNothingToChange(t, options)
		w.create(t, "/items/posts", data{"slug": "other"})
		want(options.HookSecret, "posts", "posts.items.create", "[other]")
		var changed []struct {
			Options struct{ Scope, Collections []string }
		}
		w.get(t, "/flows", nil, &changed)
		if o := changed[0].Options; len(o.Scope) != 1 || o.Collections[0] != "own_things" {
			t.Errorf("what somebody chose for the flow is now %+v", o)
		}

		w.patch(t, "/flows/"+flows[0].ID, data{"status": "inactive"})
		wantLine(t, w.wantNothingToChange(t, options), "ok", "flow", "not active", "not told of changes")

		// One that was left half made.
		var operations []struct{ ID string }
		w.get(t, "/operations", nil, &operations)
		w.patch(t, "/flows/"+flows[0].ID, data{"status": "active", "operation": nil})
		w.delete(t, "/operations/"+operations[0].ID)
		wantLine(t, w.mustRun(t, options), "done", "flow", "It had no operation")
		w.create(t, "/items/posts", data{"slug": "another"})
		want(options.HookSecret, "posts", "posts.items.create", "[another]")
	})
}

// TestWithoutFlows runs setup where there are none, as in the sandbox.
func TestWithoutFlows(t *testing.T) {
	harness.ForAll(t)
	forEachCore(t, func(t *testing.T, w world) {
		address, err := url.Parse(w.server.URL)
		if err != nil {
			t.Fatal(err)
		}
		proxy := httputil.NewSingleHostReverseProxy(address)
		front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/flows") {
				r.URL.Path = "/no/such/route"
			}
			proxy.ServeHTTP(rw, r)
		}))
		defer front.Close()
		if w.client, err = directus.New(front.URL); err != nil {
			t.Fatal(err)
		}
		out := w.mustRun(t, setup.Options{PublicURL: "https://hutch.test", HookSecret: hookSecret})
		wantLine(t, out, "refused", "flow", "has no flows")
	})
}

// wantEnvironment checks what setup says of Directus' own environment.
func wantEnvironment(t *testing.T, out, site string) {
	t.Helper()
	for _, line := range []string{
		"USER_REGISTER_URL_ALLOW_LIST=" + site + "/verify",
		"PASSWORD_RESET_URL_ALLOW_LIST=" + site + "/password/reset",
		"USER_INVITE_URL_ALLOW_LIST=" + site + "/invite",
		"IP_TRUST_PROXY=127.0.0.1",
		"EMAIL_TRANSPORT=smtp",
		"#IMPORT_IP_DENY_LIST=169.254.169.254",
	} {
		if !strings.Contains(out, "\n"+line+"\n") {
			t.Errorf("it does not say %s:\n%s", line, out)
		}
	}
	if !strings.Contains(out, `"invite_url": "`+site+`/invite"`) {
		t.Errorf("it does not say how to invite:\n%s", out)
	}
}

// TestMain lets the garbage collector end what the caches of the tests' sites run in the
// background, and then allows nothing to run.
func TestMain(m *testing.M) { goleak.VerifyTestMain(collected{m}) }

type collected struct{ *testing.M }

func (c collected) Run() int {
	code := c.M.Run()
	for end := time.Now().Add(10 * time.Second); goleak.Find() != nil && time.Now().Before(end); {
		runtime.GC()
	}
	return code
}

func TestParseFlags(t *testing.T) {
	tests := []struct {
		args  string
		want  setup.Options
		fault string // part of the error
	}{
		{args: "", want: setup.Options{}},
		{args: "--dry-run", want: setup.Options{DryRun: true}},
		{args: "-sample --app-access", want: setup.Options{Sample: true, AppAccess: true}},
		{args: "--no-verify-email --new-service-token --public-files", want: setup.Options{NoVerifyEmail: true, NewServiceToken: true, PublicFiles: true}},
		{args: "--recovery-codes --delete-accounts", want: setup.Options{RecoveryCodes: true, DeleteAccounts: true}},
		{args: "--force", fault: "-force"},
		{args: "--dry-run=perhaps", fault: "perhaps"},
		{args: "now", fault: `"now"`},
		{args: "--sample now", fault: `"now"`},
	}
	for _, test := range tests {
		t.Run(test.args, func(t *testing.T) {
			var out bytes.Buffer
			got, err := setup.ParseFlags(strings.Fields(test.args), &out)
			if test.fault == "" {
				if err != nil || !reflect.DeepEqual(got, test.want) {
					t.Errorf("got %+v, %v; want %+v", got, err, test.want)
				}
			} else if err == nil || !strings.Contains(err.Error(), test.fault) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got error %v; want one sentence with %s", err, test.fault)
			}
			if out.Len() > 0 {
				t.Errorf("printed %q", out.String())
			}
		})
	}
}

func TestHelpNamesEveryFlag(t *testing.T) {
	var out bytes.Buffer
	if _, err := setup.ParseFlags([]string{"-h"}, &out); !errors.Is(err, flag.ErrHelp) {
		t.Fatalf("got %v, want flag.ErrHelp", err)
	}
	for _, name := range []string{
		"--dry-run", "--sample", "--app-access", "--no-verify-email", "--new-service-token", "--public-files",
		"--recovery-codes", "--delete-accounts", "PUBLIC_URL", "HOOK_SECRET", "DIRECTUS_URL", "DIRECTUS_ADMIN_TOKEN", "DIRECTUS_ADMIN_EMAIL", "DIRECTUS_ADMIN_PASSWORD",
	} {
		if !strings.Contains(out.String(), name) {
			t.Errorf("the usage does not name %s", name)
		}
	}
}
