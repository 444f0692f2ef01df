package setup_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/setup"
	"hutch/tools/realdirectus"
)

// environment stands for that of the process.
type environment map[string]string

func (e environment) get(name string) string { return e[name] }

// data is the body of a request to Directus.
type data map[string]any

// world is a real Directus of one test, and its administrator.
type world struct {
	server *realdirectus.Server
	client *directus.Client
	admin  *directus.Admin
	token  string // that setup gets

	database string // its file, where a test needs it
}

func newWorld(t *testing.T, version string, env map[string]string) world {
	t.Helper()
	return worldOf(t, realdirectus.ForTest(t, version, env))
}

func worldOf(t *testing.T, server *realdirectus.Server) world {
	t.Helper()
	client, err := directus.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return world{server: server, client: client, admin: client.Admin(server.AdminToken), token: server.AdminToken}
}

// major is "10", "11" or "12".
func (w world) major() string {
	major, _, _ := strings.Cut(w.server.Version, ".")
	return major
}

// core reports whether permissions can have no rules of their own here: the
// tests know no licence.
func (w world) core() bool { return w.major() == "12" }

// run is hutch setup. No secret of the administrator may appear.
func (w world) run(t *testing.T, opts setup.Options) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := setup.Run(t.Context(), w.client, w.token, opts, &out)
	for _, secret := range []string{w.server.AdminToken, w.server.AdminPassword} {
		if strings.Contains(out.String(), secret) || strings.Contains(fmt.Sprint(err), secret) {
			t.Error("a secret of the administrator was printed")
		}
	}
	return out.String(), err
}

// mustRun is a run that goes well.
func (w world) mustRun(t *testing.T, opts setup.Options) string {
	t.Helper()
	out, err := w.run(t, opts)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return out
}

// wantNothingToChange runs setup where everything is done already.
func (w world) wantNothingToChange(t *testing.T, opts setup.Options) string {
	t.Helper()
	before := w.snapshot(t)
	out := w.mustRun(t, opts)
	if !strings.Contains(out, "\nNothing to change.\n") || strings.Contains(out, "to do") || strings.Contains(out, "  done") {
		t.Errorf("it does not say that there is nothing to change:\n%s", out)
	}
	if strings.Contains(out, "DIRECTUS_SERVICE_TOKEN=") {
		t.Error("a token was printed again")
	}
	wantSame(t, before, w.snapshot(t))
	return out
}

// snapshot is all that setup could change, and how many entries Directus' log
// of changes has.
func (w world) snapshot(t *testing.T) map[string]string {
	t.Helper()
	paths := []string{
		"/roles?fields=*", "/users?fields=id,email,status,role,token,description", "/settings?fields=*",
		"/collections", "/fields", "/relations", "/files?fields=*",
		"/items/global", "/items/pages", "/items/authors", "/items/posts", "/items/navigation", "/items/redirects", "/items/hutch_recovery_codes",
		"/activity?aggregate[count]=id", "/flows?fields=*", "/operations?fields=*",
	}
	if w.major() == "10" {
		paths = append(paths, "/permissions?fields=*")
	} else {
		paths = append(paths, "/policies?fields=*,permissions.*", "/access?fields=*")
	}
	snapshot := map[string]string{}
	for _, path := range paths {
		name, query, _ := strings.Cut(path, "?")
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		values.Set("limit", "-1")
		var answer json.RawMessage
		if err := w.admin.Get(t.Context(), name, values, &answer); err != nil && !errors.Is(err, directus.Forbidden) {
			t.Fatal(err)
		}
		snapshot[name] = string(answer)
	}
	return snapshot
}

func wantSame(t *testing.T, before, after map[string]string) {
	t.Helper()
	for path, was := range before {
		if is := after[path]; is != was {
			t.Errorf("%s has changed from\n%s\nto\n%s", path, was, is)
		}
	}
}

func (w world) get(t *testing.T, path string, query url.Values, out any) {
	t.Helper()
	if err := w.admin.Get(t.Context(), path, query, out); err != nil {
		t.Fatal(err)
	}
}

// create makes an item and returns its id.
func (w world) create(t *testing.T, path string, body data) string {
	t.Helper()
	var made struct {
		ID any `json:"id"`
	}
	if err := w.admin.Post(t.Context(), path, body, &made); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(made.ID)
}

func (w world) patch(t *testing.T, path string, body data) {
	t.Helper()
	if err := w.admin.Patch(t.Context(), path, body); err != nil {
		t.Fatal(err)
	}
}

func (w world) delete(t *testing.T, path string) {
	t.Helper()
	if err := w.admin.Delete(t.Context(), path); err != nil {
		t.Fatal(err)
	}
}

// collection makes one as somebody else would.
func (w world) collection(t *testing.T, name string, meta data, fields ...data) {
	t.Helper()
	if err := w.tryCollection(t, name, meta, fields...); err != nil {
		t.Fatal(err)
	}
}

func (w world) tryCollection(t *testing.T, name string, meta data, fields ...data) error {
	return w.admin.Post(t.Context(), "/collections", data{"collection": name, "meta": meta, "schema": data{}, "fields": fields}, nil)
}

// serialKey is the usual primary key.
func serialKey() data {
	return data{"field": "id", "type": "integer", "schema": data{"is_primary_key": true, "has_auto_increment": true}}
}

// fields are the names of a collection's fields.
func (w world) fields(t *testing.T, collection string) map[string]bool {
	t.Helper()
	var rows []struct{ Field string }
	w.get(t, "/fields/"+collection, nil, &rows)
	names := map[string]bool{}
	for _, row := range rows {
		names[row.Field] = true
	}
	return names
}

