package directus_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/golang-jwt/jwt/v5"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/sandbox"
	"hutch/setup"
	"hutch/tools/realdirectus"
)

// The contract suite checks this client's assumptions against every installed
// Directus version and against the sandbox, so that neither drifts. If versions
// differ, the target says how.

const adminToken = "the-contract-suites-admin-token-0123456789"

// target is one Directus under test, prepared by `hutch setup --sample`.
type target struct {
	name   string
	client *directus.Client
	admin  *directus.Admin

	adminToken   string
	serviceToken string // of the service account, which stores recovery codes

	// mails returns the mails sent so far.
	mails func(context.Context) ([]mail, error)
	// sign makes a token as the server would; nil if its secret is unknown.
	sign func(jwt.MapClaims) (string, error)

	major int // of the version
	// core: a Directus 12 without a licence, on which nobody can create rules such
	// as "own record only".
	core bool
	real bool
}

func (to target) membersReadThemselves() bool     { return !to.core }
func (to target) emailChangeEndsOthers() bool     { return to.major >= 11 }
func (to target) suspensionEndsSessions() bool    { return to.major >= 11 }
func (to target) assetsHaveETags() bool           { return to.major >= 11 }
func (to target) refusesUnknownFields() bool      { return to.major >= 11 }
func (to target) permissionsHangOnPolicies() bool { return to.major >= 11 }

// maxUpload is FILES_MAX_UPLOAD_SIZE.
const maxUpload = 1 << 20

func TestContract(t *testing.T) {
	t.Run("sandbox", func(t *testing.T) { contract(t, sandboxTarget(t)) })
	for _, version := range realdirectus.TestVersions() {
		t.Run(version, func(t *testing.T) { contract(t, realTarget(t, version)) })
	}
}

func sandboxTarget(t *testing.T) target {
	box, err := sandbox.Open(t.Context(), sandbox.Options{
		Path:         ":memory:",
		AdminToken:   adminToken,
		Collections:  ownCollections(),
		PasswordCost: &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32},
		AllowedURLs:  []string{verifyPage, resetPage, invitePage},
		StallTime:    50 * time.Millisecond,
		MaxUpload:    maxUpload,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	address, err := box.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	serviceToken, err := box.ServiceToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(t, address)
	return target{
		name: "sandbox", client: client, admin: client.Admin(adminToken), adminToken: adminToken, serviceToken: serviceToken,
		mails: func(ctx context.Context) ([]mail, error) {
			kept, err := box.Mails(ctx) // newest first
			var mails []mail
			for _, m := range slices.Backward(kept) {
				mails = append(mails, mail{m.To, m.Subject, m.Link})
			}
			return mails, err
		},
		major: 11,
	}
}

func realTarget(t *testing.T, version string) target {
	box := realdirectus.MailForTest(t)
	env := map[string]string{
		"RATE_LIMITER_REGISTRATION_ENABLED":  "true", // the default: 5 a minute for each address
		"RATE_LIMITER_REGISTRATION_POINTS":   "5",
		"RATE_LIMITER_REGISTRATION_DURATION": "60",

		"USER_REGISTER_URL_ALLOW_LIST":  verifyPage,
		"PASSWORD_RESET_URL_ALLOW_LIST": resetPage,
		"USER_INVITE_URL_ALLOW_LIST":    invitePage,

		"FILES_MAX_UPLOAD_SIZE":      strconv.Itoa(maxUpload),
		"FILES_MIME_TYPE_ALLOW_LIST": "image/*",
	}
	maps.Copy(env, box.Env())
	server := realdirectus.ForTest(t, version, env)
	client := newClient(t, server.URL)
	var said strings.Builder
	wanted := setup.Options{Sample: true, NoVerifyEmail: true, RecoveryCodes: true, DeleteAccounts: true, Collections: ownCollections()}
	if err := setup.Run(t.Context(), client, server.AdminToken, wanted, &said); err != nil {
		t.Fatalf("setup: %v\n%s", err, said.String())
	}
	_, after, _ := strings.Cut(said.String(), "DIRECTUS_SERVICE_TOKEN=")
	serviceToken, _, _ := strings.Cut(after, "\n")
	major, err := strconv.Atoi(strings.Split(version, ".")[0])
	if err != nil {
		t.Fatal(err)
	}
	return target{
		name: version, client: client, admin: client.Admin(server.AdminToken), adminToken: server.AdminToken, serviceToken: serviceToken,
		mails: func(context.Context) ([]mail, error) {
			var mails []mail
			for _, m := range box.Mails() {
				mails = append(mails, mail{m.To, m.Subject, m.Link})
			}
			return mails, nil
		},
		sign: func(claims jwt.MapClaims) (string, error) {
			return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(server.Secret))
		},
		major: major, core: major >= 12, real: true,
	}
}

