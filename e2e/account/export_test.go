package account_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/internal/collections"
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
	harness.OnDirectusOfItsOwnWith(t, bookings(), func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		up.BothWays(t, func(t *testing.T, how harness.Way) { takeEverything(t, up, site, how) })
		t.Run("Directus goes away", func(t *testing.T) { exportInTrouble(t, site) })
	})
}

// bookings are a collection that refers to members in two fields, and that members
// may read as a whole, and one that they may not read.
func bookings() collections.Table {
	guest := collections.Field{Type: "uuid", Related: "directus_users", Special: []string{"m2o"}, Interface: "select-dropdown-m2o"}
	paidBy := guest
	guest.Name, paidBy.Name = "guest", "paid_by"
	fields := []collections.Field{{Name: "id", Type: "integer", Key: true}, {Name: "room", Type: "string"}, guest, paidBy}
	return collections.Table{
		{Name: "bookings", Reads: collections.Rights{{Who: collections.Members}}, Writes: collections.Nobody(), Fields: fields},
		{Name: "complaints", Reads: collections.Nobody(), Writes: collections.Nobody(), Fields: fields},
	}
}

func takeEverything(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who, other := b.SignUp(), site.Browser(t, harness.Plain).SignUp()
	b.Submit("#edit-profile", map[string]string{"first_name": "Ada", "description": `"quoted" & <b>`})
	b.SwitchOnTwoFactor(who)
	mine, theirs := up.User(t, who)["id"].(string), up.User(t, other)["id"].(string)
	for _, booking := range []map[string]any{
		{"room": "one", "guest": mine}, {"room": "two", "paid_by": mine, "guest": theirs}, {"room": "three", "guest": mine, "paid_by": mine},
		{"room": "not mine", "guest": theirs, "paid_by": theirs}, {"room": "nobody's"},
	} {
		for _, collection := range []string{"bookings", "complaints"} {
			if err := up.Admin.Post(t.Context(), "/items/"+collection, booking, nil); err != nil {
				t.Fatal(err)
			}
		}
	}

	b.Open("/profile/data")
	link := b.Doc.Find(`main a[href="/profile/export"]`)
	if _, download := link.Attr("download"); !download {
		t.Error("the link is no download")
	}
	b.Request(http.MethodGet, "/profile/export", nil, nil)
	if b.Status != http.StatusOK || !strings.HasPrefix(b.Header.Get("Content-Type"), "application/json") ||
		b.Header.Get("Content-Disposition") != `attachment; filename="my-data.json"` || b.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the answer: %d, %v", b.Status, b.Header)
	}
	var file exportedFile
	if err := json.Unmarshal([]byte(b.Raw), &file); err != nil {
		t.Fatalf("%v in %s", err, b.Raw)
	}
	if file.Site != harness.PublicURL || file.ExportedAt == "" || file.CutShort != nil {
		t.Errorf("the file is of %q at %q, cut short: %v", file.Site, file.ExportedAt, file.CutShort)
	}
	if file.Account["email"] != who.Email || file.Account["first_name"] != "Ada" || file.Account["description"] != `"quoted" & <b>` || file.Account["id"] != mine {
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
	if strings.Contains(b.Raw, other.Email) || strings.Contains(b.Raw, "not mine") || strings.Contains(b.Raw, "nobody's") {
		t.Error("the file has what is somebody else's")
	}
	if strings.Contains(b.Raw, "********") {
		t.Error("the file has what Directus conceals")
	}

	stranger := site.Browser(t, how)
	stranger.Open("/profile/export")
	stranger.WantAt("/signin?redirectedFrom=%2Fprofile%2Fexport")
}

func exportInTrouble(t *testing.T, site *harness.App) {
	b := site.Browser(t, harness.Plain)
	b.SignUp()
	for _, call := range []string{"GET /fields", "GET /items/bookings", "GET /users/me"} {
		site.Wire.BreakOn(call, harness.Breakages["503"])
		b.Open("/profile/export")
		site.Wire.Mend()
		b.WantStatus(http.StatusServiceUnavailable)
		b.WantText("can't load this page right now")
	}
	b.Request(http.MethodGet, "/profile/export", nil, nil)
	if b.Status != http.StatusOK {
		t.Errorf("afterwards: %d", b.Status)
	}
}

// More rows than one answer of Directus has come as well; where there is no end to
// them, the file says that it was cut.
func TestExportOfManyRows(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{Collections: bookings()})
	site := harness.StartApp(t, up, nil)
	b := site.Browser(t, harness.Plain)
	id := up.User(t, b.SignUp())["id"]
	var many []map[string]any
	for n := range 230 {
		many = append(many, map[string]any{"room": fmt.Sprint(n), "guest": id})
	}
	if err := up.Admin.Post(t.Context(), "/items/bookings", many, nil); err != nil {
		t.Fatal(err)
	}
	var file exportedFile
	b.Request(http.MethodGet, "/profile/export", nil, nil)
	if err := json.Unmarshal([]byte(b.Raw), &file); err != nil {
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
	site.Wire.Rewrite(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/items/bookings" {
			return false
		}
		harness.WriteJSON(w, page)
		return true
	})
	b.Request(http.MethodGet, "/profile/export", nil, nil)
	site.Wire.Mend()
	file = exportedFile{}
	if err := json.Unmarshal([]byte(b.Raw), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Collections["bookings"]) != 10_000 || !slices.Contains(file.CutShort, "bookings") {
		t.Errorf("%d rows, cut short: %v", len(file.Collections["bookings"]), file.CutShort)
	}
}
