package contract_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

// logoutEndsOneToken is why signing out has to revoke every token of a session.
func logoutEndsOneToken(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	next, err := to.client.Refresh(ctx, m.visitor, m.session.Token)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to.client.Logout(ctx, m.visitor, next.Token); err != nil {
		t.Fatal(err)
	}
	if m.alive(ctx, to, next.Token.Reveal()) {
		t.Error("the successor lives on after its sign-out")
	}
	if !m.alive(ctx, to, m.session.Token.Reveal()) {
		t.Error("the old token died with its successor: it need not be ended any more")
	}
	// The old token yields no second successor, only the dead one.
	if again, err := to.client.Refresh(ctx, m.visitor, m.session.Token); err == nil && m.alive(ctx, to, again.Token.Reveal()) {
		t.Error("the old token has brought the session back")
	}
	if _, err := to.client.Logout(ctx, m.visitor, m.session.Token); err != nil {
		t.Fatal(err)
	}
	if m.alive(ctx, to, m.session.Token.Reveal()) {
		t.Error("the old token lives on after its sign-out")
	}

	m = newMember(t, to)
	if next, err = to.client.Refresh(ctx, m.visitor, m.session.Token); err != nil {
		t.Fatal(err)
	}
	if _, err := to.client.Logout(ctx, m.visitor, m.session.Token); err != nil {
		t.Fatal(err)
	}
	if !m.alive(ctx, to, next.Token.Reveal()) {
		t.Error("the successor died with the old token: it need not be found any more")
	}
	if _, err := to.client.Refresh(ctx, m.visitor, m.session.Token); !directus.TokenRefused(err) {
		t.Errorf("refresh with a token that was signed out: %v, want it refused", err)
	}
}

// logoutAmidRefreshes signs out as package session does, while others refresh: it
// asks for the successor, then revokes the old token and that one. Afterwards no
// token that anybody was given works.
func logoutAmidRefreshes(t *testing.T, to target) {
	ctx := t.Context()
	const rounds, refreshes = 10, 20
	m := newMember(t, to)
	given, failed := 0, 0
	for range rounds {
		old := signIn(t, to, m)
		var mu sync.Mutex
		tokens := []string{old.Token.Reveal()}
		refresh := func() (directus.Session, error) {
			next, err := to.client.Refresh(ctx, m.visitor, old.Token)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				tokens = append(tokens, next.Token.Reveal())
				given++
			} else {
				failed++
			}
			return next, err
		}
		var group sync.WaitGroup
		for i := range refreshes {
			group.Go(func() {
				if i == refreshes/2 {
					next, err := refresh()
					if err != nil {
						t.Errorf("the successor is not to be had: %v", err)
					}
					for _, token := range []string{old.Token.Reveal(), next.Token.Reveal()} {
						if _, err := to.client.Logout(ctx, m.visitor, secret.Of(token)); err != nil {
							t.Error(err)
						}
					}
					return
				}
				_, _ = refresh()
			})
		}
		group.Wait()
		slices.Sort(tokens)
		for _, token := range slices.Compact(tokens) {
			if m.alive(ctx, to, token) {
				t.Error("a token of the session works after the sign-out")
			}
		}
	}
	t.Logf("%d sign-outs, each amid %d refreshes: %d tokens given, %d refused", rounds, refreshes, given, failed)
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
	if _, err := to.client.Logout(ctx, m.visitor, again.Token); err != nil {
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
	to.wait(3 * time.Second)
	if _, err := to.client.Refresh(ctx, m.visitor, m.session.Token); err != nil {
		t.Errorf("an answer that was lost cannot be had again after 3 s: %v", err)
	}
	to.wait(8500 * time.Millisecond)
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
	if _, err := to.client.Logout(ctx, m.visitor, m.session.Token); err != nil {
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
	if _, err := to.client.Logout(ctx, m.visitor, m.session.Token); err != nil {
		t.Fatal(err)
	}
	_, err := to.client.Me(ctx, m.visitor, m.session.Token)
	wantCode(t, "the token after sign-out", err, 401, directus.InvalidCredentials)
	if !m.alive(ctx, to, elsewhere.Token.Reveal()) {
		t.Error("signing out here ended the session elsewhere")
	}
	if _, err := to.client.Logout(ctx, m.visitor, m.session.Token); err != nil {
		t.Errorf("signing out twice: %v", err)
	}
}

func deadTokensSpoilPublicEndpoints(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	if _, err := to.client.Logout(ctx, m.visitor, m.session.Token); err != nil {
		t.Fatal(err)
	}
	var posts []struct{}
	err := to.client.Items(ctx, m.visitor, m.session.Token, "posts", directus.Query{Limit: 1}, &posts)
	if !directus.TokenRefused(err) {
		t.Errorf("public items with a dead token: %v, want it refused", err)
	}
}
