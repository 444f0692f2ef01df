package directus

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"hutch/internal/secret"
)

// adminTimeout bounds one administrative call: creating a collection alters tables.
const adminTimeout = 30 * time.Second

// Admin makes an administrator's calls, to prepare a project. It takes raw paths,
// because each is used only once and they differ between versions.
type Admin struct {
	client *Client
	token  secret.Text
}

// Admin returns an administrator who uses this token: a static one, or a session's.
func (c *Client) Admin(token string) *Admin {
	return &Admin{client: c, token: secret.Of(token)}
}

// Get reads path into out.
func (a *Admin) Get(ctx context.Context, path string, query url.Values, out any) error {
	return a.do(ctx, http.MethodGet, path, query, nil, out)
}

// Post sends body to path and reads the answer into out, which may be nil.
func (a *Admin) Post(ctx context.Context, path string, body, out any) error {
	return a.do(ctx, http.MethodPost, path, nil, body, out)
}

// Patch updates what is at path.
func (a *Admin) Patch(ctx context.Context, path string, body any) error {
	return a.do(ctx, http.MethodPatch, path, nil, body, nil)
}

// Delete removes what is at path.
func (a *Admin) Delete(ctx context.Context, path string) error {
	return a.do(ctx, http.MethodDelete, path, nil, nil, nil)
}

// Upload stores a file and returns its id: POST /files.
func (a *Admin) Upload(ctx context.Context, u Upload) (id string, err error) {
	form, err := u.form()
	if err != nil {
		return "", err
	}
	var file struct {
		ID string `json:"id"`
	}
	err = a.do(ctx, http.MethodPost, "/files", nil, form, &file)
	return file.ID, err
}

func (a *Admin) do(ctx context.Context, method, path string, query url.Values, body, out any) error {
	_, err := a.client.do(ctx, call{
		pool:   a.client.pools.of(a.token),
		method: method, path: path, query: query, token: a.token, body: body,
		timeout: adminTimeout,
	}, out)
	return err
}
