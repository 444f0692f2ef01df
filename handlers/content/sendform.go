package content

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/internal/secret"
	"hutch/templates"
)

const (
	msgFormOld     i18n.Message = "visitorsform.old"
	msgFormTrap    i18n.Message = "visitorsform.trap"
	msgFormNotSent i18n.Message = "visitorsform.notsent"
	msgFormClosed  i18n.Message = "visitorsform.closed"
	msgFormLate    i18n.Message = "error.late"
	msgFormRefused i18n.Message = "error.notsaved"
)

// SendForm checks a form that a visitor filled in and stores it in Directus. Nobody is
// thanked for what is not stored, and what was typed comes back with what is wrong.
func (h *Handlers) SendForm(c *gin.Context, v web.Visitor) (web.Response, error) {
	files, done, err := h.readForm(c)
	if err != nil {
		return nil, err
	}
	defer done()
	q := h.formQuery(c)
	q.snapshot = h.Cache.Snapshot()
	f, err := h.formOf(c.Request.Context(), q, v)
	if err != nil {
		return nil, err
	}
	filled := h.formView(f)
	for i, field := range f.inputs() {
		input := &filled.Fields[i]
		var typed []templates.Typed
		for _, value := range c.Request.PostForm[input.Name] {
			if input.Type == "email" {
				value = strings.TrimFunc(value, web.Unseen)
			}
			typed = append(typed, templates.Typed{Name: input.Name, Value: withoutUnseen(value, input.Type == "textarea")})
		}
		input.Retype(typed)
		input.Error, input.ErrorNumber = h.check(field, *input, typed, files[input.Name])
	}
	age, genuine := h.Stamped(c.Request.PostForm.Get(templates.MadeField))
	switch {
	case c.Request.PostForm.Get(templates.TrapField) != "":
		h.Log.Event(c, web.EventFormTrapped)
		filled.Problem = msgFormTrap
	case !genuine || age > formAge:
		filled.Problem = msgFormOld
	}
	if filled.Failed() {
		return web.Invalid(h.answering(c, q, f, filled)), nil
	}
	paid, err := v.Pay(web.Filling)
	if err == nil {
		defer paid()
		err = h.store(c, f, filled, files)
	}
	var tooMuch *web.TooMuch
	var refusal *directus.Error
	status := http.StatusUnprocessableEntity
	switch {
	case err == nil:
		return h.sent(f), nil
	case errors.As(err, &tooMuch):
		web.RetryAfter(c, tooMuch.After)
		status, filled.Problem = http.StatusTooManyRequests, web.MsgTooMany
	case errors.Is(err, directus.Forbidden), errors.Is(err, directus.ResourceRestricted), directus.TokenRefused(err):
		h.Log.Warn("directus does not let this site store what visitors send by forms: FORMS_TOKEN is "+h.formsTokenState()+"; `go run . setup --forms` prepares it", "error", err)
		status, filled.Problem = http.StatusServiceUnavailable, msgFormClosed
	case errors.Is(err, directus.ErrUnavailable):
		status, filled.Problem = h.Log.FormTrouble(c, err, msgFormNotSent, msgFormLate)
	case errors.As(err, &refusal) && refusal.Status < http.StatusInternalServerError:
		h.Log.Warn("directus does not accept what a visitor sent by a form", "form", f.key(), "error", err)
		filled.Problem = msgFormRefused
	default:
		return nil, err
	}
	return web.Page{Status: status, Page: h.answering(c, q, f, filled)}, nil
}

func (h *Handlers) formsTokenState() string {
	if h.FormsToken == (secret.Text{}) {
		return "not set, and the public may not create form_submissions"
	}
	return "not that of an account that may"
}

