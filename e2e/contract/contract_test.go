package contract_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
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

// The contract suite checks the client's assumptions against every installed
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

	wait func(time.Duration) // on the sandbox by moving its clock
	// mails returns the mails sent so far.
	mails func(context.Context) ([]mail, error)
	// sign makes a token as the server would; nil if its secret is unknown.
	sign func(jwt.MapClaims) (string, error)

	major int // of the version
	// core: a Directus 12 without a licence, on which nobody can create rules such
	// as "own record only".
	core bool
	real bool
	// postgres is the database, in place of SQLite.
	postgres bool
}

// What databases differ in. The sandbox is as strict about lengths as PostgreSQL.
func (to target) holdsLengths() bool    { return to.postgres || !to.real }
func (to target) namesForeignKey() bool { return to.postgres || !to.real }
func (to target) holdsRanges() bool     { return to.postgres }
func (to target) nullsSortFirst() bool  { return to.postgres } // of what sorts downwards
func (to target) failsOnNUL() bool      { return to.postgres }

// undatedLast puts the one without a date, of what is sorted by it downwards, where SQLite
// has it.
func undatedLast[T any](to target, rows []T) []T {
	if to.nullsSortFirst() && len(rows) > 0 {
		return append(slices.Clone(rows[1:]), rows[0])
	}
	return rows
}

func (to target) membersReadThemselves() bool     { return !to.core }
func (to target) emailChangeEndsOthers() bool     { return to.major >= 11 }
func (to target) suspensionEndsSessions() bool    { return to.major >= 11 }
func (to target) assetsHaveETags() bool           { return to.major >= 11 }
func (to target) comparesNumbersOnly() bool       { return to.major >= 11 } // 10 finds nothing that equals a word
func (to target) refusesUnknownFields() bool      { return to.major >= 11 }
func (to target) makesIndexes() bool              { return to.major >= 11 } // 10 ignores that it is asked to
func (to target) permissionsHangOnPolicies() bool { return to.major >= 11 }

// maxUpload is FILES_MAX_UPLOAD_SIZE.
const maxUpload = 1 << 20

func TestContract(t *testing.T) {
	t.Parallel()
	t.Run("sandbox", func(t *testing.T) {
		t.Parallel()
		contract(t, sandboxTarget(t))
	})
	for _, version := range realdirectus.TestVersions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			contract(t, realTarget(t, version))
		})
	}
}

func sandboxTarget(t *testing.T) target {
	var ahead atomic.Int64
	box, err := sandbox.Open(t.Context(), sandbox.Options{
		Path:         ":memory:",
		Now:          func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
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
		wait: func(d time.Duration) { ahead.Add(int64(d)) },
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
		"QUERY_LIMIT_MAX":            "1000",
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
		wait: time.Sleep,
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
		major: major, core: major >= 12, real: true, postgres: strings.HasSuffix(version, realdirectus.Postgres),
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
		{"values that are not accepted", valuesAreRefused},
		{"refresh once, twice, sixteen times", refreshHasOneSuccessor},
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
		{"items of members", membersItems},
		{"files", filesAreKept},
		{"picture", pictureIsSet},
		{"delete one's account", accountIsDeleted},
		{"the last administrator", lastAdministratorStays},
		{"recovery codes", recoveryCodesAreTheServiceAccounts},
		{"content: fields", postsTellTheirFields},
		{"content: fields that are no relation", fieldsThatAreNoRelation},
		{"content: what posts refer to", postsComeWithWhatTheyReferTo},
		{"content: published", onlyThePublishedIsShown},
		{"content: neighbours", neighboursAreFound},
		{"content: search", searchFinds},
		{"content: authors", authorsAreFound},
		{"content: navigation, redirects, global", siteAnswers},
		{"content: counts", listsCount},
		{"content: indexes", indexesAreTold},
		{"content: questions that do not fit", unfitQuestionsAreAnswered},
		{"content: for members", gatesHold},
		{"the visitor's address counts", addressesAreForwarded},
		{"refresh after the grace", graceEnds}, // last: it moves the sandbox's clock
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
