package pages_test

import (
	"fmt"
	"strings"
	"testing"

	"hutch/e2e/harness"
)

// memberStates are pages with which members write a collection of the team's own.
func memberStates() []state {
	ads := harness.Classifieds()
	ad := map[string]string{
		"title": "Hutch for two lops", "text": "Solid pine, **one winter old**, with a run.", "price": "45", "status": "published",
		"until": "2027-01-31", "tags": "hutch, garden", "image": harness.Picture(),
	}
	return []state{
		{name: "ads-empty", status: 200, own: ads, reach: harness.At("/ads")},
		{name: "ad-new", status: 200, member: true, own: ads, meanwhile: places(3), reach: harness.At("/ads/new")},
		{name: "ad-new-many-options", status: 200, member: true, own: ads, meanwhile: places(60), reach: harness.At("/ads/new")},
		{name: "ad-new-wrong", status: 422, member: true, own: ads, reach: adding(map[string]string{"title": "", "price": "cheap", "text": "Two\nlines", "slug": "new"})},
		{name: "ad-new-refused", status: 422, member: true, own: ads, meanwhile: directusRefuses("POST /items", 403, "FORBIDDEN"), reach: adding(ad)},
		{name: "ad-new-unavailable", status: 503, member: true, own: ads, meanwhile: directusFails("POST /items", "503"), reach: adding(map[string]string{"title": "A hutch"})},
		{name: "ad-new-not-allowed", status: 403, member: true, reach: harness.At("/ads/new")},
		{name: "ad-added", status: 200, member: true, own: ads, reach: adding(ad)},
		{name: "ads-with-one", status: 200, member: true, own: ads, reach: then(adding(ad), "/ads")},
		{name: "ads-mine", status: 200, member: true, own: ads, reach: then(then(adding(ad), "/ads/new"), "", map[string]string{"title": strings.Repeat("Unbreakable", 12) + " and a draft"})},
		{name: "ads-mine-empty", status: 200, member: true, own: ads, reach: harness.At("/ads/mine")},
		{name: "ad-edit", status: 200, member: true, own: ads, reach: then(adding(ad), "/ads/hutch-for-two-lops/edit")},
		{name: "ad-delete", status: 200, member: true, own: ads, reach: then(adding(ad), "/ads/hutch-for-two-lops/delete")},
	}
}

func places(n int) func(*testing.T, harness.Upstream, *harness.App) {
	return func(t *testing.T, up harness.Upstream, _ *harness.App) {
		for i := range n {
			if err := up.Admin.Post(t.Context(), "/items/places", map[string]any{"name": fmt.Sprintf("Lower Burrow %d", i+1)}, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func adding(fill map[string]string) func(*harness.Browser) {
	return func(b *harness.Browser) {
		b.Open("/ads/new")
		b.Submit("#entry", fill)
	}
}

// then goes on to a page, or fills in the form again.
func then(first func(*harness.Browser), path string, fill ...map[string]string) func(*harness.Browser) {
	return func(b *harness.Browser) {
		if first(b); path != "" {
			b.Open(path)
		}
		for _, values := range fill {
			b.Submit("#entry", values)
		}
	}
}
