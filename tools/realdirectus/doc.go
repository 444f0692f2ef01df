// Package realdirectus installs a real Directus from the npm registry and runs it on
// 127.0.0.1, for tests and developers. No Docker, nothing global:
//
//	Install ──▶ cache/node-22/          Node, its C headers, npm
//	        └─▶ cache/directus-12.4.0/  Directus, native modules compiled
//
//	Start ────▶ cache/template-12.4.0/  a bootstrapped database, made once
//	        ├─▶ data folder             a copy of it, temporary or the caller's
//	        └─▶ node … start            own process group, ends with its parent
//
// The database is SQLite; that of version 12.4.0+postgres is a PostgreSQL of its own
// (package realpostgres), whose data is in the same folder while neither runs.
//
// Emails of a Directus are stored for tests to read:
//
//	MailForTest ─▶ Mailbox ─▶ Env, for ForTest or Options ─▶ Await, Mails, Watch
//
//	box := realdirectus.MailForTest(t)
//	server := realdirectus.ForTest(t, version, box.Env())
//	mail, err := box.Await(ctx, "somebody@example.com", 1) // mail.Link
//
// Directus mails only links that it allows: add USER_REGISTER_URL_ALLOW_LIST,
// PASSWORD_RESET_URL_ALLOW_LIST and USER_INVITE_URL_ALLOW_LIST to the same map.
//
// cache is the folder of package toolcache. Every folder in it is built beside its
// place and renamed at the end, so any that exists is complete.
//
// The package owns these folders, the processes it starts and their data. Outside of
// these it installs only missing build tools, where it runs as root and there is
// apt-get. It knows nothing of Hutch and prepares nothing inside Directus: package
// setup does.
//
// It runs on Linux and macOS; on Windows inside WSL.
package realdirectus
