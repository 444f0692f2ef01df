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
	if global.Title == "" {
		global.Title = "Welcome"
	}
	return page{http.StatusOK, templates.Home{Heading: global.Title, Description: global.Description}}, nil
}

func (s *site) page(c *gin.Context) (reply, error) {
	var found []struct {
		Title   string `json:"title"`
		Content string `json:"content"`
	}
	err := s.Directus.Items(c.Request.Context(), visitor(c), "", "pages", directus.Query{
		Fields: []string{"title", "content"},
		Equal:  map[string]string{"slug": c.Param("slug")},
		Limit:  1,
	}, &found)
	if errors.Is(err, directus.Forbidden) {
		s.notPrepared(err)
		return nil, errNotFound
	}
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNotFound
	}
	return page{http.StatusOK, templates.Text{Heading: found[0].Title, Content: found[0].Content}}, nil
}

// notPrepared tells the operator, not the visitor, what to do when the public
// may not read what this site shows.
func (s *site) notPrepared(err error) {
	s.Log.Warn("the public may not read this content; `go run . setup` prepares a Directus for it", "error", err)
}
