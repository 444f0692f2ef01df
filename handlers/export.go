package handlers

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

	"hutch/internal/directus"
	"hutch/session"
	"hutch/templates"
)

const (
	exportPage = 100 // rows that are asked for at once
	// exportRows bounds what is read of all collections, for the sake of this
	// process; the file says where it was cut.
	exportRows = 10_000
)

// exported is the file that a member takes with them.
type exported struct {
	Site        string                       `json:"site"`
	At          time.Time                    `json:"exported_at"`
	Account     map[string]json.RawMessage   `json:"account"`
	Collections map[string][]json.RawMessage `json:"collections"`
	Cut         []string                     `json:"cut_short,omitempty"`  // collections with more rows than these
	Incomplete  bool                         `json:"incomplete,omitempty"` // the account alone
}

func (s *site) showYourData(c *gin.Context) (reply, error) {
	deletable, err := s.deletable(c)
	return page{http.StatusOK, templates.YourData{Deletable: deletable}}, err
}

// export gives the member all that Directus lets them read about themselves:
// their row, and from every collection the rows that point to it.
func (s *site) export(c *gin.Context) (reply, error) {
	m, err := s.member(c)
	if err != nil {
		return nil, err
	}
	file := exported{Site: s.PublicURL, At: time.Now().UTC().Truncate(time.Second), Account: shown(m.Row), Collections: map[string][]json.RawMessage{}}
	pointing, err := s.pointingToMembers(c)
	if isForbidden(err) {
		// Nobody has told this Directus to let members see what points to them.
		file.Incomplete, err = true, nil
	}
	if err != nil {
		return nil, err
	}
	left := exportRows
	for _, collection := range slices.Sorted(maps.Keys(pointing)) {
		rows, whole, err := s.rowsAbout(c, m, collection, pointing[collection], left)
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

// download is a file that the browser keeps instead of showing it.
func download(content []byte, contentType, name string) reply {
	return file{http.StatusOK, http.Header{
		"Content-Type":        {contentType},
		"Content-Disposition": {"attachment; filename=\"" + name + "\""},
		"Cache-Control":       {"no-store"},
	}, io.NopCloser(bytes.NewReader(content))}
}

// shown is a row without what lets others in, or is concealed in any case.
func shown(row map[string]json.RawMessage) map[string]json.RawMessage {
	row = maps.Clone(row)
	for _, secret := range []string{"password", "token", "tfa_secret", "auth_data"} {
		delete(row, secret)
	}
	return row
}

// pointingToMembers gives the fields that point to a member, by collection: as
// far as the member may see them.
func (s *site) pointingToMembers(c *gin.Context) (map[string][]string, error) {
	own, _ := session.From(c)
	fields, err := s.Directus.Fields(c.Request.Context(), visitor(c), own.Token, "")
	pointing := map[string][]string{}
	for _, f := range fields {
		if f.Schema.ForeignTable == "directus_users" && f.Collection != "directus_users" {
			pointing[f.Collection] = append(pointing[f.Collection], f.Name)
		}
	}
	return pointing, err
}

// rowsAbout reads the rows of a collection that point to the member, up to a
// number, and says whether these are all.
func (s *site) rowsAbout(c *gin.Context, m directus.User, collection string, fields []string, limit int) (rows []json.RawMessage, whole bool, err error) {
	var either []directus.Filter
	for _, field := range fields {
		either = append(either, directus.Equal(field, m.ID))
	}
	for len(rows) < limit {
		more, err := s.somethingAbout(c, collection, directus.Query{Filter: directus.Either(either...), Limit: exportPage, Offset: len(rows)})
		if isForbidden(err) || errors.Is(err, directus.RouteNotFound) {
			return rows, true, nil // not for members, or one of Directus' own without a route
		}
		if err != nil {
			return nil, false, err
		}
		if rows = append(rows, more...); len(more) < exportPage {
			return rows, true, nil
		}
	}
	return rows, false, nil
}

// somethingAbout reads a page of these rows. A collection of one item answers with
// that item, whosever it is: that is the site's, and not the member's.
func (s *site) somethingAbout(c *gin.Context, collection string, query directus.Query) ([]json.RawMessage, error) {
	own, _ := session.From(c)
	var answer json.RawMessage
	var err error
	if collection == "directus_files" {
		err = s.readFiles(c.Request.Context(), c, query, &answer)
	} else {
		err = s.Directus.Items(c.Request.Context(), visitor(c), own.Token, collection, query, &answer)
	}
	var rows []json.RawMessage
	if err == nil && json.Unmarshal(answer, &rows) != nil {
		return nil, nil
	}
	return rows, err
}
