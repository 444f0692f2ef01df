package setup

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/secret"
)

// server is the Directus to prepare, as it was before anything changed.
type server struct {
	table     collections.Table // what it is to have, in the project's names
	theirs    []string          // collections of it that follow a model of the project's own
	admin     *directus.Admin
	stranger  *directus.Admin // somebody who is not signed in
	version   string          // "12.4.0"
	major     int
	listLimit int // QUERY_LIMIT_MAX; -1: none
	licence   licence
	access    access
	settings  settings
	schema    schema
	content   content
	hasOther  bool // files that are not images
	items     map[string]foundItems
	exposed   []exposure
	folders   []folder
	flows     []flow
	noFlows   bool     // it does not have that feature
	own       []own    // collections of site.toml
	ownRows   []string // of the table: theirs, and what they refer to

	statuses      []string // that count as published
	formsFolder   string   // that the site puts files into that come with forms
	redirectHosts []string // other sites that redirects may lead to
}

// look reads everything that the plan depends on. It changes nothing.
func look(ctx context.Context, client *directus.Client, adminToken string, opts Options) (*server, error) {
	table := collections.All()
	if opts.Blocks {
		table = collections.Blocks()
	}
	table, err := table.With(opts.Collections)
	if err != nil {
		return nil, fmt.Errorf("setup: %w", err)
	}
	s := &server{admin: client.Admin(adminToken), stranger: client.Admin(""), table: table, statuses: opts.Published, redirectHosts: opts.RedirectHosts, formsFolder: opts.FormsFolder}
	if len(s.statuses) == 0 {
		s.statuses = []string{collections.DefaultStatus}
	}
	reads := []func(context.Context) error{s.lookVersion, s.checkAdmin}
	if !opts.DryRun {
		// A cache in Directus could show an older state.
		reads = append(reads, s.clearCache)
	}
	addOwn := func(context.Context) error { s.addOwn(opts.Own, opts.Schema); return nil }
	reads = append(reads, s.lookLicence, s.lookAccess, s.lookSettings, s.lookSchema, addOwn, s.lookItems, s.lookOtherFiles, s.lookFolders, s.lookFlows, s.lookExposed)
	for _, read := range reads {
		if err := read(ctx); err != nil {
			return nil, lookFault(err)
		}
	}
	if opts.Sample && s.theirs == nil {
		if err := s.lookContent(ctx, opts.Blocks); err != nil {
			return nil, lookFault(err)
		}
	}
	return s, nil
}

func lookFault(err error) error {
	switch {
	case directus.TokenRefused(err):
		return fmt.Errorf("setup: Directus refuses the administrator's token; set %s to the static token of an active administrator", envToken)
	case errors.Is(err, directus.ErrUnavailable):
		return fmt.Errorf("setup: Directus at DIRECTUS_URL does not answer as expected: %w", err)
	default:
		return err
	}
}

func (s *server) lookVersion(ctx context.Context) error {
	var info struct {
		Version    string `json:"version"` // empty for anonymous callers
		QueryLimit struct {
			Max int `json:"max"`
		} `json:"queryLimit"`
	}
	info.QueryLimit.Max = -1
	if err := s.admin.Get(ctx, "/server/info", nil, &info); err != nil {
		return err
	}
	if info.Version == "" {
		return notAdmin()
	}
	parts := strings.SplitN(info.Version, ".", 3)
	if len(parts) < 2 {
		return fmt.Errorf("setup: Directus reports an unknown version: %q", info.Version)
	}
	major, err := strconv.Atoi(parts[0])
	if err != nil {
		return fmt.Errorf("setup: Directus reports an unknown version: %q", info.Version)
	}
	if minor, err := strconv.Atoi(parts[1]); major < 10 || (major == 10 && (err != nil || minor < 13)) {
		return fmt.Errorf("setup: Hutch needs Directus 10.13 or newer, this is %s", info.Version)
	}
	s.version, s.major, s.listLimit = info.Version, major, info.QueryLimit.Max
	return nil
}

func notAdmin() error {
	return fmt.Errorf("setup: the token does not belong to an administrator of this Directus; set %s to an administrator's token", envToken)
}

