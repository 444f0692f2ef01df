package app

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // an empty container image has no time zones

	"github.com/google/uuid"
	"github.com/joho/godotenv"
	"golang.org/x/text/language"

	"hutch/handlers/content"
	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/internal/replicas"
	"hutch/internal/secret"
	"hutch/internal/sitefolder"
)

// MinSecret is the shortest SESSION_SECRET, in characters.
const MinSecret = 32

// Config is the environment, read and checked.
type Config struct {
	DirectusURL    string // empty: the sandbox
	serviceToken   secret.Text
	formsToken     secret.Text
	formsFolder    string
	Production     bool
	host           string
	port           string
	publicURL      string // empty: where it listens
	cookieDomain   string
	secrets        []secret.Text
	SessionMaxAge  time.Duration
	TrustedProxies []string
	sandboxDB      string
	folder         sitefolder.Folder // the team's own; empty: none

	cacheFresh    time.Duration
	cacheBytes    uint64
	cacheDir      string
	hookSecret    secret.Text
	redirectHosts []string
	redisURL      secret.Text // empty: there are no replicas

	maxRequests    int
	shutdownDelay  time.Duration
	metricsAddress string // empty: none are shown

	siteName        string
	contactURL      string
	securityContact string
	contentLanguage string
	timeZone        *time.Location
	hsts            string   // the header Strict-Transport-Security; empty: none
	published       []string // the values of the field status that count as published
	contentFormat   string   // auto, html or markdown

	notes []string // for the operator: decisions that nobody configured
}

func (c Config) address() string { return net.JoinHostPort(c.host, c.port) }

// secretVariables can each be read from a file, whose path a variable with _FILE
// after its name has: that is how containers are handed secrets.
var secretVariables = []string{
	"SESSION_SECRET", "HOOK_SECRET", "REDIS_URL", "DIRECTUS_SERVICE_TOKEN", "FORMS_TOKEN", "DIRECTUS_ADMIN_TOKEN", "DIRECTUS_ADMIN_PASSWORD",
}

// Environment looks variables up in the process environment first and then in the
// .env file, which may be missing. Secrets may be in files of their own.
func Environment(file string) (func(string) string, error) {
	fromFile, err := godotenv.Read(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("cannot read %s: %w", file, err)
	}
	getenv := func(name string) string {
		if value, set := os.LookupEnv(name); set {
			return value
		}
		return fromFile[name]
	}
	secrets, err := secretFiles(getenv)
	if err != nil {
		return nil, fmt.Errorf("invalid configuration:\n%w", err)
	}
	return func(name string) string { return cmp.Or(getenv(name), secrets[name]) }, nil
}

// secretFiles reads the files of the variables that name one. A variable that is set
// both ways is a fault: one of the two would be ignored.
func secretFiles(getenv func(string) string) (map[string]string, error) {
	read := map[string]string{}
	var faults []error
	for _, name := range secretVariables {
		path := strings.TrimSpace(getenv(name + "_FILE"))
		switch {
		case path == "":
		case strings.TrimSpace(getenv(name)) != "":
			faults = append(faults, fmt.Errorf("%s and %[1]s_FILE are both set: unset one of them", name))
		default:
			content, err := os.ReadFile(path) // #nosec G304 -- the operator names it
			value := strings.TrimSpace(string(content))
			if err == nil && value == "" {
				err = errors.New("the file is empty")
			}
			if err != nil {
				faults = append(faults, fmt.Errorf("%s_FILE cannot be read: %w", name, err))
			}
			read[name] = value
		}
	}
	return read, errors.Join(faults...)
}

