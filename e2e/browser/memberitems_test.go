package browser_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/chromedp/chromedp"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// The form of an item has a second button, which searches what a field may refer to, with
// JavaScript and without; Enter in a field sends the form.
func TestSearchingTheOptionsOfAField(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{Collections: harness.Classifieds()})
	up.Folder = fstest.MapFS{"site.toml": {Data: []byte(harness.ClassifiedsTOML("own"))}}
	for i := range 60 {
		if err := up.Admin.Post(t.Context(), "/items/places", map[string]any{"name": fmt.Sprintf("Place %02d", i)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	site := harness.StartApp(t, up, nil)
	for _, how := range []harness.Way{harness.Scripted, harness.Scriptless} {
		t.Run(string(how), func(t *testing.T) {
			b := site.Browser(t, how)
			b.SignUp()
			b.Open("/ads/new")
			fill := func(name, value string) {
				harness.Ask[chromedp.Void](t, b.Tab, `(name, value) => { const field = document.querySelector("#entry").elements[name]; field.value = value; field.focus() }`, name, value)
			}
			fill("title", "Typed "+string(how))
			fill("place.search", "place 57")
			b.Tab.Await(http.MethodPost)
			b.Press(`#entry button[value="place"]`)
			b.WantStatus(http.StatusOK)
			options := b.Doc.Find("#entry [name=place] option")
			if options.Length() != 2 || options.Last().Text() != "Place 57" || b.Value("title") != "Typed "+string(how) {
				t.Fatalf("found: %s in %s", options.Text(), b.Text())
			}
			if focused := harness.Ask[string](t, b.Tab, `() => document.activeElement.name || ""`); focused != "place" {
				t.Errorf("the focus is on %q", focused)
			}
			fill("title", "Sent by Enter "+string(how))
			b.Tab.Await(http.MethodPost)
			b.Enter()
			b.Look()
			b.WantText("Your entry was added.", "Sent by Enter "+string(how))
		})
	}
}
