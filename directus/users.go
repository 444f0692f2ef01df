package directus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// User is the part of a directus_users row that Hutch knows. What the caller
// may not read is empty.
type User struct {
	ID          string `json:"id"`
	Email       string `json:"email"`
	FirstName   string `json:"first_name"`
	LastName    string `json:"last_name"`
	Title       string `json:"title"`
	Location    string `json:"location"`
	Description string `json:"description"`
	Language    string `json:"language"`

	// Unreadable: Directus answered nothing but the id. That is what a member
	// gets whose policy has no read rule for their own row.
	Unreadable bool `json:"-"`
}

// UnmarshalJSON also notices which of the fields came at all.
func (u *User) UnmarshalJSON(raw []byte) error {
	type plain User
	if err := json.Unmarshal(raw, (*plain)(u)); err != nil {
		return err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	_, hasID := fields["id"]
	u.Unreadable = hasID && len(fields) == 1
	return nil
}

// Register asks for an account: POST /users/register, which needs
// public_registration in the settings and no permission. Directus answers the
// same for a new and a known address.
//
// Errors: [Forbidden] (registration is off, or its filter rejects the address),
// [FailedValidation] on email or password, [LimitExceeded].
func (c *Client) Register(ctx context.Context, v Visitor, email, password string) error {
	return c.newUser(ctx, v, "/users/register", email, password)
}

// CreateUser makes an account with the public's create permission: POST /users.
//
// Errors: [Forbidden] (no permission), [RecordNotUnique] on email,
// [FailedValidation] on email or password.
func (c *Client) CreateUser(ctx context.Context, v Visitor, email, password string) error {
	return c.newUser(ctx, v, "/users", email, password)
}

func (c *Client) newUser(ctx context.Context, v Visitor, path, email, password string) error {
	_, err := c.do(ctx, call{
		method:  http.MethodPost,
		path:    path,
		visitor: v,
		body:    map[string]string{"email": email, "password": password},
		timeout: writeTimeout,
	}, nil)
	return err
}

// Me reads the member whose token this is, with all fields that they may read:
// GET /users/me.
func (c *Client) Me(ctx context.Context, v Visitor, token string) (User, error) {
	return c.user(ctx, v, token, "/users/me", "*")
}

// ReadUser reads the given fields of one user: GET /users/:id.
func (c *Client) ReadUser(ctx context.Context, v Visitor, token, id string, fields ...string) (User, error) {
	if !isID(id) {
		return User{}, errors.New("directus: a user's id must be a UUID")
	}
	return c.user(ctx, v, token, "/users/"+id, fields...)
}

func (c *Client) user(ctx context.Context, v Visitor, token, path string, fields ...string) (User, error) {
	var user User
	_, err := c.do(ctx, call{
		method:  http.MethodGet,
		path:    path,
		query:   url.Values{"fields": {strings.Join(fields, ",")}},
		visitor: v,
		token:   token,
		timeout: readTimeout,
	}, &user)
	if err == nil && !isID(user.ID) {
		return User{}, fmt.Errorf("GET %s: %w: the user has no id", path, ErrUnavailable)
	}
	return user, err
}

// UserChange names the fields to change; nil leaves a field as it is.
type UserChange struct {
	Email *string `json:"email,omitempty"`
}

// UpdateUser changes a user's own row: PATCH /users/:id.
//
// Not PATCH /users/me: that one answers 403 although the change was made when
// the member may update their row but not read it.
//
// Errors: [RecordNotUnique] and [FailedValidation] with the field, [Forbidden].
func (c *Client) UpdateUser(ctx context.Context, v Visitor, token, id string, change UserChange) error {
	if !isID(id) {
		return errors.New("directus: a user's id must be a UUID")
	}
	_, err := c.do(ctx, call{
		method:  http.MethodPatch,
		path:    "/users/" + id,
		query:   url.Values{"fields": {"id"}},
		visitor: v,
		token:   token,
		body:    change,
		timeout: writeTimeout,
	}, nil)
	return err
}

// isID reports whether id is a UUID in its usual form, and so safe in a path.
func isID(id string) bool {
	return len(id) == 36 && uuid.Validate(id) == nil
}
