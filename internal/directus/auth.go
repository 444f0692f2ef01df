package directus

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"hutch/internal/secret"
)

// sessionCookie is Directus' default SESSION_COOKIE_NAME.
const sessionCookie = "directus_session_token"

// maxLife is longer than any session lifetime that makes sense.
const maxLife = 100 * 365 * 24 * time.Hour

// Session is what a sign-in or a refresh yields in Directus' session mode: one
// token that is both access and refresh token, and so as sensitive as a password.
type Session struct {
	Token     secret.Text
	UserID    string        // from the token's claims; Directus verifies them on every call
	ExpiresIn time.Duration // from the answer's `expires`, which is in milliseconds
}

// Credentials are what a member signs in with.
type Credentials struct {
	Email    string
	Password secret.Text
	Code     secret.Text // two-factor code; empty if none was given
}

// Login signs in: POST /auth/login, mode "session".
//
// Errors: [InvalidCredentials] (unknown address, wrong password, account not
// active), [InvalidOTP] (right password, but the code is missing or wrong),
// [InvalidPayload] (not an address). Every attempt counts towards Directus'
// auth_login_attempts, even one that only lacks the code.
func (c *Client) Login(ctx context.Context, v Visitor, who Credentials) (Session, error) {
	body := map[string]string{"email": who.Email, "password": who.Password.Reveal(), "mode": "session"}
	if !who.Code.Empty() {
		body["otp"] = who.Code.Reveal()
	}
	return c.session(ctx, call{
		pool:    c.pools.signIn,
		method:  http.MethodPost,
		path:    "/auth/login",
		visitor: v,
		body:    body,
		timeout: writeTimeout,
	})
}

// Refresh exchanges a session token that is still valid for its successor: POST
// /auth/refresh, mode "session". Repeating the call within ten seconds yields the
// same successor, so a lost or malformed answer is asked for once more.
//
// Errors: [InvalidCredentials], [TokenExpired], [UserSuspended]: the token is dead.
func (c *Client) Refresh(ctx context.Context, v Visitor, token secret.Text) (Session, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	k := call{
		pool:    c.pools.signIn,
		method:  http.MethodPost,
		path:    "/auth/refresh",
		visitor: v,
		session: token,
		body:    map[string]string{"mode": "session"},
		timeout: writeTimeout,
		urgent:  c.renewals.has(token.Reveal()),
	}
	granted, err := c.session(ctx, k)
	if c.renewals.note(token.Reveal(), FailureOf(err)) && pause(ctx, RetryAfter(err)) {
		k.urgent = true
		granted, err = c.session(ctx, k)
		c.renewals.note(token.Reveal(), FailureOf(err))
	}
	return granted, err
}

// Logout ends a token's session in Directus: POST /auth/logout, mode "session". The
// token is refused from then on. known is false, without an error, of a token that
// Directus no longer accepts or has not stored yet.
func (c *Client) Logout(ctx context.Context, v Visitor, token secret.Text) (known bool, err error) {
	_, err = c.do(ctx, call{
		pool:    c.pools.signIn,
		method:  http.MethodPost,
		path:    "/auth/logout",
		visitor: v,
		session: token,
		body:    map[string]string{"mode": "session"},
		timeout: writeTimeout,
	}, nil)
	if TokenRefused(err) {
		return false, nil
	}
	return err == nil, err
}

// session makes a call that is answered with a session cookie.
func (c *Client) session(ctx context.Context, k call) (Session, error) {
	var answer struct {
		Expires int64 `json:"expires"` // in milliseconds
	}
	res, err := c.do(ctx, k, &answer)
	if err != nil {
		return Session{}, err
	}
	for _, cookie := range res.Cookies() {
		if cookie.Name != sessionCookie {
			continue
		}
		claims, err := readClaims(cookie.Value)
		if err != nil {
			return Session{}, odd(k, Odd, err.Error())
		}
		if answer.Expires <= 0 || answer.Expires > maxLife.Milliseconds() {
			return Session{}, odd(k, Odd, "the session has no lifetime")
		}
		return Session{
			Token:     secret.Of(cookie.Value),
			UserID:    claims.UserID,
			ExpiresIn: time.Duration(answer.Expires) * time.Millisecond,
		}, nil
	}
	return Session{}, odd(k, Odd, "no session cookie came with the answer")
}

// claims are the claims of Directus' tokens that Hutch reads.
type claims struct {
	UserID string `json:"id"`
	jwt.RegisteredClaims
}

// readClaims reads a token without verifying it: only Directus has the key, and it
// verifies the token on every call. The claims say whose session this is; they
// authorise nothing.
func readClaims(token string) (claims, error) {
	var read claims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &read); err != nil {
		return claims{}, errors.New("the session token is not a JWT")
	}
	if !isID(read.UserID) {
		return claims{}, errors.New("the session token names no user")
	}
	return read, nil
}
