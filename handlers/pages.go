package handlers

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/directus"
	"hutch/templates"
)

// Content is always read as the public: what everybody may see does not depend
// on a token, and Directus would refuse it to one that has died.

func (s *site) home(c *gin.Context) (reply, error) {
	var global struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	}
	err := s.Directus.Items(c.Request.Context(), visitor(c), "", "global",
		directus.Query{Fields: []string{"title", "description"}}, &global)
	if errors.Is(err, directus.Forbidden) {
		s.notPrepared(err)
	} else if err != nil {
		return nil, err
	}
	return page{http.StatusOK, templates.Home{Heading: global.Title, Description: global.Description}}, nil
}

func (s *site) page(c *gin.Context) (reply, error) {
	type item struct {
		Title   string `json:"title"`
		Content string `json:"content"`
	}
	found, err := bySlug[item](s, c, "pages", "title", "content")
	if err != nil {
		return nil, err
	}
	return page{http.StatusOK, templates.Text{Heading: found.Title, Content: found.Content}}, nil
}

// bySlug reads the one item of a collection that the address names. A filter
// and not a path, so that a slug can be anything, and so that an item that is
// not there differs from one that may not be read.
func bySlug[T any](s *site, c *gin.Context, collection string, fields ...string) (T, error) {
	var found []T
	err := s.Directus.Items(c.Request.Context(), visitor(c), "", collection, directus.Query{
		Fields: fields,
		Equal:  map[string]string{"slug": c.Param("slug")},
		Limit:  1,
	}, &found)
	if errors.Is(err, directus.Forbidden) {
		s.notPrepared(err)
		err = errNotFound
	}
	if err == nil && len(found) == 0 {
		err = errNotFound
	}
	if err != nil {
		var none T
		return none, err
	}
	return found[0], nil
}

// notPrepared tells the operator, not the visitor, what to do when the public
// may not read what this site shows.
func (s *site) notPrepared(err error) {
	s.Log.Warn("the public may not read this content; `go run . setup` prepares a Directus for it", "error", err)
}
