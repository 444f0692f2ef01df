package cache

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Snapshot is the set of values one page has read. It is safe for concurrent use.
type Snapshot struct {
	cache *Cache

	mu         sync.Mutex
	sources    []source
	trouble    bool
	incomplete bool // a value could not be read
	life       time.Duration
}

// source identifies a value in the version that was read.
type source struct {
	key     string
	version uint64
}

// Snapshot returns an empty snapshot. Nothing read through it alone is stored as
// derived.
func (c *Cache) Snapshot() *Snapshot { return &Snapshot{cache: c} }

// Get returns the value for key. It fails with the load's error if there is no
// earlier value that may still be served. A load may outlive the page, so what it reads
// in turn belongs in a snapshot of its own.
func (s *Snapshot) Get(ctx context.Context, key string, load Load) (Value, error) {
	e, err := s.cache.get(ctx, key, load)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.incomplete = true
		return Value{}, err
	}
	s.sources = append(s.sources, source{key, e.version})
	s.trouble = s.trouble || e.Trouble
	return e.Value, nil
}

// Age has what is derived be built again after this time, which is 0 for as long as no
// source changes.
func (s *Snapshot) Age(life time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.life = life
}

// Trouble reports whether any of the values was the last good version.
func (s *Snapshot) Trouble() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trouble
}

// derived is a result computed from cached values; it is stale once any of them
// changes.
type derived struct {
	sources []source
	size    int // in bytes
	value   any
	until   time.Time // zero for as long as its sources are the same
}

func weighDerived(key string, d derived) uint32 {
	return uint32(min(overhead+len(key)+d.size+len(d.sources)*64, 1<<31)) // #nosec G115 -- bounded on the same line
}

// Derived returns the cached result for key, if it need not be built.
func Derived[T any](c *Cache, key string) (T, bool) {
	if d, has := c.derived.get(key); has && c.current(d) {
		return d.value.(T), true
	}
	var none T
	return none, false
}

// Derive returns the cached result of build, which also returns its size in bytes.
// It rebuilds only when a source value has changed or is due for a refresh, and
// then once, however many callers wait. build must therefore not depend on who
// asks: everything it depends on is part of key or read through its [Snapshot].
//
// pay is called if there is no earlier result, by each caller who would wait, and done
// when they need not wait any more; with an error of it, nothing is built for them. A
// result that is merely due is free: nobody can make more of those than the cache holds.
func Derive[T any](ctx context.Context, c *Cache, key string, pay func() (done func(), err error), build func(context.Context, *Snapshot) (T, int, error)) (T, error) {
	var none T
	if t, has := Derived[T](c, key); has {
		return t, nil
	}
	if _, has := c.derived.get(key); !has {
		done, err := pay()
		if err != nil {
			return none, err
		}
		defer done()
	}
	built := c.derivations.DoChan(c.flightKey(key), func() (value any, err error) { //nolint:contextcheck // not on the visitor's connection
		defer func() {
			if recovered := recover(); recovered != nil {
				err = fmt.Errorf("cache: build panicked: %v", recovered)
			}
		}()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.options.LoadTimeout)
		defer cancel()
		s := c.Snapshot()
		t, size, err := build(ctx, s)
		if err == nil {
			d := derived{sources: s.sources, size: size, value: t}
			if s.incomplete { // retry the missing value soon
				s.life = c.options.Retry
			}
			if s.life > 0 {
				d.until = c.options.Now().Add(s.life)
			}
			c.derived.set(key, d)
		}
		return t, err
	})
	select {
	case result := <-built:
		if result.Err != nil {
			return none, result.Err
		}
		return result.Val.(T), nil
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// current reports whether a derived result is still valid.
func (c *Cache) current(d derived) bool {
	now := c.options.Now()
	if !d.until.IsZero() && !now.Before(d.until) {
		return false
	}
	for _, source := range d.sources {
		e, has := c.entries.get(source.key)
		if !has || e.version != source.version || e.purged || !now.Before(e.until) {
			return false
		}
	}
	return true
}
