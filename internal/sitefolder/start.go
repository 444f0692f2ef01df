package sitefolder

import (
	"embed"
	"io/fs"
)

//go:embed start
var start embed.FS

// Start returns the files of a folder to begin with: comments that show what can be said, and
// say nothing themselves.
func Start() (fs.FS, error) { return fs.Sub(start, "start") }
