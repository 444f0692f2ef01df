package directus

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"hutch/internal/secret"
)

// Register asks for an account: POST /users/register, which needs
// public_registration in the settings and no permission. Directus answers the
// same for a new and a known address. Where addresses are verified, the mail
// leads to verificationURL (empty: to Directus itself); asking again sends it
// once more, and keeps the password of the first time.
//
// Errors: [Forbidden] (registration is off, or its filter rejects the address),
// [FailedValidation] on email or password, [InvalidPayload] (not an address, or
// verificationURL is not on USER_REGISTER_URL_ALLOW_LIST), [LimitExceeded].
func (c *Client) Register(ctx context.Context, v Visitor, email, password, verificationURL string) error {
	body := map[string]string{"email": email, "password": password}
	if verificationURL != "" {
		body["verification_url"] = verificationURL
	}
	return c.write(ctx, c.lanes.signIn, v, secret.Text{}, http.MethodPost, "/users/register", body)
}

// VerifyEmail makes the account active whose address the mailed token proves:
// GET /users/register/verify-email. It signs nobody in.
//
// Errors: [TokenExpired], [InvalidToken] (not one of Directus'), [Forbidden]
// (one for something else), [InvalidPayload] (used before).
func (c *Client) VerifyEmail(ctx context.Context, v Visitor, token string) error {
	k := call{
		lane:     c.lanes.signIn,
		method:   http.MethodGet,
		path:     "/users/register/verify-email",
		query:    url.Values{"token": {token}},
		visitor:  v,
		timeout:  writeTimeout,
		redirect: true,
	}
	if token == "" { // Directus would lead to its own sign-in
		return &Error{Call: k.String(), Status: http.StatusForbidden, Code: InvalidToken}
	}
	res, err := c.do(ctx, k, nil)
	if err != nil {
		return err
	}
	// Success leads to the new member in the Studio. Nobody goes there.
	if !strings.Contains(res.Header.Get("Location"), "/admin/users/") {
		return odd(k, Foreign, "the answer leads somewhere unexpected")
	}
	return nil
}

// AcceptInvite makes an invited account active, with the password that the
// invited person has chosen: POST /users/invite/accept. It signs nobody in.
//
// Errors: [TokenExpired], [InvalidToken], [Forbidden] (a token for something
// else), [InvalidInvite] or [InvalidPayload] (accepted before),
// [FailedValidation] on password.
func (c *Client) AcceptInvite(ctx context.Context, v Visitor, token, password string) error {
	return c.write(ctx, c.lanes.signIn, v, secret.Text{}, http.MethodPost, "/users/invite/accept", map[string]string{"token": token, "password": password})
}
