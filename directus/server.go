package directus

import (
	"context"
	"net/http"
)

// Info is the public part of GET /server/info.
type Info struct {
	Project struct {
		Name               string `json:"project_name"`
		PublicRegistration bool   `json:"public_registration"`
		VerifyEmail        bool   `json:"public_registration_verify_email"`
	} `json:"project"`
}

// Info reads what Directus tells everybody about itself: GET /server/info.
func (c *Client) Info(ctx context.Context, v Visitor) (Info, error) {
	var info Info
	_, err := c.do(ctx, call{method: http.MethodGet, path: "/server/info", visitor: v, timeout: readTimeout}, &info)
	return info, err
}

// Ping asks whether Directus is there: GET /server/ping. It needs no permission
// on any version, unlike /server/health.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.do(ctx, call{method: http.MethodGet, path: "/server/ping", timeout: readTimeout}, nil)
	return err
}
