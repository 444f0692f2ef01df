package sandbox_test

import (
	"fmt"
	"testing"

	"hutch/sandbox"
)

func TestMemberReadsOnlyThemself(t *testing.T) {
	address := start(t, nil)
	member := signedIn(t, address)
	me := member.do("GET", "/users/me", nil).want(t, 200, "")
	if me.at("email") != sandbox.MemberEmail || me.at("password") != "**********" || me.at("tfa_secret") != nil {
		t.Errorf("me: %s", me.body)
	}
	if users, _ := member.do("GET", "/users?fields=email", nil).data.([]any); len(users) != 1 {
		t.Errorf("users: %v", users)
	}
	other := administrator(t, address)
	member.do("GET", "/users/"+other, nil).want(t, 403, "FORBIDDEN")
	member.do("PATCH", "/users/"+other, map[string]any{"title": "x"}).want(t, 403, "FORBIDDEN")
	member.do("DELETE", "/users/"+other, nil).want(t, 403, "FORBIDDEN")
	member.do("GET", "/users/not-an-id", nil).want(t, 403, "FORBIDDEN")
	anyone := visitor{t: t, address: address}
	anyone.do("GET", "/users/me", nil).want(t, 401, "INVALID_CREDENTIALS")
	anyone.do("PATCH", "/users/me", map[string]any{"title": "x"}).want(t, 401, "INVALID_CREDENTIALS")
	anyone.do("GET", "/users", nil).want(t, 403, "FORBIDDEN")
}

func administrator(t *testing.T, address string) string {
	t.Helper()
	id, _ := visitor{t: t, address: address, bearer: adminToken}.do("GET", "/users/me?fields=id", nil).want(t, 200, "").at("id").(string)
	return id
}

func TestMemberChanges(t *testing.T) {
	address := start(t, nil)
	visitor{t: t, address: address}.do("POST", "/users/register", map[string]any{"email": "taken@example.com", "password": "a long password"}).want(t, 204, "")
	member := signedIn(t, address)
	for name, c := range map[string]struct {
		body   any
		status int
		code   string
	}{
		"profile":           {map[string]any{"title": "Keeper", "location": "Warren", "language": "en-GB"}, 200, ""},
		"nothing":           {map[string]any{}, 200, ""},
		"own address again": {map[string]any{"email": "Member@example.com"}, 200, ""},
		"status":            {map[string]any{"status": "archived"}, 403, "FORBIDDEN"},
		"role":              {map[string]any{"title": "x", "role": nil}, 403, "FORBIDDEN"},
		"unknown field":     {map[string]any{"nope": 1}, 403, "FORBIDDEN"},
		"taken address":     {map[string]any{"email": "TAKEN@example.com"}, 400, "RECORD_NOT_UNIQUE"},
		"not an address":    {map[string]any{"email": "member"}, 400, "FAILED_VALIDATION"},
		"second factor":     {map[string]any{"tfa_secret": "x"}, 400, "INVALID_PAYLOAD"},
	} {
		t.Run(name, func(t *testing.T) {
			member.do("PATCH", "/users/me?fields=title", c.body).want(t, c.status, c.code)
		})
	}
	if got := member.do("GET", "/users/me?fields=title", nil).at("title"); got != "Keeper" {
		t.Errorf("title: %v", got)
	}
}

func TestNewEmailOrPasswordEndsOtherSessions(t *testing.T) {
	for name, change := range map[string]map[string]any{
		"email":    {"email": "moved@example.com"},
		"password": {"password": "another long password"},
	} {
		t.Run(name, func(t *testing.T) {
			address := start(t, nil)
			here, elsewhere := signedIn(t, address), signedIn(t, address)
			anyone := visitor{t: t, address: address}
			tokens := anyone.do("POST", "/auth/login", map[string]any{"email": sandbox.MemberEmail, "password": sandbox.MemberPassword}).want(t, 200, "")
			here.do("PATCH", "/users/me", change).want(t, 200, "")

			here.do("GET", "/users/me", nil).want(t, 200, "")
			elsewhere.do("GET", "/users/me", nil).want(t, 401, "INVALID_CREDENTIALS")
			anyone.do("POST", "/auth/refresh", map[string]any{"refresh_token": tokens.at("refresh_token")}).want(t, 401, "INVALID_CREDENTIALS")
			anyone.do("POST", "/auth/login", map[string]any{"email": sandbox.MemberEmail, "password": sandbox.MemberPassword}).want(t, 401, "INVALID_CREDENTIALS")
		})
	}
	for name, change := range map[string]map[string]any{
		"the same email":    {"email": sandbox.MemberEmail},
		"the same password": {"password": sandbox.MemberPassword},
	} {
		t.Run(name, func(t *testing.T) {
			address := start(t, nil)
			here, elsewhere := signedIn(t, address), signedIn(t, address)
			here.do("PATCH", "/users/me", change).want(t, 200, "")
			here.do("GET", "/users/me", nil).want(t, 200, "")
			elsewhere.do("GET", "/users/me", nil).want(t, 401, "INVALID_CREDENTIALS")
		})
	}
	t.Run("in json mode the caller's own", func(t *testing.T) {
		address := start(t, nil)
		anyone := visitor{t: t, address: address}
		tokens := anyone.do("POST", "/auth/login", map[string]any{"email": sandbox.MemberEmail, "password": sandbox.MemberPassword}).want(t, 200, "")
		access, _ := tokens.at("access_token").(string)
		visitor{t: t, address: address, bearer: access}.do("PATCH", "/users/me", map[string]any{"email": "moved@example.com"}).want(t, 200, "")
		anyone.do("POST", "/auth/refresh", map[string]any{"refresh_token": tokens.at("refresh_token")}).want(t, 401, "INVALID_CREDENTIALS")
	})
}

