package sandbox_test

import (
	"fmt"
	"testing"

	"hutch/sandbox"
)

func TestMembersDeleteThemselves(t *testing.T) {
	s, address := open(t, ":memory:", nil)
	member, elsewhere := signedIn(t, address), signedIn(t, address)
	admin, anyone := visitor{t: t, address: address, bearer: adminToken}, visitor{t: t, address: address}
	token, err := s.ServiceToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	service := visitor{t: t, address: address, bearer: token}
	id, _ := member.do("GET", "/users/me?fields=id", nil).at("id").(string)
	avatar, _ := member.upload(part{name: "a.png", mediaType: "image/png", content: pngOf(t, 2, 2)}).want(t, 200, "").at("id").(string)
	member.do("PATCH", "/users/me", map[string]any{"avatar": avatar}).want(t, 200, "")
	service.do("POST", "/items/hutch_recovery_codes", map[string]any{"member": id, "hash": "h", "sealed": "s"}).want(t, 200, "")

	// As with Directus: while a file names its uploader, they cannot go.
	member.do("DELETE", "/users/"+id, nil).want(t, 500, "INTERNAL_SERVER_ERROR")
	member.do("GET", "/users/me", nil).want(t, 200, "")
	member.do("DELETE", "/files/"+avatar, nil).want(t, 204, "")
	anyone.do("DELETE", "/users/"+id, nil).want(t, 403, "FORBIDDEN")
	member.do("DELETE", "/users/"+administrator(t, address), nil).want(t, 403, "FORBIDDEN")
	member.do("DELETE", "/users/me", nil).want(t, 403, "FORBIDDEN")
	member.do("DELETE", "/users/"+id, nil).want(t, 204, "")

	elsewhere.do("GET", "/users/me", nil).want(t, 401, "INVALID_CREDENTIALS")
	anyone.do("POST", "/auth/login", map[string]any{"email": sandbox.MemberEmail, "password": sandbox.MemberPassword}).want(t, 401, "INVALID_CREDENTIALS")
	admin.do("GET", "/users/"+id, nil).want(t, 403, "FORBIDDEN")
	if codes, _ := service.do("GET", "/items/hutch_recovery_codes", nil).want(t, 200, "").data.([]any); len(codes) != 0 {
		t.Errorf("codes of nobody: %v", codes)
	}
	anyone.do("POST", "/users/register", map[string]any{"email": sandbox.MemberEmail, "password": "a long password"}).want(t, 204, "")
	anyone.do("POST", "/auth/login", map[string]any{"email": sandbox.MemberEmail, "password": "a long password"}).want(t, 200, "")
}

func TestTheLastAdministratorStays(t *testing.T) {
	address := start(t, nil)
	admin := visitor{t: t, address: address, bearer: adminToken}
	id := administrator(t, address)
	admin.do("DELETE", "/users/"+id, nil).want(t, 422, "UNPROCESSABLE_CONTENT")
	admin.do("PATCH", "/users/"+id, map[string]any{"status": "draft"}).want(t, 422, "UNPROCESSABLE_CONTENT")
	admin.do("PATCH", "/users/"+id, map[string]any{"role": nil}).want(t, 422, "UNPROCESSABLE_CONTENT")
	admin.do("PATCH", "/users/"+id, map[string]any{"title": "Keeper", "status": "active"}).want(t, 200, "")

	role := admin.do("GET", "/users/"+id+"?fields=role", nil).at("role")
	admin.do("POST", "/users", map[string]any{"email": "second@example.com", "role": role, "status": "suspended"}).want(t, 200, "")
	admin.do("DELETE", "/users/"+id, nil).want(t, 422, "UNPROCESSABLE_CONTENT") // a suspended one does not count
	for _, email := range []string{"third@example.com", "fourth@example.com"} {
		admin.do("POST", "/users", map[string]any{"email": email, "role": role}).want(t, 200, "")
	}
	admin.do("DELETE", "/users/"+id, nil).want(t, 204, "")
}

func TestServiceAccount(t *testing.T) {
	s, address := open(t, ":memory:", nil)
	token, err := s.ServiceToken(t.Context())
	if err != nil || len(token) != 64 {
		t.Fatalf("token of %d characters, %v", len(token), err)
	}
	if again, err := s.ServiceToken(t.Context()); err != nil || again != token {
		t.Errorf("the token changed, %v", err)
	}
	service, member, anyone := visitor{t: t, address: address, bearer: token}, signedIn(t, address), visitor{t: t, address: address}
	id, _ := member.do("GET", "/users/me?fields=id", nil).at("id").(string)
	const codes = "/items/hutch_recovery_codes"
	made := service.do("POST", codes, map[string]any{"member": id, "hash": "h", "sealed": "s"}).want(t, 200, "")
	one := fmt.Sprint(codes, "/", made.at("id"))
	for _, who := range []visitor{member, anyone} {
		who.do("GET", codes, nil).want(t, 403, "FORBIDDEN")
		who.do("POST", codes, map[string]any{"member": id}).want(t, 403, "FORBIDDEN")
		who.do("DELETE", one, nil).want(t, 403, "FORBIDDEN")
	}
	if found, _ := service.do("GET", codes+"?filter[member][_eq]="+id+"&fields=hash,sealed", nil).want(t, 200, "").data.([]any); fmt.Sprint(found) != "[map[hash:h sealed:s]]" {
		t.Errorf("found: %v", found)
	}
	service.do("PATCH", one, map[string]any{"hash": "x"}).want(t, 403, "FORBIDDEN")
	service.do("POST", codes, map[string]any{"member": "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a99"}).want(t, 400, "INVALID_FOREIGN_KEY")
	service.do("DELETE", one, nil).want(t, 204, "")
	for _, path := range []string{"/users", "/settings", "/permissions", "/fields/directus_users", "/users/" + id} {
		service.do("GET", path, nil).want(t, 403, "FORBIDDEN")
	}
	if me := service.do("GET", "/users/me", nil).want(t, 200, ""); me.at("email") != nil || me.at("id") == nil {
		t.Errorf("me: %s", me.body)
	}
	if info := service.do("GET", "/server/info", nil).want(t, 200, ""); info.at("version") != sandbox.Version {
		t.Errorf("info: %s", info.body)
	}
}
