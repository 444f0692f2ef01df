package realdirectus

import (
	"os/exec"

	"hutch/tools/toolcache"
)

func tools() []toolcache.Tool {
	return []toolcache.Tool{
		{Command: "npm", Use: "fetches the packages", Debian: "npm"},
		{Command: "g++", Use: "compiles the native modules", Debian: "g++"},
		{Command: "make", Use: "compiles the native modules", Debian: "make"},
		{Command: "python3", Use: "compiles the native modules", Debian: "python3"},
	}
}

func missingTools() []toolcache.Tool {
	var missing []toolcache.Tool
	for _, t := range tools() {
		if _, err := exec.LookPath(t.Command); err != nil {
			missing = append(missing, t)
		}
	}
	return missing
}
