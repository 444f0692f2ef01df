package content_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hutch/e2e/harness"
)

// Directus sends a hundred items of a list below an item unless it is asked for more. What
// editors have made is shown all the same, in their order, up to a bound that the log
// names.
func TestLongLists(t *testing.T) {
	harness.OnOfficialOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		// Keys are random, so only their places order these.
		list := func(n int, item func(place int) map[string]any) (items []map[string]any) {
			for place := n; place > 0; place-- {
				one := item(place)
				one["sort"] = place
				items = append(items, one)
			}
			return items
		}
		named := func(kind string, place int) string { return fmt.Sprintf("%s %03d", kind, place) }
		blocks := append(list(120, func(place int) map[string]any {
			return map[string]any{"collection": "block_richtext", "item": map[string]any{"headline": named("Block", place)}}
		}), []map[string]any{
			{"sort": 201, "collection": "block_hero", "item": map[string]any{"button_group": map[string]any{"buttons": list(120, func(place int) map[string]any {
				return map[string]any{"label": named("Button", place), "type": "url", "url": "/about"}
			})}}},
			{"sort": 202, "collection": "block_pricing", "item": map[string]any{"pricing_cards": list(120, func(place int) map[string]any {
				return map[string]any{"title": named("Card", place)}
			})}},
			{"sort": 203, "collection": "block_form", "item": map[string]any{"form": map[string]any{"title": "Long", "is_active": true, "fields": list(120, func(place int) map[string]any {
				return map[string]any{"name": fmt.Sprint("f-", place), "label": named("Question", place), "type": "text"}
			})}}},
			{"sort": 204, "collection": "block_gallery", "item": map[string]any{"headline": "Pictures", "items": list(510, func(place int) map[string]any {
				if place > 500 {
					return map[string]any{"directus_file": harness.OfficialID("files/share")}
				}
				return map[string]any{"directus_file": harness.OfficialID("files/meadow")}
			})}},
		}...)
		page := map[string]any{"title": "Long", "permalink": "/long", "status": "published", "published_at": "2026-01-01T00:00:00Z", "blocks": blocks}
		if err := up.Admin.Post(t.Context(), "/items/pages", page, nil); err != nil {
			t.Fatal(err)
		}
		for _, link := range list(120, func(place int) map[string]any {
			return map[string]any{"title": named("Link", place), "type": "url", "url": "/about", "navigation": "footer"}
		}) {
			if err := up.Admin.Post(t.Context(), "/items/navigation_items", link, nil); err != nil {
				t.Fatal(err)
			}
		}
		if !up.Sandbox { // a project may have made its relations without an order
			for collection, field := range map[string]string{"block_gallery_items": "block_gallery", "navigation_items": "navigation"} {
				// Directus 11 crashes without the names in the body.
				change := map[string]any{"collection": collection, "field": field, "related_collection": field, "meta": map[string]any{"sort_field": nil}}
				if err := up.Admin.Patch(t.Context(), "/relations/"+collection+"/"+field, change); err != nil {
					t.Fatal(err)
				}
			}
		}
		site := harness.StartApp(t, up, harness.Fresh())
		b := site.Browser(t, harness.Plain)
		b.Open("/long")
		b.WantStatus(http.StatusOK)
		for _, kind := range []string{"Block", "Button", "Card", "Question"} {
			at := -1
			for place := 1; place <= 120; place++ {
				next := strings.Index(b.Raw, named(kind, place))
				if next <= at {
					t.Errorf("%s is missing or not in its place", named(kind, place))
					break
				}
				at = next
			}
		}
		if n := b.Doc.Find(".gallery img[src*='" + harness.OfficialID("files/meadow") + "']").Length(); n != 500 {
			t.Errorf("%d of the first 500 images are shown", n)
		}
		for place := 1; place <= 10; place++ { // a menu has but a few
			if !strings.Contains(b.Raw, named("Link", place)) {
				t.Errorf("%s is missing", named("Link", place))
			}
		}
		b.Open("/long")
		for _, cut := range []string{"list=items in=/long shown=500", "list=navigation in=footer shown=20"} {
			if n := strings.Count(site.Log.String(), cut); n != 1 {
				t.Errorf("the log says %d times %q", n, cut)
			}
		}
		if n := strings.Count(site.Log.String(), "a list is longer than what is shown of it"); n != 2 {
			t.Errorf("the log names %d lists that are cut, want two", n)
		}
	})
}
