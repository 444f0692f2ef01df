package content

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/templates"
)

// postsPerPage suits a list that is read on a phone.
const postsPerPage = 12

// blogPath is where the list of posts is.
const blogPath = "/blog"

// Blog answers with the list of posts, or with what a search finds in it.
func (h *Handlers) Blog(c *gin.Context, v web.Visitor) (web.Response, error) {
	if tag, has := c.GetQuery("tag"); has {
		return toTag(tag), nil
	}
	return h.published(c, v, h.blog, "page", "q")
}

func (h *Handlers) blog(ctx context.Context, q contentQuery) (templates.Page, error) {
	list := templates.Blog{Search: searchWords(q.query.Get("q"))}
	var tags []tagged
	err := web.Together(func() (err error) {
		list.Posts, list.Pager, err = q.pageOfPosts(ctx, list.Search)
		return err
	}, func() (err error) {
		tags, err = q.tagsBeside(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	list.Tags = mostUsed(tags, "")
	list.Pager.Path = blogPath
	if list.Search != "" {
		list.Pager.Query = url.Values{"q": {list.Search}}
	} else if len(list.Posts) > 0 {
		list.Posts[0].Newest = list.Pager.Page == 1
	}
	list.Around, err = q.aroundBlog(ctx, list.Search == "" && list.Pager.Page == 1)
	return list, err
}

// aroundBlog is the page that editors made for the address of the blog, empty if there is
// none: a list without it is better than none. Its blocks stand around the beginning of
// the list only, where they come first: those who turn pages or search have seen them.
func (q contentQuery) aroundBlog(ctx context.Context, withBlocks bool) (templates.BlockPage, error) {
	q.query = nil // it is the same for every page of the list
	page, err := q.composed(ctx)
	if errors.Is(err, web.ErrNotFound) || errors.Is(err, directus.ErrUnavailable) {
		return templates.BlockPage{}, nil
	}
	if !withBlocks {
		page.Blocks = nil
	}
	page.Blocks = templates.WithListPlace(page.Blocks)
	return page, err
}

// pageOfPosts reads the page of a list of posts that the query asks for. A page
// after the last one is not found; the first page exists even if it is empty.
func (q contentQuery) pageOfPosts(ctx context.Context, search string, filters ...directus.Filter) ([]templates.PostSummary, templates.Pager, error) {
	number, ok := pageNumber(q.query)
	if !ok {
		return nil, templates.Pager{}, web.ErrNotFound
	}
	more := 0 // on the first page
	if search == "" && len(filters) == 0 {
		more = 1 // the newest of all, large above the rest
	}
	begin, length := extent(number, more)
	found, count, err := q.partOfPosts(ctx, search, begin, postsPerPage+more, filters) // of one length, so that all pages share the count
	if err != nil && !errors.Is(err, errHidden) {
		return nil, templates.Pager{}, err
	}
	found = found[:min(len(found), length)]
	if len(found) == 0 && number > 1 {
		return nil, templates.Pager{}, web.ErrNotFound
	}
	pager := templates.Pager{Page: number, Pages: pageCount(count, more), Count: count}
	briefs, err := q.briefs(ctx, found)
	return summaries(found, briefs), pager, err
}

// extent returns where a page of a list begins, and how many posts it has: the first page
// may have more than the others.
func extent(number, more int) (begin, length int) {
	if number == 1 {
		return 0, postsPerPage + more
	}
	return (number-1)*postsPerPage + more, postsPerPage
}

// pageCount returns how many pages a list of so many posts has.
func pageCount(count, more int) int {
	return min((max(count-more, 0)+postsPerPage-1)/postsPerPage, maxPage)
}

func (q contentQuery) partOfPosts(ctx context.Context, search string, begin, length int, filters []directus.Filter) ([]post, int, error) {
	if search != "" {
		return q.matches(ctx, search, begin, begin+length)
	}
	return q.posts(ctx, directus.Query{Count: true, Limit: length, Offset: begin}, filters...)
}

// maxPage bounds how far Directus has to count.
const maxPage = 10_000

// pageNumber returns the page= of the query, from 1; ok is false if it is not a page.
func pageNumber(query url.Values) (number int, ok bool) {
	if !query.Has("page") {
		return 1, true
	}
	number, err := strconv.Atoi(query.Get("page"))
	return number, err == nil && number >= 1 && number <= maxPage
}

// maxSearch bounds what is searched for, in characters.
const maxSearch = 100

// searchWords returns what a visitor searches for, in a form that any database
// accepts.
func searchWords(typed string) string {
	typed = strings.ToValidUTF8(typed, "")
	printable := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Bidi_Control, r): // would turn the text around it
			return -1
		}
		return r
	}, typed)
	words := []rune(strings.Join(strings.Fields(printable), " "))
	return strings.TrimSpace(string(words[:min(len(words), maxSearch)]))
}
