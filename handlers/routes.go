package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/handlers/account"
	"hutch/handlers/content"
	"hutch/handlers/web"
	"hutch/internal/cache"
	"hutch/internal/directus"
	"hutch/internal/feeds"
	"hutch/internal/i18n"
	"hutch/internal/limits"
	"hutch/internal/metrics"
	"hutch/internal/secret"
	"hutch/internal/sitefolder"
	"hutch/session"
	"hutch/static"
	"hutch/templates"
)

// Config is what the site is made of.
type Config struct {
	Directus  *directus.Client
	Reached   *atomic.Bool // it has answered since the start
	Sessions  *session.Manager
	Limits    *limits.Limits // of guessing, mailing and signing up, and of work for Directus
	Templates *templates.Set
	Static    *static.Files
	Words     *i18n.Catalogue
	Cache     *cache.Cache // of what everybody may see
	// Purge invalidates cached content with any of these tags, here and on every
	// replica, and returns how many entries it dropped here.
	Purge func(ctx context.Context, tags ...string) (purged int)
	Log   *slog.Logger
	// Metrics counts what happens; nil: nothing does.
	Metrics    *metrics.Metrics
	Pseudonyms session.Pseudonyms // of members, in the log
	// MaxRequests are answered at the same time; more wait for a moment, or are
	// turned away.
	MaxRequests int
	// Closing ends when the process is about to: it is not ready any more.
	Closing context.Context //nolint:containedctx // a state, not a request's

	// ServiceToken does for members what Directus lets no member do themselves
	// (account.Config); empty: not configured.
	ServiceToken secret.Text
	// FormsToken may store what visitors send by forms, their files in FormsFolder; empty:
	// the public may, and no folder (content.Config).
	FormsToken  secret.Text
	FormsFolder string
	// HookSecret is what Directus shows when it reports changes; empty: no report is
	// accepted.
	HookSecret secret.Text
	// SecurityContact is whom to tell of a weakness, an address with https:, mailto: or
	// tel:; empty: nobody is named.
	SecurityContact string
	Site            sitefolder.Config // what the team says in site.toml
	Fault           error             // what every page says, and nothing else, while the site folder is edited; nil: nothing
	RedirectHosts   []string          // other sites that editors may redirect to
	TrustedProxies  []string          // addresses and networks whose X-Forwarded-For counts
	PublicURL       string            // scheme and host under which visitors see the site
	SiteName        string            // empty: what editors call it
	Published       []string          // the values of the field status that count as published
	ContentFormat   string            // how contents are written: auto, html or markdown
	FrameTimeout    time.Duration     // how long a page waits for name and navigation
	Now             func() time.Time  // for what is published later
	TimeZone        *time.Location    // of dates and times that have none
	HSTS            string            // Strict-Transport-Security; empty: none
	Fresh           time.Duration     // how long an answer of Directus is good
	// RefusedAfter is how long the refusal of a sign-in takes (account.Config).
	RefusedAfter time.Duration
	// Outbox returns what the sandbox keeps instead of passing it on; nil: not the sandbox.
	Outbox     func(context.Context) (templates.Outbox, error)
	Production bool
}

// site has the rooms whose handlers the routes name.
type site struct {
	web     *web.Responder
	log     *web.Log
	content *content.Handlers
	account *account.Handlers
	probes  *probes
	limits  *limits.Limits
	turns   web.Turns     // of visitors for whom Directus works
	held    chan struct{} // refusals that are held back
}

