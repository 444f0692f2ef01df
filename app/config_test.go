package app

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

func environment(pairs ...string) func(string) string {
	values := map[string]string{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return func(name string) string { return values[name] }
}

func TestConfigDefaults(t *testing.T) {
	c, err := Read(environment())
	if err != nil {
		t.Fatal(err)
	}
	if c.DirectusURL != "" || c.Production || c.address() != "127.0.0.1:8080" || c.publicURL != "" ||
		c.SessionMaxAge != 30*24*time.Hour || len(c.TrustedProxies) != 0 || c.cookieDomain != "" {
		t.Errorf("defaults: %+v", c)
	}
	again, err := Read(environment())
	if err != nil || len(c.secrets) != 1 || len(c.secrets[0].Reveal()) < MinSecret || c.secrets[0].Reveal() == again.secrets[0].Reveal() {
		t.Errorf("the secret of development: %d of them, random: %t, %v", len(c.secrets), c.secrets[0].Reveal() != again.secrets[0].Reveal(), err)
	}
	if !slices.ContainsFunc(c.notes, func(note string) bool { return strings.Contains(note, "SESSION_SECRET") }) {
		t.Errorf("no note about the random secret: %q", c.notes)
	}
}

func TestProcessWinsOverFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(file, []byte("PORT=1111\nHOST=127.0.0.2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PORT", "2222")
	getenv, err := Environment(file)
	if err != nil || getenv("PORT") != "2222" || getenv("HOST") != "127.0.0.2" {
		t.Errorf("PORT %s, HOST %s, %v", getenv("PORT"), getenv("HOST"), err)
	}
	if _, err := Environment(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Errorf("no file: %v", err)
	}
}

func TestGuidesNames(t *testing.T) {
	c, err := Read(environment("PUBLIC_APIURL=https://directus.example.com/", "PUBLIC_COOKIE_DOMAIN=example.com", "PUBLIC_URL=https://www.example.com"))
	if err != nil || c.DirectusURL != "https://directus.example.com" || c.cookieDomain != "example.com" {
		t.Errorf("%+v, %v", c, err)
	}
	// As the guide has it, on one's own machine: the cookie would be dropped.
	c, err = Read(environment("PUBLIC_APIURL=https://directus.example.com", "PUBLIC_COOKIE_DOMAIN=example.com"))
	if err != nil || c.cookieDomain != "" || !strings.Contains(strings.Join(c.notes, "\n"), "COOKIE_DOMAIN") {
		t.Errorf("domain %q, %v, %q", c.cookieDomain, err, c.notes)
	}
	c, err = Read(environment("DIRECTUS_URL=https://a.example", "PUBLIC_APIURL=https://b.example"))
	if err != nil || c.DirectusURL != "https://a.example" {
		t.Errorf("our own name does not win: %+v, %v", c, err)
	}
}

func TestAllFaultsTogether(t *testing.T) {
	_, err := Read(environment("APP_ENV=prod", "PORT=http", "DIRECTUS_URL=directus.example.com", "PUBLIC_URL=www.example.com",
		"TRUSTED_PROXIES=10.0.0.1, proxy", "SESSION_MAX_AGE=30 days", "SESSION_SECRET=short", "COOKIE_DOMAIN=https://example.com"))
	if err == nil {
		t.Fatal("no fault found")
	}
	for _, name := range []string{"APP_ENV", "PORT", "DIRECTUS_URL", "PUBLIC_URL", "TRUSTED_PROXIES", "SESSION_MAX_AGE", "SESSION_SECRET", "COOKIE_DOMAIN"} {
		if strings.Count(err.Error(), name) != 1 {
			t.Errorf("%s is named %d times in:\n%v", name, strings.Count(err.Error(), name), err)
		}
	}
	if strings.Contains(err.Error(), "short:") {
		t.Error("the error repeats the secret")
	}
}

func TestRedisURL(t *testing.T) {
	for _, good := range []string{"redis://127.0.0.1", "redis://redis.example.com:6379/3", "rediss://hutch:the-secret@redis.example.com:6380", "redis://:the-secret@[::1]:6379/0"} {
		if c, err := Read(environment("REDIS_URL="+good, "PUBLIC_URL=https://www.example.com")); err != nil || c.redisURL.Reveal() != good {
			t.Errorf("%s: %q, %v", good, c.redisURL, err)
		}
	}
	for _, bad := range []string{
		"127.0.0.1:6379", "http://:the-secret@127.0.0.1", "unix://:the-secret@/run/redis.sock", "redis://:the-secret@", "redis://:the-secret@127.0.0.1/first",
		"redis:the-secret", "redis://:the-secret@127.0.0.1/-1", "redis://:the-secret@127.0.0.1/1/2", "redis://:the-secret@127.0.0.1/0#1",
		"redis://:the-secret@127.0.0.1:port", "redis://:the-secret%zz@127.0.0.1", "rediss://:the-secret@127.0.0.1?skip_verify=true",
	} {
		_, err := Read(environment("REDIS_URL="+bad, "PUBLIC_URL=https://www.example.com", "PORT=http"))
		if err == nil || strings.Count(err.Error(), "REDIS_URL") != 1 || !strings.Contains(err.Error(), "PORT") || strings.Contains(err.Error(), "the-secret") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	// Replicas would not find each other.
	if _, err := Read(environment("REDIS_URL=redis://127.0.0.1")); err == nil || !strings.Contains(err.Error(), "PUBLIC_URL") {
		t.Errorf("without PUBLIC_URL: %v", err)
	}
}

func TestProductionIsStrict(t *testing.T) {
	_, err := Read(environment("APP_ENV=production"))
	for _, name := range []string{"DIRECTUS_URL", "PUBLIC_URL", "SESSION_SECRET"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s may be missing in production: %v", name, err)
		}
	}
	good := []string{"APP_ENV=production", "DIRECTUS_URL=http://127.0.0.1:8055", "PUBLIC_URL=https://www.example.com",
		"SESSION_SECRET=" + strings.Repeat("n", 32) + " , " + strings.Repeat("o", 40), "COOKIE_DOMAIN=.example.com", "TRUSTED_PROXIES=10.0.0.1,fd00::/8"}
	c, err := Read(environment(good...))
	if err != nil || !c.Production || len(c.secrets) != 2 || c.secrets[0].Reveal()[0] != 'n' || c.cookieDomain != "example.com" || len(c.TrustedProxies) != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, bad := range []string{"PUBLIC_URL=http://www.example.com", "COOKIE_DOMAIN=other.example", "SESSION_SECRET=" + strings.Repeat("n", 32) + ",old", "PUBLIC_URL=https://www.example.com/path"} {
		if _, err := Read(environment(append(good, bad)...)); err == nil {
			t.Errorf("%s is accepted in production", bad)
		}
	}
}

func TestHSTS(t *testing.T) {
	production := []string{"APP_ENV=production", "DIRECTUS_URL=http://127.0.0.1:8055", "PUBLIC_URL=https://example.com", "SESSION_SECRET=" + strings.Repeat("n", 32)}
	for given, want := range map[string]string{
		"": "max-age=63072000", "host": "max-age=63072000", "subdomains": "max-age=63072000; includeSubDomains", "off": "",
	} {
		if c, err := Read(environment(append(production, "HSTS="+given)...)); err != nil || c.hsts != want {
			t.Errorf("HSTS=%s: %q, %v", given, c.hsts, err)
		}
		if c, err := Read(environment("HSTS=" + given)); err != nil || c.hsts != "" {
			t.Errorf("HSTS=%s in development: %q, %v", given, c.hsts, err)
		}
	}
	if _, err := Read(environment("HSTS=yes")); err == nil || !strings.Contains(err.Error(), "HSTS") {
		t.Errorf("HSTS=yes: %v", err)
	}
}

func TestTimeZone(t *testing.T) {
	for given, want := range map[string]string{"": "UTC", "UTC": "UTC", "Europe/Berlin": "Europe/Berlin", "America/St_Johns": "America/St_Johns"} {
		if c, err := Read(environment("TIME_ZONE=" + given)); err != nil || c.timeZone.String() != want {
			t.Errorf("TIME_ZONE=%s: %v, %v", given, c.timeZone, err)
		}
	}
	for _, bad := range []string{"Local", "Berlin", "+01:00", "../zone"} {
		if _, err := Read(environment("TIME_ZONE=" + bad)); err == nil || !strings.Contains(err.Error(), "TIME_ZONE") {
			t.Errorf("TIME_ZONE=%s: %v", bad, err)
		}
	}
}

// Every secret can be in a file; the file's last line break is not part of it.
func TestSecretFiles(t *testing.T) {
	folder := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, name := range secretVariables {
		t.Setenv(name+"_FILE", write(name, "what "+name+" holds\n"))
	}
	getenv, err := Environment(write("env", "PORT=1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range secretVariables {
		if got := getenv(name); got != "what "+name+" holds" {
			t.Errorf("%s is %q", name, got)
		}
	}
	if getenv("PORT") != "1" {
		t.Error("what is no secret is lost")
	}

	t.Setenv("HOOK_SECRET", "set as well")
	t.Setenv("SESSION_SECRET_FILE", filepath.Join(folder, "missing"))
	t.Setenv("REDIS_URL_FILE", write("empty", "\n"))
	_, err = Environment(filepath.Join(folder, "no .env"))
	for _, name := range []string{"HOOK_SECRET_FILE", "SESSION_SECRET_FILE", "REDIS_URL_FILE"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is no fault: %v", name, err)
		}
	}
}

func TestHealthcheck(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			w.WriteHeader(status)
		}
	}))
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	check := func(values ...string) error {
		return Run(t.Context(), []string{"healthcheck"}, environment(values...), io.Discard)
	}
	for _, host := range []string{"127.0.0.1", "0.0.0.0"} {
		if err := check("HOST="+host, "PORT="+port); err != nil {
			t.Errorf("HOST=%s: %v", host, err)
		}
	}
	status = http.StatusServiceUnavailable
	if err := check("PORT=" + port); err == nil {
		t.Error("503 is healthy")
	}
	server.Close()
	if err := check("PORT=" + port); err == nil {
		t.Error("a site that is not there is healthy")
	}
	if err := check("PORT=0"); err == nil || !strings.Contains(err.Error(), "PORT") {
		t.Errorf("any port: %v", err)
	}
}

