// Package realpostgres runs a real PostgreSQL of the machine's, for a real Directus of
// the tests. It listens on a socket in a folder of its own, which only its user and root
// can reach.
//
//	Install ──▶ apt-get install postgresql, where that is missing
//	Start ────▶ a copy of a folder, or a new database ─▶ postgres, own process group
//	Keep ─────▶ stops it, and the folder has what it held
//
// PostgreSQL refuses to run as root: then it runs as the user postgres, which Debian's
// package brings. Nothing is written to the disk before it has to be: a crash loses all.
//
// The package owns the processes it starts and their folders. It installs only the
// machine's own PostgreSQL, where it runs as root and there is apt-get (outside of
// containers Debian then also starts one of its own). It knows nothing of Directus.
//
// It runs on Linux and macOS; on Windows inside WSL.
package realpostgres
