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

// The environment variables that identify the administrator.
const (
	envToken    = "DIRECTUS_ADMIN_TOKEN"
	envEmail    = "DIRECTUS_ADMIN_EMAIL"
	envPassword = "DIRECTUS_ADMIN_PASSWORD"
)

// SignIn returns the administrator's token from the environment: the static one, or
// that of a new session for email and password. The caller ends the session with
// signOut, which does nothing for a static token.
func SignIn(ctx context.Context, client *directus.Client, getenv func(string) string) (token string, signOut func() error, err error) {
	token, email, password := strings.TrimSpace(getenv(envToken)), strings.TrimSpace(getenv(envEmail)), getenv(envPassword)
	switch {
	case strings.ContainsAny(token, " \t\r\n"):
		return "", nil, fmt.Errorf("setup: %s must be one token without spaces or line breaks", envToken)
	case token != "":
		return token, func() error { return nil }, nil
	case email == "" && password == "":
		return "", nil, fmt.Errorf("setup: an administrator of Directus is needed: set %s to a static token, or %s and %s to their email and password", envToken, envEmail, envPassword)
	case email == "":
		return "", nil, fmt.Errorf("setup: %s is set, but %s is not: set it to the administrator's email", envPassword, envEmail)
	case password == "":
		return "", nil, fmt.Errorf("setup: %s is set, but %s is not: set it to that administrator's password", envEmail, envPassword)
	}
	visitor := directus.Visitor{UserAgent: "hutch setup"} // for Directus' activity log
	session, err := client.Login(ctx, visitor, directus.Credentials{Email: email, Password: secret.Of(password)})
	if err != nil {
		return "", nil, loginFault(err)
	}
	return session.Token.Reveal(), func() error {
		// Also after an interrupt, or the session would stay valid for a day.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := client.Logout(ctx, visitor, session.Token); err != nil {
			return fmt.Errorf("setup: the administrator's session could not be ended and will expire by itself: %w", err)
		}
		return nil
	}, nil
}

func loginFault(err error) error {
	switch {
	case errors.Is(err, directus.InvalidCredentials):
		return fmt.Errorf("setup: Directus refuses %s and %s: set them to the email and password of an active administrator", envEmail, envPassword)
	case errors.Is(err, directus.InvalidOTP):
		return fmt.Errorf("setup: the administrator %s uses two-factor authentication: set %s to a static token instead", envEmail, envToken)
	case errors.Is(err, directus.InvalidPayload):
		return fmt.Errorf("setup: %s must be an email address with a real top-level domain", envEmail)
	default:
		return fmt.Errorf("setup: could not sign in at DIRECTUS_URL with %s and %s: %w", envEmail, envPassword, err)
	}
}
