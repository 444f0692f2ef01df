// Package realredis runs a real Redis on 127.0.0.1 for tests: in memory only, with a
// password, on a port of its own.
//
//	Install ──▶ apt-get install redis-server, where that is possible
//	ForTest ──▶ redis-server       own process group, ends with its parent
//	        ─▶ Kill, Start         an outage, and its end at the same address
//
// The package owns the processes it starts. It installs only the machine's own Redis,
// where that is missing, it runs as root and there is apt-get (outside of containers
// Debian then also starts one of its own). It knows nothing of Hutch.
//
// It runs on Linux and macOS; on Windows inside WSL.
package realredis
