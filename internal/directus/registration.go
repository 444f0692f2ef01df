package directus

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"hutch/internal/secret"
)

// Register asks for an account: POST /users/register, which needs
// public_registration in the settings and no permission. Directus gives the same
// answer for a new and a known address. If addresses are verified, the mail links
// to verificationURL (if empty, to Directus itself); asking again sends it again
// and keeps the first password.
//
// Errors: [Forbidden] (registration is off, or its filter rejects the address),
// [FailedValidation] on email or password, [ValueTooLong], [InvalidPayload] (not an
// address, or verificationURL is not on USER_REGISTER_URL_ALLOW_LIST),
// [RecordNotUnique] (registered at the same moment), [LimitExceeded].
func (c *Client) Register(ctx context.Context, v Visitor, email, password, verificationURL string) error {
	body := map[string]string{"email": email, "password": password}
	if verificationURL != "" {
		body["verification_url"] = verificationURL
	}
	return c.write(ctx, c.pools.signIn, v, secret.Text{}, http.MethodPost, "/users/register", body)
}

// PublicCreatesUsers reports whether somebody who is not signed in may create users, as
// Directus' guide has it: GET /graphql/system. No other public answer tells.
//
// Errors: [InvalidQuery] and the like where GRAPHQL_INTROSPECTION is off.
func (c *Client) PublicCreatesUsers(ctx context.Context) (bool, error) {
	var schema struct {
		Changes struct {
			Fields []struct {
				Name string `json:"name"`
			} `json:"fields"`
		} `json:"__type"`
	}
	query := url.Values{"query": {`{ __type(name: "Mutation") { fields { name } } }`}}
	_, err := c.do(ctx, call{pool: c.pools.of(secret.Text{}), method: http.MethodGet, path: "/graphql/system", query: query, timeout: readTimeout}, &schema)
	for _, f := range schema.Changes.Fields {
		if f.Name == "create_users_item" {
			return true, nil
		}
	}
	if err == nil && len(schema.Changes.Fields) == 0 { // signing in is always one
		return false, &Error{Code: InvalidQuery}
	}
	return false, err
}

// VerifyEmail activates the account whose address the mailed token proves: GET
// /users/register/verify-email. It does not sign anybody in.
//
// Errors: [TokenExpired], [InvalidToken] (not one of Directus'), [Forbidden] (for
// something else), [InvalidPayload] (already used).
func (c *Client) VerifyEmail(ctx context.Context, v Visitor, token string) error {
	k := call{
		pool:     c.pools.signIn,
		method:   http.MethodGet,
		path:     "/users/register/verify-email",
		query:    url.Values{"token": {token}},
		visitor:  v,
		timeout:  writeTimeout,
		redirect: true,
	}
	if token == "" { // Directus would redirect to its own sign-in
		return &Error{Call: k.String(), Status: http.StatusForbidden, Code: InvalidToken}
	}
	res, err := c.do(ctx, k, nil)
	if err != nil {
		return err
	}
	// Success redirects to the new member in the Studio. It is not followed.
	if !strings.Contains(res.Header.Get("Location"), "/admin/users/") {
		return odd(k, Foreign, "the answer leads somewhere unexpected")
	}
	return nil
}

// AcceptInvite activates an invited account with the password that the invited
// person has chosen: POST /users/invite/accept. It does not sign anybody in.
//
// Errors: [TokenExpired], [InvalidToken], [Forbidden] (a token for something else),
// [InvalidInvite] or [InvalidPayload] (already accepted), [FailedValidation] on
// password.
func (c *Client) AcceptInvite(ctx context.Context, v Visitor, token, password string) error {
	return c.write(ctx, c.pools.signIn, v, secret.Text{}, http.MethodPost, "/users/invite/accept", map[string]string{"token": token, "password": password})
}

// MailedAddress returns the email address that the token of a mailed link is for (a
// reset or an invitation), or "". It is unverified until Directus has accepted the
// token.
func MailedAddress(token string) string {
	var claims struct {
		Email string `json:"email"`
		jwt.RegisteredClaims
	}
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		return ""
	}
	return claims.Email
}
