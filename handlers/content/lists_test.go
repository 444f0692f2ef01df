package content

import (
	"encoding/json"
	"testing"
)

// Each list is asked for as far as it is shown, also one that only a template of a team's
// own knows, and in its order where the project has one.
func TestDeep(t *testing.T) {
	for _, test := range []struct {
		fields []string
		want   string
	}{
		{[]string{"id", "title"}, `{}`},
		{[]string{"id", "blocks.id", "blocks.sort", "blocks.item:block_hero.image.width"}, `{"blocks":{"_limit":501,"_sort":"sort"}}`},
		{[]string{"blocks.item:block_hero.button_group.buttons.page.permalink"}, `{"blocks":{"_limit":501,"item:block_hero":{"button_group":{"buttons":{"_limit":501}}}}}`},
		{[]string{"blocks.item:block_pricing.pricing_cards.sort", "blocks.item:block_pricing.pricing_cards.button.sort"}, `{"blocks":{"_limit":501,"item:block_pricing":{"pricing_cards":{"_limit":501,"_sort":"sort"}}}}`},
		{[]string{"blocks.item:block_steps.steps.title", "blocks.item:block_steps.photos.directus_file.id"}, `{"blocks":{"_limit":501,"item:block_steps":{"photos":{"_limit":501},"steps":{"_limit":501}}}}`},
		{[]string{"items.sort", "items.children.sort", "items.page.permalink"}, `{"items":{"_limit":501,"_sort":"sort","children":{"_limit":501,"_sort":"sort"}}}`},
	} {
		got, err := json.Marshal(deepOf(test.fields))
		if err != nil || string(got) != test.want {
			t.Errorf("%v: %s, %v, want %s", test.fields, got, err, test.want)
		}
	}
}
