package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/cache"
	"hutch/internal/directus"
	"hutch/internal/feeds"
	"hutch/internal/i18n"
	"hutch/internal/limits"
	"hutch/internal/metrics"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/static"
	"hutch/templates"
)

// Config is what the handlers work with.
type Config struct {
	Directus  *directus.Client
	Sessions  *session.Manager
	Limits    *limits.Limits // of guessing, mailing and signing up
	Templates *templates.Set
	Static    *static.Files
	Words     *i18n.Catalogue
	Cache     *cache.Cache // of what everybody may see
	// Purge has what was made of these asked for anew, here and in each replica.
	Purge func(ctx context.Context, tags ...string) (purged int)
	Log   *slog.Logger
	// Metrics counts what is done; nil: nothing does.
	Metrics    *metrics.Metrics
	Pseudonyms session.Pseudonyms // of members, in the log
	// MaxRequests are answered at the same time; more wait for a moment, or are
	// turned away.
	MaxRequests int
	// Closing ends when the process is about to: it is not ready any more.
	Closing context.Context //nolint:containedctx // a state, not a request's

	// ServiceToken does for members what Directus lets no member do themselves:
	// it reads their own row (member.go), keeps their recovery codes
	// (recoverycodes.go), deletes their account (deleteaccount.go). Empty: not
	// configured.
	ServiceToken secret.Text
	// HookSecret is what Directus shows when it tells of changes; empty: none is
	// taken.
	HookSecret     secret.Text
	RedirectHosts  []string         // other sites that editors may redirect to
	TrustedProxies []string         // addresses and networks whose X-Forwarded-For counts
	PublicURL      string           // scheme and host under which visitors see the site
	SiteName       string           // empty: what editors call it
	Now            func() time.Time // for what is published later
	Fresh          time.Duration    // how long an answer of Directus is good
	// Outbox gives the mails that were not sent, newest first; nil: they were.
	Outbox     func(context.Context) ([]templates.Mail, error)
	Production bool
}

type site struct {
	Config
	broken, busy    map[string]prepared // by language
	allowances      *allowances
	pings           pings
	reached         atomic.Bool // Directus has answered since the start
	origins         *http.CrossOriginProtection
	rowsClosed      atomic.Bool // members have been seen to be unable to read their own row
	compressor      *compressor
	preload         []string // the header Link; nil: none
	staticEncodings staticEncodings
}

