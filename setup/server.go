package setup

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"hutch/internal/directus"
)

// server is the Directus to prepare, as it was before anything changed.
type server struct {
	admin     *directus.Admin
	version   string // "12.4.0"
	major     int
	listLimit int // QUERY_LIMIT_MAX; -1: none
	licence   licence
	access    access
	settings  settings
	schema    schema
	content   content
	hasOther  bool // files that are no images
	flows     []flow
	noFlows   bool // it knows no such thing
}

// look reads all that the plan depends on, and changes nothing.
func look(ctx context.Context, admin *directus.Admin, opts Options) (*server, error) {
	s := &server{admin: admin}
	reads := []func(context.Context) error{s.lookVersion, s.checkAdmin}
	if !opts.DryRun {
		// Where Directus caches, it could show an older state.
		reads = append(reads, s.clearCache)
	}
	reads = append(reads, s.lookLicence, s.lookAccess, s.lookSettings, s.lookSchema, s.lookOtherFiles, s.lookFlows)
	if opts.Sample {
		reads = append(reads, s.lookContent)
	}
	for _, read := range reads {
		if err := read(ctx); err != nil {
			return nil, lookFault(err)
		}
	}
	return s, nil
}

func lookFault(err error) error {
	switch {
	case directus.TokenRefused(err):
		return fmt.Errorf("setup: Directus refuses the administrator's token; %s wants the static token of an active administrator", envToken)
	case errors.Is(err, directus.ErrUnavailable):
		return fmt.Errorf("setup: there is no usable answer from Directus at DIRECTUS_URL: %w", err)
	default:
		return err
	}
}

func (s *server) lookVersion(ctx context.Context) error {
	var info struct {
		Version    string `json:"version"` // only for those signed in
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
		return fmt.Errorf("setup: Directus says that its version is %q", info.Version)
	}
	major, err := strconv.Atoi(parts[0])
	if err != nil {
		return fmt.Errorf("setup: Directus says that its version is %q", info.Version)
	}
	if minor, err := strconv.Atoi(parts[1]); major < 10 || (major == 10 && (err != nil || minor < 13)) {
		return fmt.Errorf("setup: Hutch needs Directus 10.13 or newer, this is %s", info.Version)
	}
	s.version, s.major, s.listLimit = info.Version, major, info.QueryLimit.Max
	return nil
}

func notAdmin() error {
	return fmt.Errorf("setup: the token belongs to somebody who is no administrator of this Directus; %s wants an administrator's", envToken)
}

// checkAdmin asks first: to somebody else, Directus would show a part of
// everything, and the plan would be wrong.
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

// licence is what Directus 12 limits; before, nothing is limited.
type licence struct {
	name  string // "Core" is the one that needs no key
	rules bool   // permissions may have rules of one's own
	seats int    // for people with App Access; 0: not said
	used  int
}

func (s *server) lookLicence(ctx context.Context) error {
	s.licence.rules = true
	if s.major < 12 {
		return nil
	}
	var answer struct {
		Name         string `json:"name"`
		Entitlements struct {
			Rules struct {
				Default  bool  `json:"default"`
				Override *bool `json:"override"`
			} `json:"custom_permission_rules_enabled"`
			Seats struct {
				Limit int `json:"limit"`
			} `json:"seats"`
		} `json:"entitlements"`
		Usage struct {
			Seats int `json:"seats"`
		} `json:"usage"`
	}
	if err := s.admin.Get(ctx, "/license", nil, &answer); err != nil {
		return err
	}
	s.licence = licence{
		name:  answer.Name,
		rules: answer.Entitlements.Rules.Default,
		seats: answer.Entitlements.Seats.Limit,
		used:  answer.Usage.Seats,
	}
	if override := answer.Entitlements.Rules.Override; override != nil {
		s.licence.rules = *override
	}
	return nil
}

// clearCache makes Directus show what is there now; nothing, where it caches not.
func (s *server) clearCache(ctx context.Context) error {
	return s.admin.Post(ctx, "/utils/cache/clear", map[string]any{}, nil)
}

// list reads all of a list. A server may cut lists short; what is then missing
// could be the permission that must not be weakened.
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
		return fmt.Errorf("setup: Directus cuts the list %s after %d rows: raise its QUERY_LIMIT_MAX for the time of the setup", path, s.listLimit)
	}
	return nil
}
