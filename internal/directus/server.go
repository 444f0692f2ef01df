package directus

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"hutch/internal/secret"
)

// Info is the part of GET /server/info that Hutch reads.
type Info struct {
	Version string  `json:"version"` // only for callers who are signed in
	Project Project `json:"project"`
	// License is what a Directus 12 is licensed for; only for callers who are signed in.
	License *struct {
		Entitlements struct {
			Rules struct {
				Default  bool  `json:"default"`
				Override *bool `json:"override"`
			} `json:"custom_permission_rules_enabled"`
		} `json:"entitlements"`
	} `json:"license"`
}

// DropsRules reports whether this Directus is known to ignore permissions with rules of a
// project's own, such as "their own items", as 12 does without a licence.
func (i Info) DropsRules() bool {
	if i.License == nil {
		return false
	}
	rules := i.License.Entitlements.Rules
	if rules.Override != nil {
		return !*rules.Override
	}
	return !rules.Default
}

// Project is the public part of a project's settings.
type Project struct {
	Name               string `json:"project_name"`
	Description        string `json:"project_descriptor"`
	Color              string `json:"project_color"`  // "#6644FF"
	Logo               string `json:"project_logo"`   // file id
	Favicon            string `json:"public_favicon"` // file id
	PublicRegistration bool   `json:"public_registration"`
	VerifyEmail        bool   `json:"public_registration_verify_email"`
}

// Info returns what Directus says about itself: GET /server/info. An empty token
// asks as the public.
func (c *Client) Info(ctx context.Context, v Visitor, token secret.Text) (Info, error) {
	var info Info
	_, err := c.do(ctx, call{pool: c.pools.of(token), method: http.MethodGet, path: "/server/info", visitor: v, token: token, timeout: readTimeout}, &info)
	return info, err
}

// EndsOtherSessions reports whether this Directus signs a member out everywhere
// else when their password or email address changes, as it does since 11.5.0. An
// unknown version counts as one that does not.
func (i Info) EndsOtherSessions() bool {
	var major, minor int
	if n, _ := fmt.Sscanf(i.Version, "%d.%d.", &major, &minor); n != 2 {
		return false
	}
	return major > 11 || (major == 11 && minor >= 5)
}

// Ping checks that Directus is up: GET /server/ping. Unlike /server/health, it
// needs no permission on any version.
func (c *Client) Ping(ctx context.Context) error {
	k := call{pool: c.pools.content, method: http.MethodGet, path: "/server/ping"}
	ctx, cancel := context.WithTimeout(ctx, c.options.patience(readTimeout))
	defer cancel()
	a, err := c.send(ctx, k)
	if err != nil {
		return err
	}
	defer a.close()
	said, err := io.ReadAll(io.LimitReader(a.Body, 64))
	switch {
	case err != nil:
		err = interrupted(ctx, k, err)
	case strings.TrimSpace(string(said)) != "pong":
		err = odd(k, Foreign, "the answer is not pong")
	}
	a.judge(err)
	return err
}
