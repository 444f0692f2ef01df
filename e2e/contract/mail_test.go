package contract_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

// Targets of mailed links. Nothing listens there.
const (
	verifyPage = "http://hutch.test/verify"
	resetPage  = "http://hutch.test/password/reset"
	invitePage = "http://hutch.test/invite"
)

func (to target) namesAcceptedInvites() bool     { return to.major >= 11 }
func (to target) checksResetPageForAll() bool    { return to.major >= 11 }
func (to target) resetEndsSessions() bool        { return to.major >= 11 }
func (to target) breaksDownOverSignatures() bool { return to.major == 10 }

// mail is an email that Directus has sent.
type mail struct{ to, subject, link string }

// awaitMail returns the n-th mail to an address, counted from 1. Mails are sent
// after the call that asked for them was answered.
func (to target) awaitMail(t *testing.T, address string, n int) mail {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		mails := to.mailsTo(t, address)
		if len(mails) >= n {
			return mails[n-1]
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d mails to %s, want %d", len(mails), address, n)
		}
	}
}

func (to target) mailsTo(t *testing.T, address string) []mail {
	t.Helper()
	mails, err := to.mails(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(mails, func(m mail) bool { return m.to != address })
}

// token returns the token in the mail's link.
func (m mail) token(t *testing.T, page string) string {
	t.Helper()
	token, is := strings.CutPrefix(m.link, page+"?token=")
	if !is || strings.ContainsAny(token, "&?#%") {
		t.Errorf("the link of %q is %s, want %s?token=…", m.subject, m.link, page)
	}
	return token
}

// oddToken is a token that proves nothing.
type oddToken struct {
	token  string
	status int // status of the refusal
	code   directus.Code
}

// oddTokens are such tokens by description.
func oddTokens(t *testing.T, to target, session directus.Session, email, scope string) map[string]oddToken {
	t.Helper()
	tokens := map[string]oddToken{
		"broken":    {"nonsense", 403, directus.InvalidToken},
		"a session": {session.Token.Reveal(), 403, directus.Forbidden},
		"somebody else's": {"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJlbWFpbCI6ImFAZXhhbXBsZS5jb20ifQ.c2lnbmVkLWJ5LXNvbWVib2R5LWVsc2UtZW50aXJlbHktMDA",
			403, directus.InvalidToken},
	}
	if to.sign == nil {
		t.Log("its secret is not known: no expired token")
		return tokens
	}
	for name, made := range map[string]struct {
		claims jwt.MapClaims
		status int
		code   directus.Code
	}{
		"expired":            {jwt.MapClaims{"scope": scope, "exp": time.Now().Add(-time.Minute).Unix()}, 401, directus.TokenExpired},
		"for something else": {jwt.MapClaims{"scope": "no-such-scope", "exp": time.Now().Add(time.Minute).Unix()}, 403, directus.Forbidden},
	} {
		made.claims["email"], made.claims["hash"], made.claims["iss"] = email, "h", "directus"
		token, err := to.sign(made.claims)
		if err != nil {
			t.Fatal(err)
		}
		tokens[name] = oddToken{token, made.status, made.code}
	}
	return tokens
}

// set changes a setting and returns a function that restores it.
func set(t *testing.T, to target, name string, value any) (undo func()) {
	t.Helper()
	var before map[string]any
	if err := to.admin.Get(t.Context(), "/settings", url.Values{"fields": {name}}, &before); err != nil {
		t.Fatal(err)
	}
	if err := to.admin.Patch(t.Context(), "/settings", map[string]any{name: value}); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := to.admin.Patch(context.WithoutCancel(t.Context()), "/settings", map[string]any{name: before[name]}); err != nil {
			t.Error(err)
		}
	}
}

// wantPolicy expects a password to be refused by the project's policy.
func wantPolicy(t *testing.T, what string, err error) {
	t.Helper()
	wantCode(t, what, err, 400, directus.FailedValidation)
	var refusal *directus.Error
	if errors.As(err, &refusal) && refusal.Faults[0].Field != "password" {
		t.Errorf("%s: the field is %q, want password", what, refusal.Faults[0].Field)
	}
}