// Read reads and checks the configuration. It reports all faults in one error;
// each names the variable and what it must be.
func Read(getenv func(string) string) (Config, error) {
	r := configReader{getenv: getenv}
	c := Config{
		serviceToken:   secret.Of(r.get("DIRECTUS_SERVICE_TOKEN")),
		formsToken:     secret.Of(r.get("FORMS_TOKEN")),
		formsFolder:    r.formsFolder(),
		Production:     r.production(),
		host:           r.get("HOST"),
		port:           r.port(),
		SessionMaxAge:  r.duration("SESSION_MAX_AGE", 30*24*time.Hour, time.Minute),
		TrustedProxies: r.trustedProxies(),
		sandboxDB:      r.get("SANDBOX_DB"),
		folder:         r.siteFolder(),
	}
	c.siteName = r.get("SITE_NAME")
	c.contentLanguage = r.contentLanguage()
	c.contactURL = r.contactURL()
	c.securityContact = r.securityContact()
	c.timeZone = r.timeZone()
	c.hsts = r.hsts(c.Production)
	c.published = r.published()
	c.contentFormat = r.contentFormat()
	c.cacheFresh = r.duration("CACHE_FRESH", time.Minute, 0)
	c.cacheBytes = r.megabytes("CACHE_SIZE", 16)
	c.cacheDir = r.get("CACHE_DIR")
	c.hookSecret = secret.Of(r.hookSecret())
	c.redirectHosts = r.list("REDIRECT_HOSTS")
	c.maxRequests = r.maxRequests()
	c.shutdownDelay = r.duration("SHUTDOWN_DELAY", 0, 0)
	c.metricsAddress = r.metricsAddress()
	if c.host == "" {
		c.host = "127.0.0.1"
	}
	if c.sandboxDB == "" {
		c.sandboxDB = "sandbox.db"
	}
	c.DirectusURL = r.directusURL(c.Production)
	c.publicURL = r.publicURL(c)
	c.redisURL = secret.Of(r.redisURL(c))
	c.cookieDomain = r.cookieDomain(c)
	for _, one := range r.secrets(c.Production) {
		c.secrets = append(c.secrets, secret.Of(one))
	}
	r.settings(c.folder)
	c.notes = r.notes
	return c, errors.Join(r.faults...)
}

// readDirectusURL reads the URL of the Directus that setup prepares.
func readDirectusURL(getenv func(string) string) (string, error) {
	r := configReader{getenv: getenv}
	value := r.directusURL(false)
	if value == "" && len(r.faults) == 0 {
		r.fault("DIRECTUS_URL is required: set it to the URL of the Directus to prepare")
	}
	return value, errors.Join(r.faults...)
}

type configReader struct {
	getenv func(string) string
	asked  map[string]bool // by name
	faults []error
	notes  []string
}

func (r *configReader) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf(format, args...))
}

func (r *configReader) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// get returns the value of the first variable that is set. Names after the first
// are those that Directus' guide uses.
func (r *configReader) get(names ...string) string {
	if r.asked == nil {
		r.asked = map[string]bool{}
	}
	for _, name := range names {
		r.asked[name] = true
	}
	for _, name := range names {
		if value := strings.TrimSpace(r.getenv(name)); value != "" {
			return value
		}
	}
	return ""
}

func (r *configReader) list(name string) []string {
	var values []string
	for value := range strings.SplitSeq(r.get(name), ",") {
		if value = strings.TrimSpace(value); value != "" {
			values = append(values, value)
		}
	}
	return values
}

func (r *configReader) production() bool {
	switch env := r.get("APP_ENV"); env {
	case "", "development":
		return false
	case "production":
		return true
	default:
		r.fault("APP_ENV is %q: must be development or production", env)
		return false
	}
}

func (r *configReader) port() string {
	port := r.get("PORT")
	if port == "" {
		return "8080"
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		r.fault("PORT is %q: must be a number from 0 (any free port) to 65535", port)
	}
	return port
}

// contactURL is an address that a link may lead to: a page, or an email address.
func (r *configReader) contactURL() string {
	given := r.get("CONTACT_URL")
	address, _ := web.LinkTarget(given)
	if given != "" && address == "" {
		r.fault("CONTACT_URL is %q: must be a path of this site such as /contact, or begin with https:, mailto: or tel:", given)
	}
	return address
}

// securityContact is an address for those who have found a weakness (RFC 9116, 2.5.3).
func (r *configReader) securityContact() string {
	given := r.get("SECURITY_CONTACT")
	address, foreign := web.LinkTarget(given)
	if given != "" && (!foreign || strings.HasPrefix(address, "http:")) {
		r.fault("SECURITY_CONTACT is %q: must begin with https:, mailto: or tel:", given)
	}
	return address
}

