// Package app puts the rooms together: it reads the configuration, assembles a
// site and serves it.
//
//	hutch           Run ─▶ Read ─▶ New ─▶ serve until SIGTERM or SIGINT
//	on SIGHUP       Reload: the site folder again, new handlers in place of those before
//	hutch setup     Run ─▶ setup.Run
//	hutch init      Run ─▶ initFolder
//	hutch check     Run ─▶ checkFolder
//	hutch version   Run ─▶ version
//
// main.go, the tests and the benchmarks start a site here. It may import every
// room of the program; only they import it.
package app
