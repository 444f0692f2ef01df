package web

import (
	"context"
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
	waiting, stop := context.WithCancel(t.Context())
	over := make(chan error, maxInRow)
	for range maxInRow {
		go func() {
			end, err := turns.Take(waiting, "one", 1)
			if err == nil {
				end()
			}
			over <- err
		}()
	}
	for !errors.Is(err, errRowFull) { // once all are in the row
		ctx, enough := context.WithTimeout(t.Context(), time.Millisecond)
		_, err = turns.Take(ctx, "one", 1)
		enough()
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
	stop()
	if len(turns.rows) != 0 {
		t.Errorf("%d rows are left", len(turns.rows))
	}
}
