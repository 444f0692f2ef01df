package setup_test

import (
	"net/url"
	"strings"
	"testing"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/setup"
)

// serviceToken is the one that setup printed, on a line that fits into .env.
func serviceToken(out string) string {
	_, line, _ := strings.Cut(out, "\nDIRECTUS_SERVICE_TOKEN=")
	token, _, _ := strings.Cut(line, "\n")
	return token
}

// testServiceAccount does with the account's token what it is for, and tries
// what it is not.
func testServiceAccount(t *testing.T, w world, token string) {
	if len(token) != 64 {
		t.Fatalf("the token printed is %q", token)
	}
	if w.core() {
		if err := w.readsMember(t, token); err != nil {
			t.Errorf("it cannot read a member: %v", err)
		}
	} else {
		wantForbidden(t, "it reads a member, who can do so themselves", w.readsMember(t, token))
	}
	service := w.client.Admin(token)
	var users []struct{ ID, Email string }
	w.get(t, "/users", nil, &users)
	for _, user := range users {
		wantForbidden(t, "it changes "+user.Email, service.Patch(t.Context(), "/users/"+user.ID, data{"first_name": "Mallory"}))
		wantForbidden(t, "it deletes "+user.Email, service.Delete(t.Context(), "/users/"+user.ID))
	}
	wantForbidden(t, "it makes a user", service.Post(t.Context(), "/users", data{"email": "x@example.com"}, nil))
	wantForbidden(t, "it changes settings", service.Patch(t.Context(), "/settings", data{"project_name": "Mallory"}))
	wantForbidden(t, "it writes a post", service.Post(t.Context(), "/items/posts", data{"slug": "spam"}, nil))
	wantForbidden(t, "it uploads a file", upload(t, service))
	for _, path := range []string{"/settings", "/roles", "/permissions", "/activity", "/revisions", "/fields"} {
		if w.canRead(t, token, path) && !w.isEmpty(t, token, path) {
			t.Errorf("it reads %s", path)
		}
	}

	t.Run("keeps recovery codes", func(t *testing.T) { testRecoveryCodes(t, w, service) })
	t.Run("made by an earlier run", func(t *testing.T) { testEarlierAccount(t, w) })
	t.Run("deletes accounts", func(t *testing.T) { testDeleteAccounts(t, w, service) })
	t.Run("gets a new token", func(t *testing.T) {
		wantLine(t, w.wantNothingToChange(t, setup.Options{}), "ok", "service account, without", "--new-service-token")
		out := w.mustRun(t, setup.Options{NewServiceToken: true})
		renewed := serviceToken(out)
		if renewed == token || strings.Count(out, renewed) != 1 {
			t.Errorf("the new token is not new, or not printed once:\n%s", out)
		}
		if _, err := recoveryCodesOf(t, w.client.Admin(renewed), ""); err != nil {
			t.Errorf("the new one does not work: %v", err)
		}
		if _, err := recoveryCodesOf(t, service, ""); !directus.TokenRefused(err) {
			t.Errorf("the old one is answered %v, want it refused", err)
		}
	})
}

// readsMember reads one of them as Hutch does.
func (w world) readsMember(t *testing.T, token string) error {
	t.Helper()
	user, err := w.client.ReadUser(t.Context(), directus.Visitor{}, secret.Of(token), w.userID(t, "ben@example.com"), "id", "email", "first_name",
		"last_name", "title", "location", "description", "language", "appearance", "avatar")
	if err == nil && user.Email != "ben@example.com" {
		t.Errorf("it reads %+v", user)
	}
	return err
}

func (w world) userID(t *testing.T, email string) string {
	t.Helper()
	var users []struct{ ID string }
	if w.get(t, "/users", url.Values{"filter[email][_eq]": {email}}, &users); len(users) != 1 {
		t.Fatalf("there are %d users %s", len(users), email)
	}
	return users[0].ID
}

func upload(t *testing.T, as *directus.Admin) error {
	_, err := as.Upload(t.Context(), directus.Upload{Name: "spam.txt", ContentType: "text/plain", Content: []byte("spam")})
	return err
}

const codesPath = "/items/hutch_recovery_codes"

type recoveryCode struct{ ID, Member, Hash, Sealed string }

// recoveryCodesOf are those of a member, or of all.
func recoveryCodesOf(t *testing.T, as *directus.Admin, member string) ([]recoveryCode, error) {
	query := url.Values{"fields": {"id,member,hash,sealed"}}
	if member != "" {
		query.Set("filter[member][_eq]", member)
	}
	var codes []recoveryCode
	err := as.Get(t.Context(), codesPath, query, &codes)
	return codes, err
}

