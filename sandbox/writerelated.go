package sandbox

import "context"

// insertAll stores a new item with those that come along with it: in the place of a
// reference, or in a list. The caller needs the right to create each of them.
func (s *Sandbox) insertAll(ctx context.Context, db querier, who caller, c *collection, values item) (key string, err error) {
	for _, f := range c.fields {
		along, is := values[f.name].(map[string]any)
		related := f.related
		if f.anyOf != nil {
			related = asText(values[f.namedBy])
		}
		if !is || related == "" { // a value that is an object, if anything
			continue
		}
		if values[f.name], err = s.createAlong(ctx, db, who, related, along); err != nil {
			return "", err
		}
	}
	if key, err = s.insert(ctx, db, c, values); err != nil {
		return "", err
	}
	for _, l := range c.lists {
		if values[l.name] == nil {
			continue
		}
		many, isList := values[l.name].([]any)
		if !isList {
			return "", invalidPayload(`"%s" has to be a list`, l.name)
		}
		for _, one := range many {
			along, is := one.(map[string]any)
			if !is {
				err = s.update(ctx, db, who, s.schema.collection(l.related), asText(one), item{l.by: key}, func() error { return nil })
			} else {
				along[l.by] = key
				_, err = s.createAlong(ctx, db, who, l.related, along)
			}
			if err != nil {
				return "", err
			}
		}
	}
	return key, nil
}

// createAlong creates an item along with another. Directus' own have checks of their own.
func (s *Sandbox) createAlong(ctx context.Context, db querier, who caller, collection string, values item) (string, error) {
	c := s.schema.collection(collection)
	if c == nil || c.system() {
		return "", invalidPayload(`The sandbox does not create items of "%s" along with others`, collection)
	}
	return s.create(ctx, db, who, c, values, func() error { return nil })
}
