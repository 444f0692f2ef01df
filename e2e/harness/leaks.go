package harness

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"time"

	"go.uber.org/goleak"
)

// mustHaveEnded reports what still runs when all sites, browsers and servers of the
// tests have ended: nothing that they have begun.
func mustHaveEnded(code int) int {
	var leaked error
	for end := time.Now().Add(30 * time.Second); ; {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		runtime.GC() // the cache's library ends its goroutines with the cache
		if leaked = goleak.Find(); leaked == nil || time.Now().After(end) {
			break
		}
	}
	if leaked != nil && code == 0 {
		fmt.Fprintln(os.Stderr, leaked)
		code = 1
	}
	return code
}
