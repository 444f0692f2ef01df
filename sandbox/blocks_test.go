package sandbox_test

import (
	"net/url"
	"strings"
	"testing"

	"hutch/sandbox"
	"hutch/sandbox/sample"
)

// One question brings a page with its blocks, in order, and with what they refer to.
func TestPageOfBlocks(t *testing.T) {
	_, address := openWith(t, sandbox.Options{Path: ":memory:", Blocks: true})
	anyone := visitor{t: t, address: address}
	home := anyone.do("GET", "/items/pages?filter[permalink][_eq]=/&fields=title,blocks.collection,blocks.item:block_hero.headline,blocks.item:block_hero.button_group.buttons.page.permalink,"+
		"blocks.item:block_gallery.items.directus_file.description,blocks.item:block_nothing.id&deep[blocks][_sort]=-sort", nil).want(t, 200, "")
	for _, want := range []string{`"headline":"One rabbit is half a pair"`, `{"permalink":"/contact"}`, `"description":"Pale blue hills`} {
		if !strings.Contains(string(home.body), want) {
			t.Errorf("no %s in %s", want, home.body)
		}
	}
	var kinds []string
	for _, b := range home.data.([]any)[0].(map[string]any)["blocks"].([]any) {
		kinds = append(kinds, b.(map[string]any)["collection"].(string))
	}
	if got := strings.Join(kinds, " "); got != "block_hero block_form block_pricing block_gallery block_posts block_richtext block_hero" {
		t.Errorf("the blocks from the last: %s", got)
	}
	found := anyone.do("GET", "/items/pages?fields=permalink&filter="+url.QueryEscape(`{"blocks":{"item:block_richtext":{"content":{"_icontains":"BISCUITS"}}}}`), nil).want(t, 200, "")
	if got := string(found.body); !strings.Contains(got, "/society/membership") || strings.Contains(got, "/contact") {
		t.Errorf("pages with the word: %s", got)
	}
	few := anyone.do("GET", "/items/pages?filter[permalink][_eq]=/&fields=blocks.collection&deep="+url.QueryEscape(`{"blocks":{"_limit":2,"_sort":"-sort"}}`), nil).want(t, 200, "")
	if got := strings.TrimSpace(string(few.body)); got != `{"data":[{"blocks":[{"collection":"block_hero"},{"collection":"block_form"}]}]}` {
		t.Errorf("the last two blocks: %s", got)
	}
	for _, query := range []string{"fields=blocks.nothing", "fields=blocks.item:block_hero.nothing", "fields=blocks.sort&deep[blocks][_sort]=nothing", "filter[blocks][item:block_nothing][id][_nnull]=true"} {
		anyone.do("GET", "/items/pages?"+query, nil).want(t, 403, "FORBIDDEN")
	}
}

// Everybody sends forms, in one call, and nobody reads what others have sent.
func TestFormsAreSent(t *testing.T) {
	box, address := openWith(t, sandbox.Options{Path: ":memory:", Blocks: true})
	anyone, admin := visitor{t: t, address: address}, visitor{t: t, address: address, bearer: adminToken}
	picture := admin.upload(part{field: "file", name: "pipkin.png", mediaType: "image/png", content: []byte("x")}).at("id").(string)
	field := func(name string) string { return sample.ID("form_fields/contact/" + name) }
	send := func(form, name string) reply {
		return anyone.do("POST", "/items/form_submissions", map[string]any{"form": form, "values": []any{
			map[string]any{"field": field("message"), "value": "Dear Adaeze"}, map[string]any{"field": field(name), "value": "Hazel"},
			map[string]any{"field": field("picture"), "file": picture},
		}})
	}
	send(sample.ID("forms/contact"), "name").want(t, 204, "")
	send(sample.ID("forms/contact"), "nothing").want(t, 400, "INVALID_FOREIGN_KEY")
	send(sample.ID("forms/nothing"), "name").want(t, 400, "INVALID_FOREIGN_KEY")
	for _, path := range []string{"/items/form_submissions", "/items/form_submission_values", "/items/forms?fields=emails", "/items/forms?fields=submissions.id"} {
		anyone.do("GET", path, nil).want(t, 403, "FORBIDDEN")
	}
	sent, err := box.Submissions(t.Context())
	if err != nil || len(sent) != 1 || sent[0].Form != "Letters to the editor" || sent[0].At.IsZero() || len(sent[0].Values) != 3 {
		t.Fatalf("%+v, %v", sent, err) // what failed has left nothing
	}
	if v := sent[0].Values; v[0] != (sandbox.SubmittedValue{Label: "Your name", Value: "Hazel"}) || v[2].Value != "pipkin.png" {
		t.Errorf("the values in the order of the form: %+v", v)
	}

	own := anyone.upload(part{field: "file", name: "pipkin.png", mediaType: "image/png", content: []byte("x")})
	own.want(t, 204, "")
	files := anyone.do("GET", "/files?fields=filename_download&filter[filename_download][_eq]=pipkin.png", nil).want(t, 200, "")
	if rows, _ := files.data.([]any); len(rows) != 1 { // the administrator's
		t.Errorf("everybody sees what was sent: %s", files.body)
	}
}
