package cache

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"
)

// Options configure a [Cache].
type Options struct {
	// MaxBytes is for all values, everything derived from them, and files, together.
	// One very large value and what is derived from it may be kept beside them.
	MaxBytes uint64
	// Fresh is how long a value is served without asking Directus. With 0, every
	// read asks, and earlier values are served only while Directus fails.
	Fresh time.Duration
	// Retry is how long Directus is left alone after a failed load.
	Retry time.Duration
	// LoadTimeout bounds one load. A load does not run on a visitor's connection,
	// since others may be waiting for it too.
	LoadTimeout time.Duration
	// Temporary reports whether a load error says nothing about the value, so that
	// the last good version is served. Any other error drops the value.
	Temporary func(error) bool
	// Dir stores values across restarts; empty for none.
	Dir string
	Now func() time.Time // nil for time.Now
	Log *slog.Logger
}

// Value is an answer from Directus.
type Value struct {
	Data []byte
	At   time.Time // when Directus sent it
	// Trouble means that Directus has failed since: this is the last good version.
	Trouble bool
}

// Answer is the result of a [Load].
type Answer struct {
	Data    []byte
	Tags    []string // the content it was made from
	Passing bool     // not worth storing in [Options.Dir]
}

// Load fetches a value.
type Load func(ctx context.Context) (Answer, error)

// Cache is safe for concurrent use.
type Cache struct {
	*values
	derived     *tier[derived]
	derivations singleflight.Group
}

// values are the answers of Directus.
type values struct {
	options Options
	entries *tier[entry]
	files   *otter.Cache[string, keptFile]
	loads   singleflight.Group
	// mu serialises purges with the end of loads: data fetched before a purge must
	// not be stored as fresh after it.
	mu       sync.Mutex
	purges   uint64
	versions uint64
	folder   folder
}

// entry is a cached value and its state. It is replaced, never modified.
type entry struct {
	Value
	version uint64 // changes whenever the value does
	tags    []string
	until   time.Time // fresh until then
	// purged entries are served only if Directus fails.
	purged bool
}

// New returns a cache with the values stored in its folder, if any.
func New(options Options) (*Cache, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	c := &Cache{values: &values{options: options, folder: folder(options.Dir)}}
	var err error
	c.entries, err = newTier(options.MaxBytes*3/8, weigh, c.folder.forget) // which bounds the folder too
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	c.files, err = otter.New(&otter.Options[string, keptFile]{MaximumWeight: options.MaxBytes / 4, Weigher: weighFile})
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	stored, err := c.folder.read()
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	for _, k := range stored {
		// Stale, but better than nothing while Directus is down.
		c.versions++
		c.entries.set(k.Key, entry{Value: Value{Data: k.Data, At: k.At}, version: c.versions, tags: k.Tags})
	}
	return c.WithoutDerived()
}

// WithoutDerived returns a cache of the same values from which nothing is derived yet, for
// those who derive otherwise, such as with other templates. This one goes on beside it.
func (c *Cache) WithoutDerived() (*Cache, error) {
	none, err := newTier(c.options.MaxBytes*3/8, weighDerived, func(string) {})
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	return &Cache{values: c.values, derived: none}, nil
}

// overhead approximates what an entry takes besides its bytes.
const overhead = 256

func weigh(key string, e entry) uint32 {
	size := overhead + len(key) + len(e.Data)
	for _, tag := range e.tags {
		size += len(tag) + 16
	}
	return uint32(min(size, 1<<31)) //nolint:gosec // bounded on the same line
}

// get returns the entry for key. It fails with the load's error if there is no
// earlier value that may still be served.
func (c *Cache) get(ctx context.Context, key string, load Load) (entry, error) {
	if e, has := c.entries.get(key); has && !e.purged && c.options.Fresh > 0 {
		if !c.options.Now().Before(e.until) && c.claimRefresh(key) {
			go func() { _, _ = c.load(ctx, key, load) }() //nolint:contextcheck // not on the visitor's connection
		}
		return e, nil
	}
	loaded := c.loads.DoChan(c.flightKey(key), func() (any, error) { //nolint:contextcheck // as above
		if e, has := c.entries.get(key); has && !e.purged && c.options.Now().Before(e.until) {
			return e, nil // an earlier flight has landed meanwhile
		}
		return c.load(ctx, key, load)
	})
	select {
	case result := <-loaded:
		if result.Err != nil {
			return entry{}, result.Err
		}
		return result.Val.(entry), nil
	case <-ctx.Done():
		return entry{}, ctx.Err()
	}
}

// flightKey names a flight after the last purge, so that callers after a purge
// never join a flight that began before it.
func (c *Cache) flightKey(key string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strconv.FormatUint(c.purges, 10) + " " + key
}

