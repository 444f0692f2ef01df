package realbrowser

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hutch/tools/toolcache"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"golang.org/x/net/websocket"
)

// firefox returns the program to run: Debian's, or the machine's own.
func firefox() (string, error) {
	for _, name := range []string{"firefox-esr", "firefox"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("firefox is not installed: " + howToInstall)
}

// Firefox is a window of a Firefox of its own, driven by WebDriver BiDi.
type Firefox struct {
	program *toolcache.Process
	conn    *websocket.Conn
	sent    int    // commands so far
	context string // the tab
}

// preferences keep Firefox to this machine: nothing listens at the proxy, and it asks
// nobody for addresses.
const preferences = `user_pref("network.dns.disabled", true);
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
user_pref("network.proxy.no_proxies_on", "127.0.0.1");
user_pref("intl.accept_languages", "en-US, en");
`

// StartFirefox returns once Firefox can be driven. dir is its home and is not removed.
func StartFirefox(ctx context.Context, dir string) (*Firefox, error) {
	path, err := firefox()
	if err != nil {
		return nil, err
	}
	profile := filepath.Join(dir, "firefox")
	if err := os.MkdirAll(profile, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(preferences), 0o600); err != nil {
		return nil, err
	}
	p, err := run(dir, nil, nil, path, "--headless", "--no-remote", "--profile", profile,
		"--remote-debugging-port", "0", "--remote-allow-origins", origin, "about:blank")
	if err != nil {
		return nil, err
	}
	f := &Firefox{program: p}
	if err := f.connect(ctx, filepath.Join(profile, "WebDriverBiDiServer.json")); err != nil {
		p.KillAfter(0)
		return nil, err
	}
	return f, nil
}

// origin is what our requests say they come from, as the library always says one.
const origin = "http://127.0.0.1"

// connect reads the port from the file that Firefox writes once it listens, and takes
// over the tab that is there.
func (f *Firefox) connect(ctx context.Context, file string) error {
	err := f.program.Await(ctx, func() error {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var server struct {
			Port int `json:"ws_port"`
		}
		if err := json.Unmarshal(text, &server); err != nil {
			return err
		}
		f.conn, err = websocket.Dial("ws://"+net.JoinHostPort("127.0.0.1", strconv.Itoa(server.Port))+"/session", "", origin)
		return err
	})
	if err != nil {
		return err
	}
	if err := f.command(ctx, "session.new", map[string]any{"capabilities": map[string]any{}}, nil); err != nil {
		return err
	}
	var tree struct{ Contexts []struct{ Context string } }
	if err := f.command(ctx, "browsingContext.getTree", map[string]any{}, &tree); err != nil {
		return err
	}
	if len(tree.Contexts) != 1 {
		return fmt.Errorf("firefox begins with %d tabs", len(tree.Contexts))
	}
	f.context = tree.Contexts[0].Context
	return nil
}

// command sends a command and waits for what comes of it. Firefox says nothing else, as
// no event is subscribed to.
func (f *Firefox) command(ctx context.Context, method string, params map[string]any, result any) error {
	deadline, _ := ctx.Deadline()
	if err := f.conn.SetDeadline(deadline); err != nil {
		return err
	}
	f.sent++
	if err := websocket.JSON.Send(f.conn, map[string]any{"id": f.sent, "method": method, "params": params}); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	for {
		var answer struct {
			ID             int
			Error, Message string
			Result         json.RawMessage
		}
		if err := websocket.JSON.Receive(f.conn, &answer); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		switch {
		case answer.ID != f.sent:
			continue // to a command that was given up
		case answer.Error != "":
			return fmt.Errorf("%s: %s: %s", method, answer.Error, answer.Message)
		case result != nil:
			return json.Unmarshal(answer.Result, result)
		}
		return nil
	}
}

// Open goes to an address and waits for the page.
func (f *Firefox) Open(ctx context.Context, address string) error {
	return f.command(ctx, "browsingContext.navigate", map[string]any{"context": f.context, "url": address, "wait": "complete"}, nil)
}

// Run calls a function of JavaScript in the page and returns its result as JSON.
func (f *Firefox) Run(ctx context.Context, function string, arguments ...any) (json.RawMessage, error) {
	expression, err := called(function, arguments)
	if err != nil {
		return nil, err
	}
	var returned struct {
		Result           struct{ Value string }
		ExceptionDetails struct{ Text string }
	}
	err = f.command(ctx, "script.evaluate", map[string]any{"expression": expression, "target": map[string]any{"context": f.context}, "awaitPromise": false}, &returned)
	if thrown := returned.ExceptionDetails.Text; err == nil && thrown != "" {
		err = errors.New(thrown)
	}
	return json.RawMessage(returned.Result.Value), err
}

// Click presses the mouse at a point of the window.
func (f *Firefox) Click(ctx context.Context, x, y int) error { return f.act(ctx, clickAt(x, y)) }

// Type presses keys.
func (f *Firefox) Type(ctx context.Context, text string) error { return f.act(ctx, typing(text)) }

func (f *Firefox) act(ctx context.Context, sources []source) error {
	return f.command(ctx, "input.performActions", map[string]any{"context": f.context, "actions": sources}, nil)
}

// Back goes back as the page would. WebDriver's own way counts from where Firefox's main
// process knows the tab to be, and on a busy machine that is one page behind.
func (f *Firefox) Back(ctx context.Context) error {
	_, err := f.Run(ctx, "() => history.back()")
	return err
}

// Resize gives the page this much room.
func (f *Firefox) Resize(ctx context.Context, width, height int) error {
	return f.command(ctx, "browsingContext.setViewport", map[string]any{"context": f.context, "viewport": map[string]any{"width": width, "height": height}}, nil)
}

// Picture returns what can be seen, as PNG.
func (f *Firefox) Picture(ctx context.Context) ([]byte, error) {
	var taken struct{ Data string }
	if err := f.command(ctx, "browsingContext.captureScreenshot", map[string]any{"context": f.context}, &taken); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(taken.Data)
}

// Close ends Firefox.
func (f *Firefox) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	err := f.command(ctx, "browser.close", map[string]any{}, nil)
	f.program.KillAfter(endTimeout)
	_ = f.conn.Close()
	return err
}
