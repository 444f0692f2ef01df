package races_test

import (
	"hutch/e2e/harness"
	"hutch/sandbox"
	"net/http"
	"sync"
	"testing"
	"time"
)

func TestAThousandVisitorsAskDirectusOnce(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, harness.Fresh())
	site.Browser(t, harness.Plain).Open("/blog")
	for _, expired := range []bool{false, true} {
		if expired {
			site.Pass(2 * time.Minute)
		}
		site.Wire.Forget()
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				for range 10 {
					b := site.Browser(t, harness.Plain)
					if b.Request(http.MethodGet, "/blog", nil, nil).StatusCode != http.StatusOK {
						t.Error(b.Raw)
					}
				}
			})
		}
		group.Wait()
		time.Sleep(50 * time.Millisecond)
		asked := site.Wire.Questions()
		if expired != (len(asked) > 0) {
			t.Errorf("expired: %t: Directus was asked %v", expired, asked)
		}
		for question, times := range asked {
			if times != 1 {
				t.Errorf("expired: %t: Directus was asked %d times for %s", expired, times, question)
			}
		}
	}
}
