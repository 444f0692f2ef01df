package site

import (
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

	"github.com/joho/godotenv"
	"golang.org/x/text/language"

	"hutch/internal/replicas"
	"hutch/internal/secret"
)

// MinSecret is the shortest SESSION_SECRET, in characters.
const MinSecret = 32

// Config is the environment, read and checked.
type Config struct {
	DirectusURL    string // empty: the sandbox
	serviceToken   secret.Text
	Production     bool
	host           string
	port           string
	publicURL      string // empty: where it listens
	cookieDomain   string
	secrets        []secret.Text
	SessionMaxAge  time.Duration
	TrustedProxies []string
	sandboxDB      string

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
	contentLanguage string

	notes []string // for the log: what was decided that is not in the file
}

func (c Config) address() string { return net.JoinHostPort(c.host, c.port) }

// Environment returns the variables of the process and, where it has none,
// those of the .env file, if there is one.
func Environment(file string) (func(string) string, error) {
	fromFile, err := godotenv.Read(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s cannot be read: %w", file, err)
	}
	return func(name string) string {
		if value, set := os.LookupEnv(name); set {
			return value
		}
		return fromFile[name]
	}, nil
}

// Read reports every fault of the environment in one error, each naming
// the variable and what it wants.
func Read(getenv func(string) string) (Config, error) {
	r := configReader{getenv: getenv}
	c := Config{
		serviceToken:   secret.Of(r.get("DIRECTUS_SERVICE_TOKEN")),
		Production:     r.production(),
		host:           r.get("HOST"),
		port:           r.port(),
		SessionMaxAge:  r.duration("SESSION_MAX_AGE", 30*24*time.Hour, time.Minute),
		TrustedProxies: r.trustedProxies(),
		sandboxDB:      r.get("SANDBOX_DB"),
	}
	c.siteName = r.get("SITE_NAME")
	c.contentLanguage = r.contentLanguage()
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
	c.notes = r.notes
	return c, errors.Join(r.faults...)
}

// readDirectusURL reads the address of the Directus that setup prepares.
func readDirectusURL(getenv func(string) string) (string, error) {
	r := configReader{getenv: getenv}
	value := r.directusURL(false)
	if value == "" && len(r.faults) == 0 {
		r.fault("DIRECTUS_URL is empty: it must be the address of the Directus to prepare")
	}
	return value, errors.Join(r.faults...)
}

type configReader struct {
	getenv func(string) string
	faults []error
	notes  []string
}

func (r *configReader) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf(format, args...))
}

func (r *configReader) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// get returns the first of the variables that is set. Those after the first are
// the names that the guide uses.
func (r *configReader) get(names ...string) string {
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
		r.fault("APP_ENV is %q: it must be development or production", env)
		return false
	}
}

func (r *configReader) port() string {
	port := r.get("PORT")
	if port == "" {
		return "8080"
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		r.fault("PORT is %q: it must be a number from 0 (any free port) to 65535", port)
	}
	return port
}

func (r *configReader) contentLanguage() string {
	value := r.get("CONTENT_LANGUAGE")
	if value == "" {
		return "en"
	}
	tag, err := language.Parse(value)
	if err != nil {
		r.fault("CONTENT_LANGUAGE is %q: it must be the tag of a language, such as en or de-AT", value)
	}
	return tag.String()
}

// duration reads one that is least or longer.
func (r *configReader) duration(name string, unset, least time.Duration) time.Duration {
	value := r.get(name)
	if value == "" {
		return unset
	}
	read, err := time.ParseDuration(value)
	if err != nil || read < least {
		r.fault("%s is %q: it must be a duration of %s or more, such as %s", name, value, least, unset)
	}
	return read
}

// megabytes reads a size, and returns it in bytes.
func (r *configReader) megabytes(name string, unset uint64) uint64 {
	value := r.get(name)
	if value == "" {
		return unset << 20
	}
	read, err := strconv.ParseUint(value, 10, 20)
	if err != nil || read == 0 {
		r.fault("%s is %q: it must be a number of megabytes, such as %d", name, value, unset)
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
		r.fault("MAX_REQUESTS is %q: it must be a number of 8 or more, such as 1024", value)
	}
	return n
}

