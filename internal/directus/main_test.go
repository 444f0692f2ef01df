package directus_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// No call leaves a goroutine behind, not even after a fault.
func TestMain(m *testing.M) {
	code := m.Run()
	// Idle connections close by themselves after four seconds.
	var leaked error
	for end := time.Now().Add(30 * time.Second); ; { // the machine may be busy
		if leaked = goleak.Find(); leaked == nil || time.Now().After(end) {
			break
		}
	}
	if leaked != nil && code == 0 {
		fmt.Fprintln(os.Stderr, leaked)
		code = 1
	}
	os.Exit(code)
}