func TestVersion(t *testing.T) {
	info := &debug.BuildInfo{
		GoVersion: "go1.26.8", Main: debug.Module{Path: "hutch", Version: "v1.2.3"},
		Settings: []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "75615fc"}, {Key: "vcs.time", Value: "2026-11-29T17:22:00Z"}, {Key: "vcs.modified", Value: "false"}},
	}
	if got, want := version(info), "hutch v1.2.3\nrevision 75615fc of 2026-11-29T17:22:00Z\nbuilt with go1.26.8\n"; got != want {
		t.Errorf("a release: %q, want %q", got, want)
	}
	info.Settings[3].Value = "true"
	if got := version(info); !strings.Contains(got, "2026-11-29T17:22:00Z, modified\n") {
		t.Errorf("with changes that are not committed: %q", got)
	}
	info.Settings = nil
	if got := version(info); !strings.Contains(got, "revision unknown\n") {
		t.Errorf("without a repository: %q", got)
	}
}

func TestCommands(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"version", "built with " + runtime.Version()},
		{"-h", "hutch version"},
		{"--help", "hutch setup"},
		{"help", "hutch serve"},
		{"setup -h", "--dry-run"},
	} {
		var out strings.Builder
		if err := Run(t.Context(), strings.Fields(test.args), environment(), &out); err != nil || !strings.Contains(out.String(), test.want) {
			t.Errorf("hutch %s: %v, %q", test.args, err, out.String())
		}
	}
	if err := Run(t.Context(), []string{"start"}, environment(), &strings.Builder{}); err == nil || !strings.Contains(err.Error(), `"start"`) || !strings.Contains(err.Error(), "hutch help") {
		t.Errorf("an unknown command: %v", err)
	}
}

