package cache

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Reading is what one page has read. It is safe for concurrent use.
type Snapshot struct {
	cache *Cache

	mu      sync.Mutex
	of      []part
	trouble bool
	lacks   bool // a value could not be read
}

// part names a value, as it was when it was read.
type part struct {
	key     string
	version uint64
}

// Read begins a reading of which nothing is kept.
func (c *Cache) Snapshot() *Snapshot { return &Snapshot{cache: c} }

// Get returns the value of a key. The error is that of the load, where there is
// no earlier value, or none that is still good.
func (r *Snapshot) Get(ctx context.Context, key string, load Load) (Value, error) {
	e, err := r.cache.get(ctx, key, load)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.lacks = true
		return Value{}, err
	}
	r.of = append(r.of, part{key, e.version})
	r.trouble = r.trouble || e.Trouble
	return e.Value, nil
}

// Trouble reports whether one of the values was the last good version.
func (r *Snapshot) Trouble() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.trouble
}

// made is what was made of values.
type made struct {
	of    []part
	size  int // bytes
	thing any
	until time.Time // zero: as long as its values
}

func weighMade(key string, m made) uint32 {
	return uint32(min(overhead+len(key)+m.size+len(m.of)*64, 1<<31)) // #nosec G115 -- bounded on the same line
}

// Make returns what build makes of values, and its size in bytes. It is made
// anew only when one of the values has changed, or is due to be asked for; then
// once, however many visitors wait for it. So build must not depend on who asks:
// all that it depends on is in the key, or read by its [Reading].
func Derive[T any](ctx context.Context, c *Cache, key string, build func(context.Context, *Snapshot) (T, int, error)) (T, error) {
	if m, has := c.made.GetIfPresent(key); has && c.current(m) {
		return m.thing.(T), nil
	}
	built := c.makes.DoChan(c.sincePurge(key), func() (thing any, err error) { //nolint:contextcheck // not on the visitor's connection
		defer func() {
			if recovered := recover(); recovered != nil {
				err = fmt.Errorf("cache: making it panicked: %v", recovered)
			}
		}()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.options.LoadTimeout)
		defer cancel()
		r := c.Snapshot()
		t, size, err := build(ctx, r)
		if err == nil {
			m := made{of: r.of, size: size, thing: t}
			if r.lacks { // it does without, for now
				m.until = c.options.Now().Add(c.options.Retry)
			}
			c.made.Set(key, m)
		}
		return t, err
	})
	var none T
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

// current reports whether what is made need not be made anew.
func (c *Cache) current(m made) bool {
	now := c.options.Now()
	if !m.until.IsZero() && !now.Before(m.until) {
		return false
	}
	for _, p := range m.of {
		e, has := c.entries.GetIfPresent(p.key)
		if !has || e.version != p.version || e.purged || !now.Before(e.until) {
			return false
		}
	}
	return true
}