// checkAdmin comes first: Directus shows other users only a part of everything,
// and the plan would be wrong.
func (s *server) checkAdmin(ctx context.Context) error {
	var globals struct {
		Admin bool `json:"admin_access"`
	}
	if s.major == 10 {
		var me struct {
			Role struct {
				Admin bool `json:"admin_access"`
			} `json:"role"`
		}
		if err := s.admin.Get(ctx, "/users/me", url.Values{"fields": {"role.admin_access"}}, &me); err != nil {
			return err
		}
		globals.Admin = me.Role.Admin
	} else if err := s.admin.Get(ctx, "/policies/me/globals", nil, &globals); err != nil {
		return err
	}
	if !globals.Admin {
		return notAdmin()
	}
	return nil
}

// clearCache makes Directus show the current state, if it caches.
func (s *server) clearCache(ctx context.Context) error {
	return s.admin.Post(ctx, "/utils/cache/clear", map[string]any{}, nil)
}

// list reads a whole list. It fails if the server may have cut the list short: the
// missing part could hold the very permission that must not be weakened.
func list[T any](ctx context.Context, s *server, path string, query url.Values) ([]T, error) {
	query.Set("limit", "-1")
	var rows []T
	if err := s.admin.Get(ctx, path, query, &rows); err != nil {
		return nil, err
	}
	return rows, s.checkWhole(path, len(rows))
}

func (s *server) checkWhole(path string, rows int) error {
	if s.listLimit > 0 && rows >= s.listLimit {
		return fmt.Errorf("setup: Directus cuts the list %s off after %d rows: raise its QUERY_LIMIT_MAX while setup runs", path, s.listLimit)
	}
	return nil
}

// The environment variables that identify the administrator.
const (
	envToken    = "DIRECTUS_ADMIN_TOKEN"
	envEmail    = "DIRECTUS_ADMIN_EMAIL"
	envPassword = "DIRECTUS_ADMIN_PASSWORD"
)

// SignIn returns the administrator's token from the environment: the static one, or
// that of a new session for email and password. The caller ends the session with
// signOut, which does nothing for a static token.
func SignIn(ctx context.Context, client *directus.Client, getenv func(string) string) (token string, signOut func() error, err error) {
	token, email, password := strings.TrimSpace(getenv(envToken)), strings.TrimSpace(getenv(envEmail)), getenv(envPassword)
	switch {
	case strings.ContainsAny(token, " \t\r\n"):
		return "", nil, fmt.Errorf("setup: %s must be one token without spaces or line breaks", envToken)
	case token != "":
		return token, func() error { return nil }, nil
	case email == "" && password == "":
		return "", nil, fmt.Errorf("setup: an administrator of Directus is needed: set %s to a static token, or %s and %s to their email and password", envToken, envEmail, envPassword)
	case email == "":
		return "", nil, fmt.Errorf("setup: %s is set, but %s is not: set it to the administrator's email", envPassword, envEmail)
	case password == "":
		return "", nil, fmt.Errorf("setup: %s is set, but %s is not: set it to that administrator's password", envEmail, envPassword)
	}
	visitor := directus.Visitor{UserAgent: "hutch setup"} // for Directus' activity log
	session, err := client.Login(ctx, visitor, directus.Credentials{Email: email, Password: secret.Of(password)})
	if err != nil {
		return "", nil, loginFault(err)
	}
	return session.Token.Reveal(), func() error {
		// Also after an interrupt, or the session would stay valid for a day.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if _, err := client.Logout(ctx, visitor, session.Token); err != nil {
			return fmt.Errorf("setup: the administrator's session could not be ended and will expire by itself: %w", err)
		}
		return nil
	}, nil
}

func loginFault(err error) error {
	switch {
	case errors.Is(err, directus.InvalidCredentials):
		return fmt.Errorf("setup: Directus refuses %s and %s: set them to the email and password of an active administrator", envEmail, envPassword)
	case errors.Is(err, directus.InvalidOTP):
		return fmt.Errorf("setup: the administrator %s uses two-factor authentication: set %s to a static token instead", envEmail, envToken)
	case errors.Is(err, directus.InvalidPayload):
		return fmt.Errorf("setup: %s must be an email address with a real top-level domain", envEmail)
	default:
		return fmt.Errorf("setup: could not sign in at DIRECTUS_URL with %s and %s: %w", envEmail, envPassword, err)
	}
}