// Rules for what follows:
//   - Each URL stands here once. Its handler returns a reply or an error.
//   - A route is for members only unless it says open.
//   - GET changes nothing, so that a link, a preload or a robot cannot either.
//   - A form that succeeded answers 303, a form that failed 422.
func (s *site) routes() []route {
	routes := []route{
		{http.MethodGet, "/", open, s.published(s.home), "title and description of `global`"},
		{http.MethodGet, "/pages/:slug", open, s.published(s.textPage), "a page"},
		{http.MethodGet, "/blog", open, s.published(s.blog, "page", "q"), "the posts, newest first; `?page=2` and so on; `?q=` searches"},
		{http.MethodGet, "/blog/:slug", open, s.post, "one post; of one for members, to others its beginning"},
		{http.MethodGet, "/blog/authors/:slug", open, s.published(s.authorPage, "page"), "an author, by slug or id, and their posts"},

		{http.MethodGet, rssPath, sessionless, s.feed(rssPath, feeds.RSSType, feeds.RSS), "the newest posts, for feed readers"},
		{http.MethodGet, atomPath, sessionless, s.feed(atomPath, feeds.AtomType, feeds.Atom), "likewise, as Atom"},
		{http.MethodGet, jsonPath, sessionless, s.feed(jsonPath, feeds.JSONType, feeds.JSON), "likewise, as JSON Feed"},
		{http.MethodGet, "/sitemap.xml", sessionless, s.sitemap(), "every page, for search engines"},
		{http.MethodGet, "/robots.txt", sessionless, s.robots, "what is nothing for them"},

		{http.MethodGet, "/signup", open, s.showSignUp, "the form"},
		{http.MethodPost, "/signup", open, s.signUp, "makes an account; signs in, unless the address has to be confirmed"},
		{http.MethodGet, "/signin", open, s.showSignIn, "the form; `?redirectedFrom=` says where to go afterwards: a path of this site, or `/profile`"},
		{http.MethodPost, "/signin", open, s.signIn, "signs in"},
		{http.MethodGet, "/signin/code", open, s.showSignInCode, "the second step of signing in, for whoever has switched it on"},
		{http.MethodPost, "/signin/code", open, s.signInCode, "signs in with the code"},
		{http.MethodGet, "/signin/recovery", open, s.showRecovery, "the second step without a phone"},
		{http.MethodPost, "/signin/recovery", open, s.signInRecovery, "switches the second step off with a recovery code, and ends all sessions"},
		{http.MethodGet, "/signup/check-email", open, s.showCheckEmail, "waits with a new member for the mail"},
		{http.MethodPost, "/signup/check-email", open, s.resendVerification, "has the mail sent again"},
		{http.MethodGet, verifyPath, open, s.showVerify, "where that mail leads"},
		{http.MethodPost, verifyPath, open, s.verify, "confirms the address"},
		{http.MethodGet, "/password/forgot", open, s.showForgot, "the form"},
		{http.MethodPost, "/password/forgot", open, s.forgot, "has a link mailed, if there is such an account"},
		{http.MethodGet, "/password/sent", open, s.showForgotSent, "says so"},
		{http.MethodGet, resetPath, open, s.showReset, "where that mail leads: the form"},
		{http.MethodPost, resetPath, open, s.reset, "sets the new password; all sessions end"},
		{http.MethodGet, invitePath, open, s.showInvite, "where an invitation leads: the form"},
		{http.MethodPost, invitePath, open, s.acceptInvite, "opens the account"},
		{http.MethodGet, "/logout", open, s.showLogout, "a page with a button"},
		{http.MethodPost, "/logout", open, s.logout, "signs out"},
		{http.MethodPost, "/appearance", open, s.chooseAppearance, "keeps the choice of colours, light or dark, in a cookie"},

		{http.MethodGet, "/profile", members, s.profile, "what the site knows of the member; what they may change is a form"},
		{http.MethodPost, "/profile", members, s.saveProfile, "saves it"},
		{http.MethodGet, avatarPath, members, s.toProfile, "leads to the profile, which has the form"},
		{http.MethodPost, avatarPath, members, s.changeAvatar, "takes a new picture"},
		{http.MethodGet, avatarPath + "/:id", members, s.avatar, "the member's picture, as a square; `size` 160 or 320"},
		{http.MethodGet, "/profile/avatar/remove", members, s.toProfile, "leads to the profile"},
		{http.MethodPost, "/profile/avatar/remove", members, s.removeAvatar, "removes the picture"},
		{http.MethodGet, "/profile/email", members, s.showChangeEmail, "the form"},
		{http.MethodPost, "/profile/email", members, s.changeEmail, "changes the address; asks for the current password"},
		{http.MethodGet, "/profile/password", members, s.showChangePassword, "the form"},
		{http.MethodPost, "/profile/password", members, s.changePassword, "changes the password; asks for the current one"},
		{http.MethodGet, "/profile/two-factor", members, s.showTwoFactor, "where the member stands, and the form for the next step"},
		{http.MethodPost, "/profile/two-factor", members, s.beginTwoFactor, "makes a secret; asks for the current password"},
		{http.MethodGet, "/profile/two-factor/confirm", members, s.toTwoFactor, "leads to the form"},
		{http.MethodPost, "/profile/two-factor/confirm", members, s.confirmTwoFactor, "switches the second step on"},
		{http.MethodPost, "/profile/two-factor/cancel", members, s.cancelTwoFactor, "forgets the secret"},
		{http.MethodGet, "/profile/two-factor/off", members, s.toTwoFactor, "leads to the form"},
		{http.MethodPost, "/profile/two-factor/off", members, s.endTwoFactor, "switches the second step off; asks for the current password and a code"},
		{http.MethodGet, "/profile/data", members, s.showYourData, "what the member can take with them"},
		{http.MethodGet, "/profile/export", members, s.export, "all that the member may read about themselves, as one JSON file"},
		{http.MethodGet, "/profile/delete", members, s.showDeleteAccount, "the form"},
		{http.MethodPost, "/profile/delete", members, s.deleteAccount, "deletes the account; asks for the address and the current password"},

		{http.MethodGet, "/assets/:id", sessionless, s.asset, "images, through Hutch; `width` 160, 320, 480, 600, 800, 960, 1200 or 1600, with it a `height` that makes it 1:1, 3:2 or 16:9, and `fit` cover, contain, inside or outside; `format` auto, jpg, png, webp or avif; `quality` 50, 65, 80 or 90"},
		{http.MethodGet, "/theme/:file", sessionless, s.theme, "the stylesheet for the colour of the site, made readable: `/theme/2a5f47.css`"},
		{http.MethodGet, "/static/:file", sessionless, s.staticFile, "stylesheet, scripts, icon, under hashed names"},
		{http.MethodPost, "/hooks/directus", sessionless, s.purge, "for Directus to say that items have changed: `Authorization: Bearer` and `HOOK_SECRET`, JSON with the `collection`"},
		{http.MethodGet, "/healthz", sessionless, s.alive, "the process is alive"},
		{http.MethodGet, "/readyz", sessionless, s.ready, "ready, or why not"},
	}
	if s.Outbox != nil {
		routes = append(routes, route{http.MethodGet, "/sandbox/outbox", open, s.outbox, "the mails that the sandbox has not sent; in development only"})
	}
	return routes
}