func TestWithoutReadPermission(t *testing.T) {
	address := start(t, nil)
	member := signedIn(t, address)
	id, _ := member.do("GET", "/users/me?fields=id", nil).at("id").(string)
	admin := visitor{t: t, address: address, bearer: adminToken}
	found := admin.do("GET", "/permissions?filter[collection][_eq]=directus_users&filter[action][_eq]=read&fields=id", nil).want(t, 200, "")
	if rows, _ := found.data.([]any); len(rows) != 1 {
		t.Fatalf("permissions: %s", found.body)
	}
	permission := fmt.Sprintf("/permissions/%v", found.data.([]any)[0].(map[string]any)["id"])

	admin.do("PATCH", permission, map[string]any{"fields": []string{"id", "email"}}).want(t, 200, "")
	member.do("GET", "/users/me?fields=first_name", nil).want(t, 200, "")
	if me := member.do("GET", "/users/me", nil); fmt.Sprint(me.data) != fmt.Sprintf("map[email:%s id:%s]", sandbox.MemberEmail, id) {
		t.Errorf("some fields: %s", me.body)
	}

	admin.do("DELETE", permission, nil).want(t, 204, "")
	if me := member.do("GET", "/users/me?fields=*", nil).want(t, 200, ""); fmt.Sprint(me.data) != "map[id:"+id+"]" {
		t.Errorf("no field: %s", me.body)
	}
	member.do("GET", "/users/"+id, nil).want(t, 403, "FORBIDDEN")
	member.do("PATCH", "/users/me", map[string]any{"title": "stored"}).want(t, 403, "FORBIDDEN")
	if got := admin.do("GET", "/users/"+id+"?fields=title", nil).at("title"); got != "stored" {
		t.Errorf("the refused change was not stored: %v", got)
	}
	member.do("PATCH", "/users/"+id, map[string]any{"title": "again"}).want(t, 204, "")
	member.do("PATCH", "/users/me", map[string]any{"status": "draft"}).want(t, 403, "FORBIDDEN")
	if got := admin.do("GET", "/users/"+id+"?fields=status", nil).at("status"); got != "active" {
		t.Errorf("status: %v", got)
	}
}

