package contract_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

func (to target) membersDeleteThemselves() bool { return !to.core }

func accountIsDeleted(t *testing.T, to target) {
	ctx := t.Context()
	m, other := newMember(t, to), newMember(t, to)
	elsewhere := signIn(t, to, m)
	picture := upload(t, to, m)
	leave := func(token, id string) error { return to.client.DeleteUser(ctx, m.visitor, secret.Of(token), id) }
	wantCode(t, "deleting somebody else", leave(m.session.Token.Reveal(), other.session.UserID), 403, directus.Forbidden)
	wantCode(t, "deleting without a token", leave("", m.session.UserID), 403, directus.Forbidden)
	signIn(t, to, other)

	token := m.session.Token
	if to.membersDeleteThemselves() {
		undo := forbid(t, to, "delete", "directus_users")
		wantCode(t, "deleting oneself without permission", leave(token.Reveal(), m.session.UserID), 403, directus.Forbidden)
		undo()
	} else {
		wantCode(t, "deleting oneself", leave(token.Reveal(), m.session.UserID), 403, directus.Forbidden)
		token = secret.Of(to.serviceToken)
	}
	if !m.alive(ctx, to, m.session.Token.Reveal()) {
		t.Error("a refused deletion ended the session")
	}
	// A member who has uploaded a file cannot be deleted before the file: Directus
	// fails on the foreign key.
	err := leave(token.Reveal(), m.session.UserID)
	wantCode(t, "deleting who has files", err, 500, "INTERNAL_SERVER_ERROR")
	if !errors.Is(err, directus.ErrUnavailable) || !m.alive(ctx, to, m.session.Token.Reveal()) {
		t.Errorf("deleting who has files: %v; alive: %t", err, m.alive(ctx, to, m.session.Token.Reveal()))
	}
	if err := to.client.DeleteFile(ctx, m.visitor, m.session.Token, picture); err != nil {
		t.Fatal(err)
	}
	if err := leave(token.Reveal(), m.session.UserID); err != nil {
		t.Fatalf("delete: %v", err)
	}
	for name, token := range map[string]string{"own": m.session.Token.Reveal(), "other": elsewhere.Token.Reveal()} {
		if _, err := to.client.Me(ctx, m.visitor, secret.Of(token)); !directus.TokenRefused(err) {
			t.Errorf("the %s session of who has left: %v, want it refused", name, err)
		}
		if _, err := to.client.Refresh(ctx, m.visitor, secret.Of(token)); !directus.TokenRefused(err) {
			t.Errorf("refresh of the %s session of who has left: %v, want it refused", name, err)
		}
	}
	_, err = to.client.Login(ctx, m.visitor, directus.Credentials{Email: m.email, Password: secret.Of(m.password)})
	wantCode(t, "signing in after having left", err, 401, directus.InvalidCredentials)
	// The address is free again.
	if err := to.client.Register(ctx, somebody(), m.email, "a-new-long-password", ""); err != nil {
		t.Fatal(err)
	}
	m.password = "a-new-long-password"
	if again := signIn(t, to, m); again.UserID == m.session.UserID {
		t.Error("the new account has the id of the old one")
	}
}

func lastAdministratorStays(t *testing.T, to target) {
	ctx := t.Context()
	admin, err := to.client.Me(ctx, somebody(), secret.Of(to.adminToken))
	if err != nil {
		t.Fatal(err)
	}
	err = to.client.DeleteUser(ctx, somebody(), secret.Of(to.adminToken), admin.ID)
	wantCode(t, "the last administrator leaves", err, 422, directus.Unprocessable)
}

