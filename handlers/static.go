package handlers

import "github.com/gin-gonic/gin"

// staticFile serves what the binary carries.
func (s *site) staticFile(c *gin.Context) (reply, error) {
	if !s.Static.Serve(c.Writer, c.Request, c.Param("file")) {
		return nil, errNotFound
	}
	return served{}, nil
}