func testRecoveryCodes(t *testing.T, w world, service *directus.Admin) {
	ben := w.userID(t, "ben@example.com")
	var made recoveryCode
	body := data{"member": ben, "hash": "h", "sealed": strings.Repeat("s", 2000)}
	if err := service.Post(t.Context(), codesPath, body, &made); err != nil {
		t.Fatal(err)
	}
	codes, err := recoveryCodesOf(t, service, ben)
	if err != nil || len(codes) != 1 || codes[0] != made || made.ID == "" || made.Hash != "h" {
		t.Errorf("it made %+v and reads %+v, %v", made, codes, err)
	}
	wantForbidden(t, "it changes a code", service.Patch(t.Context(), codesPath+"/"+made.ID, data{"hash": "x"}))
	hal := w.member(t, "hal@example.com")
	for who, token := range map[string]string{"the public": "", "a member": hal.Token.Reveal()} {
		as := w.client.Admin(token)
		_, err := recoveryCodesOf(t, as, "")
		wantForbidden(t, who+" reads codes", err)
		wantForbidden(t, who+" makes a code", as.Post(t.Context(), codesPath, body, nil))
		wantForbidden(t, who+" deletes a code", as.Delete(t.Context(), codesPath+"/"+made.ID))
	}
	var history []struct{ ID any }
	if w.get(t, "/revisions", url.Values{"filter[collection][_eq]": {"hutch_recovery_codes"}}, &history); len(history) > 0 {
		t.Error("Directus' history keeps what a code was")
	}
	if err := service.Delete(t.Context(), codesPath+"/"+made.ID); err != nil {
		t.Error(err)
	}

	// They go with the member.
	if err := service.Post(t.Context(), codesPath, data{"member": hal.UserID, "hash": "h"}, nil); err != nil {
		t.Fatal(err)
	}
	w.delete(t, "/users/"+hal.UserID)
	if codes, err := recoveryCodesOf(t, service, ""); err != nil || len(codes) != 0 {
		t.Errorf("left are %+v, %v", codes, err)
	}
}

// testEarlierAccount finds an account that an earlier run made: without a
// licence one that only read users, elsewhere one interrupted at its codes.
func testEarlierAccount(t *testing.T, w world) {
	w.delete(t, "/collections/hutch_recovery_codes") // and with it the permissions on it
	if !w.core() {
		w.collection(t, "hutch_recovery_codes", data{"hidden": true},
			data{"field": "id", "type": "uuid", "schema": data{"is_primary_key": true, "length": 36}, "meta": data{"special": []string{"uuid"}}},
			data{"field": "member", "type": "uuid", "schema": data{}, "meta": data{"special": []string{"m2o"}}},
			data{"field": "hash", "type": "string", "schema": data{}},
			data{"field": "sealed", "type": "text", "schema": data{}})
		path := "/policies"
		if w.major() == "10" {
			path = "/roles"
		}
		var holders []struct{ ID string }
		w.get(t, path, url.Values{"filter[name][_eq]": {"Hutch service account"}}, &holders)
		w.permission(t, holders[0].ID, data{"collection": "hutch_recovery_codes", "action": "read", "fields": []string{"*"}})
	}
	out := w.mustRun(t, setup.Options{})
	wantLine(t, out, "done", "hutch_recovery_codes.member refers to directus_users")
	wantLine(t, out, "done", "the service account may create hutch_recovery_codes")
	wantLine(t, out, "ok", "service account, without")
	if serviceToken(out) != "" {
		t.Error("it got a new token")
	}
	out = w.wantNothingToChange(t, setup.Options{RecoveryCodes: true})
	if strings.Contains(out, "has the type") {
		t.Errorf("it does not know again what it made:\n%s", out)
	}
}

func testDeleteAccounts(t *testing.T, w world, service *directus.Admin) {
	if !w.core() {
		out := w.wantNothingToChange(t, setup.Options{DeleteAccounts: true})
		wantLine(t, out, "ok", "members delete their own user", "--delete-accounts is not needed here")
		return
	}
	out := w.mustRun(t, setup.Options{DeleteAccounts: true})
	wantLine(t, out, "done", "the service account deletes users", "can delete any account", "Hutch deletes only the member's own")
	wantLine(t, out, "done", "the service account deletes users")
	wantLine(t, w.wantNothingToChange(t, setup.Options{}), "refused", "members delete their own user", "The service account below does it")
	ida := w.member(t, "ida@example.com")
	if err := service.Post(t.Context(), codesPath, data{"member": ida.UserID, "hash": "h"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := service.Delete(t.Context(), "/users/"+ida.UserID); err != nil {
		t.Errorf("it cannot delete a member: %v", err)
	}
	if codes, err := recoveryCodesOf(t, service, ""); err != nil || len(codes) != 0 {
		t.Errorf("left are %+v, %v", codes, err)
	}
	if err := service.Delete(t.Context(), "/users/"+w.userID(t, w.server.AdminEmail)); err == nil {
		t.Error("it deletes the last administrator")
	}
}