// A folder that is named must be there; one of the usual name is looked at first.
func TestSiteFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	folder := func(path string) string {
		c, err := Read(environment("SITE_DIR=" + path))
		if err != nil {
			return err.Error()
		}
		if (c.SiteFolder() == nil) != (c.folder == "") {
			t.Errorf("%q is %v", path, c.SiteFolder())
		}
		return string(c.folder)
	}
	if got := folder(""); got != "" {
		t.Errorf("without a folder it is %q", got)
	}
	if got := folder("none"); got != `SITE_DIR is "none": there is no such folder` {
		t.Errorf("a folder that is not there is %q", got)
	}
	if err := os.Mkdir("site", 0o700); err != nil {
		t.Fatal(err)
	}
	if got := folder(""); got != "" {
		t.Errorf("an empty folder that happens to have the name is %q", got)
	}
	if err := os.Mkdir("site/static", 0o700); err != nil {
		t.Fatal(err)
	}
	if got := folder(""); got != "site" {
		t.Errorf("the usual folder is %q", got)
	}
}

// Settings that are no secrets may stand in site.toml; the environment comes first.
func TestSettingsOfTheSiteFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(settings string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "site.toml"), []byte("[settings]\n"+settings), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("SITE_NAME = \"Burrow\"\nCONTACT_URL = \"/contact\"\nDIRECTUS_URL = \"http://directus.invalid\"\n")
	c, err := Read(withSettings(environment("SITE_DIR="+dir, "CONTACT_URL=/write")))
	if err != nil || c.siteName != "Burrow" || c.contactURL != "/write" || c.DirectusURL != "http://directus.invalid" {
		t.Errorf("%v: %q, %q, %q", err, c.siteName, c.contactURL, c.DirectusURL)
	}
	for settings, want := range map[string]string{
		"SESSION_SECRET = \"x\"": "site.toml:2: SESSION_SECRET is a secret", "SITENAME = \"x\"": "there is no setting SITENAME", "SITE_DIR = \"x\"": "there is no setting SITE_DIR",
		"CONTACT_URL = \"javascript:x\"": "CONTACT_URL is",
	} {
		write(settings)
		if _, err := Read(withSettings(environment("SITE_DIR=" + dir))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", settings, err, want)
		}
	}
}
