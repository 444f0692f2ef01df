package setup_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/setup"
	"hutch/tools/realdirectus"
)

func TestSignInSaysWhichVariableIsWanting(t *testing.T) {
	client, err := directus.New("http://127.0.0.1:1") // nobody answers there
	if err != nil {
		t.Fatal(err)
	}
	const secret = "correct horse"
	tests := []struct {
		name  string
		env   environment
		names []string
	}{
		{"nothing", environment{}, []string{"DIRECTUS_ADMIN_TOKEN", "DIRECTUS_ADMIN_EMAIL", "DIRECTUS_ADMIN_PASSWORD"}},
		{"no password", environment{"DIRECTUS_ADMIN_EMAIL": "admin@example.com"}, []string{"DIRECTUS_ADMIN_PASSWORD is not"}},
		{"no email", environment{"DIRECTUS_ADMIN_PASSWORD": secret}, []string{"DIRECTUS_ADMIN_EMAIL is not"}},
		{"token with a break", environment{"DIRECTUS_ADMIN_TOKEN": "horse\nbattery"}, []string{"DIRECTUS_ADMIN_TOKEN must be"}},
		{"no server", environment{"DIRECTUS_ADMIN_EMAIL": "admin@example.com", "DIRECTUS_ADMIN_PASSWORD": secret}, []string{"DIRECTUS_URL"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := setup.SignIn(t.Context(), client, test.env.get)
			wantSentence(t, err, test.names...)
			if err != nil && strings.Contains(err.Error(), "horse") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

func TestSignIn(t *testing.T) {
	forEachVersion(t, nil, func(t *testing.T, w world) {
		good := environment{"DIRECTUS_ADMIN_EMAIL": w.server.AdminEmail, "DIRECTUS_ADMIN_PASSWORD": w.server.AdminPassword}

		t.Run("with email and password", func(t *testing.T) {
			token, signOut, err := setup.SignIn(t.Context(), w.client, good.get)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.client.Me(t.Context(), directus.Visitor{}, secret.Of(token)); err != nil {
				t.Errorf("the token does not work: %v", err)
			}
			if err := signOut(); err != nil {
				t.Error(err)
			}
			if _, err := w.client.Me(t.Context(), directus.Visitor{}, secret.Of(token)); !directus.TokenRefused(err) {
				t.Errorf("after signing out, the token is answered %v; want it refused", err)
			}
		})

		t.Run("with a static token, which stays", func(t *testing.T) {
			token, signOut, err := setup.SignIn(t.Context(), w.client, environment{"DIRECTUS_ADMIN_TOKEN": " " + w.server.AdminToken + "\n"}.get)
			if err != nil {
				t.Fatal(err)
			}
			if err := signOut(); err != nil {
				t.Error(err)
			}
			if _, err := w.client.Me(t.Context(), directus.Visitor{}, secret.Of(token)); err != nil {
				t.Errorf("the token does not work any more: %v", err)
			}
		})

		t.Run("with a wrong password", func(t *testing.T) {
			_, _, err := setup.SignIn(t.Context(), w.client, environment{"DIRECTUS_ADMIN_EMAIL": w.server.AdminEmail, "DIRECTUS_ADMIN_PASSWORD": "wrong horse"}.get)
			wantSentence(t, err, "DIRECTUS_ADMIN_EMAIL", "DIRECTUS_ADMIN_PASSWORD")
		})

		t.Run("with no address", func(t *testing.T) {
			_, _, err := setup.SignIn(t.Context(), w.client, environment{"DIRECTUS_ADMIN_EMAIL": "admin", "DIRECTUS_ADMIN_PASSWORD": "x"}.get)
			wantSentence(t, err, "DIRECTUS_ADMIN_EMAIL must be")
		})

		t.Run("of an administrator with a second factor", func(t *testing.T) {
			const password = "an administrator's password"
			var me struct{ Role string }
			w.get(t, "/users/me", nil, &me)
			w.create(t, "/users", data{"email": "careful@example.com", "password": password, "role": me.Role, "token": "careful-token"})
			careful := w.client.Admin("careful-token")
			var tfa struct{ Secret string }
			if err := careful.Post(t.Context(), "/users/me/tfa/generate", data{"password": password}, &tfa); err != nil {
				t.Fatal(err)
			}
			if err := careful.Post(t.Context(), "/users/me/tfa/enable", data{"secret": tfa.Secret, "otp": totp(t, tfa.Secret)}, nil); err != nil {
				t.Fatal(err)
			}
			_, _, err := setup.SignIn(t.Context(), w.client, environment{"DIRECTUS_ADMIN_EMAIL": "careful@example.com", "DIRECTUS_ADMIN_PASSWORD": password}.get)
			wantSentence(t, err, "two-factor", "DIRECTUS_ADMIN_TOKEN")
		})

		t.Run("run with a wrong token", func(t *testing.T) {
			w := w
			w.token = "wrong-horse"
			before := w.snapshot(t)
			out, err := w.run(t, setup.Options{})
			wantSentence(t, err, "DIRECTUS_ADMIN_TOKEN", "refuses")
			if out != "" || strings.Contains(err.Error(), "horse") {
				t.Errorf("printed %q, error %v", out, err)
			}
			wantSame(t, before, w.snapshot(t))
		})

		t.Run("run by somebody who is no administrator", func(t *testing.T) {
			w.create(t, "/users", data{"email": "some@example.com", "token": "some-horse"})
			w := w
			w.token = "some-horse"
			before := w.snapshot(t)
			_, err := w.run(t, setup.Options{})
			wantSentence(t, err, "does not belong to an administrator")
			wantSame(t, before, w.snapshot(t))
		})
	})
}

// forEachVersion starts a new Directus of each version to test with.
func forEachVersion(t *testing.T, env map[string]string, test func(*testing.T, world)) {
	t.Parallel()
	for _, version := range realdirectus.TestVersions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, version, env))
		})
	}
}

// totp is the code that an authenticator shows now (RFC 6238).
func totp(t *testing.T, secret string) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	binary.Write(mac, binary.BigEndian, time.Now().Unix()/30)
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1000000)
}