// New returns the whole site as one handler.
func New(config Config) (http.Handler, error) {
	for _, of := range config.Site.Collections {
		if reserved := Reserved(of.Path); reserved != "" {
			return nil, fmt.Errorf("the collection %s cannot be at %s, since Hutch itself answers below %s", of.Name, of.Path, reserved)
		}
	}
	log := web.NewLog(config.Log, config.Metrics, config.Sessions, config.Pseudonyms)
	untitled, err := config.Templates.Untitled()
	if err != nil {
		return nil, err
	}
	source := content.Source{
		Directus: config.Directus, Cache: config.Cache, Now: config.Now, Log: log, Templates: config.Templates,
		SiteName: config.SiteName, FrameTimeout: config.FrameTimeout, TimeZone: config.TimeZone,
		Published: config.Published, Untitled: untitled,
		Collections: config.Site.Collections, Menu: config.Site.Menu,
		FormsAsPublic: config.FormsToken == (secret.Text{}) && config.Outbox == nil, // the sandbox' public may
		Format:        content.NewFormat(config.ContentFormat), Development: !config.Production,
		Stamp: config.Sessions.Stamp, Stamped: config.Sessions.Stamped,
	}
	responder, err := web.New(web.Config{
		Sessions: config.Sessions, Templates: config.Templates, Static: config.Static, Words: config.Words, Log: log,
		SiteInfo: source.SiteInfo, PublicURL: config.PublicURL, SiteName: config.SiteName,
		RedirectHosts: config.RedirectHosts, Production: config.Production, HSTS: config.HSTS,
	})
	if err != nil {
		return nil, err
	}
	accounts, err := account.New(account.Config{
		Directus: config.Directus, Sessions: config.Sessions, Limits: config.Limits, Responder: responder, Log: log,
		Words: config.Words, ServiceToken: config.ServiceToken, PublicURL: config.PublicURL, Fresh: config.Fresh,
		RefusedAfter: config.RefusedAfter, Outbox: config.Outbox,
	})
	if err != nil {
		return nil, err
	}
	s := &site{
		web: responder, log: log, account: accounts,
		content: content.New(content.Config{
			Source: source, Responder: responder, Static: config.Static,
			PublicURL: config.PublicURL, Purge: config.Purge, HookSecret: config.HookSecret, SecurityContact: config.SecurityContact,
			FormsToken: config.FormsToken, FormsFolder: config.FormsFolder,
		}),
		probes: &probes{directus: config.Directus, log: config.Log, closing: config.Closing, fresh: config.Fresh, reached: config.Reached},
		limits: config.Limits,
		held:   make(chan struct{}, max(1, config.MaxRequests/16)),
	}
	return s.engine(config, s.routes(config.Outbox != nil, config.Site.Collections))
}

// engine has every request pass the middleware before its handler. The handler's row
// comes first, since the middleware asks what it says.
func (s *site) engine(config Config, routes []route) (engine *gin.Engine, err error) {
	defer func() {
		if clash := recover(); clash != nil { // Gin's way of saying that two rows have one address
			err = fmt.Errorf("%s: a path is one of the site's own addresses: %v", sitefolder.ConfigFile, clash)
		}
	}()
	engine = gin.New()
	engine.HandleMethodNotAllowed = true
	// Both would redirect to an address made of the request's.
	engine.RedirectTrailingSlash = false
	engine.RedirectFixedPath = false
	if err := engine.SetTrustedProxies(config.TrustedProxies); err != nil {
		return nil, err
	}

	everything := []gin.HandlerFunc{
		web.NameRequests(config.TrustedProxies),         // first: all that follows names the request
		web.ReadForwarded(config.TrustedProxies, s.log), // before anybody asks for the visitor's address
		s.log.Requests,                    // knows how it ended, panics included
		s.web.RecoverPanic,                // inside the log, outside all that may panic
		s.web.Headers(),                   // before anything answers, so that refusals have them too
		s.web.Receive(config.MaxRequests), // before room is taken, so that slow senders take none
		s.web.Shed(config.MaxRequests),    // before any work, and refusing is some
		s.web.RefuseCrossOrigin,           // before a session is opened
		s.web.RefuseOtherBodies,           // before a handler takes one for an empty form
	}
	withSession := append(slices.Clip(everything),
		s.web.RefuseEmbedding, // before a session is opened: what other sites embed renews none
		config.Sessions.Middleware(s.account.SessionSeen),
	)
	faulty := func(*gin.Context) (web.Response, error) { return nil, config.Fault }
	notFound := s.noRoute(routes)
	if config.Fault != nil {
		notFound = faulty // it may be a page of the folder's
	}
	membersOnly := append(slices.Clip(withSession), s.account.MembersOnly)
	for _, r := range routes {
		r.Open = r.access != members
		chain := []gin.HandlerFunc{r.Marker()}
		switch r.access {
		case members:
			chain = append(chain, membersOnly...)
		case open:
			chain = append(chain, withSession...)
		case sessionless:
			chain = append(chain, everything...)
		}
		if config.Fault != nil && r.access != sessionless {
			r.handle = faulty
		}
		chain = append(chain, s.adapt(r.handle))
		engine.Handle(r.method, r.path, chain...)
		methods := []string{r.method}
		if r.method == http.MethodGet {
			engine.Handle(http.MethodHead, r.path, chain...)
			methods = append(methods, http.MethodHead)
		}
		if r.path != "/" && !strings.Contains(r.path, "*") { // which ends in whatever follows
			for _, method := range methods {
				engine.Handle(method, r.path+"/", append(slices.Clip(everything), s.adapt(s.withoutSlash))...)
			}
		}
	}
	engine.NoRoute(append(slices.Clip(withSession), s.adapt(notFound))...)
	engine.NoMethod(append(slices.Clip(withSession), s.adapt(noMethod))...)
	return engine, nil
}

