package sandbox

import (
	"context"
	"slices"
	"strings"
)

// selection says which fields and lists to return, and what of related items.
type selection struct {
	fields []field
	lists  []listed
	// nested is by the names of references and lists; without one, there are only keys. Of
	// a reference to one of several collections there is one for each of them that was
	// asked for: "item:block_hero".
	nested map[string]*selection
	unseen []string // fields that only say where related items are
}

// listed is a list to return, with the condition, order and number of its items.
type listed struct {
	field
	only finding
}

// add adds a field, or a list if it is one.
func (s *selection) add(f field) {
	switch {
	case f.by != "" && !slices.ContainsFunc(s.lists, func(other listed) bool { return other.name == f.name }):
		s.lists = append(s.lists, listed{field: f})
	case f.by == "" && !slices.ContainsFunc(s.fields, func(other field) bool { return other.name == f.name }):
		s.fields = append(s.fields, f)
	}
}

// remove removes what the caller may not follow.
func (s *selection) remove(name string) {
	s.fields = slices.DeleteFunc(s.fields, func(f field) bool { return f.name == name })
	s.lists = slices.DeleteFunc(s.lists, func(l listed) bool { return l.name == name })
}

// choose resolves the requested fields. "*" is every field that the caller may
// read; an unknown or forbidden name is FORBIDDEN. A path through a field that is
// not a relation is ignored. If the caller may not read the related collection at
// all, only the key is returned, and only if it was requested, too.
func (s *Sandbox) choose(ctx context.Context, db querier, who caller, c *collection, names []string, deep map[string]any, path string) (*selection, error) {
	rules, err := s.rulesFor(ctx, db, who, "read", c.name)
	if err != nil {
		return nil, err
	}
	if len(rules) == 0 {
		return nil, forbiddenCollection(path, c.name)
	}
	chosen := &selection{nested: map[string]*selection{}}
	deeper, keys := map[string][]string{}, map[string]bool{}
	var refused []string
	for _, name := range names {
		whole, rest, nested := strings.Cut(name, ".")
		if whole == "*" {
			for _, f := range slices.Concat(c.fields, c.lists) {
				if !anyAllows(rules, f.name) {
					continue
				}
				chosen.add(f)
				if nested && f.related != "" {
					deeper[f.name] = append(deeper[f.name], rest)
				} else {
					keys[f.name] = true
				}
			}
			continue
		}
		head, kind, ofKind := strings.Cut(whole, ":")
		f, ok := c.relation(head)
		if nested && f.related == "" && !(ofKind && f.anyOf != nil) {
			continue
		}
		if !ok || !anyAllows(rules, head) {
			refused = append(refused, head)
			continue
		}
		chosen.add(f)
		switch {
		case !nested:
			keys[head] = true
		case !ofKind || slices.Contains(f.anyOf, kind):
			deeper[whole] = append(deeper[whole], rest)
		}
	}
	if len(refused) > 0 {
		return nil, forbiddenFields(path, c.name, refused)
	}
	for name, inner := range deeper {
		innerPath := strings.TrimPrefix(path+"."+name, ".")
		if strings.Count(innerPath, ".")+2 > maxDepth {
			return nil, invalidQuery("Max relational depth exceeded")
		}
		related := s.relatedBy(c, name)
		readable, err := s.rulesFor(ctx, db, who, "read", related.name)
		if err != nil {
			return nil, err
		}
		if len(readable) == 0 {
			if !keys[name] {
				chosen.remove(name)
			}
			continue
		}
		innerDeep, _ := deep[name].(map[string]any)
		if chosen.nested[name], err = s.choose(ctx, db, who, related, inner, innerDeep, innerPath); err != nil {
			return nil, err
		}
	}
	for i, l := range chosen.lists {
		if chosen.lists[i].only, err = s.onlyOf(ctx, db, who, l.field, deep[l.name]); err != nil {
			return nil, err
		}
	}
	for _, f := range chosen.fields {
		if named, _ := c.field(f.namedBy); f.namedBy != "" && !slices.ContainsFunc(chosen.fields, func(f field) bool { return f.name == named.name }) {
			chosen.fields, chosen.unseen = append(chosen.fields, named), append(chosen.unseen, named.name)
		}
	}
	return chosen, nil
}

// relation returns a field or a list.
func (c *collection) relation(name string) (field, bool) {
	if f, ok := c.field(name); ok {
		return f, true
	}
	return c.list(name)
}

// relatedBy returns the collection that a reference or a list leads to.
func (s *Sandbox) relatedBy(c *collection, name string) *collection {
	if _, kind, ofKind := strings.Cut(name, ":"); ofKind {
		return s.schema.collection(kind)
	}
	f, _ := c.relation(name)
	return s.schema.collection(f.related)
}

