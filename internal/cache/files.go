package cache

import (
	"net/http"
	"slices"
	"time"
)

// File is a small file as it is sent to everybody.
type File struct {
	Header  http.Header
	Content []byte
}

// keptFile is a File and how long it may be sent without asking Directus.
type keptFile struct {
	File
	tags  []string
	until time.Time
}

func weighFile(key string, f keptFile) uint32 {
	size := overhead + len(key) + len(f.Content)
	for name, values := range f.Header {
		size += len(name) + 64*len(values)
	}
	return uint32(min(size, 1<<31)) //nolint:gosec // bounded on the same line
}

// File returns the file for key. One that is not fresh is for when Directus fails. Keep
// stores the file that Directus sends in its place, unless something has been purged
// since, which may have meant it; the zero File: there is none any more.
func (c *Cache) File(key string) (file File, has, fresh bool, keep func(file File, tags ...string)) {
	c.mu.Lock()
	purges := c.purges
	c.mu.Unlock()
	kept, has := c.files.GetIfPresent(key)
	return kept.File, has, has && c.options.Now().Before(kept.until), func(file File, tags ...string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case file.Header == nil:
			c.files.Invalidate(key)
		case purges == c.purges:
			c.files.Set(key, keptFile{file, tags, c.options.Now().Add(c.options.Fresh)})
		}
	}
}

// purgeFiles drops those with one of these tags; with none, all.
func (c *Cache) purgeFiles(tags ...string) {
	for key, f := range c.files.All() {
		if len(tags) == 0 || slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(f.tags, tag) }) {
			c.files.Invalidate(key)
		}
	}
}
