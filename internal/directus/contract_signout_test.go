package directus_test

import (
	"slices"
	"sync"
	"testing"

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
	if err := to.client.Logout(ctx, m.visitor, next.Token); err != nil {
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
	if err := to.client.Logout(ctx, m.visitor, m.session.Token); err != nil {
		t.Fatal(err)
	}
	if m.alive(ctx, to, m.session.Token.Reveal()) {
		t.Error("the old token lives on after its sign-out")
	}

	m = newMember(t, to)
	if next, err = to.client.Refresh(ctx, m.visitor, m.session.Token); err != nil {
		t.Fatal(err)
	}
	if err := to.client.Logout(ctx, m.visitor, m.session.Token); err != nil {
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
						if err := to.client.Logout(ctx, m.visitor, secret.Of(token)); err != nil {
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
