package directus_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

// What visitors have not read yet is bounded: 64 MB in memory, and 64 streaming
// files. Beyond that a call is refused at once, and everything is released again.
func TestFilesThatNobodyReadsAreBounded(t *testing.T) {
	t.Parallel()
	for name, told := range map[string]bool{"of a size that is told": true, "of an unknown size": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := bytes.Repeat([]byte("x"), 1<<20-1)
			d := newTroubled(t, directus.Options{}, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "image/png")
				w.Header().Set("Content-Disposition", "inline")
				if told {
					w.Header().Set("Content-Length", fmt.Sprint(len(content)))
				}
				_ = http.NewResponseController(w).Flush()
				_, _ = w.Write(content)
			})
			for range 2 { // the second time with what the first released
				var open []*directus.Asset
				for {
					asset, err := d.Asset(t.Context(), somebody(), secret.Text{}, memberID, directus.Transform{}, "")
					if err != nil {
						if directus.FailureOf(err) != directus.Busy {
							t.Fatal(err)
						}
						break
					}
					open = append(open, asset)
				}
				if len(open) != 128 {
					t.Errorf("%d are open that nobody reads, want 64 in memory and 64 on their way", len(open))
				}
				for i, asset := range open {
					if got, err := io.ReadAll(asset.Body); err != nil || !bytes.Equal(got, content) {
						t.Fatalf("the %d. has %d bytes, %v", i, len(got), err)
					}
					_ = asset.Body.Close()
					_ = asset.Body.Close()
				}
			}
			if len(d.changes()) > 0 {
				t.Errorf("a crowd was taken for trouble: %v", d.changes())
			}
		})
	}
}

// A small file that is cut off is an error, never half an image.
func TestSmallFilesThatAreCut(t *testing.T) {
	t.Parallel()
	d := newTroubled(t, directus.Options{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", "inline")
		w.Header().Set("Content-Length", "1000")
		_, _ = fmt.Fprint(w, "half")
		_ = http.NewResponseController(w).Flush()
		hangUp(w, r)
	})
	if _, err := d.Asset(t.Context(), somebody(), secret.Text{}, memberID, directus.Transform{}, ""); directus.FailureOf(err) != directus.Cut {
		t.Errorf("%v", err)
	}
}

// A page of a proxy in front of Directus, which answers 200, is no file.
func TestPagesAreNotFiles(t *testing.T) {
	t.Parallel()
	d := newTroubled(t, directus.Options{}, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<h1>upstream-secret</h1>") })
	if _, err := d.Asset(t.Context(), somebody(), secret.Text{}, memberID, directus.Transform{}, ""); directus.FailureOf(err) != directus.Odd {
		t.Errorf("%v", err)
	}
}
