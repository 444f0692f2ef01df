package web

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"github.com/gin-gonic/gin"

	"hutch/session"
	"hutch/templates"
)

// Form is what is known of a form before it is read. Nothing typed is lost: a form
// that could not be handled for now comes back in the page of the problem, and one
// whose session has ended waits in a sealed cookie (account/keptforms.go). With
// htmx it has never left the visitor's page.
//
// Passwords, codes and files are never kept: what is kept is named here.
type Form struct {
	Page   string                 // that shows it; "": this is no form of a page
	Keeps  func(name string) bool // whether a field may be kept; nil: none
	Secret bool                   // it also asks for a password or a code
	File   bool                   // or for a file
	Button bool                   // it is a button without fields
}

// Email keeps the email address alone.
func Email(name string) bool { return name == "email" }

// AllButPasswords is for the profile, which has no password and no code; but a
// password manager may have filled one in.
func AllButPasswords(name string) bool { return name != "password" && name != "current_password" }

// FormOf returns the form that the request sent, as its row describes it.
func FormOf(c *gin.Context) Form {
	form := routeOf(c).Form
	for _, p := range c.Params {
		form.Page = strings.Replace(form.Page, ":"+p.Key, p.Value, 1)
	}
	return form
}

// RefuseOtherBodies answers 415 to what is not sent as the page's form is: read as a
// form, JSON or a compressed body would have no fields, and look like an empty one.
func (r *Responder) RefuseOtherBodies(c *gin.Context) {
	if form := FormOf(c); c.Request.Method == http.MethodPost && form.Page != "" && !form.isSentBy(c.Request) {
		r.Respond(c, r.Problem(c, errNoForm))
	}
}

// isSentBy reports whether a request has the type of the form, or no body at all.
func (f Form) isSentBy(req *http.Request) bool {
	wanted := "application/x-www-form-urlencoded"
	if f.File {
		wanted = "multipart/form-data"
	}
	given := req.Header.Get("Content-Type")
	if given == "" && req.ContentLength == 0 {
		return true
	}
	kind, _, err := mime.ParseMediaType(given)
	return err == nil && kind == wanted && req.Header.Get("Content-Encoding") == ""
}

// ReadForm parses the body of a POST.
func ReadForm(c *gin.Context) error {
	err := c.Request.ParseForm()
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		return ErrBadRequest
	}
	return err
}

// ReadParts parses the body of a POST with files: the fields, which may not be longer than
// those of any other form, and each file by take.
func ReadParts(c *gin.Context, take func(field, name string, content io.Reader) error) error {
	c.Request.PostForm = url.Values{}
	left := int64(maxForm)
	parts, err := c.Request.MultipartReader()
	for err == nil {
		var part *multipart.Part
		if part, err = parts.NextPart(); err != nil {
			break
		}
		if part.FileName() != "" {
			err = take(part.FormName(), part.FileName(), part)
			continue
		}
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(part, left+1)); int64(len(text)) > left {
			return &http.MaxBytesError{Limit: maxForm}
		}
		left -= int64(len(text))
		if _, chosen := part.Header["Content-Type"]; !chosen { // else it is a file field without a file
			c.Request.PostForm.Add(part.FormName(), string(text))
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return err
}

// maxKeptFields is more than any form has.
const maxKeptFields = 256

// Typed returns what may be kept of the form that was sent. Of one that nobody has read
// yet, that is all that can be read.
func (f Form) Typed(c *gin.Context) []templates.Typed {
	switch {
	case f.Keeps == nil:
		return nil
	case c.Request.PostForm != nil:
	case f.File:
		_ = ReadParts(c, func(_, _ string, content io.Reader) error {
			_, err := io.Copy(io.Discard, content)
			return err
		})
	case c.Request.ParseForm() != nil:
		return nil
	}
	var typed []templates.Typed
	for name, values := range c.Request.PostForm {
		if f.Keeps(name) {
			for _, value := range values {
				typed = append(typed, templates.Typed{Name: name, Value: value})
			}
		}
	}
	slices.SortStableFunc(typed, func(a, b templates.Typed) int { return cmp.Compare(a.Name, b.Name) })
	return typed[:min(len(typed), maxKeptFields)]
}

// SendAgain is a copy of the form that was sent, for a page to offer once more.
func SendAgain(c *gin.Context, typed []templates.Typed) *templates.Again {
	return &templates.Again{Action: session.ReturnTo(c.Request.URL.RequestURI(), c.Request.URL.Path), Typed: typed, Multipart: FormOf(c).File}
}

// keepInPage lets the page of a temporary problem carry the form that was sent, or
// lead back to it, unless htmx left it on the visitor's page.
func keepInPage(c *gin.Context, told *templates.Problem) {
	form := FormOf(c)
	if c.Request.Method != http.MethodPost || told.Stays || form.Page == "" {
		return
	}
	typed := form.Typed(c)
	switch {
	case len(typed) > 0:
		told.Again = SendAgain(c, typed)
		told.Notes = append(told.Notes, "problem.keptinpage")
	case form.Button:
		told.Again = SendAgain(c, nil)
	default:
		told.WayURL, told.WayLabel = form.Page, "problem.toform"
	}
	if form.Secret {
		told.Notes = append(told.Notes, "problem.nosecrets")
	}
	if form.File {
		told.Notes = append(told.Notes, "problem.nofile")
	}
}

// maxForm bounds the body of a request, other than an upload.
const maxForm = 64 << 10

// Receive reads a body before the request takes up room, so that slow senders keep
// nobody out: a form into memory, an upload into a file. What is wrong with the body,
// its reader learns.
func (r *Responder) Receive(maxRequests int) gin.HandlerFunc {
	under := newUploads(maxRequests)
	return func(c *gin.Context) {
		if len(c.Request.TransferEncoding) > 0 {
			// It may have come with a length as well, which net/http drops. A proxy that
			// believed the length takes the rest for a request of its own (RFC 9112, 6.1).
			c.Header("Connection", "close")
		}
		if limit := routeOf(c).Upload; limit > 0 {
			r.receiveUpload(c, limit, under)
			return
		}
		if c.Request.Body == http.NoBody {
			return
		}
		received, err := io.ReadAll(http.MaxBytesReader(c.Writer, watched{c.Request.Body, c}, maxForm))
		if err == nil {
			err = io.EOF
		}
		c.Request.Body = io.NopCloser(io.MultiReader(bytes.NewReader(received), failing{err}))
	}
}

// watched notes when the visitor hangs up before all of the body has arrived.
type watched struct {
	io.ReadCloser
	c *gin.Context
}

func (w watched) Read(piece []byte) (int, error) {
	n, err := w.ReadCloser.Read(piece)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
		noteLeft(w.c)
	}
	return n, err
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