// Rules for what follows:
//   - Each address stands here once, with all that is known of it.
//   - A route is for members only unless it says open.
//   - GET changes nothing, so that a link, a preload or a robot cannot either.
//   - A form that succeeded answers 303, a form that failed 422.
//   - The same address with a slash at its end redirects to the one without.
//   - Of a form, nothing is kept but the fields that its row names.
func (s *site) routes(outbox bool, collections []sitefolder.Collection) []route {
	seen := s.handedVisitor
	uncrawled := []string{"/forms/", "/profile", "/logout", "/hooks/", account.VerifyPath, account.ResetPath, account.InvitePath, "/blog?q=", "/search?q="}
	routes := []route{
		get("/", open, seen(s.content.Home), "title and description of `global`"),
		get("/pages/:slug", open, seen(s.content.TextPage), "a page").slashed(),
		get("/blog", open, seen(s.content.Blog), "the posts, newest first; `?page=2` and so on; `?q=` searches"),
		get("/search", open, seen(s.content.Search), "pages and posts that have the words of `?q=`; `?page=2` and so on"),
		get("/blog/:slug", open, seen(s.content.Post), "one post; of one for members, to others its beginning").slashed(),
		get("/blog/authors/:slug", open, seen(s.content.AuthorPage), "an author, by slug or id, and their posts").slashed(),
		get("/blog/tags/:slug", open, seen(s.content.TagPage), "the posts that have a tag; `/blog?tag=` redirects to it"),

		get("/blog/rss.xml", sessionless, seen(s.content.RSS), "the newest posts, for feed readers"),
		get("/blog/atom.xml", sessionless, seen(s.content.Atom), "the same as Atom"),
		get("/blog/feed.json", sessionless, seen(s.content.JSONFeed), "the same as JSON Feed"),
		get("/blog/tags/:slug/rss.xml", sessionless, seen(s.content.RSS), "the newest posts that have a tag"),
		get("/blog/tags/:slug/atom.xml", sessionless, seen(s.content.Atom), "the same as Atom"),
		get("/blog/tags/:slug/feed.json", sessionless, seen(s.content.JSONFeed), "the same as JSON Feed"),
		get("/sitemap.xml", sessionless, seen(s.content.Sitemap), "every page, for search engines; with more than 5000 posts, a list of such sitemaps"),
		get("/sitemap/:part", sessionless, seen(s.content.SitemapPart), "one of them: `1.xml`, `2.xml` and so on"),
		get("/robots.txt", sessionless, seen(s.content.Robots(uncrawled...)), "rules for crawlers"),

		get("/forms/:form", open, seen(s.content.FormPage), "a form of the editors', alone"),
		post("/forms/:form", open, seen(s.content.SendForm), web.Form{Page: "/forms/:form", Keeps: content.IsFormField}, "checks and stores what a visitor filled in"),
		post("/forms/:form/files", open, seen(s.content.SendForm), web.Form{Page: "/forms/:form", Keeps: content.IsFormField, File: true}, "the same for a form that asks for files").upload(content.MaxFormFiles),
		get("/forms/:form/files", open, s.content.ToForm, "redirects to the form"),
		get("/forms/:form/sent", open, seen(s.content.FormSent), "thanks for it"),

		get("/signup", open, s.account.ShowSignUp, "the form"),
		post("/signup", open, s.account.SignUp, web.Form{Page: "/signup", Keeps: web.Email, Secret: true}, "creates an account; signs in unless the address has to be confirmed"),
		get("/signin", open, s.account.ShowSignIn, "the form; `?redirectedFrom=` says where to go afterwards: a path of this site, or `/profile`"),
		post("/signin", open, s.account.SignIn, web.Form{Page: "/signin", Keeps: web.Email, Secret: true}, "signs in"),
		get(account.CookiesPath, open, s.account.CheckCookies, "checks that the browser keeps cookies, and leads on; `?redirectedFrom=` says where to"),
		get("/signin/code", open, s.account.ShowSignInCode, "the form for the two-factor code"),
		post("/signin/code", open, s.account.SignInCode, web.Form{Page: "/signin/code", Secret: true}, "signs in with the code"),
		get("/signin/recovery", open, s.account.ShowRecovery, "the form for a recovery code"),
		post("/signin/recovery", open, s.account.SignInRecovery, web.Form{Page: "/signin/recovery", Secret: true}, "turns off two-factor authentication with a recovery code and ends all sessions"),
		get("/signup/check-email", open, s.account.ShowCheckEmail, "asks a new member to check their email"),
		post("/signup/check-email", open, s.account.ResendVerification, web.Form{Page: "/signup/check-email", Button: true}, "sends the email again"),
		get(account.VerifyPath, open, s.account.ShowVerify, "the page that the email links to"),
		post(account.VerifyPath, open, s.account.Verify, web.Form{Page: account.VerifyPath, Button: true}, "confirms the address"),
		get("/password/forgot", open, s.account.ShowForgot, "the form"),
		post("/password/forgot", open, s.account.Forgot, web.Form{Page: "/password/forgot", Keeps: web.Email}, "sends a reset link if the account exists"),
		get("/password/sent", open, s.account.ShowForgotSent, "confirms that"),
		post("/password/sent", open, s.account.ResendReset, web.Form{Page: "/password/sent", Button: true}, "sends the link again"),
		get(account.ResetPath, open, s.account.ShowReset, "the form that the email links to"),
		post(account.ResetPath, open, s.account.Reset, web.Form{Page: account.ResetPath, Secret: true}, "sets the new password; all sessions end"),
		get(account.InvitePath, open, s.account.ShowInvite, "the form that an invitation links to"),
		post(account.InvitePath, open, s.account.AcceptInvite, web.Form{Page: account.InvitePath, Secret: true}, "activates the account"),
		get("/logout", open, s.account.ShowLogout, "a page with a button; signed out, a page that says so"),
		post("/logout", open, s.account.Logout, web.Form{Page: "/logout", Button: true}, "signs out"),
		post("/appearance", open, s.account.ChooseAppearance, web.Form{Page: "/"}, "stores the appearance, light or dark, in a cookie"),
		post("/language", open, s.account.ChooseLanguage, web.Form{Page: "/"}, "stores the language in a cookie"),

		get("/profile", members, s.account.Profile, "the member's data, with a form for what they may change"),
		post("/profile", members, s.account.SaveProfile, web.Form{Page: "/profile", Keeps: web.AllButPasswords}, "saves it"),
		get("/profile/avatar", members, s.account.ToProfile, "redirects to the profile, which has the form"),
		post("/profile/avatar", members, s.account.ChangeAvatar, web.Form{Page: "/profile", File: true}, "takes a new picture").upload(account.MaxUpload),
		get("/profile/avatar/:id", members, seen(s.content.Avatar), "the member's picture, as a square; `size` 160 or 320").files(),
		get("/profile/picture", members, s.account.Picture, "the member's picture for the header of all pages, or their initials").files(),
		get("/profile/avatar/remove", members, s.account.ToProfile, "redirects to the profile"),
		post("/profile/avatar/remove", members, s.account.RemoveAvatar, web.Form{Page: "/profile", Button: true}, "removes the picture"),
		get("/profile/email", members, s.account.ShowChangeEmail, "the form"),
		post("/profile/email", members, s.account.ChangeEmail, web.Form{Page: "/profile/email", Keeps: web.Email, Secret: true}, "changes the address; asks for the current password"),
		get("/profile/password", members, s.account.ShowChangePassword, "the form"),
		post("/profile/password", members, s.account.ChangePassword, web.Form{Page: "/profile/password", Secret: true}, "changes the password; asks for the current one"),
		get("/.well-known/change-password", sessionless, s.account.ToChangePassword, "redirects password managers to the form"),
		get("/profile/two-factor", members, s.account.ShowTwoFactor, "whether two-factor authentication is on, and the form for the next step"),
		post("/profile/two-factor", members, s.account.BeginTwoFactor, web.Form{Page: "/profile/two-factor", Secret: true}, "makes a secret; asks for the current password"),
		get("/profile/two-factor/confirm", members, s.account.ToTwoFactor, "redirects to the form"),
		post("/profile/two-factor/confirm", members, s.account.ConfirmTwoFactor, web.Form{Page: "/profile/two-factor", Secret: true}, "turns on two-factor authentication"),
		get("/profile/two-factor/codes", members, s.account.ToTwoFactor, "redirects to the form"),
		post("/profile/two-factor/codes", members, s.account.DownloadCodes, web.Form{Page: "/profile/two-factor", Secret: true}, "sends the new recovery codes back as a text file"),
		post("/profile/two-factor/cancel", members, s.account.CancelTwoFactor, web.Form{Page: "/profile/two-factor", Button: true}, "forgets the secret"),
		get("/profile/two-factor/off", members, s.account.ShowEndTwoFactor, "the form that turns it off"),
		post("/profile/two-factor/off", members, s.account.EndTwoFactor, web.Form{Page: "/profile/two-factor/off", Secret: true}, "turns off two-factor authentication; asks for the current password and a code"),
		get("/profile/data", members, s.account.ShowYourData, "what the member can download"),
		get("/profile/export", members, s.account.Export, "the data that the member may read about themselves, as one JSON file").files(),
		get("/profile/delete", members, s.account.ShowDeleteAccount, "the form"),
		post("/profile/delete", members, s.account.DeleteAccount, web.Form{Page: "/profile/delete", Keeps: web.Email, Secret: true}, "deletes the account; asks for the address and the current password"),

		get("/assets/:id", sessionless, seen(s.content.Asset), "files, through Hutch: images, PDFs, films, recordings and plain text to be shown, all others to be saved, as any with `download`; of images, the renditions that pages show: `width` 160, 320, 480, 600, 800, 960, 1200 or 1600, or with a `height` 1:1 up to 320, 3:2 up to 960 and 16:9 of 1200, in the file's own format or `format=auto`").files(),
		get("/pictures/:collection/:hash/*name", open, seen(s.content.Picture), "a picture that was pasted into the text of a page or a post, by a hash of it and the item's slug").files(),
		get("/theme/:file", sessionless, seen(s.content.Theme), "the stylesheet for the colour of the site, made readable: `/theme/2a5f47.css`"),
		get("/static/*file", sessionless, seen(s.content.StaticFile), "stylesheet, scripts, icon and what the site folder has in `static/`, under hashed names").quiet(),
		get("/favicon.ico", sessionless, seen(s.content.Icon), "the icon of the site, for what does not ask a page for it").files(),
		get("/apple-touch-icon.png", sessionless, seen(s.content.Icon), "the same for home screens").files(),
		get("/apple-touch-icon-precomposed.png", sessionless, seen(s.content.Icon), "the same under its other name").files(),
		get("/icon-512.png", sessionless, seen(s.content.Icon), "the same for an app").files(),
		get("/manifest.webmanifest", sessionless, seen(s.content.Manifest), "name, icon and colours, for a browser that keeps the site as an app"),
		get("/card.png", sessionless, seen(s.content.Card), "the picture for link previews of pages without one, with the site's name in its colour").files(),
		get("/.well-known/security.txt", sessionless, seen(s.content.SecurityTxt), "whom to tell of a weakness: `SECURITY_CONTACT`"),
		post("/hooks/directus", sessionless, seen(s.content.Hook), web.Form{}, "for Directus to say that items have changed: `Authorization: Bearer` and `HOOK_SECRET`, JSON with the `collection`"),
		get("/healthz", sessionless, s.probes.alive, "the process is alive").probe(),
		get("/readyz", sessionless, s.probes.ready, "ready, or why not").probe(),
	}
	for _, of := range collections {
		routes = append(routes, s.ownRoutes(of)...)
	}
	if outbox {
		routes = append(routes, get("/sandbox/outbox", open, s.account.ShowOutbox, "the mails that the sandbox has not sent, and the forms that visitors have; in development only"))
	}
	return routes
}

