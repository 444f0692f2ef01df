package account

import (
	"cmp"
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/session"
	"hutch/templates"
)

// keptForm is what was typed into a form whose session had ended, on its way through
// sign-in. It waits in the browser, in a sealed cookie, until its member has signed
// in again. A form that no cookie has room for comes back in the page that says so.
type keptForm struct {
	Member string            `json:"member"` // its member's id; "" if not known before sign-in
	Action string            `json:"action"` // where the form was sent
	Typed  []templates.Typed `json:"typed"`
	File   bool              `json:"file"` // one was chosen, and is lost
}

// withoutSession answers a form that came without a session. It leads to the form,
// not to sign-in: the browser may have a newer session than the one that was
// refused. If it has none, signing in comes next.
func (h *Handlers) withoutSession(c *gin.Context) web.Response {
	form := web.FormOf(c)
	if !form.File { // whose parts are read once, with the fields among them
		if err := web.ReadForm(c); err != nil {
			return h.Responder.Problem(c, err)
		}
	}
	toForm := web.SeeOther{Path: cmp.Or(form.Page, afterSignIn)}
	typed := form.Typed(c)
	if form.File {
		// To its end: a browser reads no response while it still sends.
		_, _ = io.Copy(io.Discard, c.Request.Body)
		if web.SentForm(c) != "" {
			return signInElsewhere(c, toForm.Path, nil) // the file is still there
		}
	}
	if len(typed) == 0 && !form.File {
		return toForm
	}
	err := h.keepForm(c, keptForm{h.Sessions.MemberOf(c.Request), c.Request.URL.Path, typed, form.File})
	switch {
	case err == nil, form.File && len(typed) == 0:
		return toForm
	case errors.Is(err, session.ErrTooLarge), errors.Is(err, errKeepsAnother):
		return signInElsewhere(c, toForm.Path, typed)
	}
	return h.Responder.Problem(c, err)
}

// errKeepsAnother means that another form waits already, which must not be lost
// either.
var errKeepsAnother = errors.New("another form is kept")

func (h *Handlers) keepForm(c *gin.Context, form keptForm) error {
	if other, has := h.keptForm(c); has && other.Action != form.Action {
		return errKeepsAnother
	}
	return h.Sessions.Save(c, session.PendingForm, form)
}

func (h *Handlers) keptForm(c *gin.Context) (keptForm, bool) {
	var kept keptForm
	has := h.Sessions.Load(c, session.PendingForm, &kept)
	return kept, has
}

// signInElsewhere keeps what was typed in the page and offers to sign in in another
// tab. It is a 403: a 401 would have to name an HTTP authentication scheme (RFC 9110,
// 15.5.2), and there is none.
func signInElsewhere(c *gin.Context, formPage string, typed []templates.Typed) web.Response {
	told := templates.Problem{
		Heading: "problem.signinfirst", Text: "problem.signinfirsttext", SignInURL: withReturn("/signin", formPage),
		Stays: web.SentForm(c) != "", RetryForm: web.SentForm(c),
	}
	if !told.Stays {
		told.Again = web.SendAgain(c, typed)
	}
	return web.Page{Status: http.StatusForbidden, Page: told}
}

// passOnForm leaves the form that waits to the member who has just signed in, if it
// is theirs: nobody else may see it, now or later.
func (h *Handlers) passOnForm(c *gin.Context, memberID string) {
	kept, has := h.keptForm(c)
	switch {
	case !has:
	case kept.Member == "":
		kept.Member = memberID
		_ = h.Sessions.Save(c, session.PendingForm, kept) // if there is no room for the id, it stays as it is
	case kept.Member != memberID:
		h.Sessions.Discard(c, session.PendingForm)
	}
}

// Refill puts what was typed before the session ended back into its form, which says
// that it has not been sent yet.
func (h *Handlers) Refill(c *gin.Context, form *templates.Form) {
	kept, has := h.keptForm(c)
	own, _ := session.From(c)
	if !has || kept.Action != form.Action || (kept.Member != "" && kept.Member != own.MemberID) {
		return
	}
	for i := range form.Fields {
		form.Fields[i].Retype(kept.Typed)
	}
	if form.Note = "form.restored"; kept.File {
		form.Note = "problem.nofile"
		if len(kept.Typed) == 0 {
			h.Sessions.Discard(c, session.PendingForm) // that is told once
		}
	}
}

// FormDone forgets a kept form once it has been sent with success.
func (h *Handlers) FormDone(c *gin.Context) {
	if kept, has := h.keptForm(c); has && kept.Action == c.Request.URL.Path {
		h.Sessions.Discard(c, session.PendingForm)
	}
}