func TestRegister(t *testing.T) {
	address := start(t, nil)
	anyone := visitor{t: t, address: address}
	admin := visitor{t: t, address: address, bearer: adminToken}
	account := map[string]any{"email": "New@example.com", "password": "a long password", "first_name": "Clover"}
	anyone.do("POST", "/users/register", account).want(t, 204, "")
	anyone.do("POST", "/users/register", map[string]any{"email": "new@EXAMPLE.com", "password": "stolen"}).want(t, 204, "")
	anyone.do("POST", "/auth/login", map[string]any{"email": "new@example.com", "password": "stolen"}).want(t, 401, "INVALID_CREDENTIALS")
	anyone.do("POST", "/auth/login", map[string]any{"email": "new@example.com", "password": "a long password"}).want(t, 200, "")
	made := admin.do("GET", "/users?filter[email][_eq]=New@example.com&fields=first_name,status,role.name", nil)
	if fmt.Sprint(made.data) != "[map[first_name:Clover role:map[name:Users] status:active]]" {
		t.Errorf("made: %s", made.body)
	}
	for _, body := range []map[string]any{
		{"email": "x@example.com"}, {"password": "x"}, {"email": "x", "password": "x"},
		{"email": "x@example.com", "password": "x", "role": "x"},
		{"email": "x@example.com", "password": "x", "first_name": nil},
		{"email": "x@example.com", "password": "x", "verification_url": "http://example.com"},
	} {
		anyone.do("POST", "/users/register", body).want(t, 400, "INVALID_PAYLOAD")
	}

	admin.do("PATCH", "/settings", map[string]any{"auth_password_policy": "/^.{12,}$/"}).want(t, 200, "")
	anyone.do("POST", "/users/register", map[string]any{"email": "y@example.com", "password": "short"}).want(t, 400, "FAILED_VALIDATION")
	admin.do("PATCH", "/settings", map[string]any{"auth_password_policy": "(?=x)"}).want(t, 400, "INVALID_PAYLOAD")

	admin.do("PATCH", "/settings", map[string]any{"public_registration_verify_email": true}).want(t, 200, "")
	anyone.do("POST", "/users/register", map[string]any{"email": "later@example.com", "password": "a long password"}).want(t, 204, "")
	anyone.do("POST", "/auth/login", map[string]any{"email": "later@example.com", "password": "a long password"}).want(t, 401, "INVALID_CREDENTIALS")

	admin.do("PATCH", "/settings", map[string]any{"public_registration": false}).want(t, 200, "")
	anyone.do("POST", "/users/register", map[string]any{"email": "z@example.com", "password": "a long password"}).want(t, 403, "FORBIDDEN")
}

func TestCreateUsersByPermission(t *testing.T) {
	address := start(t, nil)
	anyone := visitor{t: t, address: address}
	admin := visitor{t: t, address: address, bearer: adminToken}
	account := map[string]any{"email": "open@example.com", "password": "a long password"}
	anyone.do("POST", "/users", account).want(t, 403, "FORBIDDEN")

	role := admin.do("GET", "/roles?filter[name][_eq]=Users&fields=id", nil).data.([]any)[0].(map[string]any)["id"]
	permission := admin.do("POST", "/permissions", map[string]any{
		"policy": "abf8a154-5b1c-4a46-ac9c-7300570f4f17", "collection": "directus_users", "action": "create",
		"fields": []string{"email", "password"}, "presets": map[string]any{"role": role, "status": "active"}}).want(t, 200, "")
	anyone.do("POST", "/users", account).want(t, 204, "")
	anyone.do("POST", "/auth/login", account).want(t, 200, "")
	anyone.do("POST", "/users", account).want(t, 400, "RECORD_NOT_UNIQUE")
	anyone.do("POST", "/users", map[string]any{"email": "bad", "password": "x"}).want(t, 400, "FAILED_VALIDATION")
	anyone.do("POST", "/users", map[string]any{"email": "a@example.com", "role": role}).want(t, 403, "FORBIDDEN")

	admin.do("DELETE", fmt.Sprintf("/permissions/%v", permission.at("id")), nil).want(t, 204, "")
	anyone.do("POST", "/users", map[string]any{"email": "late@example.com", "password": "x"}).want(t, 403, "FORBIDDEN")

	made := admin.do("POST", "/users", map[string]any{"email": "made@example.com", "password": "a long password", "role": role, "token": "service-token"}).want(t, 200, "")
	visitor{t: t, address: address, bearer: "service-token"}.do("GET", "/users/me", nil).want(t, 200, "")
	admin.do("DELETE", fmt.Sprintf("/users/%v", made.at("id")), nil).want(t, 204, "")
	visitor{t: t, address: address, bearer: "service-token"}.do("GET", "/users/me", nil).want(t, 401, "INVALID_CREDENTIALS")
	admin.do("POST", "/users", map[string]any{"role": "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a99"}).want(t, 400, "INVALID_FOREIGN_KEY")
	admin.do("POST", "/permissions", map[string]any{"collection": "posts"}).want(t, 400, "FAILED_VALIDATION")
}

func TestAdminRoutesAreClosed(t *testing.T) {
	address := start(t, nil)
	for _, who := range []visitor{{t: t, address: address}, signedIn(t, address)} {
		for _, path := range []string{"/settings", "/permissions", "/roles", "/policies", "/access"} {
			who.do("GET", path, nil).want(t, 403, "FORBIDDEN")
			if path == "/settings" {
				who.do("PATCH", path, map[string]any{"public_registration": false}).want(t, 403, "FORBIDDEN")
			} else {
				who.do("POST", path, map[string]any{"name": "x"}).want(t, 403, "FORBIDDEN")
				who.do("DELETE", path+"/1", nil).want(t, 403, "FORBIDDEN")
			}
		}
	}
}

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
