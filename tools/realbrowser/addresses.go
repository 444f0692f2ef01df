package realbrowser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"hutch/tools/toolcache"
)

//go:embed addresses.js
var addressesScript string

// ResolveAddresses returns where a browser on the page base would go for each
// reference, or "" for nowhere, by Node's WHATWG URL parser. dir is an empty folder
// to work in.
func ResolveAddresses(ctx context.Context, dir, base string, references []string) ([]string, error) {
	c, err := openCache()
	if err != nil {
		return nil, err
	}
	list, err := json.Marshal(references)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "references.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		return nil, err
	}
	out, err := toolcache.Output(ctx, dir, os.Environ(), c.node().Command(), toolcache.Guard, "-e", addressesScript, base, file)
	if err != nil {
		return nil, fmt.Errorf("resolving URLs: %w", err)
	}
	var led []string
	if err := json.Unmarshal(out, &led); err != nil || len(led) != len(references) {
		return nil, fmt.Errorf("%d references, but %d answers: %w", len(references), len(led), err)
	}
	return led, nil
}
