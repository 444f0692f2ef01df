package sitefolder_test

import (
	"strings"
	"testing"

	"hutch/internal/sitefolder"
)

const withFields = `
[[collection]]
name = "venues"
path = "/venues"
read = "members"

[[collection]]
name = "events"
path = "/events"
read = "everybody"

[[collection.field]]
name = "slug"
type = "string"
required = true

[[collection.field]]
name = "venue"
related = "venues"
note = "Where it takes place"

[[collection.field]]
name = "image"
related = "directus_files"

[[collection]]
name = "rooms"
path = "/rooms"
read = "everybody"
field = [{ name = "title", type = "string", interface = "input" }]
`

func TestFieldsOfACollection(t *testing.T) {
	c, err := sitefolder.ParseConfig([]byte(withFields))
	if err != nil {
		t.Fatal(err)
	}
	events, rooms := c.Collections[1], c.Collections[2]
	if len(events.Fields) != 3 || !events.Fields[0].Required || events.Fields[1].Related != "venues" || events.AddressField() != "slug" {
		t.Errorf("read as %+v", events)
	}
	if len(rooms.Fields) != 1 || rooms.Fields[0].Interface != "input" || rooms.AddressField() != "" {
		t.Errorf("read as %+v", rooms)
	}
}

// What is wrong with a field is told with its line.
func TestFaultsOfFields(t *testing.T) {
	for changed, want := range map[string]string{
		`name = "slug"|name = "a slug"`:                               "site.toml:12: a field needs a name",
		`type = "string"|type = "strings"`:                            "site.toml:12: the type of slug is one of",
		"type = \"string\"\n|":                                        "site.toml:12: the field slug needs a type",
		`related = "venues"|related = "directus_roles"`:               "site.toml:17: related is directus_files or",
		`related = "venues"|related = "directus_users"`:               "site.toml:17: the field venue cannot refer to users",
		`related = "venues"|type = "uuid"` + "\nrelated = \"venues\"": "site.toml:17: the field venue refers to venues",
		`name = "image"|name = "venue"`:                               "site.toml:22: there are two fields named venue",
		`interface = "input"|interface = "<input>"`:                   "site.toml:26: interface is the name",
		`required = true|require = true`:                              "site.toml:15: there is no setting collection.field.require",
		`required = true|required = "yes"`:                            "site.toml:15: ",
	} {
		before, after, _ := strings.Cut(changed, "|")
		_, err := sitefolder.ParseConfig([]byte(strings.Replace(withFields, before, after, 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is told as %v, want %s", changed, err, want)
		}
	}
}