// recoveryCodesAreTheServiceAccounts: whoever could add a code for a member could
// sign in with it.
func recoveryCodesAreTheServiceAccounts(t *testing.T, to target) {
	const codes = "hutch_recovery_codes"
	type code struct {
		ID     string `json:"id"`
		Member string `json:"member"`
		Hash   string `json:"hash"`
		Sealed string `json:"sealed"`
	}
	ctx := t.Context()
	m, other := newMember(t, to), newMember(t, to)
	kept := code{uuid.NewString(), m.session.UserID, "hash-" + m.session.UserID, "sealed"}
	ofMember := directus.Query{Filter: directus.All(directus.Equal("member", m.session.UserID), directus.Equal("hash", kept.Hash)), Fields: []string{"id", "member", "hash", "sealed"}}
	var found []code
	read := func(token string) error {
		return to.client.Items(ctx, m.visitor, secret.Of(token), codes, ofMember, &found)
	}

	if err := to.client.CreateItem(ctx, m.visitor, secret.Of(to.serviceToken), codes, kept); err != nil {
		t.Fatalf("create: %v", err)
	}
	if err := to.client.CreateItem(ctx, m.visitor, secret.Of(to.serviceToken), codes, code{uuid.NewString(), other.session.UserID, kept.Hash, ""}); err != nil {
		t.Fatalf("create: %v", err)
	}
	for name, token := range map[string]string{"the public": "", "the member": m.session.Token.Reveal()} {
		found = nil
		wantCode(t, "read for "+name, read(token), 403, directus.Forbidden)
		wantCode(t, "create for "+name, to.client.CreateItem(ctx, m.visitor, secret.Of(token), codes, code{uuid.NewString(), m.session.UserID, "h", "s"}), 403, directus.Forbidden)
		wantCode(t, "delete for "+name, to.client.DeleteItem(ctx, m.visitor, secret.Of(token), codes, kept.ID), 403, directus.Forbidden)
		if found != nil {
			t.Errorf("%s read %+v", name, found)
		}
	}
	if err := read(to.serviceToken); err != nil || len(found) != 1 || found[0] != kept {
		t.Errorf("read: %+v, %v; want only %+v", found, err, kept)
	}
	err := to.client.CreateItem(ctx, m.visitor, secret.Of(to.serviceToken), codes, code{uuid.NewString(), uuid.NewString(), "h", "s"})
	wantCode(t, "a code for nobody", err, 400, "INVALID_FOREIGN_KEY")
	if err := to.client.DeleteItem(ctx, m.visitor, secret.Of(to.serviceToken), codes, kept.ID); err != nil {
		t.Errorf("delete: %v", err)
	}
	// The second of two concurrent calls must see that the code is used.
	wantCode(t, "delete again", to.client.DeleteItem(ctx, m.visitor, secret.Of(to.serviceToken), codes, kept.ID), 403, directus.Forbidden)
	if found = nil; read(to.serviceToken) != nil || len(found) != 0 {
		t.Errorf("after deleting: %+v", found)
	}
	if err := to.client.DeleteUser(ctx, m.visitor, secret.Of(to.adminToken), other.session.UserID); err != nil {
		t.Fatal(err)
	}
	var left []code
	query := directus.Query{Filter: directus.Equal("member", other.session.UserID)}
	if err := to.client.Items(ctx, m.visitor, secret.Of(to.serviceToken), codes, query, &left); err != nil || len(left) != 0 {
		t.Errorf("the codes of who has left: %+v, %v", left, err)
	}
}

func registerMakesMembers(t *testing.T, to target) {
	m := newMember(t, to)
	if m.session.ExpiresIn != 24*time.Hour {
		t.Errorf("a session lasts %s, want Directus' default of a day", m.session.ExpiresIn)
	}
	if err := to.client.Register(t.Context(), somebody(), m.email, "another-password", ""); err != nil {
		t.Errorf("registering a known address: %v, want no sign of it", err)
	}
	_, err := to.client.Login(t.Context(), m.visitor, directus.Credentials{Email: m.email, Password: secret.Of("another-password")})
	wantCode(t, "the second registration's password", err, 401, directus.InvalidCredentials)
	err = to.client.Register(t.Context(), somebody(), "not an address", m.password, "")
	if !errors.Is(err, directus.FailedValidation) && !errors.Is(err, directus.InvalidPayload) {
		t.Errorf("registering what is no address: %v", err)
	}
	// Members have no access to the Studio unless configured.
	var users []struct {
		Role struct {
			Name string `json:"name"`
		} `json:"role"`
	}
	query := url.Values{"filter[email][_eq]": {m.email}, "fields": {"role.name"}}
	if err := to.admin.Get(t.Context(), "/users", query, &users); err != nil || len(users) != 1 || users[0].Role.Name != "Users" {
		t.Errorf("the new member's role: %+v, %v", users, err)
	}
}