func registrationIsVerified(t *testing.T, to target) {
	ctx := t.Context()
	somebodyElse := newMember(t, to)
	defer set(t, to, "public_registration_verify_email", true)()
	m := member{visitor: somebody(), email: newEmail(), password: "a-long-enough-password"}
	for _, page := range []string{verifyPage + "/", "https://hutch.test/verify", "http://hutch.test", "http://elsewhere.test/verify", "nonsense"} {
		err := to.client.Register(ctx, somebody(), m.email, m.password, page)
		wantCode(t, "a link to "+page, err, 400, directus.InvalidPayload)
	}
	undo := set(t, to, "auth_password_policy", "/^.{10,}$/")
	wantPolicy(t, "a password against the policy", to.client.Register(ctx, somebody(), m.email, "short", verifyPage))
	// The policy is not applied to an address that has an account, so it reveals
	// which have one. README says so.
	if err := to.client.Register(ctx, somebody(), somebodyElse.email, "short", verifyPage); err != nil {
		t.Errorf("a password against the policy for a known address: %v", err)
	}
	undo()

	for _, password := range []string{m.password, "another-long-password"} { // the second time, for another mail
		if err := to.client.Register(ctx, m.visitor, m.email, password, verifyPage); err != nil {
			t.Fatalf("register: %v", err)
		}
	}
	if got := to.awaitMail(t, m.email, 1).subject; got == "" {
		t.Error("the mail has no subject")
	}
	token := to.awaitMail(t, m.email, 2).token(t, verifyPage)
	_, err := to.client.Login(ctx, m.visitor, directus.Credentials{Email: m.email, Password: secret.Of(m.password)})
	wantCode(t, "signing in before the address is confirmed", err, 401, directus.InvalidCredentials)
	for name, odd := range oddTokens(t, to, somebodyElse.session, m.email, "pending-registration") {
		wantCode(t, "verify with a token that is "+name, to.client.VerifyEmail(ctx, m.visitor, odd.token), odd.status, odd.code)
	}

	if err := to.client.VerifyEmail(ctx, m.visitor, token); err != nil {
		t.Fatalf("verify: %v", err)
	}
	signIn(t, to, m) // with the first password
	_, err = to.client.Login(ctx, m.visitor, directus.Credentials{Email: m.email, Password: secret.Of("another-long-password")})
	wantCode(t, "the second registration's password", err, 401, directus.InvalidCredentials)
	wantCode(t, "verify again", to.client.VerifyEmail(ctx, m.visitor, token), 400, directus.InvalidPayload)
	first := to.awaitMail(t, m.email, 1).token(t, verifyPage)
	wantCode(t, "verify with the first mail", to.client.VerifyEmail(ctx, m.visitor, first), 400, directus.InvalidPayload)
	wantCode(t, "verify without a token", to.client.VerifyEmail(ctx, m.visitor, ""), 403, directus.InvalidToken)

	// A member who registers again learns nothing and gets no mail; a registration
	// without a page gets a link to Directus.
	if err := to.client.Register(ctx, m.visitor, m.email, m.password, verifyPage); err != nil {
		t.Errorf("registering a known address: %v", err)
	}
	other := newEmail()
	if err := to.client.Register(ctx, m.visitor, other, m.password, ""); err != nil {
		t.Fatalf("register: %v", err)
	}
	if link := to.awaitMail(t, other, 1).link; !strings.Contains(link, "/users/register/verify-email?token=") {
		t.Errorf("the link without a page: %s", link)
	}
	if n := len(to.mailsTo(t, m.email)); n != 2 {
		t.Errorf("%d mails to the member, want 2", n)
	}
}

