package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"hutch/sandbox"
)

// file is what members take with them.
type exportedFile struct {
	Site        string
	ExportedAt  string `json:"exported_at"`
	Account     map[string]any
	Collections map[string][]map[string]any
	CutShort    []string `json:"cut_short"`
}

// Members take all that they may read about themselves with them.
func TestExport(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		up.addBookings(t)
		bothWays(t, func(t *testing.T, how way) { takeEverything(t, up, site, how) })
		t.Run("Directus goes away", func(t *testing.T) { exportInTrouble(t, site) })
	})
}

// addBookings adds a collection that points to members in two fields, and that
// members may read as a whole, and one that they may not read.
func (up upstream) addBookings(t *testing.T) {
	t.Helper()
	post := func(path string, body any) {
		t.Helper()
		if err := up.admin.Post(t.Context(), path, body, nil); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	for _, collection := range []string{"bookings", "complaints"} {
		m2o := map[string]any{"special": []any{"m2o"}, "interface": "select-dropdown-m2o"}
		post("/collections", map[string]any{"collection": collection, "schema": map[string]any{}, "meta": map[string]any{}, "fields": []any{
			map[string]any{"field": "id", "type": "integer", "schema": map[string]any{"is_primary_key": true, "has_auto_increment": true}, "meta": map[string]any{}},
			map[string]any{"field": "room", "type": "string", "schema": map[string]any{}, "meta": map[string]any{}},
			map[string]any{"field": "guest", "type": "uuid", "schema": map[string]any{}, "meta": m2o},
			map[string]any{"field": "paid_by", "type": "uuid", "schema": map[string]any{}, "meta": m2o},
		}})
		for _, field := range []string{"guest", "paid_by"} {
			post("/relations", map[string]any{
				"collection": collection, "field": field, "related_collection": "directus_users", "schema": map[string]any{"on_delete": "SET NULL"},
			})
		}
	}
	up.membersMayRead(t, "bookings")
}

func takeEverything(t *testing.T, up upstream, site *app, how way) {
	b := site.browser(t, how)
	who, other := b.signUp(), site.browser(t, plain).signUp()
	b.submit("#edit-profile", map[string]string{"first_name": "Ada", "description": `"quoted" & <b>`})
	b.switchOnTwoFactor(who)
	mine, theirs := up.user(t, who)["id"].(string), up.user(t, other)["id"].(string)
	for _, booking := range []map[string]any{
		{"room": "one", "guest": mine}, {"room": "two", "paid_by": mine, "guest": theirs}, {"room": "three", "guest": mine, "paid_by": mine},
		{"room": "not mine", "guest": theirs, "paid_by": theirs}, {"room": "nobody's"},
	} {
		for _, collection := range []string{"bookings", "complaints"} {
			if err := up.admin.Post(t.Context(), "/items/"+collection, booking, nil); err != nil {
				t.Fatal(err)
			}
		}
	}

	b.open("/profile/data")
	link := b.doc.Find(`main a[href="/profile/export"]`)
	if _, download := link.Attr("download"); !download || link.AttrOr("data-hx-boost", "") != "false" {
		t.Error("the link is no download")
	}
	b.request(http.MethodGet, "/profile/export", nil, nil)
	if b.status != http.StatusOK || !strings.HasPrefix(b.header.Get("Content-Type"), "application/json") ||
		b.header.Get("Content-Disposition") != `attachment; filename="my-data.json"` || b.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the answer: %d, %v", b.status, b.header)
	}
	var file exportedFile
	if err := json.Unmarshal([]byte(b.raw), &file); err != nil {
		t.Fatalf("%v in %s", err, b.raw)
	}
	if file.Site != publicURL || file.ExportedAt == "" || file.CutShort != nil {
		t.Errorf("the file is of %q at %q, cut short: %v", file.Site, file.ExportedAt, file.CutShort)
	}
	if file.Account["email"] != who.email || file.Account["first_name"] != "Ada" || file.Account["description"] != `"quoted" & <b>` || file.Account["id"] != mine {
		t.Errorf("the account is %v", file.Account)
	}
	for name, value := range file.Account {
		if strings.HasPrefix(fmt.Sprint(value), "**") || name == "password" || name == "tfa_secret" {
			t.Errorf("the account has %s: %v", name, value)
		}
	}
	var rooms []string
	for _, booking := range file.Collections["bookings"] {
		rooms = append(rooms, fmt.Sprint(booking["room"]))
	}
	if strings.Join(rooms, ", ") != "one, two, three" {
		t.Errorf("the rooms are %v", rooms)
	}
	for collection := range file.Collections {
		if collection != "bookings" && collection != "directus_files" {
			t.Errorf("the file has %s", collection)
		}
	}
	if strings.Contains(b.raw, other.email) || strings.Contains(b.raw, "not mine") || strings.Contains(b.raw, "nobody's") {
		t.Error("the file has what is somebody else's")
	}
	if strings.Contains(b.raw, "********") {
		t.Error("the file has what Directus conceals")
	}

	stranger := site.browser(t, how)
	stranger.open("/profile/export")
	stranger.wantAt("/signin?redirectedFrom=%2Fprofile%2Fexport")
}

func exportInTrouble(t *testing.T, site *app) {
	b := site.browser(t, plain)
	b.signUp()
	for _, call := range []string{"GET /fields", "GET /items/bookings", "GET /users/me"} {
		site.wire.breakOn(call, breakages["503"])
		b.open("/profile/export")
		site.wire.mend()
		b.wantStatus(http.StatusServiceUnavailable)
		b.wantText("not answering")
	}
	b.request(http.MethodGet, "/profile/export", nil, nil)
	if b.status != http.StatusOK {
		t.Errorf("afterwards: %d", b.status)
	}
}

// More rows than one answer of Directus has come as well; where there is no end to
// them, the file says that it was cut.
func TestExportOfManyRows(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	site := startApp(t, up, nil)
	up.addBookings(t)
	b := site.browser(t, plain)
	id := up.user(t, b.signUp())["id"]
	var many []map[string]any
	for n := range 230 {
		many = append(many, map[string]any{"room": fmt.Sprint(n), "guest": id})
	}
	if err := up.admin.Post(t.Context(), "/items/bookings", many, nil); err != nil {
		t.Fatal(err)
	}
	var file exportedFile
	b.request(http.MethodGet, "/profile/export", nil, nil)
	if err := json.Unmarshal([]byte(b.raw), &file); err != nil {
		t.Fatal(err)
	}
	seen := map[any]bool{}
	for _, booking := range file.Collections["bookings"] {
		seen[booking["room"]] = true
	}
	if len(seen) != 230 || file.CutShort != nil {
		t.Errorf("%d rows, cut short: %v", len(seen), file.CutShort)
	}

	page := `[` + strings.TrimSuffix(strings.Repeat(`{"id":1},`, 100), ",") + `]`
	site.wire.rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/items/bookings" {
			return false
		}
		writeJSON(w, page)
		return true
	})
	b.request(http.MethodGet, "/profile/export", nil, nil)
	site.wire.mend()
	file = exportedFile{}
	if err := json.Unmarshal([]byte(b.raw), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Collections["bookings"]) != 10_000 || !slices.Contains(file.CutShort, "bookings") {
		t.Errorf("%d rows, cut short: %v", len(file.Collections["bookings"]), file.CutShort)
	}
}
