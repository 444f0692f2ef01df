package sandbox

import (
	"net/http"
	"net/url"
	"strings"
)

// items takes the collection from the path of /items/:collection.
func (s *Sandbox) items(do func(collection string) endpoint) endpoint {
	return func(c *call) error {
		name := c.r.PathValue("collection")
		col := s.schema.collection(name)
		if col == nil {
			return forbiddenCollection("", name)
		}
		if col.system() { // these have routes of their own
			return forbidden()
		}
		byKey := c.r.PathValue("key") != ""
		adding := c.r.Method == http.MethodPost
		changingAll := c.r.Method == http.MethodPatch && !byKey
		changingByKey := c.r.Method == http.MethodPatch && byKey
		if col.singleton && (adding || changingByKey) || !col.singleton && changingAll {
			return routeNotFound(strings.TrimPrefix(c.r.URL.Path, "/items"))
		}
		return do(name)(c)
	}
}

// list answers with the items of a collection, or with the item of a singleton.
func (s *Sandbox) list(name string) endpoint {
	return func(c *call) error {
		col := s.schema.collection(name)
		q, err := parseQuery(c.rawQuery())
		if err != nil {
			return err
		}
		ctx := c.r.Context()
		if col.singleton {
			q.limit, q.offset = 1, 0
		}
		items, err := s.readMany(ctx, s.db, c.who, col, q)
		if err != nil {
			return err
		}
		out := answer{Data: items}
		if col.singleton && len(items) > 0 {
			out.Data = items[0]
		} else if col.singleton { // nothing stored yet
			out.Data = map[string]any{}
		}
		for _, wanted := range q.meta {
			counted := query{}
			if wanted == "filter_count" {
				counted = q
			}
			count, err := s.count(ctx, s.db, c.who, col, counted)
			if err != nil {
				return err
			}
			if out.Meta == nil {
				out.Meta = map[string]any{}
			}
			out.Meta[wanted] = count
		}
		return c.writeAnswer(out)
	}
}

// rawQuery is the query of the address, or that in the body of a SEARCH.
func (c *call) rawQuery() string {
	if c.r.Method != "SEARCH" {
		return c.r.URL.RawQuery
	}
	values := url.Values{}
	body, _ := c.body.(map[string]any)
	given, _ := body["query"].(map[string]any)
	for name, value := range given {
		if text, is := value.(string); is {
			values.Set(name, text)
		}
	}
	return values.Encode()
}

// read answers with one item.
func (s *Sandbox) read(name string) endpoint {
	return func(c *call) error {
		q, err := parseQuery(c.r.URL.RawQuery)
		if err != nil {
			return err
		}
		found, err := s.readOne(c.r.Context(), s.db, c.who, s.schema.collection(name), c.r.PathValue("key"), q)
		if err != nil {
			return err
		}
		return c.writeData(found)
	}
}

// add creates one item, or several if the body is a list.
func (s *Sandbox) add(name string) endpoint {
	return func(c *call) error {
		q, err := parseQuery(c.r.URL.RawQuery)
		if err != nil {
			return err
		}
		many, isList := c.body.([]any)
		if !isList {
			many = []any{c.body}
		}
		if len(many) > maxParameters {
			return invalidPayload("Too many items")
		}
		ctx := c.r.Context()
		sent, ready := make([]item, len(many)), make([]item, len(many))
		for i, one := range many {
			var ok bool
			if sent[i], ok = one.(map[string]any); !ok {
				return invalidPayload("An item has to be a JSON object")
			}
			if ready[i], err = s.hashedPassword(name, sent[i]); err != nil {
				return err
			}
		}
		col := s.schema.collection(name)
		keys := make([]string, len(sent))
		err = s.inTransaction(ctx, func(tx querier) error {
			for i := range sent {
				check := func() error { return s.checkNew(ctx, tx, name, sent[i]) }
				if keys[i], err = s.create(ctx, tx, c.who, col, ready[i], check); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			return c.writeNothing()
		}
		return s.showCreated(c, col, q, keys, isList)
	}
}

// showCreated answers with the new items, or 204 if the caller may not read them.
func (s *Sandbox) showCreated(c *call, col *collection, q query, keys []string, asList bool) error {
	created := make([]any, len(keys))
	for i, key := range keys {
		one, err := s.readOne(c.r.Context(), s.db, c.who, col, key, q)
		if isForbidden(err) {
			return c.writeNothing()
		}
		if err != nil {
			return err
		}
		created[i] = one
	}
	if asList {
		return c.writeData(created)
	}
	return c.writeData(created[0])
}

// change updates one item.
func (s *Sandbox) change(name string) endpoint {
	return func(c *call) error { return s.changeAndShow(c, name, c.r.PathValue("key")) }
}

// changeSingleton updates the item of a singleton.
func (s *Sandbox) changeSingleton(name string) endpoint {
	return func(c *call) error {
		col, key := s.schema.collection(name), ""
		err := s.db.QueryRowContext(c.r.Context(), "SELECT "+quote(col.key)+" FROM "+quote(name)).Scan(&key)
		if err != nil {
			return err
		}
		return s.changeAndShow(c, name, key)
	}
}

// changeAndShow answers with the changed item, or 204 if the caller may not read
// it.
func (s *Sandbox) changeAndShow(c *call, name, key string) error {
	q, err := s.changeItem(c, name, key)
	if err != nil {
		return err
	}
	changed, err := s.readOne(c.r.Context(), s.db, c.who, s.schema.collection(name), key, q)
	if isForbidden(err) {
		return c.writeNothing()
	}
	if err != nil {
		return err
	}
	return c.writeData(changed)
}

// changeItem does the update and returns the query for the answer.
func (s *Sandbox) changeItem(c *call, name, key string) (query, error) {
	q, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return query{}, err
	}
	sent, err := c.object()
	if err != nil {
		return query{}, err
	}
	ready, err := s.hashedPassword(name, sent)
	if err != nil {
		return query{}, err
	}
	ctx := c.r.Context()
	return q, s.inTransaction(ctx, func(tx querier) error {
		check := func() error { return s.checkChange(ctx, tx, c.who, name, key, sent) }
		if err := s.update(ctx, tx, c.who, s.schema.collection(name), key, ready, check); err != nil {
			return err
		}
		if err := s.endSessionsAfter(ctx, tx, c.who, name, key, sent); err != nil {
			return err
		}
		return checkAdministrators(ctx, tx, name, sent)
	})
}

// remove deletes one item. A user's sessions are deleted with the user, a file's
// bytes with the file.
func (s *Sandbox) remove(name string) endpoint {
	return func(c *call) error {
		ctx, key := c.r.Context(), c.r.PathValue("key")
		err := s.inTransaction(ctx, func(tx querier) error {
			// References to the item are checked at the end. Like Directus, this checks
			// for the last administrator first.
			if _, err := tx.ExecContext(ctx, `PRAGMA defer_foreign_keys = ON`); err != nil {
				return err
			}
			if err := s.delete(ctx, tx, c.who, s.schema.collection(name), key); err != nil {
				return err
			}
			return checkAdministrators(ctx, tx, name, nil)
		})
		if err != nil {
			return err
		}
		if name == "directus_files" {
			s.pictures.forget(key)
		}
		return c.writeNothing()
	}
}