func passwordIsReset(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	unknown, unverified := newEmail(), newEmail()
	undo := set(t, to, "public_registration_verify_email", true)
	if err := to.client.Register(ctx, somebody(), unverified, m.password, verifyPage); err != nil {
		t.Fatal(err)
	}
	undo()
	request := func(email, page string) error { return to.client.RequestPasswordReset(ctx, m.visitor, email, page) }
	for _, page := range []string{resetPage + "/", "http://elsewhere.test/password/reset"} {
		wantCode(t, "a link to "+page, request(m.email, page), 400, directus.InvalidPayload)
		if err := request(unknown, page); errors.Is(err, directus.InvalidPayload) != to.checksResetPageForAll() {
			t.Errorf("a link to %s, for an unknown address: %v", page, err)
		}
	}
	for _, email := range []string{unknown, unverified, m.email} {
		if err := request(email, resetPage); err != nil {
			t.Fatalf("request: %v", err)
		}
	}
	token := to.awaitMail(t, m.email, 1).token(t, resetPage)
	if len(to.mailsTo(t, unknown))+len(to.mailsTo(t, unverified)) > 1 { // the verification
		t.Error("mail went to who is no member")
	}

	const changed = "a-password-after-reset"
	for name, odd := range oddTokens(t, to, m.session, m.email, "password-reset") {
		if name == "somebody else's" && to.breaksDownOverSignatures() {
			odd.status, odd.code = 500, "INTERNAL_SERVER_ERROR"
		}
		wantCode(t, "reset with a token that is "+name, to.client.ResetPassword(ctx, m.visitor, odd.token, changed), odd.status, odd.code)
	}
	wantCode(t, "reset without a token", to.client.ResetPassword(ctx, m.visitor, "", changed), 403, directus.InvalidToken)
	undo = set(t, to, "auth_password_policy", "/^.{10,}$/")
	wantPolicy(t, "a password against the policy", to.client.ResetPassword(ctx, m.visitor, token, "short"))
	undo()
	if !m.alive(ctx, to, m.session.Token.Reveal()) {
		t.Error("the session ended before the reset")
	}
	if err := to.client.ResetPassword(ctx, m.visitor, token, changed); err != nil {
		t.Fatalf("reset: %v", err)
	}
	if m.alive(ctx, to, m.session.Token.Reveal()) == to.resetEndsSessions() {
		t.Errorf("a session is alive after the reset: %t", !to.resetEndsSessions())
	}
	_, err := to.client.Login(ctx, m.visitor, directus.Credentials{Email: m.email, Password: secret.Of(m.password)})
	wantCode(t, "signing in with the old password", err, 401, directus.InvalidCredentials)
	m.password = changed
	signIn(t, to, m)
	wantCode(t, "reset again", to.client.ResetPassword(ctx, m.visitor, token, "yet-another-password"), 403, directus.Forbidden)
	signIn(t, to, m)
}

// resetTakesTheSameTime: response times reveal nothing about the address either.
func resetTakesTheSameTime(t *testing.T, to target) {
	m := newMember(t, to)
	median := func(address func() string) time.Duration {
		var took []time.Duration
		for range 7 {
			email := address()
			start := time.Now()
			if err := to.client.RequestPasswordReset(t.Context(), m.visitor, email, resetPage); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
	known, unknown := median(func() string { return m.email }), median(newEmail)
	if difference := (known - unknown).Abs(); difference > 100*time.Millisecond {
		t.Errorf("a known address takes %s, an unknown one %s", known, unknown)
	}
}

func invitationsAreAccepted(t *testing.T, to target) {
	ctx := t.Context()
	m := member{visitor: somebody(), email: newEmail(), password: "a-long-enough-password"}
	var roles []struct {
		ID string `json:"id"`
	}
	if err := to.admin.Get(ctx, "/roles", url.Values{"filter[name][_eq]": {"Users"}}, &roles); err != nil || len(roles) != 1 {
		t.Fatalf("the members' role: %v, %v", roles, err)
	}
	invite := func(page string) error {
		return to.admin.Post(ctx, "/users/invite", map[string]any{"email": m.email, "role": roles[0].ID, "invite_url": page}, nil)
	}
	wantCode(t, "a link elsewhere", invite("http://elsewhere.test/invite"), 400, directus.InvalidPayload)
	for range 2 { // the second time, for another mail
		if err := invite(invitePage); err != nil {
			t.Fatalf("invite: %v", err)
		}
	}
	token := to.awaitMail(t, m.email, 1).token(t, invitePage)
	second := to.awaitMail(t, m.email, 2).token(t, invitePage)
	_, err := to.client.Login(ctx, m.visitor, directus.Credentials{Email: m.email, Password: secret.Of(m.password)})
	wantCode(t, "signing in before accepting", err, 401, directus.InvalidCredentials)

	accept := func(token, password string) error { return to.client.AcceptInvite(ctx, m.visitor, token, password) }
	for name, odd := range oddTokens(t, to, newMember(t, to).session, m.email, "invite") {
		wantCode(t, "accept with a token that is "+name, accept(odd.token, m.password), odd.status, odd.code)
	}
	wantCode(t, "accept without a token", accept("", m.password), 400, directus.InvalidPayload)
	undo := set(t, to, "auth_password_policy", "/^.{10,}$/")
	wantPolicy(t, "a password against the policy", accept(token, "short"))
	undo()
	if err := accept(token, m.password); err != nil {
		t.Fatalf("accept: %v", err)
	}
	signIn(t, to, m)
	accepted := directus.InvalidPayload
	if to.namesAcceptedInvites() {
		accepted = directus.InvalidInvite
	}
	wantCode(t, "accept again", accept(token, "another-long-password"), 400, accepted)
	wantCode(t, "accept by the second mail", accept(second, "another-long-password"), 400, accepted)
	signIn(t, to, m)
}