// answering is the page from which a form was sent, with the form as it is now; the form
// alone if that page is not known, or if there is trouble with it as well.
func (h *Handlers) answering(c *gin.Context, q contentQuery, f form, filled templates.Form) templates.Page {
	q.path, q.name = c.Request.PostForm.Get(templates.PageField), ""
	if has, err := h.HasPermalink(c.Request.Context(), q.path); err == nil && has && q.path != blogPath {
		if page, err := q.composed(c.Request.Context()); err == nil {
			if answer, ok := page.Answering(filled, web.SentForm(c)); ok {
				return answer
			}
		}
	}
	return templates.NewVisitorsForm(h.named(f.Title), filled)
}

// readForm reads what was sent. It returns the files by the names of their fields, and what
// gives back the room that they take up.
func (h *Handlers) readForm(c *gin.Context) (files map[string]*fields.File, done func(), err error) {
	if !strings.HasSuffix(c.FullPath(), "/files") {
		return nil, func() {}, web.ReadForm(c)
	}
	size := c.Request.ContentLength
	if size < 0 || size > MaxFormFiles {
		size = MaxFormFiles
	}
	if !h.sentFiles.TryAcquire(size) {
		return nil, nil, web.ErrOverloaded
	}
	done = func() { h.sentFiles.Release(size) }
	files, err = fields.ReadFiles(c)
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		err = web.ErrBadRequest
	}
	if err != nil {
		done()
	}
	return files, done, err
}

// withoutUnseen returns a text without what nobody sees and some databases refuse.
func withoutUnseen(text string, lines bool) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines, r == '\t':
			return r
		case r == '\n':
			return ' '
		case r < ' ', r == 0x7f:
			return -1
		}
		return r
	}, text))
}

// sentValue is a value of a submission as Directus' model has it.
type sentValue struct {
	Field json.RawMessage `json:"field"`
	Value string          `json:"value,omitempty"`
	File  string          `json:"file,omitempty"`
}

// store uploads the files and stores the form, all of it in one call. It goes on if the
// visitor leaves, so that no file stays without its form. If Directus refuses the form,
// its files do stay: the account may delete nothing.
func (h *Handlers) store(c *gin.Context, f form, filled templates.Form, files map[string]*fields.File) error {
	ctx, v := context.WithoutCancel(c.Request.Context()), web.OnBehalfOf(c)
	var values []sentValue
	for i, field := range f.inputs() {
		input := filled.Fields[i]
		value := sentValue{Field: field.ID}
		switch input.Type {
		case "file":
			if file := files[input.Name]; file != nil {
				mediaType, ending := file.Kind()
				name := file.FileName(ending)
				value.File = newSentFileID()
				described := map[string]string{"id": value.File, "title": name}
				if h.FormsFolder != "" {
					described["folder"] = h.FormsFolder
				}
				if err := h.Directus.UploadFile(ctx, v, h.FormsToken, directus.Upload{Fields: described, Name: name, ContentType: mediaType, Content: file.Content}); err != nil {
					return err
				}
			}
		case "checkboxes":
			if len(input.Values) > 0 {
				all, _ := json.Marshal(input.Values) // of texts
				value.Value = string(all)
			}
		case "checkbox":
			value.Value = "false"
			if input.Value != "" {
				value.Value = "true"
			}
		default:
			value.Value = input.Value
		}
		if value.Value != "" || value.File != "" {
			values = append(values, value)
		}
	}
	return h.Directus.CreateItem(ctx, v, h.FormsToken, "form_submissions", struct {
		Form   json.RawMessage `json:"form"`
		Values []sentValue     `json:"values"`
	}{f.ID, values})
}

// sent leads to where editors want visitors to go, or to the page that thanks them.
func (h *Handlers) sent(f form) web.Response {
	if f.OnSuccess == "redirect" && f.SuccessURL != "" {
		if target := h.Responder.RedirectTarget(f.SuccessURL); target != "" {
			return web.MovedTo{Status: http.StatusSeeOther, Target: target}
		}
		h.Log.WarnOnce("a form leads to a site that is not in REDIRECT_HOSTS; visitors are thanked here", "form", f.key())
	}
	return web.SeeOther{Path: f.path() + "/sent"}
}
