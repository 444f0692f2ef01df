package account

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/session"
	"hutch/templates"
)

const (
	exportPage = 100 // rows per call
	// exportRows bounds what is read of all collections, to protect this process; the
	// file says where it was cut.
	exportRows = 10_000
)

// exported is the file with a member's data.
type exported struct {
	Site        string                       `json:"site"`
	At          time.Time                    `json:"exported_at"`
	Account     map[string]json.RawMessage   `json:"account"`
	Collections map[string][]json.RawMessage `json:"collections"`
	Cut         []string                     `json:"cut_short,omitempty"`  // collections with more rows than these
	Incomplete  bool                         `json:"incomplete,omitempty"` // the account alone
}

func (h *Handlers) ShowYourData(c *gin.Context) (web.Response, error) {
	deletable, err := h.deletable(c)
	return web.OK(templates.YourData{Deletable: deletable}), err
}

// Export answers with all that Directus lets members read about themselves: their
// row, and the rows of every collection that refer to it.
func (h *Handlers) Export(c *gin.Context) (web.Response, error) {
	m, err := h.member(c)
	if err != nil {
		return nil, err
	}
	file := exported{Site: h.PublicURL, At: time.Now().UTC().Truncate(time.Second), Account: shown(m.Row), Collections: map[string][]json.RawMessage{}}
	pointing, err := h.pointingToMembers(c)
	if errors.Is(err, directus.Forbidden) {
		// This Directus does not let members read which fields refer to them.
		file.Incomplete, err = true, nil
	}
	if err != nil {
		return nil, err
	}
	left := exportRows
	for _, collection := range slices.Sorted(maps.Keys(pointing)) {
		rows, whole, err := h.rowsAbout(c, m, collection, pointing[collection], left)
		if err != nil {
			return nil, err
		}
		left -= len(rows)
		if len(rows) > 0 {
			file.Collections[collection] = rows
		}
		if !whole {
			file.Cut = append(file.Cut, collection)
		}
	}
	encoded, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, err
	}
	return download(encoded, "application/json; charset=utf-8", "my-data.json"), nil
}

// download is a file that the browser saves instead of showing it.
func download(content []byte, contentType, name string) web.Response {
	return web.File{Status: http.StatusOK, Header: http.Header{
		"Content-Type":        {contentType},
		"Content-Disposition": {"attachment; filename=\"" + name + "\""},
		"Cache-Control":       {"no-store"},
	}, Body: io.NopCloser(bytes.NewReader(content))}
}

// shown returns a row without credentials and what is concealed in any case.
func shown(row map[string]json.RawMessage) map[string]json.RawMessage {
	row = maps.Clone(row)
	for _, secret := range []string{"password", "token", "tfa_secret", "auth_data"} {
		delete(row, secret)
	}
	return row
}

// pointingToMembers returns the fields that refer to a member, by collection, as far
// as the member may see them.
func (h *Handlers) pointingToMembers(c *gin.Context) (map[string][]string, error) {
	own, _ := session.From(c)
	fields, err := h.Directus.Fields(c.Request.Context(), web.OnBehalfOf(c), own.Token, "")
	pointing := map[string][]string{}
	for _, f := range fields {
		if f.Schema.ForeignTable == "directus_users" && f.Collection != "directus_users" {
			pointing[f.Collection] = append(pointing[f.Collection], f.Name)
		}
	}
	return pointing, err
}

// rowsAbout reads up to limit rows of a collection that refer to the member, and
// reports whether these are all.
func (h *Handlers) rowsAbout(c *gin.Context, m directus.User, collection string, fields []string, limit int) (rows []json.RawMessage, whole bool, err error) {
	var either []directus.Filter
	for _, field := range fields {
		either = append(either, directus.Equal(field, m.ID))
	}
	for len(rows) < limit {
		more, err := h.somethingAbout(c, collection, directus.Query{Filter: directus.Either(either...), Limit: exportPage, Offset: len(rows)})
		if errors.Is(err, directus.Forbidden) || errors.Is(err, directus.RouteNotFound) {
			return rows, true, nil // not for members, or a system collection without a route
		}
		if err != nil {
			return nil, false, err
		}
		// A project may send fewer at a time than it is asked for.
		if rows = append(rows, more...); len(more) < directus.SafeLimit {
			return rows, true, nil
		}
	}
	return rows, false, nil
}

// somethingAbout reads a page of these rows. A singleton answers with its one item,
// whatever the filter: that is the site's, not the member's.
func (h *Handlers) somethingAbout(c *gin.Context, collection string, query directus.Query) ([]json.RawMessage, error) {
	own, _ := session.From(c)
	var answer json.RawMessage
	var err error
	if collection == "directus_files" {
		err = h.readFiles(c.Request.Context(), c, query, &answer)
	} else {
		err = h.Directus.Items(c.Request.Context(), web.OnBehalfOf(c), own.Token, collection, query, &answer)
	}
	var rows []json.RawMessage
	if err == nil && json.Unmarshal(answer, &rows) != nil {
		return nil, nil
	}
	return rows, err
}
