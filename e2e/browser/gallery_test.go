package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// largeWidth is in the address of each large picture, as Directus is asked for it.
const largeWidth = "width=1600"

// While Directus makes a large picture, the small one stands in its place, and one that
// comes late does not replace the picture that the visitor has turned to.
func TestAGalleryDoesNotWaitForLargePictures(t *testing.T) {
	app := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{Blocks: true}), nil)
	made := make(chan struct{})
	release := sync.OnceFunc(func() { close(made) })
	t.Cleanup(release)
	b := openGallery(t, app, func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.RawQuery, largeWidth) {
			<-made
		}
		return false
	})
	mustShow(b, 2, "the small one", false)
	b.Tab.Key(t, "ArrowRight", 39, 0)
	mustShow(b, 3, "the small one", false)
	release()
	mustShow(b, 3, "the large one", false)
	b.Tab.Key(t, "Escape", 27, 0)
	// The focus is on the picture that was seen last, once the dialog has told that it is closed.
	b.Tab.WaitFor(t, `() => document.activeElement === document.querySelector(".gallery li:nth-child(3) a")`)
}

// A large picture that cannot be had is the small one, with a sentence that says so; and
// the next one may be there.
func TestAGalleryWithoutLargePictures(t *testing.T) {
	app := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{Blocks: true}), nil)
	b := openGallery(t, app, func(w http.ResponseWriter, r *http.Request) bool {
		refused := strings.Contains(r.URL.RawQuery, largeWidth)
		if refused {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return refused
	})
	b.Tab.Forgives = true // the images are missing on purpose
	mustShow(b, 2, "the small one", true)
	app.Wire.Mend()
	b.Tab.Key(t, "ArrowLeft", 37, 0)
	mustShow(b, 1, "the large one", false)
	b.Tab.Key(t, "ArrowRight", 39, 0)
	mustShow(b, 2, "the large one", false)
}

// openGallery opens the second picture of the home page. From then on large pictures come so.
func openGallery(t *testing.T, app *harness.App, large func(http.ResponseWriter, *http.Request) bool) *harness.Browser {
	t.Helper()
	b := app.Browser(t, harness.Scripted)
	b.Tab.ShowOn(t, harness.Desktop)
	b.Open("/")
	b.Tab.WaitFor(t, `() => {
		document.querySelector(".gallery").scrollIntoView()
		return [...document.querySelectorAll(".gallery img")].every(image => image.complete)
	}`)
	app.Wire.Rewrite(large)
	b.Tab.Press(t, ".gallery li:nth-child(2) a")
	return b
}

// mustShow waits until the dialog shows a picture of the gallery, as large as there is room
// for it, and says of it what is to be said.
func mustShow(b *harness.Browser, number int, which string, unavailable bool) {
	b.T.Helper()
	b.Tab.WaitFor(b.T, fmt.Sprintf(`() => {
		const image = document.querySelector("dialog[open] img"), box = image?.getBoundingClientRect(), room = image?.parentElement.getBoundingClientRect()
		const link = document.querySelectorAll(".gallery a")[%d - 1], small = link.querySelector("img")
		const says = document.querySelector("dialog .unavailable").textContent.startsWith("The full-size image")
		return image?.src === (%q === "the large one" ? link.href : small.currentSrc) && image.complete && image.naturalWidth > 0 && image.alt === small.alt &&
			Math.max(box.width / room.width, box.height / room.height) > 0.9 && says === %t
	}`, number, which, unavailable))
}