func registrationCanBeOff(t *testing.T, to target) {
	ctx := t.Context()
	if err := to.admin.Patch(ctx, "/settings", map[string]any{"public_registration": false}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := to.admin.Patch(ctx, "/settings", map[string]any{"public_registration": true}); err != nil {
			t.Error(err)
		}
	}()
	wantCode(t, "registration when it is off", to.client.Register(ctx, somebody(), newEmail(), "a-long-enough-password", ""), 403, directus.Forbidden)
	wantPublicCreatesUsers(t, to, false)
	wantCode(t, "POST /users without permission", to.client.CreateUser(ctx, somebody(), newEmail(), "a-long-enough-password"), 403, directus.Forbidden)

	// With verification on, an account cannot sign in before it is confirmed.
	if err := to.admin.Patch(ctx, "/settings", map[string]any{"public_registration": true, "public_registration_verify_email": true}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := to.admin.Patch(ctx, "/settings", map[string]any{"public_registration_verify_email": false}); err != nil {
			t.Error(err)
		}
	}()
	email := newEmail()
	if err := to.client.Register(ctx, somebody(), email, "a-long-enough-password", ""); err != nil {
		t.Fatalf("registration with verification: %v", err)
	}
	_, err := to.client.Login(ctx, somebody(), directus.Credentials{Email: email, Password: secret.Of("a-long-enough-password")})
	wantCode(t, "signing in before the address is confirmed", err, 401, directus.InvalidCredentials)
}

func wantPublicCreatesUsers(t *testing.T, to target, want bool) {
	t.Helper()
	if may, err := to.client.PublicCreatesUsers(t.Context()); err != nil || may != want {
		t.Errorf("whether the public creates users: %t, %v", may, err)
	}
}

func createUserMakesMembers(t *testing.T, to target) {
	ctx := t.Context()
	defer allowPublicCreate(t, to)()
	wantPublicCreatesUsers(t, to, true)
	m := member{visitor: somebody(), email: newEmail(), password: "a-long-enough-password"}
	if err := to.client.CreateUser(ctx, m.visitor, m.email, m.password); err != nil {
		t.Fatalf("create: %v", err)
	}
	m.session = signIn(t, to, m)
	var refusal *directus.Error
	err := to.client.CreateUser(ctx, m.visitor, strings.ToUpper(m.email), m.password)
	wantCode(t, "creating a known address", err, 400, directus.RecordNotUnique)
	if errors.As(err, &refusal) && refusal.Faults[0].Field != "email" {
		t.Errorf("the field that is not unique is %q, want email", refusal.Faults[0].Field)
	}
	err = to.client.CreateUser(ctx, m.visitor, "not an address", m.password)
	wantCode(t, "creating what is no address", err, 400, directus.FailedValidation)
}

// allowPublicCreate gives the public the guide's permission to create accounts, and
// returns a function that revokes it. Without a licence Directus 12 accepts neither
// fields nor presets.
func allowPublicCreate(t *testing.T, to target) (undo func()) {
	t.Helper()
	rule := map[string]any{
		"collection": "directus_users", "action": "create", "fields": []string{"email", "password"},
		"permissions": map[string]any{}, "validation": map[string]any{}, "presets": map[string]any{"status": "active"},
	}
	if to.core {
		rule["fields"], rule["presets"] = []string{"*"}, nil
	}
	if to.permissionsHangOnPolicies() {
		rule["policy"] = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"
	} else {
		rule["role"] = nil
	}
	return permit(t, to, rule)
}