func (r *configReader) metricsAddress() string {
	value := r.get("METRICS_ADDRESS")
	if value == "" {
		return ""
	}
	if _, port, err := net.SplitHostPort(value); err != nil || port == "" {
		r.fault("METRICS_ADDRESS is %q: it must be host and port, such as 127.0.0.1:9090", value)
	}
	return value
}

func (r *configReader) hookSecret() string {
	secret := r.get("HOOK_SECRET")
	if secret != "" && len(secret) < MinSecret {
		r.fault("HOOK_SECRET has %d characters: it must have at least %d", len(secret), MinSecret)
	}
	return secret
}

func (r *configReader) trustedProxies() []string {
	proxies := r.list("TRUSTED_PROXIES")
	for _, proxy := range proxies {
		_, addressErr := netip.ParseAddr(proxy)
		_, networkErr := netip.ParsePrefix(proxy)
		if addressErr != nil && networkErr != nil {
			r.fault("TRUSTED_PROXIES has %q: each must be an address such as 10.0.0.1 or a network such as 10.0.0.0/8", proxy)
		}
	}
	return proxies
}

func (r *configReader) directusURL(production bool) string {
	value := r.get("DIRECTUS_URL", "PUBLIC_APIURL")
	if value == "" {
		if production {
			r.fault("DIRECTUS_URL is empty: in production it must be the address of your Directus, as the sandbox is for trying things out only")
		}
		return ""
	}
	if parsed, err := url.Parse(value); err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") ||
		parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		r.fault("DIRECTUS_URL must be an absolute address such as https://directus.example.com, without user, query or fragment")
	}
	return strings.TrimSuffix(value, "/")
}

func (r *configReader) publicURL(c Config) string {
	value := strings.TrimSuffix(r.get("PUBLIC_URL"), "/")
	if value == "" {
		if c.Production {
			r.fault("PUBLIC_URL is empty: in production it must be what visitors type, such as https://www.example.com")
		}
		return "" // where it listens, once it does
	}
	parsed, err := url.Parse(value)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") ||
		parsed.User != nil || parsed.Path != "" || parsed.RawQuery != "" || parsed.Fragment != "" {
		r.fault("PUBLIC_URL is %q: it must be scheme and host alone, such as https://www.example.com", value)
		return ""
	}
	if c.Production && parsed.Scheme != "https" {
		r.fault("PUBLIC_URL is %q: in production it must begin with https, as the session cookie is sent over HTTPS only", value)
	}
	return value
}

// redisURL is never repeated: it may have a password in it.
func (r *configReader) redisURL(c Config) string {
	value := r.get("REDIS_URL")
	if value == "" {
		return ""
	}
	if err := replicas.CheckURL(value); err != nil {
		r.fault("REDIS_URL %w", err)
	}
	if !c.Production && r.get("PUBLIC_URL") == "" {
		r.fault("PUBLIC_URL is empty: with REDIS_URL it must be set, as it is what the replicas of a site know each other by")
	}
	return value
}

// cookieDomain drops a domain that cannot work: browsers ignore a cookie for a
// domain that is not theirs, without a word, and nobody could sign in.
func (r *configReader) cookieDomain(c Config) string {
	domain := strings.TrimPrefix(r.get("COOKIE_DOMAIN", "PUBLIC_COOKIE_DOMAIN"), ".")
	if domain == "" || domain == "localhost" {
		return ""
	}
	if strings.ContainsAny(domain, "/:@ \t") {
		r.fault("COOKIE_DOMAIN is %q: it must be a host name such as example.com", domain)
		return ""
	}
	host := c.host
	if public, err := url.Parse(c.publicURL); err == nil && c.publicURL != "" {
		host = public.Hostname()
	} else if c.Production {
		return domain // the fault is with PUBLIC_URL, and reported there
	}
	if host == domain || strings.HasSuffix(host, "."+domain) {
		return domain
	}
	if c.Production {
		r.fault("COOKIE_DOMAIN is %q, which does not cover the host %q of PUBLIC_URL: browsers would drop the cookie", domain, host)
		return ""
	}
	r.note("COOKIE_DOMAIN %s does not cover %s, so the cookie is for this host alone", domain, host)
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
		r.fault("SESSION_SECRET is empty: in production it must be at least %d random characters", MinSecret)
		return nil
	}
	r.note("SESSION_SECRET is empty: using a random one, so everybody is signed out when this process ends")
	return []string{rand.Text() + rand.Text()}
}
