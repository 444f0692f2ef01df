package realdirectus

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// checkEnv rejects variables that would contradict Server's fields.
func checkEnv(env map[string]string) error {
	for name := range env {
		if name == "HOST" || name == "PORT" || name == "ROBOTS_TXT" ||
			strings.HasPrefix(name, "DB_") || strings.HasPrefix(name, "ADMIN_") {
			return fmt.Errorf("options.Env: %s is set by realdirectus itself", name)
		}
	}
	return nil
}

// connection returns what leads Directus to its database.
func (d *data) connection() map[string]string {
	if d.running == nil {
		return map[string]string{"DB_CLIENT": "sqlite3", "DB_FILENAME": d.database()}
	}
	return map[string]string{
		"DB_CLIENT": "pg", "DB_HOST": d.running.Socket, "DB_PORT": d.running.Port,
		"DB_DATABASE": d.running.Database, "DB_USER": d.running.User,
	}
}

// environment returns everything Directus gets to see. Nothing of the caller's
// environment is passed on: Directus would pick up a stray PUBLIC_URL or EMAIL_….
// Later maps win.
func (c cache) environment(version string, d *data, over ...map[string]string) []string {
	env := map[string]string{
		"PATH":   c.node(version).Path("/usr/bin:/bin"),
		"HOME":   d.dir,
		"TMPDIR": os.TempDir(),
		"TZ":     "UTC",
		// Node caches compiled code: from Node 22 on a start takes a third less.
		"NODE_COMPILE_CACHE": c.Path("compiled-" + plain(version)),
		"RESOLVED_MODULES":   filepath.Join(c.directusDir(version), "resolved.json"),

		"SECRET":         d.Secret,
		"ADMIN_EMAIL":    d.AdminEmail,
		"ADMIN_PASSWORD": d.AdminPassword,
		"ADMIN_TOKEN":    d.AdminToken,

		// No calls to the internet.
		"TELEMETRY":          "false",
		"EMAIL_VERIFY_SETUP": "false",

		// No waiting, and no refusals on a busy machine.
		"HASH_MEMORY_COST":                  "1024", // passwords cost a sixth of a second each otherwise
		"HASH_TIME_COST":                    "2",
		"LOGIN_STALL_TIME":                  "10",
		"REGISTER_STALL_TIME":               "10",
		"SERVER_SHUTDOWN_TIMEOUT":           "100",
		"PRESSURE_LIMITER_ENABLED":          "false",
		"RATE_LIMITER_REGISTRATION_ENABLED": "false",

		// The caller is the trusted proxy. Directus 12 trusts none by default.
		"IP_TRUST_PROXY": "true",

		"LOG_STYLE": "raw",
		"LOG_LEVEL": "warn", // info logs two kilobytes per request
	}
	for _, m := range append(over, d.connection()) {
		maps.Copy(env, m)
	}
	var list []string
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return list
}
