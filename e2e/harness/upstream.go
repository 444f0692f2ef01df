package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hutch/app"
	"hutch/handlers/account"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/sandbox"
	"hutch/templates"
	"hutch/tools/realdirectus"

	"github.com/alexedwards/argon2id"
)

// Upstream is a Directus that is ready for the app.
type Upstream struct {
	URL          string
	Admin        *directus.Admin
	AdminToken   string // of a real one
	ServiceToken string
	Major        int
	Sandbox      bool
	Postgres     bool                                            // is a real one's database, in place of SQLite
	outbox       func(context.Context) (templates.Outbox, error) // the sandbox's
	OutboxShown  bool                                            // by the app, as in development
	Now          func() time.Time                                // the sandbox's clock
	Passed       *atomic.Int64                                   // moves it, where it stands still otherwise
	mailbox      *realdirectus.Mailbox                           // a real one's
	Treated      *directus.Options                               // by the app; nil: patiently, and without a breaker
	Limited      []limits.Limit                                  // by the app; nil: as a busy site
	RefusedAfter time.Duration                                   // by the app; 0: at once, as tests refuse often
	Words        fs.FS                                           // of the app; nil: those in the binary
	Templates    fs.FS                                           // of the app; nil: those in the binary
	Folder       fs.FS                                           // of the app, its site folder; nil: none
}

// PublicURL is what visitors type, as far as Directus and its mails know: the
// tests' apps are on ports of their own.
const PublicURL = "http://hutch.test"

// Mailed waits for the n-th mail to an address, counted from 1, and returns its
// link as a path of the app.
func (up Upstream) Mailed(t *testing.T, address string, n int) (path string) {
	t.Helper()
	link := ""
	if up.Sandbox {
		outbox, err := up.outbox(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(outbox.Mails)
		for _, m := range outbox.Mails {
			if strings.EqualFold(m.To, address) {
				if n--; n == 0 {
					link = m.Link
				}
			}
		}
	} else {
		mail, err := up.mailbox.Await(t.Context(), address, n)
		if err != nil {
			t.Fatal(err)
		}
		link = mail.Link
	}
	path, ours := strings.CutPrefix(link, PublicURL)
	if !ours {
		t.Fatalf("the mail to %s leads to %q", address, link)
	}
	return path
}

// OnEachDirectus runs a test on a sandbox of its own and on each real Directus that
// is tested with, which all tests of the package share: there a test may make
// members and what belongs to them, and change nothing that others see.
func OnEachDirectus(t *testing.T, test func(*testing.T, Upstream)) {
	t.Parallel()
	t.Run("sandbox", func(t *testing.T) {
		t.Parallel()
		test(t, StartSandbox(t, sandbox.Options{}))
	})
	OnEachReal(t, func(t *testing.T, version string) { test(t, sharedDirectus(t, hutchModel, version)) })
}

// OnDirectusInTestAll is for a test that adds no question to those which others ask a
// real Directus: make test runs it on the sandbox.
func OnDirectusInTestAll(t *testing.T, test func(*testing.T, Upstream)) {
	t.Parallel()
	t.Run("sandbox", func(t *testing.T) {
		t.Parallel()
		test(t, StartSandbox(t, sandbox.Options{}))
	})
	if All() {
		OnEachReal(t, func(t *testing.T, version string) { test(t, StartReal(t, version)) })
	}
}

// OnDirectusOfItsOwn is for a test that changes settings, permissions or published
// content.
func OnDirectusOfItsOwn(t *testing.T, test func(*testing.T, Upstream)) {
	OnDirectusOfItsOwnWith(t, nil, test)
}

// OnDirectusOfItsOwnWith is [OnDirectusOfItsOwn] with collections and fields of the
// project's own.
func OnDirectusOfItsOwnWith(t *testing.T, own collections.Table, test func(*testing.T, Upstream)) {
	t.Parallel()
	t.Run("sandbox", func(t *testing.T) {
		t.Parallel()
		test(t, StartSandbox(t, sandbox.Options{Collections: own}))
	})
	OnEachReal(t, func(t *testing.T, version string) { test(t, StartReal(t, version, own...)) })
}

// OnEachReal runs a test for each version of a real Directus that is tested with, at
// the same time: most of a test is waiting.
func OnEachReal(t *testing.T, test func(*testing.T, string)) {
	if testing.Short() {
		return
	}
	for _, version := range realdirectus.TestVersions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			test(t, version)
		})
	}
}

// StartSandbox starts a sandbox in memory, whose passwords cost next to nothing.
func StartSandbox(t testing.TB, options sandbox.Options) Upstream {
	t.Helper()
	const token = "the-app-tests-admin-token-0123456789"
	options.Path, options.AdminToken = ":memory:", token
	options.AllowedURLs = account.MailedURLs(PublicURL)
	options.PasswordCost = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	box, err := sandbox.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	address, err := box.Start(context.WithoutCancel(t.Context())) // until it is closed: the last calls come late
	if err != nil {
		t.Fatal(err)
	}
	service, err := box.ServiceToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return Upstream{
		URL: address, Admin: NewAdmin(t, address, token), ServiceToken: service, Major: 11, Sandbox: true,
		outbox: app.SandboxOutbox(box), Now: options.Now,
	}
}

func NewAdmin(t testing.TB, address, token string) *directus.Admin {
	t.Helper()
	client, err := directus.New(address)
	if err != nil {
		t.Fatal(err)
	}
	return client.Admin(token)
}

// Change sets a setting of Directus for the rest of the test.
func (up Upstream) Change(t *testing.T, settings, back map[string]any) {
	t.Helper()
	if err := up.Admin.Patch(t.Context(), "/settings", settings); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := up.Admin.Patch(context.Background(), "/settings", back); err != nil {
			t.Error(err)
		}
	})
}

// EverybodyMay lets the public do this for the rest of the test, in place of what it
// was allowed before: of two rules for the same thing, Directus 10 knows one.
func (up Upstream) EverybodyMay(t *testing.T, action, collection string, fields ...string) {
	t.Helper()
	holder, where := "policy", map[string]any{"_eq": publicPolicy}
	rule := map[string]any{"collection": collection, "action": action, "fields": fields, "permissions": map[string]any{}, "policy": publicPolicy}
	if up.Major == 10 {
		holder, where = "role", map[string]any{"_null": true}
		delete(rule, "policy")
		rule["role"] = nil
	}
	filter, err := json.Marshal(map[string]any{holder: where, "collection": map[string]any{"_eq": collection}, "action": map[string]any{"_eq": action}})
	if err != nil {
		t.Fatal(err)
	}
	var before []map[string]any
	if err := up.Admin.Get(t.Context(), "/permissions", url.Values{"filter": {string(filter)}}, &before); err != nil {
		t.Fatal(err)
	}
	for _, old := range before {
		if err := up.Admin.Delete(t.Context(), fmt.Sprintf("/permissions/%v", old["id"])); err != nil {
			t.Fatal(err)
		}
		delete(old, "id")
		delete(old, "system")
	}
	var made struct{ ID int }
	if err := up.Admin.Post(t.Context(), "/permissions", rule, &made); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := up.Admin.Delete(context.Background(), fmt.Sprintf("/permissions/%d", made.ID))
		for _, old := range before {
			err = errors.Join(err, up.Admin.Post(context.Background(), "/permissions", old, nil))
		}
		if err != nil {
			t.Error(err)
		}
	})
}
