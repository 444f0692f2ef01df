package app

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/handlers"
	"hutch/internal/cache"
	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/internal/metrics"
	"hutch/internal/replicas"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

// refusedAfter is three times as long as Directus takes for a sign-in when it is not
// busy.
const refusedAfter = 1500 * time.Millisecond

// Options configures a site.
type Options struct {
	Config      Config
	DirectusURL string
	Outbox      func(context.Context) (templates.Outbox, error) // only with the sandbox
	Upstream    directus.Options                                // timeouts of calls to Directus; zero: the defaults
	// FrameTimeout bounds how long a page waits for an uncached name and navigation;
	// 0: one second.
	FrameTimeout time.Duration
	// RefusedAfter is how long the refusal of a sign-in takes; negative: as long as it
	// happens to; 0: a second and a half.
	RefusedAfter time.Duration
	Limits       []limits.Limit   // nil: the defaults
	Metrics      *metrics.Metrics // nil: none
	Closing      context.Context  //nolint:containedctx // ends when the process starts to shut down
	Words        fs.FS            // one file for each language; nil: those in the binary
	Templates    fs.FS            // nil: those in the binary, or on the disk in development
	Folder       fs.FS            // the team's own site folder, as it is at any time; nil: none
	Now          func() time.Time
	Log          *slog.Logger
}

// New assembles a site. Its background work ends with ctx.
func New(ctx context.Context, p Options) (*Site, error) {
	config, now, log := p.Config, p.Now, p.Log
	gin.SetMode(gin.ReleaseMode)
	upstream := p.Upstream
	upstream.Observe = func(o directus.Observation) { p.Metrics.Upstream(o.Call, string(o.Failure), o.Duration) }
	upstream.BreakerChanged = func(name, from, to string) {
		if from != "" { // not the initial state
			log.Warn("calls to directus", "kind", name, "breaker", to)
		}
		p.Metrics.Breaker(name, to)
	}
	client, err := directus.NewWith(p.DirectusURL, upstream)
	if err != nil {
		return nil, err
	}
	var secrets []string
	for _, one := range config.secrets {
		secrets = append(secrets, one.Reveal())
	}
	pseudonyms, err := session.NewPseudonyms(secrets)
	if err != nil {
		return nil, err
	}
	sessions, err := session.NewManager(session.Config{
		Secrets: secrets,
		Domain:  config.cookieDomain,
		Secure:  config.Production,
		MaxAge:  config.SessionMaxAge,
		Renew:   renew(client),
		Revoke:  revoke(client),
		Now:     now,
		Log:     log,
	})
	if err != nil {
		return nil, err
	}
	content, err := cache.New(cache.Options{
		MaxBytes:    config.cacheBytes,
		Fresh:       config.cacheFresh,
		Retry:       5 * time.Second,
		LoadTimeout: 10 * time.Second,
		Temporary: func(err error) bool {
			return errors.Is(err, directus.ErrUnavailable) || errors.Is(err, directus.ResourceRestricted) // locked by Directus' licence
		},
		Dir: config.cacheDir,
		Now: now,
		Log: log,
	})
	if err != nil {
		return nil, err
	}
	purge, err := purgeEverywhere(ctx, config, content, log)
	if err != nil {
		return nil, err
	}
	limiter, err := newLimits(ctx, p)
	if err != nil {
		return nil, err
	}
	site := &Site{options: p, wait: sessions.Wait, lasting: handlers.Config{
		Directus:        client,
		Reached:         new(atomic.Bool),
		Sessions:        sessions,
		Limits:          limiter,
		Cache:           content,
		Purge:           purge,
		HookSecret:      config.hookSecret,
		SecurityContact: config.securityContact,
		Log:             log,
		Metrics:         p.Metrics,
		Pseudonyms:      pseudonyms,
		MaxRequests:     config.maxRequests,
		Closing:         p.Closing,
		ServiceToken:    config.serviceToken,
		FormsToken:      config.formsToken,
		FormsFolder:     config.formsFolder,
		TrustedProxies:  config.TrustedProxies,
		PublicURL:       config.publicURL,
		SiteName:        config.siteName,
		Published:       config.published,
		ContentFormat:   config.contentFormat,
		FrameTimeout:    cmp.Or(p.FrameTimeout, time.Second),
		TimeZone:        config.timeZone,
		HSTS:            config.hsts,
		RedirectHosts:   config.redirectHosts,
		Now:             now,
		Fresh:           config.cacheFresh,
		RefusedAfter:    cmp.Or(p.RefusedAfter, refusedAfter),
		Outbox:          p.Outbox,
		Production:      config.Production,
	}}
	if err := site.Reload(); err != nil {
		return nil, err
	}
	return site, nil
}

// newLimits returns the rate limits, shared by all replicas if there is a Redis.
func newLimits(ctx context.Context, p Options) (*limits.Limits, error) {
	options := limits.Options{Secret: p.Config.secrets[0].Reveal(), Site: p.Config.publicURL, Table: p.Limits, Now: p.Now, Log: p.Log}
	if !p.Config.redisURL.Empty() {
		client, err := replicas.NewClient(p.Config.redisURL.Reveal())
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = client.Close() })
		options.Redis = client.Do
	}
	return limits.New(options)
}

// purgeEverywhere returns the function that purges cached content, in every replica
// if there is a Redis, and starts listening to the purges of the others.
func purgeEverywhere(ctx context.Context, config Config, content *cache.Cache, log *slog.Logger) (func(context.Context, ...string) int, error) {
	if config.redisURL.Empty() {
		return func(_ context.Context, tags ...string) int { return content.Purge(tags...) }, nil
	}
	replica, err := replicas.New(replicas.Options{
		RedisURL: config.redisURL.Reveal(),
		Site:     config.publicURL,
		Purge:    content.Purge,
		PurgeAll: content.PurgeAll,
		Log:      log,
	})
	if err != nil {
		return nil, err
	}
	go replica.Listen(ctx)
	return replica.Purge, nil
}

// renew returns how the session room refreshes a token.
func renew(client *directus.Client) session.Renew {
	return func(ctx context.Context, token secret.Text, v session.Visitor) (session.Grant, error) {
		granted, err := client.Refresh(ctx, visitor(v), token)
		if directus.TokenRefused(err) {
			return session.Grant{}, session.ErrRefused
		}
		return session.Grant{Token: granted.Token, MemberID: granted.UserID, ExpiresIn: granted.ExpiresIn}, err
	}
}

// revoke returns how the session room ends a session at Directus.
func revoke(client *directus.Client) session.Revoke {
	return func(ctx context.Context, token secret.Text, v session.Visitor) (bool, error) {
		return client.Logout(ctx, visitor(v), token)
	}
}

func visitor(v session.Visitor) directus.Visitor {
	return directus.Visitor{IP: v.IP, UserAgent: v.UserAgent, RequestID: v.RequestID}
}