func (r *configReader) contentLanguage() string {
	value := r.get("CONTENT_LANGUAGE")
	if value == "" {
		return "en"
	}
	tag, err := language.Parse(value)
	if err != nil {
		r.fault("CONTENT_LANGUAGE is %q: must be a language tag such as en or de-AT", value)
	}
	return tag.String()
}

func (r *configReader) timeZone() *time.Location {
	value := r.get("TIME_ZONE")
	zone, err := time.LoadLocation(value) // "" is UTC
	if err != nil || strings.EqualFold(value, "local") {
		r.fault("TIME_ZONE is %q: must be an IANA time zone such as Europe/Berlin", value)
		return time.UTC
	}
	return zone
}

// hsts returns the header with which browsers stay with https for two years.
// Subdomains, which may belong to somebody else, are for the operator to include.
func (r *configReader) hsts(production bool) string {
	header := "max-age=63072000"
	switch value := r.get("HSTS"); value {
	case "", "host":
	case "subdomains":
		header += "; includeSubDomains"
	case "off":
		header = ""
	default:
		r.fault("HSTS is %q: must be off, host or subdomains", value)
	}
	if !production {
		return ""
	}
	return header
}

// published reads which values of the field status count as published.
func (r *configReader) published() []string {
	if values := r.list("PUBLISHED_STATUS"); len(values) > 0 {
		return values
	}
	return []string{collections.DefaultStatus}
}

func (r *configReader) contentFormat() string {
	switch value := r.get("CONTENT_FORMAT"); value {
	case "", content.FormatAuto:
		return content.FormatAuto
	case content.FormatHTML, content.FormatMarkdown:
		return value
	default:
		r.fault("CONTENT_FORMAT is %q: must be auto, html or markdown", value)
		return content.FormatAuto
	}
}

// duration reads a duration of at least the given minimum.
func (r *configReader) duration(name string, unset, least time.Duration) time.Duration {
	value := r.get(name)
	if value == "" {
		return unset
	}
	read, err := time.ParseDuration(value)
	if err != nil || read < least {
		r.fault("%s is %q: must be a duration of at least %s, such as %s", name, value, least, unset)
	}
	return read
}

// megabytes reads a size in megabytes and returns it in bytes.
func (r *configReader) megabytes(name string, unset uint64) uint64 {
	value := r.get(name)
	if value == "" {
		return unset << 20
	}
	read, err := strconv.ParseUint(value, 10, 20)
	if err != nil || read == 0 {
		r.fault("%s is %q: must be a whole number of megabytes, such as %d", name, value, unset)
	}
	return read << 20
}

func (r *configReader) maxRequests() int {
	value := r.get("MAX_REQUESTS")
	if value == "" {
		return 1024
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 8 || n > 1_000_000 {
		r.fault("MAX_REQUESTS is %q: must be a number from 8 to 1000000, such as 1024", value)
	}
	return n
}

func (r *configReader) metricsAddress() string {
	value := r.get("METRICS_ADDRESS")
	if value == "" {
		return ""
	}
	if _, port, err := net.SplitHostPort(value); err != nil || port == "" {
		r.fault("METRICS_ADDRESS is %q: must be host:port, such as 127.0.0.1:9090", value)
	}
	return value
}

func (r *configReader) hookSecret() string {
	secret := r.get("HOOK_SECRET")
	if secret != "" && len(secret) < MinSecret {
		r.fault("HOOK_SECRET has %d characters: must have at least %d", len(secret), MinSecret)
	}
	return secret
}

func (r *configReader) trustedProxies() []string {
	proxies := r.list("TRUSTED_PROXIES")
	for _, proxy := range proxies {
		_, addressErr := netip.ParseAddr(proxy)
		_, networkErr := netip.ParsePrefix(proxy)
		if addressErr != nil && networkErr != nil {
			r.fault("TRUSTED_PROXIES contains %q: each entry must be an IP address such as 10.0.0.1 or a network such as 10.0.0.0/8", proxy)
		}
	}
	return proxies
}

func (r *configReader) directusURL(production bool) string {
	value := r.get("DIRECTUS_URL", "PUBLIC_APIURL")
	if value == "" {
		if production {
			r.fault("DIRECTUS_URL is required in production: the sandbox is for development only")
		}
		return ""
	}
	if parsed, err := url.Parse(value); err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") ||
		parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		r.fault("DIRECTUS_URL must be an absolute http or https URL such as https://directus.example.com, without user, query or fragment")
	}
	return strings.TrimSuffix(value, "/")
}

