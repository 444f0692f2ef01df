package web

import (
	"time"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/session"
)

// Route is what the middleware needs to know of an address before its handler runs.
// It is part of the address' row in routes.go; the zero value is for addresses that
// do not exist.
type Route struct {
	Load Load
	Form Form
	// Upload is the size of the largest upload, in bytes, which waits in a file; 0: a
	// form, which is held in memory.
	Upload int64
	// Open is for visitors who have not signed in as well.
	Open bool
	// Quiet requests are not logged one by one.
	Quiet bool
}

// Load says which part of the site's capacity requests take up.
type Load int

const (
	// Usual is for pages and, sent by POST, forms.
	Usual Load = iota
	// Files may go to a slow reader for a minute.
	Files
	// Probes are always let in.
	Probes
)

const routeKey = "hutch/handlers/web route"

// Marker returns the first middleware of the route: the others ask it what the row
// says.
func (r Route) Marker() gin.HandlerFunc {
	var row any = r // once, not for each request
	return func(c *gin.Context) { c.Set(routeKey, row) }
}

func routeOf(c *gin.Context) Route {
	value, _ := c.Get(routeKey)
	route, _ := value.(Route)
	return route
}

// Visitor is who sent a request: all that the handlers of published content learn
// of them.
type Visitor struct {
	SignedIn bool
	Token    secret.Text // reads what the member may read; empty: not signed in
	// Pay counts work that Directus has to do for them, and waits until theirs before it
	// is done. The caller calls done after it. The error is a [*TooMuch].
	Pay func(Work) (done func(), err error)
}

// Work is what Directus is asked to do for a visitor.
type Work string

// The kinds of work, each with a limit of its own.
const (
	Reading   Work = "reading"   // items that are not in the cache
	Searching Work = "searching" // all items, for what a visitor has typed or pages to
	Filling   Work = "filling"   // a form of theirs is stored
	Writing   Work = "writing"   // an item of theirs is stored, changed or deleted
	Sending   Work = "sending"   // a file, perhaps a rendition that is not made yet
)

// TooMuch means that a visitor has had Directus do more than their share.
type TooMuch struct {
	After time.Duration // how long until there is some for them again
}

func (e *TooMuch) Error() string { return "the visitor has had their share of Directus' work" }

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
