package writing

import (
	"cmp"
	"errors"
	"strconv"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/collections"
	"hutch/internal/directus"
	"hutch/internal/sitefolder"
	"hutch/templates"
)

// perPage is how many of their items members see at once.
const perPage = 25

// Mine lists what the member has made, newest first, read with their own token.
func (m Collection) Mine(c *gin.Context, v web.Visitor) (web.Response, error) {
	number := 1
	if asked := c.Query("page"); asked != "" {
		var err error
		if number, err = strconv.Atoi(asked); err != nil || number < 1 || number > 1000 {
			return nil, web.ErrNotFound
		}
	}
	done, err := v.Pay(web.Reading)
	if err != nil {
		return nil, err
	}
	defer done()
	a, err := m.ask(c)
	if err != nil {
		return nil, err
	}
	creator := creatorOf(a)
	if creator == "" {
		return nil, web.ErrOwnUnknown
	}
	items, err := m.read(a, directus.Query{
		Filter: directus.Equal(creator, "$CURRENT_USER"), Sort: []string{"-" + m.newest(a)},
		Limit: perPage + 1, Offset: (number - 1) * perPage,
	})
	if err != nil {
		return nil, err
	}
	page := templates.OwnEntries{Heading: m.of.Heading(), List: m.of.Path, Page: number, More: len(items) > perPage, Addable: m.mayCreate(a) == nil}
	if number > 1 && len(items) == 0 {
		return nil, web.ErrNotFound
	}
	for _, item := range items[:min(len(items), perPage)] {
		if !m.isOwn(a, item) {
			continue
		}
		own := templates.OwnEntry{Path: m.path(m.addressOf(a, item)), Heading: m.headingOf(a, item), Published: m.isPublished(item)}
		own.Editable = m.of.Members.Edit != sitefolder.None && a.may("update", m.of.Name)
		own.Deletable = m.of.Members.Delete != sitefolder.None && a.may("delete", m.of.Name)
		page.Items = append(page.Items, own)
	}
	return web.OK(page), nil
}

// minePath is the address of that list; empty if nobody can tell whose an item is.
func (m Collection) minePath(a asked) string {
	if creatorOf(a) == "" {
		return ""
	}
	return m.of.Path + "/mine"
}

// afterwards is where members go from what has no page of its own.
func (m Collection) afterwards(a asked) string { return cmp.Or(m.minePath(a), m.of.Path) }

// newest is the field that the list is sorted by.
func (m Collection) newest(a asked) string {
	for _, f := range a.Fields {
		if f.Has("date-created") {
			return f.Name
		}
	}
	return keyOf(a)
}

// headingOf returns what people call an item.
func (m Collection) headingOf(a asked, item collections.Item) string {
	title := templates.PlainText(collections.TextOf(item[m.titleField(a)]))
	return cmp.Or(title, collections.TextOf(item[m.addressField(a)]), collections.TextOf(item[keyOf(a)]))
}

// hidden returns ErrNotFound in place of Directus' refusal of a question: what a member may
// not read is not there.
func hidden(err error) error {
	if errors.Is(err, directus.Forbidden) || errors.Is(err, directus.InvalidQuery) {
		return web.ErrNotFound
	}
	return err
}
