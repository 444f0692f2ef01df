package directus

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"hutch/internal/secret"
)

// User is a directus_users row. Fields that the caller may not read are empty.
type User struct {
	ID         string `json:"id"`
	Email      string `json:"email"`
	FirstName  string `json:"first_name"`
	LastName   string `json:"last_name"`
	Language   string `json:"language"`   // such as de-DE
	Appearance string `json:"appearance"` // light, dark or auto
	Avatar     string `json:"avatar"`     // file id
	Provider   string `json:"provider"`   // "default" for members who sign in with a password here

	// TwoFactor means that signing in takes a code.
	TwoFactor bool `json:"-"`
	// Row holds every field by name: a project has fields of its own.
	Row map[string]json.RawMessage `json:"-"`
}

// UnmarshalJSON also keeps the row as it came.
func (u *User) UnmarshalJSON(raw []byte) error {
	type plain User
	if err := json.Unmarshal(raw, (*plain)(u)); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &u.Row); err != nil {
		return err
	}
	secret, has := u.Row["tfa_secret"] // concealed if set, null otherwise
	u.TwoFactor = has && string(secret) != "null"
	return nil
}

// Unreadable reports whether Directus returned nothing but the id, as it does for a
// member whose policy has no read rule for their own row.
func (u User) Unreadable() bool {
	_, hasID := u.Row["id"]
	return hasID && len(u.Row) == 1
}

// CreateUser creates an account with the public's create permission: POST /users.
//
// Errors: [Forbidden] (no permission), [RecordNotUnique] on email,
// [FailedValidation] on email or password, [ValueTooLong].
func (c *Client) CreateUser(ctx context.Context, v Visitor, email, password string) error {
	return c.write(ctx, c.pools.signIn, v, secret.Text{}, http.MethodPost, "/users", map[string]string{"email": email, "password": password})
}

// Me reads the token's member: GET /users/me. Without field names it returns all
// that they may read. If one of the named fields may not be read, Directus answers
// as if none may: see [User.Unreadable].
func (c *Client) Me(ctx context.Context, v Visitor, token secret.Text, fields ...string) (User, error) {
	if len(fields) == 0 {
		fields = []string{"*"}
	}
	return c.user(ctx, v, token, "/users/me", fields...)
}

// ReadUser reads the given fields of one user: GET /users/:id.
func (c *Client) ReadUser(ctx context.Context, v Visitor, token secret.Text, id string, fields ...string) (User, error) {
	if !isID(id) {
		return User{}, notAnID(http.MethodGet, "/users")
	}
	return c.user(ctx, v, token, "/users/"+id, fields...)
}

func (c *Client) user(ctx context.Context, v Visitor, token secret.Text, path string, fields ...string) (User, error) {
	var user User
	k := call{
		pool:    c.pools.members,
		method:  http.MethodGet,
		path:    path,
		query:   url.Values{"fields": {strings.Join(append([]string{"id"}, fields...), ",")}},
		visitor: v,
		token:   token,
		timeout: readTimeout,
	}
	_, err := c.do(ctx, k, &user)
	if err == nil && !isID(user.ID) {
		return User{}, fmt.Errorf("%s: %w: the user has no id", k, ErrUnavailable)
	}
	return user, err
}

// UserChange holds the fields to change, with their new values.
type UserChange map[string]json.RawMessage

// NewEmail changes only the address.
func NewEmail(email string) UserChange { return changeOf("email", email) }

// NewPassword changes only the password. The caller must have checked the current
// one: Directus does not.
func NewPassword(password string) UserChange { return changeOf("password", password) }

// NewAvatar changes only the picture, to that file; "" removes it.
func NewAvatar(fileID string) UserChange {
	if fileID == "" {
		return UserChange{"avatar": json.RawMessage("null")}
	}
	return changeOf("avatar", fileID)
}

func changeOf(field, value string) UserChange {
	encoded, _ := json.Marshal(value) // strings always marshal
	return UserChange{field: encoded}
}

// UpdateUser changes a user's own row: PATCH /users/:id. Since 11.5.0 an email
// address or password in it ends the user's other sessions, even if it is
// unchanged.
//
// It does not use PATCH /users/me, which makes the change but answers 403 if the
// member may update their row and not read it.
//
// Errors: those whose [Fault] names the field; [InvalidPayload], [Forbidden].
func (c *Client) UpdateUser(ctx context.Context, v Visitor, token secret.Text, id string, change UserChange) error {
	if !isID(id) {
		return notAnID(http.MethodPatch, "/users")
	}
	_, err := c.do(ctx, call{
		pool:    c.pools.members,
		method:  http.MethodPatch,
		path:    "/users/" + id,
		query:   url.Values{"fields": {"id"}},
		visitor: v,
		token:   token,
		body:    change,
		timeout: writeTimeout,
		// A project's own rules may fail on it.
		breaksDown: true,
	}, nil)
	return err
}

// DeleteUser removes an account and all its sessions: DELETE /users/:id.
//
// Errors: [Forbidden], [Unprocessable] (the last administrator). If a file or
// another item still refers to them by a foreign key, Directus fails and the
// account stays: [ErrUnavailable].
func (c *Client) DeleteUser(ctx context.Context, v Visitor, token secret.Text, id string) error {
	if !isID(id) {
		return notAnID(http.MethodDelete, "/users")
	}
	_, err := c.do(ctx, call{
		pool:   c.pools.members,
		method: http.MethodDelete, path: "/users/" + id, visitor: v, token: token, timeout: writeTimeout, breaksDown: true,
	}, nil)
	return err
}

// isID reports whether id is a UUID in its usual form, and so safe in a path.
func isID(id string) bool {
	return len(id) == 36 && uuid.Validate(id) == nil
}

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