func newClient(t *testing.T, address string) *directus.Client {
	t.Helper()
	client, err := directus.New(address)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func contract(t *testing.T, to target) {
	for _, part := range []struct {
		name  string
		check func(*testing.T, target)
	}{
		{"server", serverAnswers},
		{"register", registerMakesMembers},
		{"register needs permission from the settings", registrationCanBeOff},
		{"create user, the guide's way", createUserMakesMembers},
		{"sign-in", signInAnswers},
		{"users/me", meAnswers},
		{"change of email", emailChanges},
		{"change of email without read permission", patchMeLies},
		{"refresh once, twice, sixteen times", refreshHasOneSuccessor},
		{"refresh after the grace", graceEnds},
		{"refresh with dead tokens", deadTokensAreRefused},
		{"logout", logoutEndsTheToken},
		{"logout of a token that has a successor", logoutEndsOneToken},
		{"logout amid refreshes", logoutAmidRefreshes},
		{"a dead token spoils public endpoints", deadTokensSpoilPublicEndpoints},
		{"items", itemsAnswer},
		{"assets", assetsAnswer},
		{"renditions of assets", renditionsAreMade},
		{"crops of assets", cropsKeepTheFocalPoint},
		{"changes of assets", changesAreTold},
		{"parts of assets", partsAreSent},
		{"items that match either", eitherMatches},
		{"Directus' own collections as items", systemCollectionsAnswer},
		{"register with verification", registrationIsVerified},
		{"reset of the password", passwordIsReset},
		{"a reset takes the same time for all", resetTakesTheSameTime},
		{"invitation", invitationsAreAccepted},
		{"two-factor", twoFactorAsksForCodes},
		{"two-factor needs permission", twoFactorNeedsPermission},
		{"change of password", passwordChanges},
		{"profile", profileChanges},
		{"access", accessIsTold},
		{"fields", fieldsAreDescribed},
		{"fields of the project's own", ownFieldsAreDescribed},
		{"files", filesAreKept},
		{"picture", pictureIsSet},
		{"delete one's account", accountIsDeleted},
		{"the last administrator", lastAdministratorStays},
		{"recovery codes", recoveryCodesAreTheServiceAccounts},
		{"content: fields", postsTellTheirFields},
		{"content: what posts refer to", postsComeWithWhatTheyReferTo},
		{"content: published", onlyThePublishedIsShown},
		{"content: neighbours", neighboursAreFound},
		{"content: search", searchFinds},
		{"content: authors", authorsAreFound},
		{"content: navigation, redirects, global", siteAnswers},
		{"content: counts", listsCount},
		{"content: for members", gatesHold},
		{"the visitor's address counts", addressesAreForwarded},
	} {
		// Not in parallel: some tests change settings that others rely on.
		t.Run(part.name, func(t *testing.T) { part.check(t, to) })
	}
}

// somebody returns a visitor with an address of their own, because registration is
// limited by address.
func somebody() directus.Visitor {
	n := visitors.Add(1)
	return directus.Visitor{IP: fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255), UserAgent: "contract suite"}
}

var visitors atomic.Int64

type member struct {
	visitor         directus.Visitor
	email, password string
	session         directus.Session
}