// onlyOf returns which items of a list to return: what "deep" says of it.
func (s *Sandbox) onlyOf(ctx context.Context, db querier, who caller, l field, deep any) (finding, error) {
	related := s.schema.collection(l.related)
	asked, _ := deep.(map[string]any)
	f := filterer{s: s, ctx: ctx, db: db, who: who, asked: true}
	only := finding{}
	filter, err := filterOf(asked["_filter"])
	if err != nil {
		return only, err
	}
	if only.where, err = f.compile(root(related), filter); err != nil {
		return only, err
	}
	order := listOfText(asked["_sort"])
	if order == nil && l.order != "" {
		order, f.asked = []string{l.order}, false
	}
	if only.order, err = f.order(related, order); err != nil {
		return only, err
	}
	if only.limit, err = integer(asked, "_limit", defaultLimit, -1); err != nil {
		return only, err
	}
	only.offset, err = integer(asked, "_offset", 0, 0)
	return only, err
}

// attachAll puts related items in the place of keys, and lists into the items.
func (s *Sandbox) attachAll(ctx context.Context, db querier, who caller, c *collection, items []item, keys []any, wanted *selection) error {
	for name, inner := range wanted.nested {
		if f, _ := c.field(name); f.related == "" {
			continue
		}
		if err := s.attach(ctx, db, who, s.relatedBy(c, name), items, name, inner); err != nil {
			return err
		}
	}
	for _, f := range wanted.fields {
		if f.anyOf != nil {
			if err := s.attachKinds(ctx, db, who, items, f, wanted); err != nil {
				return err
			}
		}
	}
	for _, l := range wanted.lists {
		if err := s.attachList(ctx, db, who, items, keys, l, wanted.nested[l.name]); err != nil {
			return err
		}
	}
	for _, one := range items {
		for _, name := range wanted.unseen {
			delete(one, name)
		}
	}
	return nil
}

// attach replaces keys by the related items, or by null if the caller may not
// read them.
func (s *Sandbox) attach(ctx context.Context, db querier, who caller, related *collection, items []item, name string, wanted *selection) error {
	var wantedKeys []any
	for _, one := range items {
		if key := one[name]; key != nil && !slices.Contains(wantedKeys, key) {
			wantedKeys = append(wantedKeys, key)
		}
	}
	found := map[any]item{}
	if len(wantedKeys) > 0 {
		in := condition{root(related).column(related.key) + " IN (?" + strings.Repeat(", ?", len(wantedKeys)-1) + ")", wantedKeys}
		rows, keys, err := s.fetch(ctx, db, who, related, wanted, finding{where: in, limit: -1})
		if err != nil {
			return err
		}
		for i, key := range keys {
			found[key] = rows[i]
		}
	}
	for _, one := range items {
		if row, ok := found[one[name]]; ok {
			one[name] = row
		} else {
			one[name] = nil
		}
	}
	return nil
}

// attachKinds does so for a reference to one of several collections. An item of a kind
// that was not asked for stays a key, and of one that the caller may not read is null.
func (s *Sandbox) attachKinds(ctx context.Context, db querier, who caller, items []item, f field, wanted *selection) error {
	byKind := map[string][]item{}
	for _, one := range items {
		kind := asText(one[f.namedBy])
		byKind[kind] = append(byKind[kind], one)
	}
	for kind, some := range byKind {
		rules, err := s.rulesFor(ctx, db, who, "read", kind)
		if err != nil {
			return err
		}
		inner := wanted.nested[f.name+":"+kind]
		switch {
		case !slices.Contains(f.anyOf, kind) || len(rules) == 0:
			for _, one := range some {
				one[f.name] = nil
			}
		case inner != nil:
			if err := s.attach(ctx, db, who, s.schema.collection(kind), some, f.name, inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// attachList adds a list to each item: of the related items, or of their keys.
func (s *Sandbox) attachList(ctx context.Context, db querier, who caller, items []item, keys []any, l listed, wanted *selection) error {
	related := s.schema.collection(l.related)
	rules, err := s.rulesFor(ctx, db, who, "read", related.name)
	if err != nil || len(rules) == 0 {
		return err
	}
	onlyKeys := wanted == nil
	if onlyKeys {
		wanted = &selection{}
	}
	for i, one := range items {
		belongs := condition{root(related).column(l.by) + " = ?", []any{keys[i]}}
		find := l.only
		find.where = joined("AND", []condition{belongs, l.only.where})
		rows, itsKeys, err := s.fetch(ctx, db, who, related, wanted, find)
		if err != nil {
			return err
		}
		if one[l.name] = rows; onlyKeys {
			one[l.name] = itsKeys
		}
		if len(rows) == 0 {
			one[l.name] = []any{}
		}
	}
	return nil
}
