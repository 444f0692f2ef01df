package web

import (
	"errors"
	"testing"
	"time"
)

// Of one of those who ask, so much waits, and what is more is refused at once. Others do
// not notice.
func TestTurns(t *testing.T) {
	var turns Turns
	end, err := turns.Take(t.Context(), "one", 1)
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan error, maxInRow)
	for range maxInRow {
		go func() {
			end, err := turns.Take(t.Context(), "one", 1)
			if err == nil {
				end()
			}
			over <- err
		}()
	}
	for waits := 0; waits <= maxInRow; time.Sleep(time.Millisecond) { // until all are in the row
		turns.mu.Lock()
		waits = turns.rows["one"].users
		turns.mu.Unlock()
	}
	if _, err := turns.Take(t.Context(), "one", 1); !errors.Is(err, errRowFull) {
		t.Errorf("one too many: %v", err)
	}
	if other, err := turns.Take(t.Context(), "another", 1); err != nil {
		t.Error(err)
	} else {
		other()
	}
	end()
	for range maxInRow {
		if err := <-over; err != nil {
			t.Error(err)
		}
	}
	if len(turns.rows) != 0 {
		t.Errorf("%d rows are left", len(turns.rows))
	}
}