func permit(t *testing.T, to target, rule map[string]any) (undo func()) {
	t.Helper()
	var made struct {
		ID int `json:"id"`
	}
	if err := to.admin.Post(t.Context(), "/permissions", rule, &made); err != nil {
		t.Fatalf("permit: %v", err)
	}
	return func() {
		if err := to.admin.Delete(context.WithoutCancel(t.Context()), "/permissions/"+strconv.Itoa(made.ID)); err != nil {
			t.Error(err)
		}
	}
}

func emailChanges(t *testing.T, to target) {
	ctx := t.Context()
	m, taken := newMember(t, to), newMember(t, to)
	elsewhere := signIn(t, to, m)
	change := func(email string) error {
		return to.client.UpdateUser(ctx, m.visitor, m.session.Token, m.session.UserID, directus.NewEmail(email))
	}
	err := change(taken.email)
	wantCode(t, "an address that is taken", err, 400, directus.RecordNotUnique)
	var refusal *directus.Error
	if errors.As(err, &refusal) && refusal.Faults[0].Field != "email" {
		t.Errorf("the field that is not unique is %q, want email", refusal.Faults[0].Field)
	}
	wantCode(t, "no address", change("nonsense"), 400, directus.FailedValidation)
	wantCode(t, "a top-level domain that there is not", change("a@example.notatld"), 400, directus.FailedValidation)

	changed := newEmail()
	if err := change(changed); err != nil {
		t.Fatalf("change: %v", err)
	}
	if !m.alive(ctx, to, m.session.Token.Reveal()) {
		t.Error("the member's own session ended with the change")
	}
	if alive := m.alive(ctx, to, elsewhere.Token.Reveal()); alive == to.emailChangeEndsOthers() {
		t.Errorf("a session elsewhere is alive after the change: %t", alive)
	}
	if _, err := to.client.Refresh(ctx, m.visitor, m.session.Token); err != nil {
		t.Errorf("refresh after the change: %v", err)
	}
	_, err = to.client.Login(ctx, m.visitor, directus.Credentials{Email: m.email, Password: secret.Of(m.password)})
	wantCode(t, "signing in with the old address", err, 401, directus.InvalidCredentials)
	m.email = changed
	m.session = signIn(t, to, m)
	elsewhere = signIn(t, to, m)
	// Setting it once more, as it is, is how two-factor authentication ends sessions.
	if err := change(changed); err != nil {
		t.Fatalf("the same address: %v", err)
	}
	if alive := m.alive(ctx, to, elsewhere.Token.Reveal()); alive == to.emailChangeEndsOthers() {
		t.Errorf("a session elsewhere is alive after the same address was set: %t", alive)
	}
	if !m.alive(ctx, to, m.session.Token.Reveal()) {
		t.Error("the member's own session ended with the same address")
	}
}

// valuesAreRefused shows what is said of values that the database does not take: the code
// and, if it can be known, the field.
func valuesAreRefused(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	faults := func(err error) string {
		var refusal *directus.Error
		if !errors.As(err, &refusal) {
			return fmt.Sprint(err)
		}
		return fmt.Sprint(refusal.Status, " ", refusal.Faults)
	}
	long := newEmail()
	long = strings.Replace(long, "@", "@"+strings.Repeat(strings.Repeat("a", 60)+".", 2), 1)
	change := to.client.UpdateUser(ctx, m.visitor, m.session.Token, m.session.UserID, directus.NewEmail(long))
	registered := to.client.Register(ctx, somebody(), "x"+long, m.password, "")
	if to.holdsLengths() {
		if got, want := faults(change), "400 [{VALUE_TOO_LONG email }]"; got != want {
			t.Errorf("an address of %d characters: %s, want %s", len(long), got, want)
		}
		want := "400 [{VALUE_TOO_LONG  }]" // among other values: nobody knows which
		if to.postgres && to.major < 12 {  // 11 names the first column of the statement, right or wrong
			want = "400 [{VALUE_TOO_LONG email }]"
		}
		if got := faults(registered); got != want {
			t.Errorf("registering an address of %d characters: %s, want %s", len(long), got, want)
		}
	} else if change != nil || registered != nil {
		t.Errorf("an address of %d characters: %v, %v", len(long), change, registered)
	}

	ears := to.admin.Patch(ctx, "/users/"+m.session.UserID, map[string]any{"ears": 99999999999})
	if got, want := faults(ears), "400 [{VALUE_OUT_OF_RANGE ears }]"; to.holdsRanges() && got != want || !to.holdsRanges() && ears != nil {
		t.Errorf("a number that is too large: %s", got)
	}
	twice := to.admin.Post(ctx, "/items/dated", map[string]any{"slug": "twice"}, nil)
	if err := to.admin.Post(ctx, "/items/dated", map[string]any{"slug": "twice"}, nil); twice != nil || faults(err) != "400 [{RECORD_NOT_UNIQUE slug }]" {
		t.Errorf("a key that is taken: %v, %s", twice, faults(err))
	}
	want := "400 [{INVALID_FOREIGN_KEY guest }]"
	if !to.namesForeignKey() {
		want = "400 [{INVALID_FOREIGN_KEY  }]"
	}
	if got := faults(to.admin.Post(ctx, "/items/bookings", map[string]any{"guest": uuid.NewString()}, nil)); got != want {
		t.Errorf("a reference to nothing: %s, want %s", got, want)
	}
	if got, want := faults(to.admin.Post(ctx, "/roles", map[string]any{"icon": "home"}, nil)), "400 [{FAILED_VALIDATION name required}]"; got != want {
		t.Errorf("a value that is missing: %s, want %s", got, want)
	}
}

