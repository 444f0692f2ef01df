package collections_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hutch/internal/collections"
)

// Values come into the types of the table, and what cannot be shown is named.
func TestFit(t *testing.T) {
	for _, test := range []struct {
		collection, item, want string
		odd                    []string // fields
	}{
		{"posts", `{"id":1,"slug":"a","title":"A","teaser":"x","members_only":false,"publish_date":"2026-10-31","status":"live"}`, "", nil},
		{"posts", `{"slug":7,"title":true,"teaser":1.5}`, `{"slug":"7","teaser":"1.5","title":"true"}`, nil},
		{"posts", `{"slug":null,"title":" ","teaser":null,"image":null,"author":null}`, "", []string{"slug", "title"}},
		{"posts", `{"slug":["a"],"title":{},"teaser":[1]}`, `{"slug":null,"teaser":null,"title":null}`, []string{"slug", "title", "teaser"}},
		{"posts", `{"members_only":0}`, `{"members_only":false}`, nil},
		{"posts", `{"members_only":"no"}`, `{"members_only":true}`, []string{"members_only"}},
		{"posts", `{"members_only":[]}`, `{"members_only":true}`, []string{"members_only"}},
		{"posts", `{"members_only":null}`, "", nil},
		{"posts", `{"publish_date":20261031}`, `{"publish_date":"unreadable"}`, []string{"publish_date"}},
		{"posts", `{"publish_date":"31.10.2026"}`, "", []string{"publish_date"}},
		{"posts", `{"author":{"id":1,"name":12,"bio":[]},"image":["x"],"own":[1]}`, `{"author":{"bio":null,"id":1,"name":"12"},"image":["x"],"own":[1]}`, []string{"image"}},
		{"posts", `{"content":{"blocks":[]},"status":true}`, "", nil}, // read in a way of their own
		{"posts", `{"slug":"feed.json","title":"A"}`, "", []string{"slug"}},
		{"posts", `{"slug":"authors/a","title":"A"}`, "", []string{"slug"}},
		{"pages", `{"slug":"authors/a","title":"A"}`, "", nil},
		{"redirects", `{"url_from":"/a","url_to":"/b","response_code":" 301 "}`, `{"response_code":301,"url_from":"/a","url_to":"/b"}`, nil},
		{"redirects", `{"url_from":"a","url_to":"undefined","response_code":"soon"}`, `{"response_code":null,"url_from":"a","url_to":"undefined"}`, []string{"url_from", "url_to", "response_code"}},
		{"redirects", `{"url_from":"/a?b","url_to":"https://x.example"}`, "", nil},
		{"redirects", `{"url_from":"//a","url_to":"mailto:x@example.com"}`, "", []string{"url_from", "url_to"}},
		{"no_such_collection", `{"slug":7}`, "", nil},
	} {
		var item collections.Item
		if err := json.Unmarshal([]byte(test.item), &item); err != nil {
			t.Fatal(err)
		}
		table := collections.All()
		c, _ := table.Find(test.collection)
		var odd []string
		for _, o := range c.Odd([]collections.Item{item}, "") {
			if odd = append(odd, o.Field); o.Found == "" || o.So == "" || !strings.HasSuffix(o.Do, ".") {
				t.Errorf("%s: %+v says too little", test.item, o)
			}
		}
		if !slices.Equal(odd, test.odd) {
			t.Errorf("%s: odd are %v, want %v", test.item, odd, test.odd)
		}
		changed := table.Fit(test.collection, item)
		got, err := json.Marshal(item)
		if err != nil || changed != (test.want != "") || changed && string(got) != test.want {
			t.Errorf("%s becomes %s, %t, %v; want %s", test.item, got, changed, err, test.want)
		}
	}
}

// Of two items with one address both are named.
func TestAddressesAreUnique(t *testing.T) {
	c, _ := collections.All().Find("authors")
	odd := c.Odd([]collections.Item{{"id": []byte("1"), "slug": []byte(`"a"`)}, {"id": []byte("2"), "slug": []byte(`null`)}, {"id": []byte("3"), "slug": []byte(`"a"`)}}, "id")
	if len(odd) != 1 || odd[0].Item != "3" || odd[0].Field != "slug" || !strings.Contains(odd[0].Found, "item 1") {
		t.Errorf("%+v", odd)
	}
}

func TestAddressable(t *testing.T) {
	for text, want := range map[string]bool{
		"a": true, "a/b": true, "über uns": true, "a.b": true, "...": true, "%2e": true, strings.Repeat("ü", 255): true,
		"": false, "/": false, "/a": false, "a/": false, "a//b": false, ".": false, "..": false, "a/../b": false, "./a": false,
		"a\x00": false, "a\nb": false, "\xff": false, "$NOW": false, "$CURRENT_USER": false, strings.Repeat("a", 256): false,
	} {
		if got := collections.Addressable(text); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
}

func TestPublished(t *testing.T) {
	for status, want := range map[string]bool{`"published"`: true, `"live"`: true, `true`: true, `1`: true, `"1"`: true, `"Published"`: false, `"draft"`: false, `false`: false, `0`: false, `null`: false, `["live"]`: false, ``: false} {
		if got := collections.CountsAsPublished(json.RawMessage(status), []string{"published", "live", "1"}); got != want {
			t.Errorf("%s: %t, want %t", status, got, want)
		}
	}
	for fieldType, want := range map[string]string{
		"string": `map[status:map[_in:[published live 1]]]`, "boolean": `map[status:map[_eq:true]]`, "integer": `map[status:map[_eq:1]]`, "json": "",
	} {
		c, ok := collections.PublishedAs(fieldType, []string{"published", "live", "1"})
		if got := fmt.Sprint(c.Rule); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %s, %t, want %s", fieldType, got, ok, want)
		}
	}
	if c := collections.Published(); fmt.Sprint(c.Rule) != "map[status:map[_eq:published]]" || c.Words != `whose status is "published"` {
		t.Errorf("%+v", c)
	}
}

// A field of the type json holds what it holds.
func TestNothingIsOddInJSON(t *testing.T) {
	c, _ := collections.Blocks().Find("globals")
	item := collections.Item{"title": json.RawMessage(`"A"`), "social_links": json.RawMessage(`[{"service":"github","url":"https://github.com/x"}]`)}
	if odd := c.Odd([]collections.Item{item}, ""); len(odd) > 0 {
		t.Errorf("odd are %+v", odd)
	}
}
