//go:build unix

package realbrowser

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestAxe runs axe on a page in Chromium, and has the page report the result.
func TestAxe(t *testing.T) {
	ForTest(t)
	axe, err := AxeSource()
	if err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 2)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /axe.js", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, axe+`
			axe.run().then(r => fetch('/found' + location.pathname, {method: 'POST', body: r.violations.map(v => v.id).join(' ')}))`)
	})
	mux.HandleFunc("GET /{page}", func(w http.ResponseWriter, r *http.Request) {
		page := map[string]string{"good": goodPage, "bad": badPage}[r.PathValue("page")]
		io.WriteString(w, strings.Replace(page, "</body>", `<script src="/axe.js"></script></body>`, 1))
	})
	mux.HandleFunc("POST /found/{page}", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		found <- string(body)
	})
	site := httptest.NewServer(mux)
	defer site.Close()

	p := newProcess(t)
	openTab(t, p, site.URL+"/good")
	if got := receive(t, found); got != "" {
		t.Errorf("on the good page: %s", got)
	}
	openTab(t, p, site.URL+"/bad")
	got := receive(t, found)
	for _, want := range []string{"document-title", "html-has-lang", "image-alt", "color-contrast", "label"} {
		if !strings.Contains(" "+got+" ", " "+want+" ") {
			t.Errorf("on the bad page there is no %s in: %s", want, got)
		}
	}
}

// TestNoNetwork: Chromium can resolve only 127.0.0.1, not even localhost.
func TestNoNetwork(t *testing.T) {
	ForTest(t)
	asked := make(chan string, 2)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/reached", "/refused":
			asked <- r.URL.Path
		}
		io.WriteString(w, `<script>
			const tell = how => fetch('/' + how)
			fetch('`+strings.Replace("http://"+r.Host, "127.0.0.1", "localhost", 1)+`/x', {mode: 'no-cors'}).then(() => tell('reached'), () => tell('refused'))
		</script>`)
	}))
	defer site.Close()
	openTab(t, newProcess(t), site.URL)
	if got := receive(t, asked); got != "/refused" {
		t.Errorf("another host: %s", got)
	}
}

// TestOrphan: Chromium exits by itself if its parent is killed.
func TestOrphan(t *testing.T) {
	if note := os.Getenv("HUTCH_TEST_ORPHAN"); note != "" {
		p := newProcess(t)
		os.WriteFile(note, []byte(strconv.Itoa(p.cmd.Process.Pid)), 0o600)
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	ForTest(t)
	note := t.TempDir() + "/pid"
	cmd := exec.Command(os.Args[0], "-test.run=^TestOrphan$")
	cmd.Env = append(os.Environ(), "HUTCH_TEST_ORPHAN="+note, "TMPDIR="+t.TempDir())
	cmd.Run()
	text, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	waitForEnd(t, pid)
}

func newProcess(t *testing.T) *process {
	t.Helper()
	p, err := startChromium(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.end()
		waitForEnd(t, p.cmd.Process.Pid)
	})
	return p
}

// waitForEnd fails if any process of the group survives.
func waitForEnd(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); syscall.Kill(-pid, 0) != syscall.ESRCH; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("Chromium is still there")
		}
	}
}

func openTab(t *testing.T, p *process, page string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "PUT", fmt.Sprintf("http://127.0.0.1:%d/json/new?%s", p.port, url.QueryEscape(page)), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("a new tab: %s", res.Status)
	}
}

func receive(t *testing.T, from <-chan string) string {
	t.Helper()
	select {
	case s := <-from:
		return s
	case <-time.After(20 * time.Second):
		t.Fatal("the page said nothing")
		return ""
	}
}
