package directus

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"hutch/internal/secret"
)

// RequestPasswordReset has Directus mail a link to resetURL: POST
// /auth/password/request. Directus gives the same answer after the same time for an
// unknown address.
//
// Errors: [InvalidPayload]: resetURL is not on PASSWORD_RESET_URL_ALLOW_LIST;
// before 11.14.1 Directus reports that for known addresses only.
func (c *Client) RequestPasswordReset(ctx context.Context, v Visitor, email, resetURL string) error {
	return c.write(ctx, c.pools.signIn, v, secret.Text{}, http.MethodPost, "/auth/password/request", map[string]string{"email": email, "reset_url": resetURL})
}

// ResetPassword sets a new password with the mailed token: POST
// /auth/password/reset. Since 11.5.0 all of the member's sessions end. It does not
// sign anybody in.
//
// Errors: [TokenExpired], [InvalidToken], [Forbidden] (already used, or for
// something else), [FailedValidation] on password.
func (c *Client) ResetPassword(ctx context.Context, v Visitor, token, password string) error {
	_, err := c.do(ctx, call{
		pool:   c.pools.signIn,
		method: http.MethodPost, path: "/auth/password/reset", visitor: v,
		body: map[string]string{"token": token, "password": password}, timeout: writeTimeout, breaksDown: true,
	}, nil)
	var fault *Error
	if errors.As(err, &fault) && fault.Status == http.StatusInternalServerError {
		return brokenDown(fault, token)
	}
	return err
}

// brokenDown inspects the token to find out why Directus 10 failed on it, which
// other versions report. A token with a foreign signature remains a failure.
func brokenDown(fault *Error, token string) error {
	var read jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &read); err != nil {
		return &Error{Call: fault.Call, Status: http.StatusForbidden, Code: InvalidToken}
	}
	if read.ExpiresAt != nil && time.Now().After(read.ExpiresAt.Time) {
		return &Error{Call: fault.Call, Status: http.StatusUnauthorized, Code: TokenExpired}
	}
	return fault
}

// HasPolicies reports whether this is Directus 11 or newer, without being signed
// in: Directus 10 has no route /policies.
func (c *Client) HasPolicies(ctx context.Context, v Visitor) (bool, error) {
	_, err := c.do(ctx, call{
		pool:   c.pools.content,
		method: http.MethodGet, path: "/policies", query: url.Values{"limit": {"1"}}, visitor: v, timeout: readTimeout,
	}, nil)
	switch {
	case errors.Is(err, RouteNotFound):
		return false, nil
	case errors.Is(err, Forbidden):
		return true, nil
	}
	return err == nil, err
}
