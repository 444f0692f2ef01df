// Package toolcache puts tools that are not Go where tests and developers find
// them, and runs them: nothing global, nothing half done, nothing left behind.
//
//	Open ─────────▶ cache/               "hutch" in the user's cache folder
//	Build, Lock ──▶ cache/anything/      made beside its place, then renamed
//	InstallNode ──▶ cache/node-22/       Node, its C headers, npm; from npm
//	Provide ──────▶ apt-get install …    where that is possible
//	Run, Output ──▶ a tool               own process group, ends with its parent
//
// The package owns that folder and the way into it. It never decides what is
// installed: the rooms that need the tools do, realdirectus and realbrowser.
//
// Linux and macOS; on Windows inside WSL.
package toolcache