// patchMeLies shows why UpdateUser does not use /users/me: without read permission
// Directus makes the change and answers 403.
func patchMeLies(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	if to.membersReadThemselves() {
		defer forbid(t, to, "read", "directus_users")()
	}
	changed := newEmail()
	err := to.client.Admin(m.session.Token.Reveal()).Patch(ctx, "/users/me", map[string]string{"email": changed})
	wantCode(t, "PATCH /users/me", err, 403, directus.Forbidden)
	m.email = changed
	signIn(t, to, m)

	changed = newEmail()
	if err := to.client.UpdateUser(ctx, m.visitor, m.session.Token, m.session.UserID, directus.NewEmail(changed)); err != nil {
		t.Errorf("PATCH /users/:id: %v", err)
	}
	m.email = changed
	signIn(t, to, m)
	me, err := to.client.Me(ctx, m.visitor, m.session.Token)
	if err != nil || !me.Unreadable() || me.ID != m.session.UserID {
		t.Errorf("me without read permission: %+v, %v", me, err)
	}
}

// forbid removes members' permission for an action on a collection, and returns a
// function that restores it.
func forbid(t *testing.T, to target, action, collection string) (undo func()) {
	t.Helper()
	owner, id := permissionsHolder(t, to)
	var rules []map[string]any
	query := url.Values{"filter[" + owner + "][_eq]": {id}, "filter[collection][_eq]": {collection}, "filter[action][_eq]": {action}}
	if err := to.admin.Get(t.Context(), "/permissions", query, &rules); err != nil || len(rules) != 1 {
		t.Fatalf("the members' permission to %s %s: %v, %v", action, collection, rules, err)
	}
	rule := rules[0]
	if err := to.admin.Delete(t.Context(), fmt.Sprintf("/permissions/%v", rule["id"])); err != nil {
		t.Fatal(err)
	}
	return func() {
		delete(rule, "id")
		delete(rule, "system")
		permit(t, to, rule)
	}
}

// permissionsHolder is what members' permissions belong to: their policy, or on
// Directus 10 their role.
func permissionsHolder(t *testing.T, to target) (kind, id string) {
	t.Helper()
	kind, path := "policy", "/policies"
	if !to.permissionsHangOnPolicies() {
		kind, path = "role", "/roles"
	}
	var holders []struct {
		ID string `json:"id"`
	}
	if err := to.admin.Get(t.Context(), path, url.Values{"filter[name][_eq]": {"Users"}}, &holders); err != nil || len(holders) != 1 {
		t.Fatalf("the members' %s: %v, %v", kind, holders, err)
	}
	return kind, holders[0].ID
}