func (r *configReader) publicURL(c Config) string {
	value := strings.TrimSuffix(r.get("PUBLIC_URL"), "/")
	if value == "" {
		if c.Production {
			r.fault("PUBLIC_URL is required in production: set it to the address of the site, such as https://www.example.com")
		}
		return "" // the address it listens on, once it does
	}
	parsed, err := url.Parse(value)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") ||
		parsed.User != nil || parsed.Path != "" || parsed.RawQuery != "" || parsed.Fragment != "" {
		r.fault("PUBLIC_URL is %q: must be scheme and host only, such as https://www.example.com", value)
		return ""
	}
	if c.Production && parsed.Scheme != "https" {
		r.fault("PUBLIC_URL is %q: must start with https in production, because the session cookie is only sent over HTTPS", value)
	}
	return value
}

// redisURL keeps the value out of its messages: it may contain a password.
func (r *configReader) redisURL(c Config) string {
	value := r.get("REDIS_URL")
	if value == "" {
		return ""
	}
	if err := replicas.CheckURL(value); err != nil {
		r.fault("REDIS_URL %w", err)
	}
	if !c.Production && r.get("PUBLIC_URL") == "" {
		r.fault("PUBLIC_URL is required with REDIS_URL: replicas of a site recognise each other by it")
	}
	return value
}

// cookieDomain drops a domain that cannot work: browsers silently ignore a cookie
// for a foreign domain, and nobody could sign in.
func (r *configReader) cookieDomain(c Config) string {
	domain := strings.TrimPrefix(r.get("COOKIE_DOMAIN", "PUBLIC_COOKIE_DOMAIN"), ".")
	if domain == "" || domain == "localhost" {
		return ""
	}
	if strings.ContainsAny(domain, "/:@ \t") {
		r.fault("COOKIE_DOMAIN is %q: must be a host name such as example.com", domain)
		return ""
	}
	host := c.host
	if public, err := url.Parse(c.publicURL); err == nil && c.publicURL != "" {
		host = public.Hostname()
	} else if c.Production {
		return domain // PUBLIC_URL is at fault, and reported there
	}
	if host == domain || strings.HasSuffix(host, "."+domain) {
		return domain
	}
	if c.Production {
		r.fault("COOKIE_DOMAIN is %q: must be the host of PUBLIC_URL (%q) or a parent domain, or browsers drop the cookie", domain, host)
		return ""
	}
	r.note("COOKIE_DOMAIN is ignored: %s does not cover %s, so the cookie is set for this host only.", domain, host)
	return ""
}

func (r *configReader) secrets(production bool) []string {
	secrets := r.list("SESSION_SECRET")
	for i, secret := range secrets {
		if len(secret) < MinSecret {
			r.fault("SESSION_SECRET number %d has %d characters: each must have at least %d", i+1, len(secret), MinSecret)
		}
	}
	if len(secrets) > 0 {
		return secrets
	}
	if production {
		r.fault("SESSION_SECRET is required in production: set it to at least %d random characters, for example from openssl rand -hex 32", MinSecret)
		return nil
	}
	r.note("SESSION_SECRET is not set, so a random one is used: a restart signs everyone out.")
	return []string{rand.Text() + rand.Text()}
}

// formsFolder reads the id of a folder.
func (r *configReader) formsFolder() string {
	value := r.get("FORMS_FOLDER")
	if value != "" && uuid.Validate(value) != nil {
		r.fault("FORMS_FOLDER is %q: must be the id of a folder, such as e6308546-92fb-4b10-b586-eefaf1d97f7f", value)
	}
	return value
}
