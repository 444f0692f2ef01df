package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"
)

// Options say how a [Cache] is made.
type Options struct {
	MaxBytes uint64 // of all values together
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

// Load asks for a value. Tags name what it is made of.
type Load func(ctx context.Context) (data []byte, tags []string, err error)

// Cache is safe for concurrent use.
type Cache struct {
	options    Options
	entries    *otter.Cache[string, entry]
	flights    singleflight.Group
	generation atomic.Uint64
	// changing keeps a purge and the end of a load apart: what was asked for
	// before a purge must not come back as fresh after it.
	changing sync.Mutex
	purges   uint64
	folder   folder
}

// entry is a value with what is known about it. It is never changed, only
// replaced.
type entry struct {
	Value
	tags  []string
	until time.Time // fresh until then
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
		MaximumWeight: options.MaxBytes,
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
	kept, err := c.folder.read()
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	for _, k := range kept {
		// Old, but better than nothing.
		c.entries.Set(k.Key, entry{Value: Value{Data: k.Data, At: k.At}, tags: k.Tags})
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

// Get returns the value of a key. The error is that of the load, where there is
// no earlier value, or none that is still good.
func (c *Cache) Get(ctx context.Context, key string, load Load) (Value, error) {
	e, has := c.entries.GetIfPresent(key)
	if has && !e.purged && c.options.Fresh > 0 {
		if c.options.Now().Before(e.until) {
			return e.Value, nil
		}
		go c.refresh(key, load) //nolint:contextcheck // not on the visitor's connection
		return e.Value, nil
	}
	loaded := c.flights.DoChan(key, func() (any, error) { return c.load(key, load) }) //nolint:contextcheck // as above
	select {
	case result := <-loaded:
		if result.Err != nil {
			return Value{}, result.Err
		}
		return result.Val.(Value), nil
	case <-ctx.Done():
		return Value{}, ctx.Err()
	}
}

// Generation changes with any value.
func (c *Cache) Generation() uint64 { return c.generation.Load() }

// refresh loads a value anew, unless that is under way.
func (c *Cache) refresh(key string, load Load) {
	_, _, _ = c.flights.Do(key, func() (any, error) {
		if e, has := c.entries.GetIfPresent(key); has && !e.purged && c.options.Now().Before(e.until) {
			return e.Value, nil // somebody was faster
		}
		return c.load(key, load)
	})
}

// load asks, and keeps the answer. Panics end here: in a flight they would end
// the process.
func (c *Cache) load(key string, load Load) (value Value, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("cache: the load panicked: %v", recovered)
		}
	}()
	c.changing.Lock()
	purges := c.purges
	c.changing.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), c.options.LoadTimeout)
	defer cancel()
	data, tags, err := load(ctx)

	c.changing.Lock()
	defer c.changing.Unlock()
	before, had := c.entries.GetIfPresent(key)
	now := c.options.Now()
	switch {
	case err == nil:
		next := entry{Value: Value{Data: data, At: now}, tags: tags, until: now.Add(c.options.Fresh)}
		// Whether a purge meanwhile meant this value, it may not know itself.
		next.purged = purges != c.purges
		c.keep(key, next, !had || before.Trouble || !bytes.Equal(before.Data, data))
		return next.Value, nil
	case had && c.options.Temporary(err):
		next := before
		next.Trouble, next.purged, next.until = true, false, now.Add(c.options.Retry)
		c.entries.Set(key, next)
		if !before.Trouble {
			c.options.Log.Warn("the last good version is shown", "key", key, "error", err)
			c.generation.Add(1)
		}
		return next.Value, nil
	case had && !errors.Is(err, context.DeadlineExceeded):
		c.entries.Invalidate(key)
		c.generation.Add(1)
	}
	return Value{}, err
}

func (c *Cache) keep(key string, e entry, changed bool) {
	c.entries.Set(key, e)
	if !changed {
		return
	}
	c.generation.Add(1)
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

// PurgeAll does so with every value: what has changed is not known.
func (c *Cache) PurgeAll() (purged int) {
	return c.purge(func(entry) bool { return true })
}

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
	c.generation.Add(1)
	return purged
}