// role makes one, and returns what its permissions hang on: itself on v10, its
// policy from v11 on.
func (w world) role(t *testing.T, name string) (role, holder string) {
	t.Helper()
	if w.major() == "10" {
		role = w.create(t, "/roles", data{"name": name, "app_access": false})
		return role, role
	}
	role = w.create(t, "/roles", data{"name": name})
	policy := w.create(t, "/policies", data{"name": name, "app_access": false})
	w.create(t, "/access", data{"role": role, "policy": policy})
	return role, policy
}

// public is what the public's permissions hang on.
func (w world) public(t *testing.T) any {
	t.Helper()
	if w.major() == "10" {
		return nil
	}
	var links []struct {
		Policy string `json:"policy"`
	}
	w.get(t, "/access", url.Values{"filter[role][_null]": {"true"}, "filter[user][_null]": {"true"}}, &links)
	return links[0].Policy
}

func (w world) permission(t *testing.T, holder any, perm data) string {
	t.Helper()
	if w.major() == "10" {
		perm["role"] = holder
	} else {
		perm["policy"] = holder
	}
	return w.create(t, "/permissions", perm)
}

// member signs up and in.
func (w world) member(t *testing.T, email string) directus.Session {
	t.Helper()
	const password = "a member's password"
	if err := w.client.Register(t.Context(), directus.Visitor{}, email, password, ""); err != nil {
		t.Fatalf("%s cannot sign up: %v", email, err)
	}
	session, err := w.client.Login(t.Context(), directus.Visitor{}, directus.Credentials{Email: email, Password: secret.Of(password)})
	if err != nil {
		t.Fatalf("%s cannot sign in: %v", email, err)
	}
	return session
}

// storedPermission is one as Directus keeps it, whether it shows it or not.
type storedPermission struct {
	ID                 json.Number
	Collection, Action string
	Fields             []string
	Rule               json.RawMessage `json:"permissions"`
	Validation         json.RawMessage
	Presets            json.RawMessage
	System             bool
}

func (p storedPermission) String() string {
	return fmt.Sprintf("%s %s %v %s %s %s", p.Action, p.Collection, p.Fields, p.Rule, p.Validation, p.Presets)
}

func (w world) storedPermissions(t *testing.T) []storedPermission {
	t.Helper()
	var rows []storedPermission
	if w.major() == "10" {
		w.get(t, "/permissions", url.Values{"limit": {"-1"}}, &rows)
		return slices.DeleteFunc(rows, func(row storedPermission) bool { return row.System })
	}
	var policies []struct{ Permissions []storedPermission }
	w.get(t, "/policies", url.Values{"fields": {"permissions.*"}, "limit": {"-1"}}, &policies)
	for _, policy := range policies {
		rows = append(rows, policy.Permissions...)
	}
	return rows
}

// canRead reports whether a token, empty for the public, reads a path.
func (w world) canRead(t *testing.T, token, path string) bool {
	t.Helper()
	var answer json.RawMessage
	err := w.client.Admin(token).Get(t.Context(), path, nil, &answer)
	if err != nil && !errors.Is(err, directus.Forbidden) && !errors.Is(err, directus.InvalidCredentials) {
		t.Fatal(err)
	}
	return err == nil
}

func wantForbidden(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, directus.Forbidden) {
		t.Errorf("%s: got %v, want it forbidden", what, err)
	}
}

// wantSentence checks an error that people are to understand.
func wantSentence(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("not one sentence: %v", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error %q does not say %q", err, part)
		}
	}
}

// wantLine checks that setup says a step, with the words in its line or notes.
func wantLine(t *testing.T, out, state, what string, notes ...string) {
	t.Helper()
	lines := strings.Split(out, "\n")
	start := slices.IndexFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "  "+state) && strings.Contains(line, what)
	})
	if start < 0 {
		t.Errorf("it does not say %q of %q:\n%s", state, what, out)
		return
	}
	end := start + 1
	for end < len(lines) && strings.HasPrefix(lines[end], "     ") {
		end++
	}
	said := strings.Join(strings.Fields(strings.Join(lines[start:end], " ")), " ")
	for _, note := range notes {
		if !strings.Contains(said, note) {
			t.Errorf("it does not say %q of %q, but:\n%s", note, what, said)
		}
	}
}

// wantLast checks the command with which setup ends.
func wantLast(t *testing.T, out, command string) {
	t.Helper()
	if !strings.HasSuffix(out, "\n\n  "+command+"\n") {
		t.Errorf("it does not end with %q:\n%s", command, out)
	}
}

// isEmpty reports whether what a token reads at a path is an empty list.
func (w world) isEmpty(t *testing.T, token, path string) bool {
	t.Helper()
	var answer json.RawMessage
	if err := w.client.Admin(token).Get(t.Context(), path, nil, &answer); err != nil {
		t.Fatal(err)
	}
	return string(answer) == "[]" || string(answer) == "{}" || answer == nil
}

// privateID is the file that upload stores.
const privateID = "0d3b1c52-0000-4000-8000-000000000001"

// upload stores a file that Hutch has nothing to do with.
func (w world) upload(t *testing.T, name, contentType string) {
	t.Helper()
	if _, err := w.admin.Upload(t.Context(), directus.Upload{Fields: map[string]string{"id": privateID}, Name: name, ContentType: contentType, Content: []byte("private")}); err != nil {
		t.Fatal(err)
	}
}