type route struct {
	method string
	path   string
	access access
	handle handler
	what   string // for README, whose table is made of these
}

// handler answers one request.
type handler func(c *gin.Context) (reply, error)

// access says who a route is for.
type access int

const (
	members     access = iota // signed in; the default
	open                      // everybody; knows who is signed in
	sessionless               // everybody; files, which must not touch the session
)

// New returns the whole site as one handler.
func New(config Config) (http.Handler, error) {
	s := &site{Config: config}
	var err error
	if s.preload, err = config.stylesheetLink(); err != nil {
		return nil, err
	}
	if s.compressor, err = newCompressor(); err != nil {
		return nil, err
	}
	if err = s.preparePages(); err != nil {
		return nil, err
	}
	if s.allowances, err = newAllowances(config.Fresh); err != nil {
		return nil, err
	}
	if s.origins, err = config.sameOrigin(); err != nil {
		return nil, err
	}
	return s.engine(s.routes())
}

// engine has every request pass what stands before all routes.
func (s *site) engine(routes []route) (*gin.Engine, error) {
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	// Both would redirect to an address made of the request's.
	engine.RedirectTrailingSlash = false
	engine.RedirectFixedPath = false
	if err := engine.SetTrustedProxies(s.TrustedProxies); err != nil {
		return nil, err
	}

	engine.Use(
		s.nameRequest(),                 // outermost: all that follows names the request
		s.logRequest,                    // knows how it ended, panics included
		s.recoverPanic,                  // inside the log, outside all that may panic
		s.headers,                       // before anything answers, so that refusals have them too
		s.receive,                       // before room is taken, so that slow senders take none
		s.shed(newGates(s.MaxRequests)), // before any work, and saying no is some
		s.refuseCrossOrigin,             // before a session is touched
	)
	// Before a session is touched: what other sites embed renews none.
	withSession := engine.Group("/", s.refuseEmbedding, s.Sessions.Middleware(s.sessionSeen))
	for _, r := range routes {
		group := &engine.RouterGroup
		var guards []gin.HandlerFunc
		switch r.access {
		case members:
			group, guards = withSession, []gin.HandlerFunc{s.membersOnly}
		case open:
			group = withSession
		case sessionless:
		}
		chain := append(guards, s.adapt(r.handle))
		group.Handle(r.method, r.path, chain...)
		if r.method == http.MethodGet {
			group.Handle(http.MethodHead, r.path, chain...)
		}
	}
	engine.NoRoute(s.refuseEmbedding, s.Sessions.Middleware(s.sessionSeen), s.adapt(s.noRoute))
	engine.NoMethod(s.refuseEmbedding, s.Sessions.Middleware(s.sessionSeen), s.adapt(s.noMethod))
	return engine, nil
}

// NewServer returns the server that runs the site, with a bound on everything a
// client could drag out.
func NewServer(address string, site http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Addr:              address,
		Handler:           site,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      60 * time.Second, // an image may take 30 s to be made
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10, // several cookies of 4 KB
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
