package directus

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
)

// Info is the public part of GET /server/info.
type Info struct {
	Project struct {
		PublicRegistration bool `json:"public_registration"`
		VerifyEmail        bool `json:"public_registration_verify_email"`
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
	k := call{method: http.MethodGet, path: "/server/ping"}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	req, err := c.newRequest(ctx, k)
	if err != nil {
		return err
	}
	res, err := send(c.http, req, k)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 64))
	if err != nil || strings.TrimSpace(string(answer)) != "pong" {
		return unavailable(k, errors.New("the answer is not pong"))
	}
	return nil
}
