package contract_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/internal/secret"
)

func (to target) passwordChangeEndsOthers() bool { return to.major >= 11 }
func (to target) twoFactorEndsSessions() bool    { return false }

// row reads a member's row as an administrator.
func row(t *testing.T, to target, m member, fields ...string) directus.User {
	t.Helper()
	user, err := to.client.ReadUser(t.Context(), m.visitor, secret.Of(to.adminToken), m.session.UserID, fields...)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// notTheCode returns a wrong code.
func notTheCode(code string) string {
	return string('0'+(code[0]-'0'+1)%10) + code[1:]
}

func twoFactorAsksForCodes(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	elsewhere := signIn(t, to, m)
	login := func(password, code string) error {
		_, err := to.client.Login(ctx, m.visitor, directus.Credentials{Email: m.email, Password: secret.Of(password), Code: secret.Of(code)})
		return err
	}
	generate := func(password string) (directus.TwoFactorSecret, error) {
		return to.client.GenerateTwoFactor(ctx, m.visitor, m.session.Token, password)
	}
	enable := func(secret, code string) error {
		return to.client.EnableTwoFactor(ctx, m.visitor, m.session.Token, secret, code)
	}
	disable := func(code string) error {
		return to.client.DisableTwoFactor(ctx, m.visitor, m.session.Token, code)
	}

	_, err := generate("wrong")
	wantCode(t, "generate with a wrong password", err, 401, directus.InvalidCredentials)
	_, err = generate("")
	wantCode(t, "generate without a password", err, 400, directus.InvalidPayload)
	made, err := generate(m.password)
	if err != nil {
		t.Fatalf("generate: %v", err)
	}
	parts, err := url.Parse(made.URL)
	if err != nil || parts.Scheme != "otpauth" || parts.Host != "totp" || !strings.HasSuffix(parts.Path, ":"+m.email) || parts.Query().Get("secret") != made.Secret {
		t.Errorf("generated %+v", made)
	}
	if again, err := generate(m.password); err != nil || again.Secret == made.Secret {
		t.Errorf("generated once more: %+v, %v", again, err)
	}

	right := harness.CodeFor(t, made.Secret)
	wantCode(t, "enable with a wrong code", enable(made.Secret, notTheCode(right)), 400, directus.InvalidPayload)
	wantCode(t, "enable without a code", enable(made.Secret, ""), 400, directus.InvalidPayload)
	wantCode(t, "disable what is off", disable(right), 400, directus.InvalidPayload)
	if err := login(m.password, ""); err != nil {
		t.Errorf("sign-in before it is on: %v", err)
	}
	if row(t, to, m, "*").TwoFactor {
		t.Error("it is on before it is enabled")
	}
	if err := enable(made.Secret, right); err != nil {
		t.Fatalf("enable: %v", err)
	}
	wantCode(t, "enable what is on", enable(made.Secret, right), 400, directus.InvalidPayload)
	_, err = generate(m.password)
	wantCode(t, "generate when it is on", err, 400, directus.InvalidPayload)
	if !m.alive(ctx, to, m.session.Token.Reveal()) || m.alive(ctx, to, elsewhere.Token.Reveal()) == to.twoFactorEndsSessions() {
		t.Errorf("after enabling: own session alive %t, elsewhere %t", m.alive(ctx, to, m.session.Token.Reveal()), m.alive(ctx, to, elsewhere.Token.Reveal()))
	}
	user := row(t, to, m, "*")
	if secret := string(user.Row["tfa_secret"]); !user.TwoFactor || secret != `"**********"` {
		t.Errorf("the row says %t, its secret is %s", user.TwoFactor, secret)
	}
	if to.membersReadThemselves() {
		if me, err := to.client.Me(ctx, m.visitor, m.session.Token); err != nil || !me.TwoFactor || strings.Contains(string(me.Row["tfa_secret"]), made.Secret) {
			t.Errorf("me: %+v, %v", me, err)
		}
	}

	right = harness.CodeFor(t, made.Secret)
	wantCode(t, "sign-in without a code", login(m.password, ""), 401, directus.InvalidOTP)
	wantCode(t, "sign-in with a wrong code", login(m.password, notTheCode(right)), 401, directus.InvalidOTP)
	wantCode(t, "sign-in with a wrong password and the right code", login("wrong", right), 401, directus.InvalidCredentials)
	if err := login(m.password, right); err != nil {
		t.Errorf("sign-in with the right code: %v", err)
	}
	if err := login(m.password, right); err != nil {
		t.Errorf("sign-in with the same code: %v", err)
	}
	if _, err := to.client.Refresh(ctx, m.visitor, elsewhere.Token); err != nil {
		t.Errorf("refresh: %v", err)
	}
	wantCode(t, "disable with a wrong code", disable(notTheCode(right)), 400, directus.InvalidPayload)
	if err := disable(right); err != nil { // the one that was used
		t.Fatalf("disable: %v", err)
	}
	if !m.alive(ctx, to, m.session.Token.Reveal()) || row(t, to, m, "*").TwoFactor {
		t.Error("after disabling: it is still on, or the session has ended")
	}
	if err := login(m.password, ""); err != nil {
		t.Errorf("sign-in after it is off: %v", err)
	}
}

func twoFactorNeedsPermission(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	made, err := to.client.GenerateTwoFactor(ctx, m.visitor, m.session.Token, m.password)
	if err != nil {
		t.Fatal(err)
	}
	right := harness.CodeFor(t, made.Secret)
	undo := forbid(t, to, "update", "directus_users")
	wantCode(t, "enable without permission", to.client.EnableTwoFactor(ctx, m.visitor, m.session.Token, made.Secret, right), 403, directus.Forbidden)
	undo()
	if err := to.client.EnableTwoFactor(ctx, m.visitor, m.session.Token, made.Secret, right); err != nil {
		t.Fatal(err)
	}
	defer forbid(t, to, "update", "directus_users")()
	wantCode(t, "disable without permission", to.client.DisableTwoFactor(ctx, m.visitor, m.session.Token, right), 403, directus.Forbidden)
	// An administrator can always turn it off.
	if err := to.admin.Post(ctx, "/users/"+m.session.UserID+"/tfa/disable", nil, nil); err != nil {
		t.Errorf("an administrator switches it off: %v", err)
	}
	signIn(t, to, m)
}

func passwordChanges(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	change := func(password string) error {
		return to.client.UpdateUser(ctx, m.visitor, m.session.Token, m.session.UserID, directus.NewPassword(password))
	}
	elsewhere := signIn(t, to, m)
	undo := set(t, to, "auth_password_policy", "/^.{10,}$/")
	wantPolicy(t, "a password against the policy", change("short"))
	undo()
	if !m.alive(ctx, to, elsewhere.Token.Reveal()) {
		t.Error("a change that was refused ended the session elsewhere")
	}
	info, err := to.client.Info(ctx, m.visitor, m.session.Token)
	if err != nil {
		t.Fatal(err)
	}
	if info.EndsOtherSessions() != to.passwordChangeEndsOthers() {
		t.Errorf("version %q is said to end other sessions: %t", info.Version, info.EndsOtherSessions())
	}
	old := m.password
	for _, password := range []string{"another-long-password", "another-long-password"} { // the second time, the same
		elsewhere := signIn(t, to, m)
		if err := change(password); err != nil {
			t.Fatalf("change: %v", err)
		}
		if !m.alive(ctx, to, m.session.Token.Reveal()) {
			t.Error("the member's own session ended with the change")
		}
		if alive := m.alive(ctx, to, elsewhere.Token.Reveal()); alive == to.passwordChangeEndsOthers() {
			t.Errorf("a session elsewhere is alive after the change: %t", alive)
		}
		m.password = password
	}
	if m.session, err = to.client.Refresh(ctx, m.visitor, m.session.Token); err != nil {
		t.Errorf("refresh after the change: %v", err)
	}
	_, err = to.client.Login(ctx, m.visitor, directus.Credentials{Email: m.email, Password: secret.Of(old)})
	wantCode(t, "signing in with the old password", err, 401, directus.InvalidCredentials)
	signIn(t, to, m)
}

func change(t *testing.T, fields map[string]any) directus.UserChange {
	t.Helper()
	change := directus.UserChange{}
	for name, value := range fields {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		change[name] = encoded
	}
	return change
}

func profileChanges(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	elsewhere := signIn(t, to, m)
	update := func(fields map[string]any) error {
		return to.client.UpdateUser(ctx, m.visitor, m.session.Token, m.session.UserID, change(t, fields))
	}
	err := update(map[string]any{
		"first_name": "Åsa <b>", "last_name": "O'Neill", "language": "de-DE", "appearance": "dark",
		"title": "Keeper", "location": "Burrow", "description": "two\nlines",
	})
	if err != nil {
		t.Fatalf("change: %v", err)
	}
	user := row(t, to, m, "*")
	if user.FirstName != "Åsa <b>" || user.LastName != "O'Neill" || user.Language != "de-DE" || user.Appearance != "dark" || user.Provider != "default" ||
		string(user.Row["description"]) != `"two\nlines"` || string(user.Row["title"]) != `"Keeper"` {
		t.Errorf("the row is %+v", user)
	}
	if err := update(map[string]any{"last_name": nil, "language": nil, "appearance": nil, "first_name": ""}); err != nil {
		t.Fatalf("clear: %v", err)
	}
	user = row(t, to, m, "*")
	if user.Language != "" || user.Appearance != "" || string(user.Row["last_name"]) != "null" || string(user.Row["first_name"]) != `""` {
		t.Errorf("after clearing, the row is %+v", user)
	}
	if !m.alive(ctx, to, elsewhere.Token.Reveal()) {
		t.Error("a change of the name ended the session elsewhere")
	}

	for _, field := range []string{"role", "status", "token", "provider", "external_identifier", "no_such_field"} {
		err := update(map[string]any{"first_name": "Not me", field: "active"})
		if !errors.Is(err, directus.Forbidden) {
			t.Errorf("change of %s: %v, want it forbidden", field, err)
		}
	}
	err = update(map[string]any{"tfa_secret": "ABC"})
	wantCode(t, "change of tfa_secret", err, 400, directus.InvalidPayload)
	if user := row(t, to, m, "*"); user.FirstName == "Not me" {
		t.Error("a change that was refused has changed the name")
	}
	// Directus lists choices but does not enforce them. (SQLite has no lengths.)
	for field, value := range map[string]string{"language": "xx", "appearance": "purple", "avatar": "00000000-0000-4000-8000-000000000000"} {
		if err := update(map[string]any{field: value}); err != nil {
			t.Errorf("%s is taken to be checked: %v", field, err)
		}
	}
}
