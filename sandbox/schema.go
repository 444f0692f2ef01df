package sandbox

import (
	"maps"
	"slices"
	"sync"
)

// schema is the collections that there are. Requests read it while an
// administrator adds to it, so a collection is replaced, never changed: who has
// one in hand may go on with it.
type schema struct {
	adding sync.Mutex // held while something is added, from the look at it to the end

	mu          sync.RWMutex
	collections map[string]*collection
}

// collection gives nil for one that does not exist.
func (s *schema) collection(name string) *collection {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.collections[name]
}

// names gives the names of all collections, in order.
func (s *schema) names() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.collections))
}

// put adds a collection, or puts it in the place of one of its name.
func (s *schema) put(c *collection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.collections == nil {
		s.collections = make(map[string]*collection)
	}
	s.collections[c.name] = c
}
