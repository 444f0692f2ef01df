package handlers

import (
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain lets the garbage collector end what the caches of the tests' sessions run
// in the background, and then allows nothing to run.
func TestMain(m *testing.M) { goleak.VerifyTestMain(collected{m}) }

type collected struct{ *testing.M }

func (c collected) Run() int {
	code := c.M.Run()
	for end := time.Now().Add(10 * time.Second); goleak.Find() != nil && time.Now().Before(end); {
		runtime.GC()
	}
	return code
}
