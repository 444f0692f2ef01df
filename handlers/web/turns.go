package web

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/semaphore"
)

// Turns lets each of those who ask have so much under way at the same time; more of
// theirs waits. The zero value is ready to use.
type Turns struct {
	mu   sync.Mutex
	rows map[string]*row
}

// row is what one of them has under way, and what waits.
type row struct {
	room  *semaphore.Weighted
	users int
}

// maxInRow is how much of one of them waits.
const maxInRow = 32

var errRowFull = errors.New("too much waits for its turn")

// Take waits for a turn of who, of whom most may be under way, and returns what ends it.
// It fails if ctx ends first, or if too much of theirs waits. All calls for who have the same most.
func (t *Turns) Take(ctx context.Context, who string, most int64) (end func(), err error) {
	t.mu.Lock()
	if t.rows == nil {
		t.rows = map[string]*row{}
	}
	theirs, has := t.rows[who]
	if !has {
		theirs = &row{room: semaphore.NewWeighted(most)}
		t.rows[who] = theirs
	}
	if theirs.users >= int(most)+maxInRow {
		t.mu.Unlock()
		return nil, errRowFull
	}
	theirs.users++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if theirs.users--; theirs.users == 0 {
			delete(t.rows, who)
		}
	}
	if err := theirs.room.Acquire(ctx, 1); err != nil {
		leave()
		return nil, err
	}
	return func() {
		theirs.room.Release(1)
		leave()
	}, nil
}
