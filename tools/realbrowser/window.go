package realbrowser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"hutch/tools/toolcache"
)

// Window is what a visitor has in front of them, of whatever engine.
type Window interface {
	Open(ctx context.Context, address string) error
	Run(ctx context.Context, function string, arguments ...any) (json.RawMessage, error)
	Click(ctx context.Context, x, y int) error
	Type(ctx context.Context, text string) error
	Back(ctx context.Context) error
	Resize(ctx context.Context, width, height int) error
	Picture(ctx context.Context) ([]byte, error)
}

// What Firefox and WebKit share: how their programs run, and how both protocols of
// WebDriver write what a visitor does and what a test asks a page.

// run starts a command that ends with us, and knows only of dir and these variables.
// What it writes to descriptor 3 goes to extra, unless that is nil.
func run(dir string, extra *os.File, env []string, name string, args ...string) (*toolcache.Process, error) {
	cmd := toolcache.Guarded(name, args...)
	cmd.Dir, cmd.Env = dir, append(environment(dir), env...)
	if extra != nil {
		cmd.ExtraFiles = []*os.File{extra}
	}
	return toolcache.Begin(cmd)
}

// source is an input device and what is done with it, one after the other.
type source struct {
	Type    string   `json:"type"`
	ID      string   `json:"id"`
	Actions []action `json:"actions"`
}

type action struct {
	Type   string `json:"type"`
	X      int    `json:"x"`
	Y      int    `json:"y"`
	Button int    `json:"button"`
	Value  string `json:"value,omitempty"`
}

func clickAt(x, y int) []source {
	return []source{{"pointer", "mouse", []action{{Type: "pointerMove", X: x, Y: y}, {Type: "pointerDown"}, {Type: "pointerUp"}}}}
}

func typing(text string) []source {
	keys := source{Type: "key", ID: "keyboard"}
	for _, r := range text {
		keys.Actions = append(keys.Actions, action{Type: "keyDown", Value: string(r)}, action{Type: "keyUp", Value: string(r)})
	}
	return []source{keys}
}

// called is the expression that calls a function of JavaScript with these arguments and
// returns its result as JSON.
func called(function string, arguments []any) (string, error) {
	if arguments == nil {
		arguments = []any{}
	}
	given, err := json.Marshal(arguments)
	return fmt.Sprintf("JSON.stringify((%s)(...%s) ?? null)", function, given), err
}
