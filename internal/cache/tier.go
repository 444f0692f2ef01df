package cache

import (
	"iter"
	"sync"

	"github.com/maypok86/otter/v2"
)

// tier holds values within a bound. A value larger than a quarter of it would displace
// everything else, or not be kept at all: the last such value is kept beside the others,
// alone.
type tier[V any] struct {
	usual   *otter.Cache[string, V]
	weigh   func(key string, value V) uint32
	largest uint32 // of the usual values
	dropped func(key string)

	mu    sync.Mutex
	alone *named[V] // nil: none
}

type named[V any] struct {
	key   string
	value V
}

// newTier calls dropped for each key whose value has to make room, or is invalidated.
func newTier[V any](maxBytes uint64, weigh func(string, V) uint32, dropped func(key string)) (*tier[V], error) {
	t := &tier[V]{weigh: weigh, largest: uint32(min(maxBytes/4, 1<<31)), dropped: dropped} //nolint:gosec // bounded on the same line
	var err error
	t.usual, err = otter.New(&otter.Options[string, V]{
		MaximumWeight: maxBytes,
		Weigher:       weigh,
		OnDeletion: func(e otter.DeletionEvent[string, V]) {
			if e.Cause != otter.CauseReplacement && !t.isAlone(e.Key) {
				dropped(e.Key)
			}
		},
	})
	return t, err
}

func (t *tier[V]) get(key string) (V, bool) {
	if value, has := t.usual.GetIfPresent(key); has {
		return value, true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.alone != nil && t.alone.key == key {
		return t.alone.value, true
	}
	var none V
	return none, false
}

func (t *tier[V]) set(key string, value V) {
	if t.weigh(key, value) > t.largest {
		t.replaceAlone(&named[V]{key, value})
		t.usual.Invalidate(key)
		return
	}
	t.usual.Set(key, value)
	if t.isAlone(key) {
		t.replaceAlone(nil)
	}
}

func (t *tier[V]) invalidate(key string) {
	t.usual.Invalidate(key)
	if t.isAlone(key) {
		t.replaceAlone(nil)
		t.dropped(key)
	}
}

func (t *tier[V]) isAlone(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.alone != nil && t.alone.key == key
}

func (t *tier[V]) replaceAlone(next *named[V]) {
	t.mu.Lock()
	before := t.alone
	t.alone = next
	t.mu.Unlock()
	if before != nil && next != nil && next.key != before.key {
		t.dropped(before.key)
	}
}

// all iterates over every value, and the one that is alone last.
func (t *tier[V]) all() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for key, value := range t.usual.All() {
			if !yield(key, value) {
				return
			}
		}
		t.mu.Lock()
		alone := t.alone
		t.mu.Unlock()
		if alone != nil {
			yield(alone.key, alone.value)
		}
	}
}
