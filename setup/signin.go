package setup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

// The environment variables that name the administrator.
const (
	envToken    = "DIRECTUS_ADMIN_TOKEN"
	envEmail    = "DIRECTUS_ADMIN_EMAIL"
	envPassword = "DIRECTUS_ADMIN_PASSWORD"
)

// SignIn returns the token of the administrator that the environment names: the
// static one, or that of a session for email and password. The caller must end
// it with signOut, which leaves a static token alone.
func SignIn(ctx context.Context, client *directus.Client, getenv func(string) string) (token string, signOut func() error, err error) {
	token, email, password := strings.TrimSpace(getenv(envToken)), strings.TrimSpace(getenv(envEmail)), getenv(envPassword)
	switch {
	case strings.ContainsAny(token, " \t\r\n"):
		return "", nil, fmt.Errorf("setup: %s wants one token, without spaces or line breaks in it", envToken)
	case token != "":
		return token, func() error { return nil }, nil
	case email == "" && password == "":
		return "", nil, fmt.Errorf("setup: it needs an administrator of Directus: set %s to their static token, or %s and %s to what they sign in with", envToken, envEmail, envPassword)
	case email == "":
		return "", nil, fmt.Errorf("setup: %s is set, but %s is not: it wants the administrator's email", envPassword, envEmail)
	case password == "":
		return "", nil, fmt.Errorf("setup: %s is set, but %s is not: it wants that administrator's password", envEmail, envPassword)
	}
	visitor := directus.Visitor{UserAgent: "hutch setup"} // for Directus' activity log
	session, err := client.Login(ctx, visitor, directus.Credentials{Email: email, Password: secret.Of(password)})
	if err != nil {
		return "", nil, loginFault(err)
	}
	return session.Token.Reveal(), func() error {
		// Also after an interrupt, or the session would live on for a day.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := client.Logout(ctx, visitor, session.Token); err != nil {
			return fmt.Errorf("setup: the administrator's session was not ended, it expires by itself: %w", err)
		}
		return nil
	}, nil
}

func loginFault(err error) error {
	switch {
	case errors.Is(err, directus.InvalidCredentials):
		return fmt.Errorf("setup: Directus refuses %s and %s: they want the email and password of an active administrator", envEmail, envPassword)
	case errors.Is(err, directus.InvalidOTP):
		return fmt.Errorf("setup: the administrator of %s signs in with a second factor: set %s to a static token of theirs instead", envEmail, envToken)
	case errors.Is(err, directus.InvalidPayload):
		return fmt.Errorf("setup: %s wants an email address, with a real top-level domain", envEmail)
	default:
		return fmt.Errorf("setup: signing in at DIRECTUS_URL with %s and %s failed: %w", envEmail, envPassword, err)
	}
}