// ownRoutes are those of a collection of the team's own, for those who may read it.
func (s *site) ownRoutes(of sitefolder.Collection) []route {
	seen, own, who := s.handedVisitor, s.content.Own(of), open
	if of.Read == sitefolder.MembersOnly {
		who = members
	}
	routes := []route{
		get(of.Path, who, seen(own.List), "the items of "+of.Name),
		get(of.Path+"/:slug", who, seen(own.Item), "one of them"),
		get(of.Path+"/tags/:slug", who, seen(own.Tag), "those that have a tag"),
	}
	if who == open { // noRoute looks at nobody's session
		routes[1] = routes[1].slashed()
	}
	if of.Feed != nil {
		routes = append(routes,
			get(of.Path+"/rss.xml", sessionless, seen(own.Feed(feeds.RSSType, feeds.RSS)), "the same for feed readers"),
			get(of.Path+"/atom.xml", sessionless, seen(own.Feed(feeds.AtomType, feeds.Atom)), "as Atom"),
			get(of.Path+"/feed.json", sessionless, seen(own.Feed(feeds.JSONType, feeds.JSON)), "as JSON Feed"))
	}
	return routes
}

// route is a row of the table.
type route struct {
	method string
	path   string
	access access
	handle web.Handler
	what   string // for the documentation, whose table is made of these
	deep   bool   // the name at its end may have slashes in it
	web.Route
}

// access says who a route is for.
type access int

const (
	members     access = iota // signed in; the default
	open                      // everybody; knows who is signed in
	sessionless               // everybody; files, which must not touch the session
)

func get(path string, access access, handle web.Handler, what string) route {
	return route{method: http.MethodGet, path: path, access: access, handle: handle, what: what}
}

// post takes the form that a page sends, and says what is known of it.
func post(path string, access access, handle web.Handler, form web.Form, what string) route {
	return route{method: http.MethodPost, path: path, access: access, handle: handle, what: what, Route: web.Route{Form: form}}
}

// slashed marks what ends with the name of an item, which may have slashes in it: Gin
// allows no such pattern beside the other addresses below /blog.
func (r route) slashed() route {
	r.deep = true
	return r
}

// files marks what may be sent to a slow reader for a minute.
func (r route) files() route {
	r.Load = web.Files
	return r
}

// upload marks what takes a file of up to this many bytes.
func (r route) upload(limit int64) route {
	r.Upload = limit
	return r
}

// quiet marks what is not logged one by one.
func (r route) quiet() route {
	r.Quiet = true
	return r
}

// probe marks what is always answered.
func (r route) probe() route {
	r.Load = web.Probes
	return r.quiet()
}
