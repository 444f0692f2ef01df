//go:build unix

package realbrowser

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
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

// TestOrphan: a browser exits by itself if its parent is killed.
func TestOrphan(t *testing.T) {
	if note := os.Getenv("HUTCH_TEST_ORPHAN"); note != "" {
		pid := 0
		switch os.Getenv("HUTCH_TEST_ENGINE") {
		case "Chromium":
			pid = newProcess(t).Pid()
		case "Firefox":
			pid = newFirefox(t).program.Pid()
		case "WebKit":
			pid = newWebKit(t).driver.Pid()
		}
		os.WriteFile(note, []byte(strconv.Itoa(pid)), 0o600)
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	for _, engine := range []string{"Chromium", "Firefox", "WebKit"} {
		t.Run(engine, func(t *testing.T) {
			ForTest(t)
			if engine != "Chromium" {
				EnginesForTest(t)
			}
			note := t.TempDir() + "/pid"
			cmd := exec.Command(os.Args[0], "-test.run=^TestOrphan$")
			cmd.Env = append(os.Environ(), "HUTCH_TEST_ORPHAN="+note, "HUTCH_TEST_ENGINE="+engine, "TMPDIR="+t.TempDir())
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
		})
	}
}

// TestOtherEngines: a visitor can go about in Firefox and WebKit, and nothing stays when
// they end.
func TestOtherEngines(t *testing.T) {
	EnginesForTest(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `<!doctype html><title>`+r.URL.Path+`</title><body style="margin: 0"><input style="position: absolute; inset: 0 auto auto 0; width: 200px; height: 50px">
			<a href="/next" style="position: absolute; top: 100px; left: 0">next</a>`)
	}))
	defer site.Close()
	goAbout := func(t *testing.T, w Window) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		do := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		see := func(function, want string) {
			t.Helper()
			for { // a followed link takes a moment
				got, err := w.Run(ctx, function, "given")
				if string(got) == want {
					return
				}
				if ctx.Err() != nil {
					t.Fatalf("%s is %s, %v, want %s", function, got, err, want)
				}
			}
		}
		do(w.Resize(ctx, 700, 500))
		do(w.Open(ctx, site.URL+"/first"))
		see(`() => [innerWidth, innerHeight]`, `[700,500]`)
		see(`given => given + document.title`, `"given/first"`)
		do(w.Click(ctx, 100, 25))
		do(w.Type(ctx, "Ada@example"))
		see(`() => document.querySelector("input").value`, `"Ada@example"`)
		picture, err := w.Picture(ctx)
		do(err)
		if size, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil || size.Width != 700 || size.Height != 500 {
			t.Errorf("the picture has %d × %d points, %v", size.Width, size.Height, err)
		}
		do(w.Click(ctx, 10, 110))
		see(`() => document.title`, `"/next"`)
		do(w.Back(ctx))
		see(`() => document.title`, `"/first"`)
		if _, err := w.Run(ctx, `() => nothing`); err == nil {
			t.Error("a script that throws has no error")
		}
	}
	t.Run("Firefox", func(t *testing.T) {
		f := newFirefox(t)
		goAbout(t, f)
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		waitForEnd(t, f.program.Pid())
	})
	t.Run("WebKit", func(t *testing.T) {
		w := newWebKit(t)
		goAbout(t, w)
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		waitForEnd(t, w.driver.Pid())
		waitForEnd(t, w.display.Pid())
	})
}

func newFirefox(t *testing.T) *Firefox {
	t.Helper()
	f, err := StartFirefox(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func newWebKit(t *testing.T) *WebKit {
	t.Helper()
	w, err := StartWebKit(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func newProcess(t *testing.T) *process {
	t.Helper()
	p, err := startChromium(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.end()
		waitForEnd(t, p.Pid())
	})
	return p
}

// waitForEnd fails if any process of the group survives.
func waitForEnd(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); syscall.Kill(-pid, 0) != syscall.ESRCH; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the browser is still there")
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
