package races_test

import (
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// Twenty requests, with make test-all sixty to the sandbox, that arrive together when the
// token wants renewal: the guide signs most of them out. Twenty are answered in time by
// a Directus on a busy machine, too.
func TestParallelRequestsAtRenewal(t *testing.T) {
	harness.OnEachDirectus(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		b := site.Browser(t, harness.Plain)
		who := b.SignUp()
		site.Pass(15 * time.Hour)

		site.Wire.Forget()
		var group sync.WaitGroup
		atOnce := 20
		if harness.All() && up.Sandbox {
			atOnce = 60
		}
		cookies := make([]string, atOnce)
		for i := range cookies {
			group.Go(func() {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site.URL+"/profile", nil)
				if err != nil {
					t.Error(err)
					return
				}
				req.AddCookie(b.SessionCookie())
				res, err := http.DefaultTransport.RoundTrip(req)
				if err != nil {
					t.Error(err)
					return
				}
				defer res.Body.Close()
				body, err := io.ReadAll(res.Body)
				if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), who.Email) {
					t.Errorf("request %d: %d, %v", i, res.StatusCode, err)
				}
				for _, cookie := range res.Cookies() {
					cookies[i] += cookie.Value
				}
			})
		}
		group.Wait()
		if n := site.Wire.Count("POST /auth/refresh"); n != 1 {
			t.Errorf("the token was refreshed %d times, want once", n)
		}
		for _, cookie := range cookies {
			if cookie == "" || cookie != cookies[0] {
				t.Fatal("the answers do not all carry the same new cookie")
			}
		}
		b.Open("/profile")
		b.WantText(who.Email)
	})
}

func TestRenewalInTrouble(t *testing.T) {
	harness.TakesSeconds(t)
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	ways := maps.Clone(harness.Breakages)
	ways["hangs"] = func(http.ResponseWriter, *http.Request) { time.Sleep(6 * time.Second) } // longer than a renewal may take
	for name, how := range ways {
		t.Run(name, func(t *testing.T) {
			b := site.Browser(t, harness.Plain)
			who := b.SignUp()
			site.Pass(15 * time.Hour)
			before := b.SessionCookie().Value
			site.Wire.BreakOn("POST /auth/refresh", how)
			defer site.Wire.Mend()
			b.Open("/profile")
			b.WantStatus(http.StatusOK)
			b.WantText(who.Email)
			if after := b.SessionCookie(); after == nil || after.Value != before {
				t.Error("trouble at the renewal has touched the cookie")
			}
		})
	}
}
