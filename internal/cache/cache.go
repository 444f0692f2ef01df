package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"
)

// Options say how a [Cache] is made.
type Options struct {
	MaxBytes uint64 // of all values, and of all that is made of them, together
	// Fresh is how long a value is good without asking; 0: each is asked for, and
	// an earlier one serves in trouble alone.
	Fresh time.Duration
	// Retry is how long Directus is left alone after it could not be asked.
	Retry time.Duration
	// LoadTimeout bounds one load. It does not run on a visitor's connection: what
	// one has begun to wait for, others want too.
	LoadTimeout time.Duration
	// Temporary reports whether an error of a load says nothing about the value:
	// the last good version is served then. After any other error it is gone.
	Temporary func(error) bool
	// Dir keeps values over a restart; empty: none are kept.
	Dir string
	Now func() time.Time // nil: time.Now
	Log *slog.Logger
}

// Value is an answer of Directus.
type Value struct {
	Data []byte
	At   time.Time // when Directus gave it
	// Trouble: Directus could not be asked since. This is the last good version.
	Trouble bool
}

// Answer is what a [Load] got.
type Answer struct {
	Data    []byte
	Tags    []string // what it is made of
	Passing bool     // not worth a file in [Options.Dir]
}

// Load asks for a value.
type Load func(ctx context.Context) (Answer, error)

// Cache is safe for concurrent use.
type Cache struct {
	options Options
	entries *otter.Cache[string, entry]
	made    *otter.Cache[string, made]
	loads   singleflight.Group
	makes   singleflight.Group
	// changing keeps a purge and the end of a load apart: what was asked for
	// before a purge must not come back as fresh after it.
	changing sync.Mutex
	purges   uint64
	versions uint64
	folder   folder
}

// entry is a value with what is known about it. It is never changed, only
// replaced.
type entry struct {
	Value
	version uint64 // another one for another value
	tags    []string
	until   time.Time // fresh until then
	// purged: not good any more, unless there is nothing better.
	purged bool
}

// New returns an empty cache, or one with what its folder has kept.
func New(options Options) (*Cache, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	c := &Cache{options: options, folder: folder(options.Dir)}
	var err error
	c.entries, err = otter.New(&otter.Options[string, entry]{
		MaximumWeight: options.MaxBytes / 2,
		Weigher:       weigh,
		OnDeletion: func(e otter.DeletionEvent[string, entry]) {
			if e.Cause != otter.CauseReplacement {
				c.folder.forget(e.Key) // so that the folder is bounded too
			}
		},
	})
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	c.made, err = otter.New(&otter.Options[string, made]{MaximumWeight: options.MaxBytes / 2, Weigher: weighMade})
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	kept, err := c.folder.read()
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	for _, k := range kept {
		// Old, but better than nothing.
		c.versions++
		c.entries.Set(k.Key, entry{Value: Value{Data: k.Data, At: k.At}, version: c.versions, tags: k.Tags})
	}
	return c, nil
}

// overhead is what an entry takes beside its bytes, roughly.
const overhead = 256

func weigh(key string, e entry) uint32 {
	size := overhead + len(key) + len(e.Data)
	for _, tag := range e.tags {
		size += len(tag) + 16
	}
	return uint32(min(size, 1<<31)) //nolint:gosec // bounded on the same line
}

// get returns the entry of a key. The error is that of the load, where there is
// no earlier value, or none that is still good.
func (c *Cache) get(ctx context.Context, key string, load Load) (entry, error) {
	if e, has := c.entries.GetIfPresent(key); has && !e.purged && c.options.Fresh > 0 {
		if !c.options.Now().Before(e.until) && c.claim(key) {
			go func() { _, _ = c.load(ctx, key, load) }() //nolint:contextcheck // not on the visitor's connection
		}
		return e, nil
	}
	loaded := c.loads.DoChan(c.sincePurge(key), func() (any, error) { //nolint:contextcheck // as above
		if e, has := c.entries.GetIfPresent(key); has && !e.purged && c.options.Now().Before(e.until) {
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

// sincePurge names a flight. Who comes after a purge joins none that began before.
func (c *Cache) sincePurge(key string) string {
	c.changing.Lock()
	defer c.changing.Unlock()
	return strconv.FormatUint(c.purges, 10) + " " + key
}

// claim reports whether the caller is to refresh an older value. For the others
// it is as good as fresh until that has come to its end.
func (c *Cache) claim(key string) bool {
	c.changing.Lock()
	defer c.changing.Unlock()
	e, has := c.entries.GetIfPresent(key)
	if !has || c.options.Now().Before(e.until) {
		return false // somebody was faster
	}
	e.until = c.options.Now().Add(c.options.LoadTimeout)
	c.entries.Set(key, e)
	return true
}

// load asks, and keeps the answer. Panics end here: in a flight they would end
// the process.
func (c *Cache) load(ctx context.Context, key string, load Load) (loaded entry, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("cache: the load panicked: %v", recovered)
		}
	}()
	c.changing.Lock()
	purges := c.purges
	c.changing.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.options.LoadTimeout)
	defer cancel()
	answer, err := load(ctx)

	c.changing.Lock()
	defer c.changing.Unlock()
	before, had := c.entries.GetIfPresent(key)
	now := c.options.Now()
	next := before
	switch {
	case err == nil:
		next.Value, next.tags, next.until = Value{Data: answer.Data, At: now}, answer.Tags, now.Add(c.options.Fresh)
		// Whether a purge meanwhile meant this value, it may not know itself.
		next.purged = purges != c.purges
		if had && !before.Trouble && bytes.Equal(before.Data, answer.Data) {
			c.entries.Set(key, next)
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
			c.entries.Set(key, next)
			return next, nil
		}
		c.options.Log.Warn("the last good version is shown", "key", key, "error", err)
		c.replace(key, &next)
		return next, nil
	case had && !errors.Is(err, context.DeadlineExceeded):
		c.entries.Invalidate(key)
	}
	return entry{}, err
}

// replace puts another value in the place of the one that is there.
func (c *Cache) replace(key string, next *entry) {
	c.versions++
	next.version = c.versions
	c.entries.Set(key, *next)
}

// store keeps a value for a restart.
func (c *Cache) store(key string, e entry) {
	if err := c.folder.write(kept{Key: key, Data: e.Data, At: e.At, Tags: e.tags}); err != nil {
		c.options.Log.Warn("a page was not kept for a restart", "error", err)
	}
}

// Purge has every value with one of these tags asked for anew. Until Directus
// has answered, nobody gets the old one; if it cannot, they do.
func (c *Cache) Purge(tags ...string) (purged int) {
	return c.purge(func(e entry) bool {
		return slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(e.tags, tag) })
	})
}

// PurgeAll is [Cache.Purge] of every value.
func (c *Cache) PurgeAll() (purged int) { return c.purge(func(entry) bool { return true }) }

func (c *Cache) purge(meant func(entry) bool) (purged int) {
	c.changing.Lock()
	defer c.changing.Unlock()
	c.purges++
	for key, e := range c.entries.All() {
		if !e.purged && meant(e) {
			e.purged = true
			c.entries.Set(key, e)
			purged++
		}
	}
	return purged
}
