package directus_test

import (
	"errors"
	"testing"

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
