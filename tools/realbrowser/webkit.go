package realbrowser

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hutch/tools/toolcache"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// WebKit is a window of WebKitGTK's MiniBrowser on a display that nobody sees, driven by
// WebDriver.
type WebKit struct {
	display, driver *toolcache.Process
	session         string // its address
}

// StartWebKit returns once WebKit can be driven. dir is its home and is not removed.
func StartWebKit(ctx context.Context, dir string) (*WebKit, error) {
	w := &WebKit{}
	if err := w.start(ctx, dir); err != nil {
		w.end()
		return nil, err
	}
	return w, nil
}

func (w *WebKit) start(ctx context.Context, dir string) (err error) {
	number, err := w.startDisplay(dir)
	if err != nil {
		return err
	}
	port, err := toolcache.FreePort()
	if err != nil {
		return err
	}
	w.driver, err = run(dir, nil, []string{
		"DISPLAY=:" + number, "XDG_RUNTIME_DIR=" + dir, "LANG=C.UTF-8",
		"NO_AT_BRIDGE=1", "DBUS_SESSION_BUS_ADDRESS=disabled:", // no other program
		"LIBGL_ALWAYS_SOFTWARE=1",
	}, "WebKitWebDriver", "--host=127.0.0.1", "--port="+strconv.Itoa(port))
	if err != nil {
		return err
	}
	base := "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	if err := w.driver.Await(ctx, func() error {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(base, "http://"))
		if err == nil {
			err = conn.Close()
		}
		return err
	}); err != nil {
		return err
	}
	// Nothing listens at the proxy: only this machine can be reached.
	nowhere := map[string]any{"proxyType": "manual", "httpProxy": "127.0.0.1:9", "sslProxy": "127.0.0.1:9", "noProxy": []string{"127.0.0.1"}}
	var made struct{ SessionID string }
	w.session = base + "/session"
	if err := w.command(ctx, http.MethodPost, "", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{"proxy": nowhere}}}, &made); err != nil {
		w.session = ""
		return fmt.Errorf("%w; the end of its output:\n%s", err, w.driver.Output())
	}
	w.session += "/" + made.SessionID
	return nil
}

// startDisplay returns the number of a display that is free. It is large enough for a
// picture of a whole page.
func (w *WebKit) startDisplay(dir string) (number string, err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer read.Close()
	w.display, err = run(dir, write, nil, "Xvfb", "-displayfd", "3", "-screen", "0", "1600x9000x24", "-nolisten", "tcp")
	write.Close()
	if err != nil {
		return "", err
	}
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the display, Xvfb: %w; the end of its output:\n%s", err, w.display.Output())
	}
	return strings.TrimSpace(line), nil
}

// command sends a command of the session and waits for what comes of it.
func (w *WebKit) command(ctx context.Context, method, path string, params map[string]any, result any) error {
	var body bytes.Buffer
	if params != nil {
		if err := json.NewEncoder(&body).Encode(params); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, w.session+path, &body)
	if err != nil {
		return err
	}
	req.Close = true // no connection outlives the test
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var answer struct{ Value json.RawMessage }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s: %s: %w", path, res.Status, err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", path, res.Status, answer.Value)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(answer.Value, result)
}

// Open goes to an address and waits for the page.
func (w *WebKit) Open(ctx context.Context, address string) error {
	return w.command(ctx, http.MethodPost, "/url", map[string]any{"url": address}, nil)
}

// Run calls a function of JavaScript in the page and returns its result as JSON.
func (w *WebKit) Run(ctx context.Context, function string, arguments ...any) (json.RawMessage, error) {
	expression, err := called(function, arguments)
	if err != nil {
		return nil, err
	}
	var returned string
	err = w.command(ctx, http.MethodPost, "/execute/sync", map[string]any{"script": "return " + expression, "args": []any{}}, &returned)
	return json.RawMessage(returned), err
}

// Click presses the mouse at a point of the window.
func (w *WebKit) Click(ctx context.Context, x, y int) error { return w.act(ctx, clickAt(x, y)) }

// Type presses keys.
func (w *WebKit) Type(ctx context.Context, text string) error { return w.act(ctx, typing(text)) }

func (w *WebKit) act(ctx context.Context, sources []source) error {
	return w.command(ctx, http.MethodPost, "/actions", map[string]any{"actions": sources}, nil)
}

// Back presses the browser's button.
func (w *WebKit) Back(ctx context.Context) error {
	return w.command(ctx, http.MethodPost, "/back", map[string]any{}, nil)
}

// Resize gives the page this much room. Only the size of the window can be set, which is
// larger by the browser's own parts.
func (w *WebKit) Resize(ctx context.Context, width, height int) error {
	set := func(width, height int) error {
		return w.command(ctx, http.MethodPost, "/window/rect", map[string]any{"x": 0, "y": 0, "width": width, "height": height}, nil)
	}
	if err := set(width, height); err != nil {
		return err
	}
	text, err := w.Run(ctx, `() => [innerWidth, innerHeight]`)
	if err != nil {
		return err
	}
	var inner [2]int
	if err := json.Unmarshal(text, &inner); err != nil {
		return err
	}
	return set(2*width-inner[0], 2*height-inner[1])
}

// Picture returns what can be seen, as PNG.
func (w *WebKit) Picture(ctx context.Context) ([]byte, error) {
	var taken string
	if err := w.command(ctx, http.MethodGet, "/screenshot", nil, &taken); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(taken)
}

// Close ends the browser, its driver and the display.
func (w *WebKit) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	err := w.command(ctx, http.MethodDelete, "", nil, nil)
	w.end()
	return err
}

func (w *WebKit) end() {
	for _, p := range []*toolcache.Process{w.driver, w.display} {
		if p != nil {
			p.KillAfter(0)
		}
	}
}
