package directus

import (
	"encoding/json"
	"testing"
)

// Version 12 holds rules of permissions if its licence says so, and older ones always.
func TestDropsRules(t *testing.T) {
	for answer, want := range map[string]bool{
		`{"version":"10.13.4"}`: true, `{"version":"11.17.4"}`: true, `{}`: true, `{"version":"odd"}`: true,
		`{"version":"12.4.0"}`: false,
		`{"version":"12.4.0","license":{"entitlements":{"custom_permission_rules_enabled":{"default":false}}}}`:                 false,
		`{"version":"12.4.0","license":{"entitlements":{"custom_permission_rules_enabled":{"default":true}}}}`:                  true,
		`{"version":"12.4.0","license":{"entitlements":{"custom_permission_rules_enabled":{"default":false,"override":true}}}}`: true,
		`{"version":"12.4.0","license":{"entitlements":{"custom_permission_rules_enabled":{"default":true,"override":false}}}}`: false,
	} {
		var info Info
		if err := json.Unmarshal([]byte(answer), &info); err != nil || info.DropsRules() == want {
			t.Errorf("%s: %t, %v", answer, !info.DropsRules(), err)
		}
	}
}
