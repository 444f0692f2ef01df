package handlers

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/directus"
	"hutch/templates"
)

// postsPerPage fits a list that is read on a phone.
const postsPerPage = 12

// post is an item of posts. Relations that are not set are null.
type post struct {
	Slug        string `json:"slug"`
	Title       string `json:"title"`
	PublishDate string `json:"publish_date"`
	Content     string `json:"content"`
	Author      *struct {
		Name string `json:"name"`
	} `json:"author"`
	Image *struct {
		ID          string `json:"id"`
		Description string `json:"description"`
		Width       int    `json:"width"`
		Height      int    `json:"height"`
	} `json:"image"`
}

func (s *site) blog(c *gin.Context) (reply, error) {
	number, ok := pageNumber(c)
	if !ok {
		return nil, errNotFound
	}
	var posts []post
	content, err := s.content(c, "posts", directus.Query{
		Fields: []string{"slug", "title", "publish_date", "author.name"},
		Sort:   []string{"-publish_date", "slug"},
		// One more than is shown tells whether there is another page.
		Limit:  postsPerPage + 1,
		Offset: (number - 1) * postsPerPage,
	}, &posts, "authors")
	if err != nil && !isForbidden(err) {
		return nil, err
	}
	if len(posts) == 0 && number > 1 {
		return nil, errNotFound
	}
	list := templates.Blog{Content: content, Pager: templates.Pager{Path: "/blog", Page: number, More: len(posts) > postsPerPage}}
	for _, p := range posts[:min(len(posts), postsPerPage)] {
		list.Posts = append(list.Posts, p.summary())
	}
	return page{http.StatusOK, list}, nil
}

// maxPage bounds how far Directus is asked to count.
const maxPage = 10_000

// pageNumber is the ?page= of the request, from 1; ok is false if it is none.
func pageNumber(c *gin.Context) (number int, ok bool) {
	asked, has := c.GetQuery("page")
	if !has {
		return 1, true
	}
	number, err := strconv.Atoi(asked)
	return number, err == nil && number >= 1 && number <= maxPage
}

func (s *site) post(c *gin.Context) (reply, error) {
	found, content, err := bySlug[post](s, c, "posts", "slug", "title", "publish_date", "content", "author.name", "image.id", "image.description", "image.width", "image.height")
	if err != nil {
		return nil, err
	}
	p := templates.Post{Content: content, PostSummary: found.summary(), HTML: found.Content}
	if found.Image != nil {
		p.Image = templates.Image{ID: found.Image.ID, Alt: found.Image.Description, Width: found.Image.Width, Height: found.Image.Height}
	}
	return page{http.StatusOK, p}, nil
}

func (p post) summary() templates.PostSummary {
	summary := templates.PostSummary{Slug: p.Slug, Heading: p.Title, Published: parseDate(p.PublishDate)}
	if p.Author != nil {
		summary.Author = p.Author.Name
	}
	return summary
}

// parseDate reads the date of a Directus date, datetime or timestamp field. A
// missing or odd one is the zero time.
func parseDate(value string) time.Time {
	if len(value) < len(time.DateOnly) {
		return time.Time{}
	}
	date, err := time.Parse(time.DateOnly, value[:len(time.DateOnly)])
	if err != nil {
		return time.Time{}
	}
	return date
}
