package setup

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"hutch/internal/collections"
	"hutch/internal/directus"
)

// server is the Directus to prepare, as it was before anything changed.
type server struct {
	table     collections.Table // what it is to have
	admin     *directus.Admin
	version   string // "12.4.0"
	major     int
	listLimit int // QUERY_LIMIT_MAX; -1: none
	licence   licence
	access    access
	settings  settings
	schema    schema
	content   content
	hasOther  bool // files that are not images
	flows     []flow
	noFlows   bool // it does not have that feature
}

// look reads everything that the plan depends on. It changes nothing.
func look(ctx context.Context, admin *directus.Admin, opts Options) (*server, error) {
	table, err := collections.All().With(opts.Collections)
	if err != nil {
		return nil, fmt.Errorf("setup: %w", err)
	}
	s := &server{admin: admin, table: table}
	reads := []func(context.Context) error{s.lookVersion, s.checkAdmin}
	if !opts.DryRun {
		// A cache in Directus could show an older state.
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

// licence is what Directus 12 limits; older versions limit nothing.
type licence struct {
	name  string // "Core" is the one that needs no key
	rules bool   // permissions may have custom rules
	seats int    // for people with App Access; 0: unknown
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
