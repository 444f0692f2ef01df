package setup

import (
	"encoding/json"
	"testing"
)

// TestLetsIn judges rules for files as people write them: only what is known to let in
// pictures of a folder counts.
func TestLetsIn(t *testing.T) {
	for rule, want := range map[string]bool{
		`{}`:                                 true,
		`{"type":{"_starts_with":"image/"}}`: true,
		`{"_and":[{"type":{"_starts_with":"image/"}}]}`: true,
		`{"_and":[]}`:                                                               true,
		`{"folder":{"_null":true}}`:                                                 false,
		`{"folder":{"_eq":"sent"}}`:                                                 true,
		`{"folder":{"_eq":"other"}}`:                                                false,
		`{"folder":{"_neq":"sent"}}`:                                                false,
		`{"folder":{"_neq":"other"}}`:                                               true,
		`{"folder":{"_in":["other","sent"]}}`:                                       true,
		`{"folder":{"_nin":["other","sent"]}}`:                                      false,
		`{"folder":{"_nin":["other"]}}`:                                             true,
		`{"folder":{"_nnull":true}}`:                                                true,
		`{"folder":{"name":{"_contains":"Public"}}}`:                                false,
		`{"uploaded_by":{"_eq":"$CURRENT_USER"}}`:                                   false,
		`{"type":{"_starts_with":"image/"},"title":{"_eq":"public"}}`:               false,
		`{"_or":[{"uploaded_by":{"_eq":"me"}},{"type":{"_starts_with":"image/"}}]}`: true,
		`{"_and":[{"type":{"_nnull":true}},{"_or":[{"folder":{"_null":true}},{"folder":{"_neq":"sent"}}]}]}`:  false,
		`{"_and":[{"type":{"_nnull":true}},{"_or":[{"folder":{"_null":true}},{"folder":{"_neq":"other"}}]}]}`: true,
	} {
		var read map[string]any
		if err := json.Unmarshal([]byte(rule), &read); err != nil {
			t.Fatal(err)
		}
		if got := letsIn(read, "sent"); got != want {
			t.Errorf("%s lets pictures of the folder in: %t, want %t", rule, got, want)
		}
	}
}
