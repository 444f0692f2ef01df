package setup_test

import (
	"net/url"
	"slices"
	"testing"

	"hutch/setup"
)

// A project that sorts its posts into categories of its own gets no second field for that,
// all other fields that it lacks, and word of what changes in the categories.
func TestCategoriesOfTheProject(t *testing.T) {
	env := map[string]string{"IMPORT_IP_DENY_LIST": "169.254.169.254"}
	forEachVersion(t, env, func(t *testing.T, w world) {
		w.collection(t, "posts", data{}, serialKey(), data{"field": "slug", "type": "string"}, data{"field": "title", "type": "string"},
			data{"field": "categories", "type": "alias", "meta": data{"interface": "list-m2m", "special": []string{"m2m"}}})
		w.collection(t, "rooms", data{}, serialKey(), data{"field": "name", "type": "string"})
		w.collection(t, "posts_rooms", data{}, serialKey(), data{"field": "posts_id", "type": "integer"}, data{"field": "rooms_id", "type": "integer"})
		w.create(t, "/relations", data{"collection": "posts_rooms", "field": "posts_id", "related_collection": "posts", "meta": data{"one_field": "categories", "junction_field": "rooms_id"}})
		w.create(t, "/relations", data{"collection": "posts_rooms", "field": "rooms_id", "related_collection": "rooms", "meta": data{"junction_field": "posts_id"}})
		options := setup.Options{PublicURL: "https://www.example.com", HookSecret: hookSecret, Sample: true}
		w.mustRun(t, options)
		if has := w.fields(t, "posts"); has["tags"] || !has["image"] || !has["teaser"] || !has["author"] {
			t.Errorf("the fields of posts are %v", has)
		}
		var flows []struct {
			Options struct{ Collections []string }
		}
		w.get(t, "/flows", url.Values{"fields": {"options"}}, &flows)
		if len(flows) != 1 || !slices.Contains(flows[0].Options.Collections, "rooms") || !slices.Contains(flows[0].Options.Collections, "posts_rooms") {
			t.Errorf("what is told of: %+v", flows)
		}
		w.wantNothingToChange(t, options)
	})
}
