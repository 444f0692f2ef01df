package directus

import (
	"context"
	"net/http"

	"hutch/internal/secret"
)

// TwoFactorSecret is what an authenticator app needs.
type TwoFactorSecret struct {
	Secret string `json:"secret"`      // base32, for typing
	URL    string `json:"otpauth_url"` // for a QR code
}

// GenerateTwoFactor returns a new secret, without storing it: POST
// /users/me/tfa/generate. A wrong password is refused like a dead token, with
// [InvalidCredentials], so the caller must check the password first.
//
// Errors: [InvalidPayload] (two-factor is on already).
func (c *Client) GenerateTwoFactor(ctx context.Context, v Visitor, token secret.Text, password string) (TwoFactorSecret, error) {
	var made TwoFactorSecret
	_, err := c.do(ctx, call{
		pool:   c.pools.members,
		method: http.MethodPost, path: "/users/me/tfa/generate", visitor: v, token: token,
		body: map[string]string{"password": password}, timeout: writeTimeout,
	}, &made)
	return made, err
}

// EnableTwoFactor turns two-factor authentication on: POST /users/me/tfa/enable.
//
// Errors: [InvalidPayload] (the code is wrong, or it is on already), [Forbidden]
// (no permission to update tfa_secret).
func (c *Client) EnableTwoFactor(ctx context.Context, v Visitor, token secret.Text, secret, code string) error {
	return c.write(ctx, c.pools.members, v, token, http.MethodPost, "/users/me/tfa/enable", map[string]string{"secret": secret, "otp": code})
}

// DisableTwoFactor turns two-factor authentication off: POST /users/me/tfa/disable.
//
// Errors as for [Client.EnableTwoFactor].
func (c *Client) DisableTwoFactor(ctx context.Context, v Visitor, token secret.Text, code string) error {
	return c.write(ctx, c.pools.members, v, token, http.MethodPost, "/users/me/tfa/disable", map[string]string{"otp": code})
}