// claimRefresh reports whether the caller should refresh a stale value. Everyone
// else treats it as fresh until that refresh is done.
func (c *Cache) claimRefresh(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, has := c.entries.get(key)
	if !has || c.options.Now().Before(e.until) {
		return false // somebody else claimed it
	}
	e.until = c.options.Now().Add(c.options.LoadTimeout)
	c.entries.set(key, e)
	return true
}

// load fetches a value and stores it. It recovers from panics, which in a flight
// would end the process.
func (c *Cache) load(ctx context.Context, key string, load Load) (loaded entry, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("cache: load panicked: %v", recovered)
		}
	}()
	c.mu.Lock()
	purges := c.purges
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.options.LoadTimeout)
	defer cancel()
	answer, err := load(ctx)

	c.mu.Lock()
	defer c.mu.Unlock()
	before, had := c.entries.get(key)
	now := c.options.Now()
	next := before
	switch {
	case err == nil:
		next.Value, next.tags, next.until = Value{Data: answer.Data, At: now}, answer.Tags, now.Add(c.options.Fresh)
		// A purge during the load may or may not have meant this value; assume it
		// did.
		next.purged = purges != c.purges
		if had && !before.Trouble && bytes.Equal(before.Data, answer.Data) {
			c.entries.set(key, next)
			return next, nil
		}
		c.replace(key, &next)
		if !answer.Passing {
			c.store(key, next)
		}
		return next, nil
	case had && c.options.Temporary(err):
		next.Trouble, next.purged, next.until = true, false, now.Add(c.options.Retry)
		if before.Trouble {
			c.entries.set(key, next)
			return next, nil
		}
		c.options.Log.Warn("serving the last good version", "key", key, "error", err)
		c.replace(key, &next)
		return next, nil
	case had && !errors.Is(err, context.DeadlineExceeded):
		c.entries.invalidate(key)
	}
	return entry{}, err
}

// replace stores a changed value under a new version.
func (c *Cache) replace(key string, next *entry) {
	c.versions++
	next.version = c.versions
	c.entries.set(key, *next)
}

// store writes a value to the folder.
func (c *Cache) store(key string, e entry) {
	if err := c.folder.write(stored{Key: key, Data: e.Data, At: e.At, Tags: e.tags}); err != nil {
		c.options.Log.Warn("could not store a value for restarts", "error", err)
	}
}

// Purge marks every value that has one of these tags as stale and returns how many
// it marked. Nobody is served the old value again unless Directus fails to deliver
// a new one.
func (c *Cache) Purge(tags ...string) (purged int) {
	if len(tags) > 0 {
		defer c.purgeFiles(tags...)
	}
	return c.purge(func(e entry) bool {
		return slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(e.tags, tag) })
	})
}

// PurgeAll is [Cache.Purge] for every value.
func (c *Cache) PurgeAll() (purged int) {
	defer c.purgeFiles()
	return c.purge(func(entry) bool { return true })
}

func (c *Cache) purge(matches func(entry) bool) (purged int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.purges++
	for key, e := range c.entries.all() {
		if !e.purged && matches(e) {
			e.purged = true
			c.entries.set(key, e)
			purged++
		}
	}
	return purged
}

// folder stores one file per value; empty for none.
type folder string

// stored is a value as its file contains it.
type stored struct {
	Key  string    `json:"key"`
	Data []byte    `json:"data"`
	At   time.Time `json:"at"`
	Tags []string  `json:"tags"`
}

func (f folder) file(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(string(f), hex.EncodeToString(sum[:16])+".json")
}

// write writes the file atomically.
func (f folder) write(k stored) error {
	if f == "" {
		return nil
	}
	encoded, err := json.Marshal(k)
	if err != nil {
		return err
	}
	partial, err := os.CreateTemp(string(f), "*.partial")
	if err != nil {
		return err
	}
	_, err = partial.Write(encoded)
	if err = errors.Join(err, partial.Close()); err == nil {
		err = os.Rename(partial.Name(), f.file(k.Key))
	}
	if err != nil {
		return errors.Join(err, os.Remove(partial.Name()))
	}
	return nil
}

func (f folder) forget(key string) {
	if f != "" {
		_ = os.Remove(f.file(key)) // a file that stays is merely stale
	}
}

// read returns all stored values and skips unreadable files.
func (f folder) read() ([]stored, error) {
	if f == "" {
		return nil, nil
	}
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(string(f))
	if err != nil {
		return nil, err
	}
	var all []stored
	for _, file := range files {
		raw, err := os.ReadFile(filepath.Join(string(f), file.Name()))
		if errors.Is(err, fs.ErrNotExist) || !strings.HasSuffix(file.Name(), ".json") {
			continue
		}
		var k stored
		if err == nil && json.Unmarshal(raw, &k) == nil && f.file(k.Key) == filepath.Join(string(f), file.Name()) {
			all = append(all, k)
		}
	}
	return all, nil
}
