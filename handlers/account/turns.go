package account

import "sync"

// turns lets one request of each member in at a time.
type turns struct {
	mu      sync.Mutex
	waiting map[string]*turn
}

type turn struct {
	sync.Mutex
	users int // who have it or wait for it
}

// take waits for the member's turn and returns what ends it.
func (t *turns) take(member string) (end func()) {
	t.mu.Lock()
	if t.waiting == nil {
		t.waiting = map[string]*turn{}
	}
	theirs, has := t.waiting[member]
	if !has {
		theirs = &turn{}
		t.waiting[member] = theirs
	}
	theirs.users++
	t.mu.Unlock()
	theirs.Lock()
	return func() {
		theirs.Unlock()
		t.mu.Lock()
		defer t.mu.Unlock()
		if theirs.users--; theirs.users == 0 {
			delete(t.waiting, member)
		}
	}
}
