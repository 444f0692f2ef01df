package harness

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// submit types into the fields of a form, from the first to the last as people
// do, and presses its button.
func (tab *Tab) submit(t *testing.T, selector string, fill map[string]string) {
	t.Helper()
	for _, name := range Ask[[]string](t, tab, `form => [...document.querySelector(form).elements].map(field => field.name)`, selector) {
		if value, given := fill[name]; given {
			tab.Fill(t, selector, name, value)
		}
	}
	tab.Await(http.MethodPost)
	tab.Press(t, selector+` :is(button:not([type="button"], [type="reset"]), input[type="submit"])`)
}

// Fill replaces what is in a field. Of what cannot be typed, it takes what a
// visitor chooses: an option, a date, a tick ("true" or ""), the content of a file.
func (tab *Tab) Fill(t *testing.T, form, name, value string) {
	t.Helper()
	kind := Ask[string](t, tab, `(form, name) => {
		const field = document.querySelector(form).elements[name]
		field.scrollIntoView({block: "center", behavior: "instant"})
		field.focus()
		if (field.matches("textarea, input")) field.select()
		return field.type
	}`, form, name)
	switch kind {
	case "file":
		tab.chooseFile(t, form, name, value)
		return
	case "checkbox", "select-one", "date", "time", "datetime-local":
		Ask[chromedp.Void](t, tab, `(form, name, value) => {
			const field = document.querySelector(form).elements[name]
			if (field.type === "checkbox") field.checked = value === "true"
			else field.value = value
			for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, {bubbles: true}))
		}`, form, name, value)
		if kind == "checkbox" {
			return
		}
	default:
		if value == "" {
			tab.Key(t, "Backspace", 8, 0)
		} else {
			tab.Insert(t, value)
		}
	}
	if got := Ask[string](t, tab, `(form, name) => document.querySelector(form).elements[name].value`, form, name); got != value {
		t.Fatalf("the field %s takes %q for %q", name, got, value)
	}
}

// chooseFile chooses a file with this content; "": none.
func (tab *Tab) chooseFile(t *testing.T, form, name, content string) {
	t.Helper()
	if content == "" {
		return
	}
	file := filepath.Join(t.TempDir(), "chosen.bin") // says nothing about what it is
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	field := Call(t, tab, runtime.Evaluate, runtime.EvaluateParams{Expression: fmt.Sprintf("document.querySelector(%q).elements[%q]", form, name)})
	Call(t, tab, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{file}, ObjectID: field.Result.ObjectID})
}

// Insert puts text where the cursor is.
func (tab *Tab) Insert(t *testing.T, text string) {
	t.Helper()
	Call(t, tab, input.InsertText, input.InsertTextParams{Text: text})
}

// Key presses a key that writes nothing.
func (tab *Tab) Key(t *testing.T, name string, code int64, modifiers int64) {
	t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		Call(t, tab, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: name, Code: name, WindowsVirtualKeyCode: code, Modifiers: modifiers})
	}
}

// Press clicks, with the mouse, on the first element that the selector finds.
func (tab *Tab) Press(t *testing.T, selector string) {
	t.Helper()
	at := tab.find(t, selector)
	for range 50 { // nothing can be pressed while one page fades into the next
		if at.Problem == "" {
			break
		}
		time.Sleep(20 * time.Millisecond)
		at = tab.find(t, selector)
	}
	if at.Problem != "" {
		t.Fatalf("%s cannot be pressed: it %s", selector, at.Problem)
	}
	tab.clickAt(t, at.X, at.Y)
}

func (tab *Tab) clickAt(t *testing.T, x, y float64) {
	t.Helper()
	for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMouseMoved, input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
		press := input.DispatchMouseEventParams{Type: kind, X: x, Y: y}
		if kind != input.DispatchMouseEventTypeMouseMoved {
			press.Button, press.ClickCount = input.MouseButtonLeft, 1
		}
		Call(t, tab, input.DispatchMouseEvent, press)
	}
}

// place is where an element can be pressed, or why it cannot.
type place struct {
	X, Y    float64
	Problem string
}

func (tab *Tab) find(t *testing.T, selector string) place {
	t.Helper()
	return Ask[place](t, tab, `selector => {
		const wanted = document.querySelector(selector)
		if (!wanted) return {Problem: "is not there"}
		wanted.scrollIntoView({block: "center", behavior: "instant"})
		const box = wanted.getBoundingClientRect()
		const X = box.x + box.width / 2, Y = box.y + box.height / 2
		const hit = document.elementFromPoint(X, Y)
		return {X, Y, Problem: wanted.contains(hit) ? "" : "is covered by " + (hit ? hit.outerHTML.slice(0, 200) : "nothing")}
	}`, selector)
}

// AddForm puts a form with a button above the page, as a developer may do.
func (tab *Tab) AddForm(t *testing.T, action string, values url.Values) {
	t.Helper()
	Ask[chromedp.Void](t, tab, `(action, values) => {
		const form = document.createElement("form")
		Object.assign(form, {id: "added", method: "post", action})
		for (const [name, [value]] of Object.entries(values ?? {})) {
			const field = document.createElement("input")
			Object.assign(field, {type: "hidden", name, value})
			form.append(field)
		}
		const button = document.createElement("button")
		button.textContent = "Send"
		form.append(button)
		document.querySelector("main").prepend(form)
	}`, action, values)
}
