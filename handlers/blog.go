package handlers

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/directus"
	"hutch/templates"
)

// maxPosts bounds the list until it has pages.
const maxPosts = 100

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
	} `json:"image"`
}

func (s *site) blog(c *gin.Context) (reply, error) {
	var posts []post
	err := s.Directus.Items(c.Request.Context(), visitor(c), "", "posts", directus.Query{
		Fields: []string{"slug", "title", "publish_date", "author.name"},
		Sort:   []string{"-publish_date", "slug"},
		Limit:  maxPosts,
	}, &posts)
	if errors.Is(err, directus.Forbidden) {
		s.notPrepared(err)
	} else if err != nil {
		return nil, err
	}
	list := templates.Blog{}
	for _, p := range posts {
		list.Posts = append(list.Posts, p.summary())
	}
	return page{http.StatusOK, list}, nil
}

func (s *site) post(c *gin.Context) (reply, error) {
	found, err := bySlug[post](s, c, "posts", "slug", "title", "publish_date", "content", "author.name", "image.id", "image.description")
	if err != nil {
		return nil, err
	}
	p := templates.Post{PostSummary: found.summary(), Content: found.Content}
	if found.Image != nil {
		p.ImageID, p.ImageAlt = found.Image.ID, found.Image.Description
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
