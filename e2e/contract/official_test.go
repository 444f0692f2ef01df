package contract_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"hutch/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// How a real Directus answers what a site on the official content model asks. Without a
// licence Directus 12 shows the public everything; the rules of the licensed template,
// which 11 has, keep back drafts, scheduled items, and fields such as addresses.
func TestOfficialModel(t *testing.T) {
	harness.OnOfficialOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		for _, q := range officialQuestions {
			want := q.all
			if want == "" {
				want = map[bool]string{true: q.core, false: q.rules}[up.Major >= 12]
			}
			if got := askOfficial(t, up, http.MethodGet, q.asks, "", ""); got != want {
				t.Errorf("%s\n%s\ngot  %s\nwant %s", q.shows, q.asks, got, want)
			}
		}
		t.Run("forms are sent", func(t *testing.T) { officialFormsAreSent(t, up) })
		t.Run("assets", func(t *testing.T) { officialAssetsHaveFileNames(t, up) })
		if !up.Sandbox { // whose collections stay
			t.Run("kinds of blocks that are kept back or gone", func(t *testing.T) { officialBlocksGoMissing(t, up) }) // last: it removes one
		}
	})
}

// askOfficial returns "403 FORBIDDEN" or the data as JSON: its keys sorted, since the
// order of fields differs between versions, and keys of items that the sample does not
// name as "ID".
func askOfficial(t *testing.T, up harness.Upstream, method, asks, token, body string) string {
	t.Helper()
	path, query, _ := strings.Cut(asks, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, up.URL+path+"?"+values.Encode(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode == http.StatusOK && res.Header.Get("Content-Type") == "image/png" {
		return "a picture"
	}
	var told struct {
		Data   any
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal(answer, &told); err != nil {
		t.Fatalf("%s: %d %q", asks, res.StatusCode, answer)
	}
	if told.Errors != nil {
		return fmt.Sprint(res.StatusCode, " ", told.Errors[0].Extensions.Code)
	}
	var data strings.Builder
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(told.Data); err != nil {
		t.Fatal(err)
	}
	return nameless.ReplaceAllString(strings.TrimSpace(data.String()), `"ID"`)
}

var nameless = regexp.MustCompile(`"[0-9a-f]{8}-[0-9a-f-]{27}"`)

type officialQuestion struct {
	shows, asks      string
	all, core, rules string // the answer: everywhere, or without and with rules
}

// pageWith is the question for a page with these fields.
func pageWith(permalink, fields, more string) string {
	return "/items/pages?filter[permalink][_eq]=" + permalink + "&fields=" + fields + more
}

const inOrder = "&deep[blocks][_sort]=sort"

var officialQuestions = []officialQuestion{
	// 1. A page with its blocks.
	{
		shows: "one question brings a page: an item is an object if its kind is asked for, else its key",
		asks:  pageWith("/", "title,blocks.collection,blocks.background,blocks.item:block_richtext.headline", inOrder),
		all: `[{"blocks":[{"background":"light","collection":"block_hero","item":"ID"},{"background":"dark","collection":"block_richtext","item":{"headline":"A rabbit is company"}},` +
			`{"background":"light","collection":"block_gallery","item":"ID"},{"background":"light","collection":"block_pricing","item":"ID"},{"background":"light","collection":"block_posts","item":"ID"},` +
			`{"background":"light","collection":"block_form","item":"ID"},{"background":"light","collection":"block_hero","item":"ID"}],"title":"Long Ears Club"}]`,
	},
	{
		shows: "lists inside of blocks come in the order of their sort field without being asked",
		asks:  pageWith("/", "blocks.item:block_gallery.items.directus_file.description,blocks.item:block_gallery.items.sort", "&deep[blocks][_filter][collection][_eq]=block_gallery"),
		core: `[{"blocks":[{"item":{"items":[{"directus_file":{"description":"A rabbit in a meadow, ears up"},"sort":1},{"directus_file":{"description":"A rabbit on its hind legs"},"sort":2},` +
			`{"directus_file":{"description":null},"sort":3},{"directus_file":{"description":"What a visitor sent: not for everybody"},"sort":4}]}}]}]`,
		rules: `[{"blocks":[{"item":{"items":[{"directus_file":{"description":"A rabbit in a meadow, ears up"},"sort":1},{"directus_file":{"description":"A rabbit on its hind legs"},"sort":2},` +
			`{"directus_file":{"description":null},"sort":3},{"directus_file":null,"sort":4}]}}]}]`,
	},
	{
		shows: "a button's target tells whether it is published; where there are rules, one that is not is null, as if there were none",
		asks: pageWith("/", "blocks.item:block_hero.button_group.buttons.label,blocks.item:block_hero.button_group.buttons.page.permalink,blocks.item:block_hero.button_group.buttons.page.status,"+
			"blocks.item:block_hero.button_group.buttons.page.published_at,blocks.item:block_hero.button_group.buttons.post.slug", inOrder+"&deep[blocks][_limit]=1"),
		core: `[{"blocks":[{"item":{"button_group":{"buttons":[{"label":"About us","page":{"permalink":"/about","published_at":"2026-01-01T00:00:00.000Z","status":"published"},"post":null},` +
			`{"label":"Read about hay","page":null,"post":{"slug":"hay"}},{"label":"Shows","page":null,"post":null},{"label":"To a draft","page":{"permalink":"/draft","published_at":null,"status":"draft"},"post":null},` +
			`{"label":"To the future","page":null,"post":{"slug":"future"}},{"label":"To nothing","page":null,"post":null}]}}}]}]`,
		rules: `[{"blocks":[{"item":{"button_group":{"buttons":[{"label":"About us","page":{"permalink":"/about","published_at":"2026-01-01T00:00:00.000Z","status":"published"},"post":null},` +
			`{"label":"Read about hay","page":null,"post":{"slug":"hay"}},{"label":"Shows","page":null,"post":null},{"label":"To a draft","page":null,"post":null},` +
			`{"label":"To the future","page":null,"post":null},{"label":"To nothing","page":null,"post":null}]}}}]}]`,
	},
	{
		shows: "everything of a block and everything of its picture go together",
		asks:  pageWith("/", "blocks.item:block_hero.headline,blocks.item:block_hero.layout,blocks.item:block_hero.image.*", inOrder+"&deep[blocks][_filter][item:block_hero][layout][_eq]=image_center"),
		all:   `[{"blocks":[{"item":{"headline":"Nothing but a headline","image":null,"layout":"image_center"}}]}]`,
	},
	{
		shows: "a reference that may not be followed is null if a field of it is asked for, and a key if not: here a form that is not active",
		asks:  pageWith("/blog", "blocks.item:block_form.form.title", "&deep[blocks][_filter][collection][_eq]=block_form"),
		core:  `[{"blocks":[{"item":{"form":{"title":"Closed"}}}]}]`,
		rules: `[{"blocks":[{"item":{"form":null}}]}]`,
	},
	{
		shows: "the same form without a field of it",
		asks:  pageWith("/blog", "blocks.item:block_form.form", "&deep[blocks][_filter][collection][_eq]=block_form"),
		all:   `[{"blocks":[{"item":{"form":"ID"}}]}]`,
	},
	{
		shows: "not hidden is not \"not true\": a block whose hide_block is null is lost",
		asks:  pageWith("/about", "blocks.sort,blocks.hide_block", inOrder+"&deep[blocks][_filter][hide_block][_neq]=true"),
		all:   `[{"blocks":[{"hide_block":false,"sort":1},{"hide_block":false,"sort":2}]}]`,
	},
	{
		shows: "with those that are null",
		asks:  pageWith("/about", "blocks.sort,blocks.hide_block", inOrder+`&deep[blocks][_filter]={"_or":[{"hide_block":{"_neq":true}},{"hide_block":{"_null":true}}]}`),
		all:   `[{"blocks":[{"hide_block":false,"sort":1},{"hide_block":false,"sort":2},{"hide_block":null,"sort":4}]}]`,
	},
	{
		shows: "a kind of block that the project lacks may be asked for; one whose item is gone, or that the relation does not name, has null",
		asks:  pageWith("/about/team", "blocks.collection,blocks.item:block_richtext.headline,blocks.item:block_nothing.*", inOrder),
		all:   `[{"blocks":[{"collection":"block_richtext","item":{"headline":"Three people"}},{"collection":"block_richtext","item":null},{"collection":"block_video","item":null}]}]`,
	},
	{
		shows: "a field that a kind of block lacks costs the whole page",
		asks:  pageWith("/about", "title,blocks.item:block_hero.nothing", ""),
		all:   "403 FORBIDDEN",
	},
	{
		shows: "a reference that a collection lacks is left out if a field of it is asked for",
		asks:  pageWith("/about", "title,nothing.title", ""),
		all:   `[{"title":"About the club"}]`,
	},
	{
		shows: "deep about a field that blocks lack costs the whole page",
		asks:  pageWith("/about", "title,blocks.sort", "&deep[blocks][_sort]=nothing"),
		all:   "403 FORBIDDEN",
	},
	{
		shows: "unless no blocks are asked for",
		asks:  pageWith("/empty", "title", "&deep[blocks][_sort]=nothing"),
		all:   `[{"title":"A page without blocks"}]`,
	},
	{
		shows: "the blocks of a scheduled page may be read without it: the template's rule looks at the status only",
		asks:  "/items/page_blocks?filter[page][permalink][_in]=/scheduled,/draft&fields=page.permalink,item:block_richtext.headline&sort=date_created",
		core:  `[{"item":{"headline":"Not yet"},"page":{"permalink":"/draft"}},{"item":{"headline":"Patience"},"page":{"permalink":"/scheduled"}}]`,
		rules: `[{"item":{"headline":"Patience"},"page":null}]`, // a filter matches by what may not be read
	},

	// 2. Menus.
	{
		shows: "a menu is sorted by deep, and its groups too; whether a target is published is not looked at without rules",
		asks: "/items/navigation/main?fields=is_active,items.title,items.type,items.url,items.page.permalink,items.page.status,items.post.slug,items.children.title,items.children.url,items.children.page.permalink" +
			"&deep[items][_sort]=sort&deep[items][children][_sort]=sort",
		core: `{"is_active":true,"items":[{"children":[],"page":{"permalink":"/","status":"published"},"post":null,"title":"Home","type":"page","url":null},` +
			`{"children":[],"page":{"permalink":"/blog","status":"published"},"post":null,"title":"Notes","type":"page","url":null},` +
			menuGroup + `{"children":[],"page":{"permalink":"/draft","status":"draft"},"post":null,"title":"A draft","type":"page","url":null},` + menuRest,
		rules: `{"is_active":true,"items":[{"children":[],"page":{"permalink":"/","status":"published"},"post":null,"title":"Home","type":"page","url":null},` +
			`{"children":[],"page":{"permalink":"/blog","status":"published"},"post":null,"title":"Notes","type":"page","url":null},` +
			menuGroup + `{"children":[],"page":null,"post":null,"title":"A draft","type":"page","url":null},` + menuRest,
	},
	{shows: "a menu that does not exist", asks: "/items/navigation/nothing", all: "403 FORBIDDEN"},
	{
		shows: "a menu that is not active",
		asks:  "/items/navigation/summer?fields=is_active,items.title",
		core:  `{"is_active":false,"items":[{"title":"Summer show"}]}`, rules: "403 FORBIDDEN",
	},
	{
		shows: "several menus at once, of which one does not exist and one is not active",
		asks:  "/items/navigation?filter[id][_in]=main,footer,summer,nothing&fields=id&sort=id",
		core:  `[{"id":"footer"},{"id":"main"},{"id":"summer"}]`, rules: `[{"id":"footer"},{"id":"main"}]`,
	},

	// 3. Posts by users.
	{
		shows: "an author is an object, null if there is none; a picture that may not be read is null as well",
		asks:  "/items/posts?filter[slug][_in]=hay,hutch,minutes,scale&fields=slug,author.first_name,author.last_name,author.title,author.avatar,image.description&sort=-published_at",
		core: `[{"author":{"avatar":"ID","first_name":"Ada","last_name":"Brook","title":"Judge"},"image":{"description":"Hay in a rack"},"slug":"hay"},` +
			`{"author":{"avatar":null,"first_name":"Tom","last_name":null,"title":null},"image":{"description":null},"slug":"hutch"},{"author":null,"image":null,"slug":"minutes"},` +
			`{"author":{"avatar":null,"first_name":"Tom","last_name":null,"title":null},"image":{"description":"What a visitor sent: not for everybody"},"slug":"scale"}]`,
		rules: `[{"author":{"avatar":"ID","first_name":"Ada","last_name":"Brook","title":"Judge"},"image":{"description":"Hay in a rack"},"slug":"hay"},` +
			`{"author":{"avatar":null,"first_name":"Tom","last_name":null,"title":null},"image":{"description":null},"slug":"hutch"},{"author":null,"image":null,"slug":"minutes"},` +
			`{"author":{"avatar":null,"first_name":"Tom","last_name":null,"title":null},"image":null,"slug":"scale"}]`,
	},
	{
		shows: "one field of authors that may not be read costs all posts: ask for those that author.* shows",
		asks:  "/items/posts?filter[slug][_eq]=hay&fields=slug,author.first_name,author.email",
		core:  `[{"author":{"email":"ada@example.com","first_name":"Ada"},"slug":"hay"}]`, rules: "403 FORBIDDEN",
	},
	{
		shows: "what the public sees when it asks for posts: no drafts, none of the future, and none without a date where there are rules",
		asks:  "/items/posts?fields=slug&sort=slug&filter[slug][_nin]=hay,moult,hutch,minutes,scale",
		core:  `[{"slug":"draft"},{"slug":"future"},{"slug":"names"},{"slug":"review"},{"slug":"undated"}]`, rules: `[{"slug":"names"}]`,
	},
	{
		shows: "so without rules the question has to say it",
		asks: `/items/posts?fields=slug&sort=slug&filter={"_and":[{"slug":{"_nin":["hay","moult","hutch","minutes","scale"]}},{"status":{"_eq":"published"}},` +
			`{"_or":[{"published_at":{"_null":true}},{"published_at":{"_lte":"$NOW"}}]}]}`,
		core: `[{"slug":"names"},{"slug":"undated"}]`, rules: `[{"slug":"names"}]`,
	},
	{
		shows: "users are public without rules, all of them and with their addresses",
		asks:  "/users?fields=first_name&sort=first_name",
		core:  `[{"first_name":"Ada"},{"first_name":"Admin"},{"first_name":"Frontend"},{"first_name":"Tom"},{"first_name":"Writes Not"}]`,
		rules: `[{"first_name":"Ada"},{"first_name":"Tom"}]`,
	},

	// 4. Forms.
	{
		shows: "a form with its fields in order",
		asks:  "/items/forms?filter[title][_eq]=Contact&fields=title,is_active,submit_label,fields.name,fields.sort&deep[fields][_sort]=sort",
		all: `[{"fields":[{"name":"first-name","sort":1},{"name":"email","sort":2},{"name":"website","sort":3},{"name":"postcode","sort":4},{"name":"message","sort":5},{"name":"subject","sort":6},` +
			`{"name":"how","sort":7},{"name":"topics","sort":8},{"name":"picture","sort":9},{"name":"consent","sort":10},{"name":"campaign","sort":11},{"name":"rating","sort":12}],"is_active":true,"submit_label":"Send","title":"Contact"}]`,
	},
	{
		shows: "choices are objects, a width is text",
		asks:  "/items/form_fields?filter[name][_eq]=subject&fields=choices,width,required,validation",
		all:   `[{"choices":[{"text":"Joining","value":"join"},{"text":"A rabbit's health","value":"health"}],"required":false,"validation":null,"width":"67"}]`,
	},
	{
		shows: "where forms are sent is public without rules",
		asks:  "/items/forms?filter[title][_eq]=Contact&fields=emails",
		core:  `[{"emails":[{"message":"<p>{{ email }}</p>","subject":"From the site","to":["secretary@example.com"]}]}]`, rules: "403 FORBIDDEN",
	},
	{
		shows: "a form that is not active",
		asks:  "/items/forms/" + harness.OfficialID("forms/old") + "?fields=is_active,fields.name",
		core:  `{"fields":[{"name":"name"}],"is_active":false}`, rules: "403 FORBIDDEN",
	},

	// 7. Search.
	{
		shows: "a word in a block finds its page, in a draft and in a hidden block too, and each page once",
		asks:  "/items/pages?fields=permalink&sort=permalink&filter[blocks][item:block_richtext][content][_icontains]=PIPKIN",
		core:  `[{"permalink":"/about"},{"permalink":"/draft"},{"permalink":"/scheduled"}]`, rules: `[{"permalink":"/about"}]`,
	},
	{
		shows: "two conditions within blocks are about the same block: hidden ones can be left out",
		asks: `/items/pages?fields=permalink&sort=permalink&filter={"blocks":{"_and":[{"_or":[{"hide_block":{"_neq":true}},{"hide_block":{"_null":true}}]},` +
			`{"_or":[{"item:block_richtext":{"content":{"_icontains":"pipkin"}}},{"item:block_hero":{"headline":{"_icontains":"kept"}}}]}]}}`,
		core: `[{"permalink":"/"},{"permalink":"/draft"},{"permalink":"/scheduled"}]`, rules: `[{"permalink":"/"}]`,
	},
	{
		shows: "_some works with one condition",
		asks:  `/items/pages?fields=permalink&filter={"blocks":{"_some":{"item:block_richtext":{"content":{"_icontains":"tunnicliffe"}}}}}`,
		all:   `[{"permalink":"/about/team"}]`,
	},
	{
		shows: "and is ignored with two: every page is found",
		asks:  `/items/pages?fields=permalink&sort=permalink&filter={"blocks":{"_some":{"_and":[{"hide_block":{"_eq":true}},{"item:block_richtext":{"content":{"_icontains":"tunnicliffe"}}}]}},"status":{"_eq":"published"},"published_at":{"_lte":"$NOW"}}`,
		all:   `[{"permalink":"/"},{"permalink":"/about"},{"permalink":"/about/team"},{"permalink":"/blog"},{"permalink":"/empty"}]`,
	},
	{
		shows: "a kind of block that the project lacks may not stand in a filter",
		asks:  "/items/pages?fields=permalink&filter[blocks][item:block_nothing][content][_icontains]=a",
		all:   "403 FORBIDDEN",
	},
	{shows: "Directus' own search does not look into blocks", asks: "/items/pages?fields=permalink&search=tunnicliffe", all: `[]`},

	// 8. What a page is made of.
	{
		shows: "blocks are keys, seo is an object, and times have milliseconds and a zone",
		asks:  "/items/pages?fields=title,permalink,status,published_at,seo,blocks&limit=1&filter[permalink][_eq]=/about",
		all: `[{"blocks":["ID","ID","ID","ID"],"permalink":"/about","published_at":"2026-01-01T00:00:00.000Z","seo":{"additional_fields":{"topic":"rabbits"},"meta_description":"Who we are.",` +
			`"no_follow":false,"no_index":true,"og_image":"7139a0d3-a8cd-804f-87cb-3e1a670dbb4b.png","title":"About us: Long Ears Club"},"status":"published","title":"About the club"}]`,
	},
	{
		shows: "a list is as long as is asked for, which may be said in JSON",
		asks:  `/items/pages?fields=blocks.sort&filter[permalink][_eq]=/about&deep={"blocks":{"_limit":2,"_sort":"-sort"}}`,
		all:   `[{"blocks":[{"sort":4},{"sort":3}]}]`,
	},
	{
		shows: "without blocks they are an empty list; seo may be null, and so may what is in it",
		asks:  "/items/pages?fields=blocks,seo&filter[permalink][_in]=/empty,/blog&sort=-permalink",
		all:   `[{"blocks":[],"seo":{"og_image":null,"title":null}},{"blocks":["ID","ID","ID"],"seo":null}]`,
	},
	{
		shows: "the globals are one object; a field that may not be read costs it",
		asks:  "/items/globals?fields=title,accent_color,logo,logo_dark_mode.width,directus_url",
		core:  `{"accent_color":"#0F766E","directus_url":"https://directus.example.com","logo":"ID","logo_dark_mode":{"width":240},"title":"Long Ears Club"}`, rules: "403 FORBIDDEN",
	},
	{
		shows: "a redirect's code is text, and may be null as its target may",
		asks:  "/items/redirects?fields=url_from,url_to,response_code&sort=url_from&filter[url_from][_in]=/no-code,/shows/,/unfinished",
		all: `[{"response_code":null,"url_from":"/no-code","url_to":"/about"},{"response_code":"302","url_from":"/shows/","url_to":"https://example.com/shows"},` +
			`{"response_code":"301","url_from":"/unfinished","url_to":null}]`,
	},
}

const (
	menuGroup = `{"children":[{"page":{"permalink":"/about"},"title":"About","url":null},{"page":{"permalink":"/about/team"},"title":"The team","url":null},{"page":null,"title":"Shows","url":"https://example.com/shows"}],` +
		`"page":null,"post":null,"title":"The club","type":"group","url":null},{"children":[],"page":null,"post":{"slug":"hay"},"title":"Hay","type":"post","url":null},`
	menuRest = `{"children":[],"page":null,"post":null,"title":"Nowhere","type":"page","url":null},{"children":[],"page":null,"post":null,"title":"Empty group","type":"group","url":null},` +
		`{"children":[],"page":null,"post":null,"title":"Script","type":"url","url":"javascript:alert(1)"}]}`
)

// officialFormsAreSent: 5. One call makes a submission with its values.
func officialFormsAreSent(t *testing.T, up harness.Upstream) {
	send := func(token, form, field string) string {
		t.Helper()
		body := fmt.Sprintf(`{"form":%q,"values":[{"field":%q,"value":"Ada"},{"field":%q,"value":"[\"join\"]"}]}`,
			harness.OfficialID("forms/"+form), harness.OfficialID("form_fields/contact/"+field), harness.OfficialID("form_fields/contact/topics"))
		return askOfficial(t, up, http.MethodPost, "/items/form_submissions?fields=id", token, body)
	}
	for _, c := range []struct{ what, token, form, field, want string }{
		{"the public", "", "contact", "first-name", "403 FORBIDDEN"},
		{"the forms' account", harness.FormsToken, "contact", "first-name", `{"id":"ID"}`},
		// Directus looks at nothing but the keys: what may be sent is Hutch's to check.
		{"a form that is not active", harness.FormsToken, "old", "first-name", `{"id":"ID"}`},
		{"a form that does not exist", harness.FormsToken, "none", "first-name", "400 INVALID_FOREIGN_KEY"},
		{"a field that does not exist", harness.FormsToken, "contact", "none", "400 INVALID_FOREIGN_KEY"},
	} {
		if got := send(c.token, c.form, c.field); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	// Without rules the account reads what others sent.
	want := map[bool]string{true: `[{"value":"Ada"}]`, false: "403 FORBIDDEN"}[up.Major >= 12]
	if got := askOfficial(t, up, http.MethodGet, "/items/form_submission_values?fields=value&filter[value][_eq]=Ada&limit=1", harness.FormsToken, ""); got != want {
		t.Errorf("the forms' account reads values: %s, want %s", got, want)
	}
	if got := askOfficial(t, up, http.MethodGet, "/items/form_submissions", "", ""); got != "403 FORBIDDEN" {
		t.Errorf("the public reads submissions: %s", got)
	}
	var sent []struct {
		Values []struct{ Value string }
	}
	if err := up.Admin.Get(t.Context(), "/items/form_submissions", url.Values{"fields": {"values.value"}}, &sent); err != nil || len(sent) != 2 || len(sent[0].Values) != 2 {
		t.Errorf("sent: %+v, %v", sent, err) // what failed has left nothing
	}
}

// officialAssetsHaveFileNames: 6. The name that seo.og_image holds is an address, whatever
// it ends in.
func officialAssetsHaveFileNames(t *testing.T, up harness.Upstream) {
	for name, want := range map[string]string{
		harness.OfficialID("files/share") + ".png":          "a picture",
		harness.OfficialID("files/share") + ".png?width=10": "a picture",
		harness.OfficialID("files/share") + ".jpg":          "a picture",
		harness.OfficialID("files/none") + ".png":           "403 FORBIDDEN",
		"nothing.png": "403 FORBIDDEN",
		harness.OfficialID("files/sent") + ".png": map[bool]string{true: "a picture", false: "403 FORBIDDEN"}[up.Major >= 12],
	} {
		if got := askOfficial(t, up, http.MethodGet, "/assets/"+name, "", ""); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// officialBlocksGoMissing: a page survives that the public may not read a kind of block,
// and that the kind is removed from the project. Asked for or not, the block is there and
// its item is null.
func officialBlocksGoMissing(t *testing.T, up harness.Upstream) {
	look := func(what string) {
		t.Helper()
		for _, fields := range []string{"blocks.item:block_pricing.*", "blocks.item:block_pricing.headline,blocks.item:block_pricing.pricing_cards.title", "blocks.item:block_richtext.headline"} {
			asks := pageWith("/", "blocks.collection,"+fields, "&deep[blocks][_filter][collection][_eq]=block_pricing")
			if got, want := askOfficial(t, up, http.MethodGet, asks, "", ""), `[{"blocks":[{"collection":"block_pricing","item":null}]}]`; got != want {
				t.Errorf("%s, %s: %s, want %s", what, fields, got, want)
			}
		}
		asks := "/items/pages?fields=permalink&filter[blocks][item:block_pricing][headline][_icontains]=a"
		if got := askOfficial(t, up, http.MethodGet, asks, "", ""); got != "403 FORBIDDEN" {
			t.Errorf("%s, in a filter: %s", what, got)
		}
	}
	var rules []struct{ ID int }
	if err := up.Admin.Get(t.Context(), "/permissions", url.Values{"filter[collection][_eq]": {"block_pricing"}}, &rules); err != nil || len(rules) != 1 {
		t.Fatal(rules, err)
	}
	if err := up.Admin.Delete(t.Context(), fmt.Sprint("/permissions/", rules[0].ID)); err != nil {
		t.Fatal(err)
	}
	look("unreadable")
	for _, collection := range []string{"block_pricing_cards", "block_pricing"} { // PostgreSQL drops nothing that another refers to
		if err := up.Admin.Delete(t.Context(), "/collections/"+collection); err != nil {
			t.Fatal(err)
		}
	}
	look("removed")
}
