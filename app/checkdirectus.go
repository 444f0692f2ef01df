package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/internal/sitefolder"
	"hutch/templates"
)

// asking asks Directus about a collection, as the public if that sees it, else with a token.
type asking struct {
	*checking
	client *directus.Client
	token  secret.Text // empty: the public
	at     int         // the collection's place in site.toml
	row    sitefolder.Collection
	item   map[string]json.RawMessage // one that there is; nil: none
}

// directus looks for what site.toml and the templates name.
func (c *checking) directus(ctx context.Context, directusURL string, getenv func(string) string) error {
	client, err := directus.New(directusURL)
	if err != nil {
		return err
	}
	if err := client.Ping(ctx); err != nil {
		c.add(errors.New("no Directus answers at DIRECTUS_URL, so it could not be asked about the collections"))
		return nil
	}
	token := secret.Of(strings.TrimSpace(cmp.Or(getenv("DIRECTUS_ADMIN_TOKEN"), getenv("DIRECTUS_SERVICE_TOKEN"))))
	for i, row := range c.site.Collections {
		a := &asking{checking: c, client: client, at: i, row: row}
		known, err := a.readable(ctx, token)
		if known && err == nil {
			err = a.fields(ctx)
		}
		if err == nil {
			err = a.members(ctx, token)
		}
		if err != nil {
			return fmt.Errorf("cannot ask Directus about %s: %w", row.Name, err)
		}
	}
	return nil
}

func (a *asking) fault(key, text string) { a.add(sitefolder.FaultOf(a.source, a.at, key, text)) }

// readable looks whether those may read the collection who are to see it. known: its fields
// can be asked for.
func (a *asking) readable(ctx context.Context, token secret.Text) (known bool, err error) {
	may, err := a.read(ctx, "*")
	switch {
	case err != nil:
		return false, err
	case a.row.Read == sitefolder.Everybody && !may:
		a.fault("read", fmt.Sprintf("everybody is to read %s, and Directus lets the public read no collection of this name: hutch setup --schema makes it if it has fields here, and grants the right", a.row.Name))
		return false, nil
	case a.row.Read == sitefolder.MembersOnly && may:
		a.fault("read", fmt.Sprintf("members alone are to read %s, and Directus lets everybody read it who asks", a.row.Name))
	case a.row.Read == sitefolder.MembersOnly:
		if a.token = token; !token.Empty() {
			if may, err = a.read(ctx, "*"); may || err != nil {
				return may, err
			}
		}
		a.notes = append(a.notes, fmt.Sprintf("whether members can read %s, and which fields it has, cannot be checked: with DIRECTUS_ADMIN_TOKEN, the fields can", a.row.Name))
		return false, nil
	}
	return true, nil
}

// read reports whether Directus answers with this field of an item. Version 10 answers without
// a field that there is not, and 11 without one below what is no relation.
func (a *asking) read(ctx context.Context, field string) (bool, error) {
	list, err := a.client.List(ctx, directus.Visitor{}, a.token, a.row.Name, directus.Query{Fields: []string{field}, Limit: directus.SafeLimit})
	if errors.Is(err, directus.Forbidden) || errors.Is(err, directus.InvalidQuery) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if field != "*" {
		return !lacks(list.Items, strings.Split(field, ".")), nil
	}
	var items []map[string]json.RawMessage
	if json.Unmarshal(list.Items, &items) != nil {
		a.fault("name", fmt.Sprintf("%s is a singleton, which has one item and no list", a.row.Name))
	} else if len(items) > 0 {
		a.item = items[0]
	}
	return true, nil
}

// lacks reports whether there is an item without what the path names.
func lacks(answer json.RawMessage, path []string) bool {
	var items []json.RawMessage
	if json.Unmarshal(answer, &items) == nil {
		return slices.ContainsFunc(items, func(item json.RawMessage) bool { return lacks(item, path) })
	}
	if len(path) == 0 || path[0] == "*" || string(answer) == "null" {
		return false
	}
	var item map[string]json.RawMessage
	name, _, _ := strings.Cut(path[0], ":") // venue:places.name names the collection as well
	if json.Unmarshal(answer, &item) != nil {
		return true // the key of an item, in place of the item
	}
	value, has := item[name]
	return !has || lacks(value, path[1:])
}

// fields looks for the fields that the entry and its templates name.
func (a *asking) fields(ctx context.Context) error {
	missing := func(path string) (bool, error) {
		if _, has := a.item[path]; has {
			return false, nil
		}
		may, err := a.read(ctx, path)
		return !may, err
	}
	for _, named := range a.row.Names() {
		if is, err := missing(named.Path); err != nil {
			return err
		} else if is {
			a.fault(named.Key, fmt.Sprintf("%s has no field %s that those can read who see it", a.row.Name, named.Path))
		}
	}
	for _, file := range []string{a.row.List.Template, a.row.Item.Template} {
		if file == "" || a.set == nil {
			continue
		}
		lines, _ := a.set.LinesOf(file) // what is wrong with it is told
		reads := slices.SortedFunc(maps.Keys(lines), func(a, b templates.Read) int {
			return cmp.Or(cmp.Compare(lines[a], lines[b]), cmp.Compare(a.Path, b.Path), cmp.Compare(a.As, b.As))
		})
		said := map[string]bool{}
		for _, read := range reads {
			if said[read.Path] {
				continue
			}
			is, err := missing(read.Path)
			if err != nil {
				return err
			}
			if said[read.Path] = is; is {
				a.add(sitefolder.Fault{File: "templates/" + file, Line: lines[read], Text: fmt.Sprintf("%s has no field %s that those can read who see it", a.row.Name, read.Path)})
			}
		}
	}
	return nil
}

// members looks whether Directus can hold that members change their own items alone.
func (a *asking) members(ctx context.Context, token secret.Text) error {
	if a.row.Members == nil || a.row.Members.Edit != sitefolder.Own && a.row.Members.Delete != sitefolder.Own {
		return nil
	}
	if token.Empty() {
		a.notes = append(a.notes, fmt.Sprintf("whether Directus can let members change their own items of %s alone cannot be checked without DIRECTUS_SERVICE_TOKEN: 12 cannot without a licence", a.row.Name))
		return nil
	}
	info, err := a.client.Info(ctx, directus.Visitor{}, token)
	if err == nil && info.DropsRules() {
		a.fault("members", `edit and delete cannot be "own": this Directus has no licence, and without one it ignores rules such as "their own items"`)
	}
	return err
}