// newMember registers a member and signs them in.
func newMember(t *testing.T, to target) member {
	t.Helper()
	m := member{visitor: somebody(), email: newEmail(), password: "a-long-enough-password"}
	if err := to.client.Register(t.Context(), m.visitor, m.email, m.password, ""); err != nil {
		t.Fatalf("register: %v", err)
	}
	m.session = signIn(t, to, m)
	return m
}

func newEmail() string { return "m" + strings.ToLower(rand.Text()[:12]) + "@example.com" }

func signIn(t *testing.T, to target, m member) directus.Session {
	t.Helper()
	session, err := to.client.Login(t.Context(), m.visitor, directus.Credentials{Email: m.email, Password: secret.Of(m.password)})
	if err != nil {
		t.Fatalf("sign in: %v", err)
	}
	return session
}

func (m member) alive(ctx context.Context, to target, token string) bool {
	_, err := to.client.Me(ctx, m.visitor, secret.Of(token))
	return err == nil
}

func wantCode(t *testing.T, what string, err error, status int, code directus.Code) {
	t.Helper()
	var refusal *directus.Error
	if !errors.As(err, &refusal) || refusal.Status != status || refusal.Code != code {
		t.Errorf("%s: got %v, want %d %s", what, err, status, code)
	}
}

func serverAnswers(t *testing.T, to target) {
	if err := to.client.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	info, err := to.client.Info(t.Context(), somebody(), secret.Text{})
	if err != nil {
		t.Fatalf("info: %v", err)
	}
	if !info.Project.PublicRegistration || info.Project.VerifyEmail {
		t.Errorf("setup prepared %+v, want registration without verification", info.Project)
	}
	err = to.admin.Get(t.Context(), "/no/such/route", nil, nil)
	wantCode(t, "unknown route", err, 404, directus.RouteNotFound)
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

func createUserMakesMembers(t *testing.T, to target) {
	ctx := t.Context()
	defer allowPublicCreate(t, to)()
	m := member{visitor: somebody(), email: newEmail(), password: "a-long-enough-password"}
	if err := to.client.CreateUser(ctx, m.visitor, m.email, m.password); err != nil {
		t.Fatalf("create: %v", err)
	}
	m.session = signIn(t, to, m)
	var refusal *directus.Error
	err := to.client.CreateUser(ctx, m.visitor, strings.ToUpper(m.email), m.password)
	wantCode(t, "creating a known address", err, 400, directus.RecordNotUnique)
	if errors.As(err, &refusal) && refusal.Field != "email" {
		t.Errorf("the field that is not unique is %q, want email", refusal.Field)
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

func signInAnswers(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	me, err := to.client.Me(ctx, m.visitor, m.session.Token)
	if err != nil || me.ID != m.session.UserID {
		t.Errorf("the token's user is %s, the claims say %s (%v)", me.ID, m.session.UserID, err)
	}
	if _, err := to.client.Login(ctx, m.visitor, directus.Credentials{Email: strings.ToUpper(m.email), Password: secret.Of(m.password)}); err != nil {
		t.Errorf("signing in with the address in capitals: %v", err)
	}
	_, err = to.client.Login(ctx, m.visitor, directus.Credentials{Email: m.email, Password: secret.Of("wrong")})
	wantCode(t, "wrong password", err, 401, directus.InvalidCredentials)
	_, err = to.client.Login(ctx, m.visitor, directus.Credentials{Email: newEmail(), Password: secret.Of(m.password)})
	wantCode(t, "unknown address", err, 401, directus.InvalidCredentials)
	_, err = to.client.Login(ctx, m.visitor, directus.Credentials{Email: "not an address", Password: secret.Of(m.password)})
	wantCode(t, "no address", err, 400, directus.InvalidPayload)
	_, err = to.client.Login(ctx, m.visitor, directus.Credentials{Email: "a@example.notatld", Password: secret.Of(m.password)})
	wantCode(t, "a top-level domain that there is not", err, 400, directus.InvalidPayload)
	if err := to.admin.Patch(ctx, "/users/"+m.session.UserID, map[string]any{"status": "suspended"}); err != nil {
		t.Fatal(err)
	}
	_, err = to.client.Login(ctx, m.visitor, directus.Credentials{Email: m.email, Password: secret.Of(m.password)})
	wantCode(t, "suspended account", err, 401, directus.InvalidCredentials)
	_, err = to.client.Me(ctx, m.visitor, m.session.Token)
	if directus.TokenRefused(err) != to.suspensionEndsSessions() {
		t.Errorf("a suspended member's token: %v", err)
	}
	if _, err := to.client.Refresh(ctx, m.visitor, m.session.Token); !directus.TokenRefused(err) {
		t.Errorf("refreshing a suspended member's token: %v, want it refused", err)
	}
}

func meAnswers(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	me, err := to.client.Me(ctx, m.visitor, m.session.Token)
	if err != nil {
		t.Fatal(err)
	}
	if to.membersReadThemselves() != (me.Email == m.email) || to.membersReadThemselves() == me.Unreadable() {
		t.Errorf("me = %+v; members here read themselves: %t", me, to.membersReadThemselves())
	}
	_, err = to.client.Me(ctx, m.visitor, secret.Text{})
	wantCode(t, "me without a token", err, 401, directus.InvalidCredentials)
	other := newMember(t, to)
	if _, err := to.client.ReadUser(ctx, m.visitor, m.session.Token, other.session.UserID, "email"); !errors.Is(err, directus.Forbidden) {
		t.Errorf("reading somebody else: %v", err)
	}
	err = to.client.UpdateUser(ctx, m.visitor, m.session.Token, other.session.UserID, directus.NewEmail(newEmail()))
	if !errors.Is(err, directus.Forbidden) {
		t.Errorf("changing somebody else: %v", err)
	}
	if _, err := to.client.Login(ctx, other.visitor, directus.Credentials{Email: other.email, Password: secret.Of(other.password)}); err != nil {
		t.Errorf("somebody else was changed: %v", err)
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
	if errors.As(err, &refusal) && refusal.Field != "email" {
		t.Errorf("the field that is not unique is %q, want email", refusal.Field)
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
	signIn(t, to, m)
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

func refreshHasOneSuccessor(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	successors := make([]directus.Session, 16)
	var group sync.WaitGroup
	for i := range successors {
		group.Go(func() {
			var err error
			if successors[i], err = to.client.Refresh(ctx, m.visitor, m.session.Token); err != nil {
				t.Errorf("refresh %d of 16 at once: %v", i, err)
			}
		})
	}
	group.Wait()
	again, err := to.client.Refresh(ctx, m.visitor, m.session.Token)
	if err != nil {
		t.Fatalf("refresh with the same token within the grace: %v", err)
	}
	for i, next := range append(successors, again) {
		if !m.alive(ctx, to, next.Token.Reveal()) {
			t.Errorf("successor %d is dead", i)
		}
		if next.UserID != m.session.UserID || next.ExpiresIn != m.session.ExpiresIn {
			t.Errorf("successor %d: user %s for %s", i, next.UserID, next.ExpiresIn)
		}
	}
	if !m.alive(ctx, to, m.session.Token.Reveal()) {
		t.Error("the old token is dead at once; it should live through the grace")
	}
	// All belong to one session, which ends as a whole.
	if err := to.client.Logout(ctx, m.visitor, again.Token); err != nil {
		t.Fatal(err)
	}
	for i, next := range successors {
		if m.alive(ctx, to, next.Token.Reveal()) {
			t.Errorf("successor %d survives the sign-out of another: they were not one session", i)
		}
	}
}

func graceEnds(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	next, err := to.client.Refresh(ctx, m.visitor, m.session.Token)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	if _, err := to.client.Refresh(ctx, m.visitor, m.session.Token); err != nil {
		t.Errorf("an answer that was lost cannot be had again after 3 s: %v", err)
	}
	time.Sleep(8500 * time.Millisecond)
	if _, err := to.client.Refresh(ctx, m.visitor, m.session.Token); !directus.TokenRefused(err) {
		t.Errorf("refresh after the grace: %v, want it refused", err)
	}
	if m.alive(ctx, to, m.session.Token.Reveal()) {
		t.Error("the old token lives on after the grace")
	}
	if !m.alive(ctx, to, next.Token.Reveal()) {
		t.Error("the successor died with the grace")
	}
}

func deadTokensAreRefused(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	if err := to.client.Logout(ctx, m.visitor, m.session.Token); err != nil {
		t.Fatal(err)
	}
	forged := m.session.Token.Reveal()[:len(m.session.Token.Reveal())-6] + "AAAAAA"
	for name, token := range map[string]string{"ended": m.session.Token.Reveal(), "forged": forged} {
		if _, err := to.client.Refresh(ctx, m.visitor, secret.Of(token)); !directus.TokenRefused(err) {
			t.Errorf("refresh with an %s token: %v, want it refused", name, err)
		}
		if _, err := to.client.Me(ctx, m.visitor, secret.Of(token)); !directus.TokenRefused(err) {
			t.Errorf("me with an %s token: %v, want it refused", name, err)
		}
	}
}

func logoutEndsTheToken(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	elsewhere := signIn(t, to, m)
	if err := to.client.Logout(ctx, m.visitor, m.session.Token); err != nil {
		t.Fatal(err)
	}
	_, err := to.client.Me(ctx, m.visitor, m.session.Token)
	wantCode(t, "the token after sign-out", err, 401, directus.InvalidCredentials)
	if !m.alive(ctx, to, elsewhere.Token.Reveal()) {
		t.Error("signing out here ended the session elsewhere")
	}
	if err := to.client.Logout(ctx, m.visitor, m.session.Token); err != nil {
		t.Errorf("signing out twice: %v", err)
	}
}

func deadTokensSpoilPublicEndpoints(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	if err := to.client.Logout(ctx, m.visitor, m.session.Token); err != nil {
		t.Fatal(err)
	}
	var posts []struct{}
	err := to.client.Items(ctx, m.visitor, m.session.Token, "posts", directus.Query{Limit: 1}, &posts)
	if !directus.TokenRefused(err) {
		t.Errorf("public items with a dead token: %v, want it refused", err)
	}
}

func itemsAnswer(t *testing.T, to target) {
	ctx := t.Context()
	var global struct{ Title, Description string }
	if err := to.client.Items(ctx, somebody(), secret.Text{}, "global", directus.Query{Fields: []string{"title", "description"}}, &global); err != nil || global.Title == "" {
		t.Errorf("singleton: %+v, %v", global, err)
	}

	type post struct {
		Slug   string
		Date   *string `json:"publish_date"`
		Author *struct{ Name string }
		Image  *struct {
			ID, Description string
			Width, Height   int
		}
	}
	var posts []post
	err := to.client.Items(ctx, somebody(), secret.Text{}, "posts", directus.Query{
		Fields: []string{"slug", "publish_date", "author.name", "image.id", "image.description", "image.width", "image.height"},
		Sort:   []string{"-publish_date"}, Limit: -1,
	}, &posts)
	want := 14 // of the sample's fifteen, one is a draft
	if to.core {
		want = 15 // it cannot hide drafts
	}
	if err != nil || len(posts) != want {
		t.Fatalf("%d posts, %v; want %d", len(posts), err, want)
	}
	var noAuthor, noImage, noDate int
	last := ""
	for _, p := range posts {
		switch {
		case p.Author == nil:
			noAuthor++
		case p.Author.Name == "":
			t.Errorf("%s: the author has no name", p.Slug)
		}
		if p.Image == nil {
			noImage++
		} else if p.Image.Description == "" || p.Image.Width == 0 || p.Image.Height == 0 {
			t.Errorf("%s: the image has no description, or no measures: %+v", p.Slug, *p.Image)
		}
		if p.Date == nil {
			noDate++
		} else if last != "" && *p.Date > last {
			t.Errorf("%s is newer than the one before it", p.Slug)
		} else {
			last = *p.Date
		}
	}
	if noAuthor == 0 || noImage == 0 || noDate == 0 {
		t.Errorf("the sample has %d posts without author, %d without image, %d without date; want one of each", noAuthor, noImage, noDate)
	}

	var one, none []post
	if err := to.client.Items(ctx, somebody(), secret.Text{}, "posts", directus.Query{Fields: []string{"slug"}, Filter: directus.Equal("slug", posts[3].Slug)}, &one); err != nil || len(one) != 1 || one[0].Slug != posts[3].Slug {
		t.Errorf("filter by slug: %+v, %v", one, err)
	}
	// A page of a list, and one after the last.
	for offset, want := range map[int][]post{0: posts[:5], 5: posts[5:10], 10: posts[10:], len(posts): nil} {
		var page []post
		err := to.client.Items(ctx, somebody(), secret.Text{}, "posts", directus.Query{Fields: []string{"slug"}, Sort: []string{"-publish_date"}, Limit: 5, Offset: offset}, &page)
		if err != nil || len(page) != len(want) || (len(page) > 0 && page[0].Slug != want[0].Slug) {
			t.Errorf("from %d on: %+v, %v", offset, page, err)
		}
	}
	for _, odd := range []string{"no-such-post", "..", "a/b", "'\"", "%", "$CURRENT_USER"} {
		if err := to.client.Items(ctx, somebody(), secret.Text{}, "posts", directus.Query{Filter: directus.Equal("slug", odd)}, &none); err != nil || len(none) != 0 {
			t.Errorf("filter by slug %q: %+v, %v", odd, none, err)
		}
	}
	if err := to.client.Items(ctx, somebody(), secret.Text{}, "no_such_collection", directus.Query{}, &none); !errors.Is(err, directus.Forbidden) {
		t.Errorf("unknown collection: %v", err)
	}
	err = to.client.Items(ctx, somebody(), secret.Text{}, "posts", directus.Query{Fields: []string{"slug", "no_such_field"}, Limit: 1}, &none)
	if refused := errors.Is(err, directus.Forbidden); refused != to.refusesUnknownFields() {
		t.Errorf("unknown field: %v", err)
	}
	if err := to.client.Items(ctx, somebody(), secret.Text{}, "directus_users", directus.Query{}, &none); !errors.Is(err, directus.Forbidden) {
		t.Errorf("a system collection as items: %v", err)
	}
}

func eitherMatches(t *testing.T, to target) {
	ctx := t.Context()
	type post struct{ Slug, Title string }
	var all, found []post
	read := func(q directus.Query, out *[]post) error {
		q.Fields = []string{"slug", "title"}
		return to.client.Items(ctx, somebody(), secret.Text{}, "posts", q, out)
	}
	if err := read(directus.Query{Sort: []string{"slug"}}, &all); err != nil || len(all) < 3 {
		t.Fatalf("%d posts, %v", len(all), err)
	}
	either := directus.Either(directus.Equal("slug", all[0].Slug), directus.Equal("title", all[2].Title))
	if err := read(directus.Query{Filter: either, Sort: []string{"slug"}}, &found); err != nil || !slices.Equal(found, []post{all[0], all[2]}) {
		t.Errorf("either %v: %+v, %v", either, found, err)
	}
	if err := read(directus.Query{Filter: directus.All(either, directus.Equal("slug", all[2].Slug))}, &found); err != nil || !slices.Equal(found, all[2:3]) {
		t.Errorf("either %v, and the slug is %s: %+v, %v", either, all[2].Slug, found, err)
	}
	if err := read(directus.Query{Filter: directus.Either(directus.Equal("slug", "no-such-post"), directus.Equal("title", "'"))}, &found); err != nil || len(found) != 0 {
		t.Errorf("either of two that are not there: %+v, %v", found, err)
	}
}

// systemCollectionsAnswer: Directus' own collections are not at /items.
func systemCollectionsAnswer(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	id := upload(t, to, m)
	var files []struct{ ID, Title string }
	query := directus.Query{Fields: []string{"id", "title"}, Filter: directus.Equal("uploaded_by", m.session.UserID)}
	if err := to.client.Items(ctx, m.visitor, secret.Of(to.adminToken), "directus_files", query, &files); err != nil || len(files) != 1 || files[0].ID != id || files[0].Title == "" {
		t.Errorf("directus_files: %+v, %v", files, err)
	}
	if err := to.client.DeleteItem(ctx, m.visitor, m.session.Token, "directus_files", id); err != nil {
		t.Errorf("delete: %v", err)
	}
	var folders []struct{}
	if err := to.client.Items(ctx, m.visitor, m.session.Token, "directus_settings", directus.Query{}, &folders); !errors.Is(err, directus.Forbidden) {
		t.Errorf("the settings, for a member: %v", err)
	}
}

func assetsAnswer(t *testing.T, to target) {
	ctx := t.Context()
	var posts []struct{ Image *struct{ ID string } }
	if err := to.client.Items(ctx, somebody(), secret.Text{}, "posts", directus.Query{Fields: []string{"image.id"}, Limit: -1}, &posts); err != nil {
		t.Fatal(err)
	}
	id := ""
	for _, p := range posts {
		if p.Image != nil {
			id = p.Image.ID
		}
	}
	for _, format := range []string{"", "jpg", "png"} {
		asset, err := to.client.Asset(ctx, somebody(), secret.Text{}, id, directus.Transform{Width: 320, Format: format}, "image/*")
		if err != nil {
			t.Fatalf("asset as %q: %v", format, err)
		}
		picture, kind, err := image.DecodeConfig(asset.Body)
		_, _ = io.Copy(io.Discard, asset.Body)
		asset.Body.Close()
		if err != nil || picture.Width != 320 {
			t.Errorf("asset as %q: %d wide, %v", format, picture.Width, err)
		}
		if want := map[string]string{"": "jpeg", "jpg": "jpeg", "png": "png"}[format]; kind != want || asset.Header.Get("Content-Type") != "image/"+want {
			t.Errorf("asset as %q: %s, sent as %s", format, kind, asset.Header.Get("Content-Type"))
		}
		for _, name := range []string{"Cache-Control", "Last-Modified"} {
			if asset.Header.Get(name) == "" {
				t.Errorf("asset as %q: no %s", format, name)
			}
		}
		if has := asset.Header.Get("Etag") != ""; has != to.assetsHaveETags() {
			t.Errorf("asset as %q has an ETag: %t", format, has)
		}
	}
	for _, unknown := range []string{"00000000-0000-4000-8000-000000000000", "../users/me", "", id + "/../../server/ping"} {
		if _, err := to.client.Asset(ctx, somebody(), secret.Text{}, unknown, directus.Transform{}, ""); !errors.Is(err, directus.Forbidden) {
			t.Errorf("asset %q: %v, want it forbidden", unknown, err)
		}
	}
}

// addressesAreForwarded shows that Directus counts each visitor by their own
// address: otherwise all of Hutch would share five registrations a minute.
func addressesAreForwarded(t *testing.T, to target) {
	if !to.real {
		t.Log("the sandbox limits nobody")
		return
	}
	busy := somebody()
	var err error
	for range 6 {
		err = to.client.Register(t.Context(), busy, newEmail(), "a-long-enough-password", "")
	}
	var refusal *directus.Error
	if !errors.As(err, &refusal) || refusal.Status != 429 || !errors.Is(err, directus.ErrUnavailable) {
		t.Errorf("the sixth registration from one address: %v, want 429", err)
	}
	if err := to.client.Register(t.Context(), somebody(), newEmail(), "a-long-enough-password", ""); err != nil {
		t.Errorf("a registration from another address: %v", err)
	}
}
