package setup

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/sandbox/sample"
)

// content is the sample content, and how much of it exists already.
type content struct {
	images []sample.Image
	items  []sample.Item
	global map[string]any // the fields of the singleton, as far as it has them

	foundImages []string            // ids
	found       map[string][]string // by collection: the names of items
}

func (s *server) lookContent(ctx context.Context, blocks bool) error {
	wanted, err := sample.Load()
	if err != nil {
		return err
	}
	c := &s.content
	c.images, c.found = wanted.Images, map[string][]string{}
	c.items = wanted.Items()
	if blocks {
		c.items = wanted.Blocks()
	}
	c.items = slices.DeleteFunc(c.items, s.wouldBeOpen)
	if c.foundImages, err = s.which(ctx, "/files", "id", imageIDs(c.images)); err != nil {
		return err
	}
	for _, group := range c.groups() {
		name, field := group[0].Collection, group[0].Name
		switch {
		case field == "":
			err = s.lookGlobal(ctx, group[0])
		case s.hasField(name, field):
			c.found[name], err = s.which(ctx, "/items/"+name, field, namesOf(group))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// wouldBeOpen reports whether everybody could see an item that is not for
// everybody: a draft without a status, or one for members that nothing marks so.
func (s *server) wouldBeOpen(item sample.Item) bool {
	c, _ := s.table.Find(item.Collection)
	draft := item.Values["status"] != nil && item.Values["status"] != "published"
	return draft && !s.willHave(c, "status") || item.Values["members_only"] == true && !s.willHave(c, "members_only")
}

func (s *server) lookGlobal(ctx context.Context, item sample.Item) error {
	for field := range item.Values {
		if !s.hasField(item.Collection, field) || !s.schema.collections[item.Collection].singleton {
			continue
		}
		if err := s.admin.Get(ctx, "/items/"+item.Collection, url.Values{"fields": {field}}, &s.content.global); err != nil {
			return err
		}
	}
	return nil
}

// groups are the items of each collection.
func (c content) groups() (groups [][]sample.Item) {
	for _, item := range c.items {
		if last := len(groups) - 1; last >= 0 && groups[last][0].Collection == item.Collection {
			groups[last] = append(groups[last], item)
		} else {
			groups = append(groups, []sample.Item{item})
		}
	}
	return groups
}

func (s *server) hasField(collection, field string) bool {
	_, has := s.schema.collections[collection].fields[field]
	return has
}

// which returns those of the values that items already have.
func (s *server) which(ctx context.Context, path, field string, values []string) ([]string, error) {
	rule, err := json.Marshal(map[string]any{field: map[string]any{"_in": values}})
	if err != nil {
		return nil, err
	}
	rows, err := list[map[string]any](ctx, s, path, url.Values{"filter": {string(rule)}, "fields": {field}})
	var found []string
	for _, row := range rows {
		found = append(found, fmt.Sprint(row[field]))
	}
	return found, err
}

func imageIDs(images []sample.Image) (ids []string) {
	for _, image := range images {
		ids = append(ids, image.ID)
	}
	return ids
}

func namesOf(group []sample.Item) (names []string) {
	for _, item := range group {
		names = append(names, nameOf(item))
	}
	return names
}

func nameOf(item sample.Item) string { return fmt.Sprint(item.Values[item.Name]) }

// sample plans the sample content. Items that exist stay, even if somebody has
// edited them.
func (p *plan) sample() {
	if p.server.theirs != nil {
		p.add(step{what: "sample content", state: unchanged, notes: []string{
			"This project has a content model of its own (" + strings.Join(p.server.theirs, ", ") + "), which Hutch's sample content does not fit. None is added.",
		}})
		return
	}
	c := p.server.content
	steps := map[string]*step{
		"directus_files": p.sampleItems("images", imageIDs(c.images), c.foundImages, nil, p.uploadImages),
	}
	for _, group := range c.groups() {
		name := group[0].Collection
		if group[0].Name == "" {
			p.sampleGlobal(group[0])
			continue
		}
		needs := slices.Clone(p.parts[name])
		for _, f := range p.server.table.Relations(name) {
			if need := steps[f.Related]; need != nil && !slices.Contains(needs, need) {
				needs = append(needs, need)
			}
		}
		steps[name] = p.sampleItems(name, namesOf(group), c.found[name], needs, func(ctx context.Context, missing []string) error {
			return p.createItems(ctx, group, missing)
		})
	}
}

func (p *plan) sampleGlobal(item sample.Item) {
	if found, exists := p.server.schema.collections[item.Collection]; exists && !found.singleton {
		return // its items are the project's
	}
	change := map[string]any{}
	for field, value := range item.Values {
		if now := p.server.content.global[field]; now == nil || now == "" {
			change[field] = value
		}
	}
	s := step{what: "sample content: title and description of the site", state: inPlace}
	if len(change) > 0 {
		s.state = toDo
		s.needs = p.parts[item.Collection]
		s.do = func(ctx context.Context) error { return p.server.admin.Patch(ctx, "/items/"+item.Collection, change) }
	}
	p.add(s)
}

// sampleItems plans the items of one kind that do not exist, by their names.
func (p *plan) sampleItems(kind string, wanted, found []string, needs []*step, create func(ctx context.Context, missing []string) error) *step {
	var missing []string
	for _, name := range wanted {
		if !slices.Contains(found, name) {
			missing = append(missing, name)
		}
	}
	s := step{what: fmt.Sprintf("sample content: %d %s", len(wanted), kind), state: inPlace}
	if len(missing) > 0 {
		s.state = toDo
		s.needs = needs
		s.do = func(ctx context.Context) error { return create(ctx, missing) }
		if len(missing) < len(wanted) {
			s.note("Missing: %s.", strings.Join(missing, ", "))
		}
	}
	return p.add(s)
}

// uploadImages keeps the images' own ids, by which the next run recognises them.
func (p *plan) uploadImages(ctx context.Context, missing []string) error {
	for _, image := range p.server.content.images {
		if !slices.Contains(missing, image.ID) {
			continue
		}
		jpeg, err := image.JPEG()
		if err != nil {
			return err
		}
		fields := map[string]string{"id": image.ID, "title": image.Title, "description": image.Description}
		if _, err := p.server.admin.Upload(ctx, directus.Upload{Fields: fields, Name: image.FileName, ContentType: "image/jpeg", Content: jpeg}); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) createItems(ctx context.Context, group []sample.Item, missing []string) error {
	c, _ := p.server.table.Find(group[0].Collection)
	keys := map[string]map[any]json.RawMessage{} // by field
	for _, f := range p.server.table.Relations(c.Name) {
		var err error
		if keys[f.Name], err = p.sampleKeys(ctx, f.Related); err != nil {
			return err
		}
	}
	for _, item := range group {
		if !slices.Contains(missing, nameOf(item)) {
			continue
		}
		if err := p.server.admin.Post(ctx, "/items/"+c.Name, p.server.ready(c, item, keys), nil); err != nil {
			return err
		}
	}
	return nil
}

// ready leaves out fields that the collection does not have and keys that the
// server assigns, and replaces the sample's own keys in references.
func (s *server) ready(c collections.Collection, item sample.Item, keys map[string]map[any]json.RawMessage) map[string]any {
	values := map[string]any{}
	for name, value := range item.Values {
		isList := slices.ContainsFunc(s.table.Lists(c.Name), func(list collections.List) bool { return list.Name == name })
		if key, _ := c.Key(); name == key.Name && key.Type == "integer" || !s.willHave(c, name) && !isList {
			continue
		}
		values[name] = value
		if keys[name] != nil {
			values[name] = keys[name][value]
		}
	}
	return values
}

// sampleKeys are the keys that the server assigned to the sample items of a
// collection, by the sample's own. It is nil if they are the same.
func (p *plan) sampleKeys(ctx context.Context, collection string) (map[any]json.RawMessage, error) {
	c, _ := p.server.table.Find(collection)
	own, _ := c.Key()
	if own.Type != "integer" { // images keep their ids
		return nil, nil
	}
	key := p.server.keyName(collection)
	keys := map[any]json.RawMessage{}
	for _, group := range p.server.content.groups() {
		if group[0].Collection != collection {
			continue
		}
		rows, err := list[map[string]json.RawMessage](ctx, p.server, "/items/"+collection, url.Values{"fields": {key + "," + group[0].Name}})
		if err != nil {
			return nil, err
		}
		for _, item := range group {
			for _, row := range rows {
				var name string
				if json.Unmarshal(row[group[0].Name], &name) == nil && name == nameOf(item) {
					keys[item.Values[own.Name]] = row[key]
				}
			}
		}
	}
	return keys, nil
}

// contentNote says what an existing field named content is written with, if it is not
// the editor that setup would give it, and which CONTENT_FORMAT fits; "" if there is
// nothing to say. format is the setting as it is.
func contentNote(f existingField, format string) string {
	text := f.kind == "text" || f.kind == "string"
	switch {
	case f.editor == "input-block-editor" && (text || f.kind == "json"):
		return "Its field content has the block editor. Hutch shows the blocks that it knows and says so where it cannot show one; CONTENT_FORMAT does not matter."
	case f.kind == "json":
		return "Its field content has the type json and is not of the block editor. Hutch cannot show it: pages say so in its place, unless it holds what the block editor writes."
	case !text:
		return fmt.Sprintf("Its field content has the type %s instead of text. Hutch cannot show it: pages say so in its place.", f.kind)
	case f.editor == "input-rich-text-md" && format == "html":
		return "Its field content is written in Markdown, and CONTENT_FORMAT=html shows that as it is typed. Set CONTENT_FORMAT=auto or markdown."
	case f.editor == "input-rich-text-md":
		return "Its field content is written in Markdown. CONTENT_FORMAT=auto recognises that; CONTENT_FORMAT=markdown fits if all contents are."
	case f.editor == "input-rich-text-html" && format == "markdown":
		return "Its field content has the rich text editor, which writes HTML. Set CONTENT_FORMAT=auto or html."
	case f.editor == "input-rich-text-html":
		return ""
	case f.editor == "":
		return "Its field content has no editor of its own. With CONTENT_FORMAT=auto, what has tags is HTML and any other text is Markdown."
	}
	return fmt.Sprintf("Its field content has the editor %s. With CONTENT_FORMAT=auto, what has tags is HTML and any other text is Markdown.", f.editor)
}
