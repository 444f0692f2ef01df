package web

import (
	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/session"
)

// Visitor is who sent a request: all that the handlers of published content learn
// of them.
type Visitor struct {
	SignedIn bool
	Token    secret.Text // reads what the member may read; empty: not signed in
}

// VisitorOf returns who sent the request.
func VisitorOf(c *gin.Context) Visitor {
	own, signedIn := session.From(c)
	return Visitor{SignedIn: signedIn, Token: own.Token}
}

// OnBehalfOf names the visitor to Directus.
func OnBehalfOf(c *gin.Context) directus.Visitor {
	return directus.Visitor{IP: c.ClientIP(), UserAgent: c.Request.UserAgent(), RequestID: requestID(c.Request)}
}

func signedIn(c *gin.Context) bool {
	_, has := session.From(c)
	return has
}
