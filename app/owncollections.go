package app

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"hutch/internal/sitefolder"
)

// ownCollections returns the collections of the site folder, for setup. Without a folder,
// there are none.
func ownCollections(getenv func(string) string) ([]sitefolder.Collection, error) {
	given := strings.TrimSpace(getenv("SITE_DIR"))
	source, err := fs.ReadFile(os.DirFS(cmp.Or(given, "site")), sitefolder.ConfigFile)
	if errors.Is(err, fs.ErrNotExist) && given == "" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("SITE_DIR: %w", err)
	}
	site, err := sitefolder.ParseConfig(source)
	return site.Collections, err
}
