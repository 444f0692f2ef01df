package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/directus"
	"hutch/templates"
)

func (s *site) home(c *gin.Context) (reply, error) {
	var global struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	}
	content, err := s.content(c, "global", directus.Query{Fields: []string{"title", "description"}}, &global)
	if err != nil && !isForbidden(err) {
		return nil, err
	}
	return page{http.StatusOK, templates.Home{Content: content, Heading: global.Title, Description: global.Description}}, nil
}

func (s *site) page(c *gin.Context) (reply, error) {
	type item struct {
		Title   string `json:"title"`
		Content string `json:"content"`
	}
	found, content, err := bySlug[item](s, c, "pages", "title", "content")
	if err != nil {
		return nil, err
	}
	return page{http.StatusOK, templates.Text{Content: content, Heading: found.Title, HTML: found.Content}}, nil
}

// bySlug reads the one item of a collection that the address names. A filter
// and not a path, so that a slug can be anything, and so that an item that is
// not there differs from one that may not be read.
func bySlug[T any](s *site, c *gin.Context, collection string, fields ...string) (T, templates.Content, error) {
	var none T
	var found []T
	content, err := s.content(c, collection, directus.Query{
		Fields: fields,
		Filter: directus.Equal("slug", c.Param("slug")),
		Limit:  1,
	}, &found, "authors", "directus_files")
	switch {
	case isForbidden(err), err == nil && len(found) == 0:
		return none, content, errNotFound
	case err != nil:
		return none, content, err
	}
	return found[0], content, nil
}
