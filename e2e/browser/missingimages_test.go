package browser_test

import (
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// An image in the text that may not be read leaves its description, not a hole, with
// and without JavaScript.
func TestMissingImagesAreDescribed(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	up.NewPost(t, map[string]any{"slug": "holes", "title": "Images that are gone", "status": "published", "content": `
<p>Before. <img src="/assets/00000000-0000-4000-8000-000000000001" alt="A rabbit that sits in the hay"> After.</p>
<p><img src="/assets/00000000-0000-4000-8000-000000000002" alt="A dot that is described at some length" width="64" height="64"></p>`})
	app := harness.StartApp(t, up, nil)
	for _, how := range []harness.Way{harness.Scripted, harness.Scriptless} {
		b := app.Browser(t, how)
		b.Tab.Forgives = true // the images are missing on purpose
		b.Tab.ShowOn(t, harness.Screen{Width: 320, Height: 900, Scheme: "light"})
		b.Open("/blog/holes")
		b.Tab.WaitFor(t, `() => [...document.querySelectorAll("main article p img")].every(image => image.complete)`)
		boxes := harness.Ask[[][]int](t, b.Tab, `() => [...document.querySelectorAll("main article p img")].map(image => [image.naturalWidth, image.clientWidth, image.clientHeight])`)
		// As high as the words are, in the width that the image has.
		if len(boxes) != 2 || boxes[0][0] != 0 || boxes[0][1] < 150 || boxes[0][2] < 16 || boxes[1][2] < 80 {
			t.Errorf("%v: the images have the sizes %v, which leave no room for their descriptions", how, boxes)
		}
	}
}
