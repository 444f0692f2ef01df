package content_test

import (
	"net/http"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/internal/collections"
	"hutch/sandbox"
)

// Dates and times without a zone are those of TIME_ZONE, wherever Directus runs; what
// has a zone is the same moment everywhere.
func TestTimeZone(t *testing.T) {
	own := collections.Table{
		{Name: "pages", Fields: []collections.Field{{Name: "publish_date", Type: "dateTime"}}},
		{Name: "authors", Fields: []collections.Field{{Name: "publish_date", Type: "timestamp"}}},
	}
	harness.OnDirectusOfItsOwnWith(t, own, func(t *testing.T, up harness.Upstream) {
		create := func(collection string, item map[string]any) {
			if err := up.Admin.Post(t.Context(), "/items/"+collection, item, nil); err != nil {
				t.Fatal(err)
			}
		}
		const local = "2006-01-02T15:04:05"
		now := time.Now()
		for name, moment := range map[string]time.Time{"past": now.Add(-time.Minute), "future": now.Add(time.Hour)} {
			create("authors", map[string]any{"name": name, "slug": name, "publish_date": moment.UTC().Format(time.RFC3339)})
			for _, zone := range []string{"UTC", "Asia/Kolkata", "America/New_York"} {
				place, err := time.LoadLocation(zone)
				if err != nil {
					t.Fatal(err)
				}
				create("pages", map[string]any{"slug": name + "-" + place.String()[:2], "title": name, "status": "published", "content": "<p>x</p>", "publish_date": moment.In(place).Format(local)})
			}
		}
		for zone, seen := range map[string][2][]string{
			"UTC":              {{"past-UT", "past-Am"}, {"future-UT", "past-As", "future-As"}},
			"Asia/Kolkata":     {{"past-As", "past-UT", "past-Am"}, {"future-As"}},
			"America/New_York": {{"past-Am"}, {"future-Am", "past-UT", "past-As"}},
		} {
			b := harness.StartApp(t, up, map[string]string{"TIME_ZONE": zone}).Browser(t, harness.Plain)
			for i, status := range []int{http.StatusOK, http.StatusNotFound} {
				for _, slug := range seen[i] {
					if b.Open("/pages/" + slug); b.Status != status {
						t.Errorf("with TIME_ZONE=%s, the page %s: %d, want %d", zone, slug, b.Status, status)
					}
				}
			}
			for name, status := range map[string]int{"past": http.StatusOK, "future": http.StatusNotFound} {
				if b.Open("/blog/authors/" + name); b.Status != status {
					t.Errorf("with TIME_ZONE=%s, the author %s: %d, want %d", zone, name, b.Status, status)
				}
			}
		}
	})
}

// A day begins, and is shown, in TIME_ZONE.
func TestDaysOfTheTimeZone(t *testing.T) {
	t.Parallel()
	up := harness.StartSandbox(t, sandbox.Options{})
	if err := up.Admin.Post(t.Context(), "/items/posts", map[string]any{
		"slug": "late", "title": "Late", "status": "published", "content": "<p>x</p>", "publish_date": "2026-03-01",
	}, nil); err != nil {
		t.Fatal(err)
	}
	for _, zone := range []string{"Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"} {
		b := harness.StartApp(t, up, map[string]string{"TIME_ZONE": zone}).Browser(t, harness.Plain)
		b.Open("/blog/late")
		if day := b.Doc.Find("main time").AttrOr("datetime", ""); day != "2026-03-01" {
			t.Errorf("with TIME_ZONE=%s the first of March is %q", zone, day)
		}
	}
}
