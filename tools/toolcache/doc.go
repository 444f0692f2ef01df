// Package toolcache installs tools that are not written in Go for tests and
// developers, and runs them: nothing global, nothing half done, nothing left behind.
//
//	Open ─────────▶ cache/               "hutch" in the user's cache folder
//	Build, Lock ──▶ cache/anything/      built beside its place, then renamed
//	Node.Install ─▶ cache/node-22/       Node, its C headers, npm; from npm
//	Provide ──────▶ apt-get install …    where that is possible
//	Run, Output ──▶ a tool               own process group, ends with its parent
//
// The package owns that folder and the way into it. It never decides what to install:
// the packages that need the tools do, realdirectus, realbrowser and realredis.
//
// It runs on Linux and macOS; on Windows inside WSL.
package toolcache
