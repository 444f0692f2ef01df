package session

import (
	"strings"
	"testing"
	"time"
)

func TestStamps(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 30, 0, 0, time.UTC)
	manager := func(secrets ...string) *Manager {
		keys, err := stampKeys(secrets)
		if err != nil {
			t.Fatal(err)
		}
		return &Manager{config: Config{Now: func() time.Time { return now }}, stamps: keys}
	}
	old := manager("the older secret")
	stamp := old.Stamp()
	for what, c := range map[string]struct {
		manager *Manager
		stamp   string
		genuine bool
	}{
		"its own":             {old, stamp, true},
		"after a rotation":    {manager("a newer secret", "the older secret"), stamp, true},
		"with another secret": {manager("a newer secret"), stamp, false},
		"of a later hour":     {old, "999999." + strings.SplitN(stamp, ".", 2)[1], false},
		"without a mark":      {old, strings.SplitN(stamp, ".", 2)[0], false},
		"nothing":             {old, "", false},
		"words":               {old, "forged", false},
	} {
		age, genuine := c.manager.Stamped(c.stamp)
		if genuine != c.genuine || genuine && age != 30*time.Minute {
			t.Errorf("%s: %s %t", what, age, genuine)
		}
	}
	now = now.Add(48 * time.Hour)
	if age, genuine := old.Stamped(stamp); !genuine || age < 48*time.Hour || stamp == old.Stamp() {
		t.Errorf("two days later: %s %t", age, genuine)
	}
}
