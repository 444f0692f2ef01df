package handlers

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"hutch/session"
	"hutch/templates"
)

// Nothing typed is lost. A form whose session has ended waits in the browser, in a
// sealed cookie, until its member has signed in again. A form that Directus was not
// there for comes back in the page that says so, to be sent again; so does one that
// no cookie has room for. With htmx it has never left the visitor's page.
//
// Passwords, codes and files are never kept: what is kept is named here.

// formAt is what is known of a form before it is read: by the route that takes it.
type formAt struct {
	page   string                 // that shows it
	keeps  func(name string) bool // whether a field may be kept; nil: none
	secret bool                   // it also asks for a password or a code
	file   bool                   // or for a file
	button bool                   // it is a button and has no fields
}

func formOf(route string) formAt {
	switch route {
	case "/profile":
		return formAt{page: route, keeps: isNoPassword} // its fields are the project's
	case "/profile/email", "/profile/delete", "/signin", "/signup":
		return formAt{page: route, keeps: isEmail, secret: true}
	case "/password/forgot":
		return formAt{page: route, keeps: isEmail}
	case "/profile/password", resetPath, invitePath, "/signin/code", "/signin/recovery":
		return formAt{page: route, secret: true}
	case "/profile/two-factor", "/profile/two-factor/confirm", "/profile/two-factor/off":
		return formAt{page: "/profile/two-factor", secret: true}
	case avatarPath:
		return formAt{page: "/profile", file: true}
	case avatarPath + "/remove":
		return formAt{page: "/profile", button: true}
	case "/profile/two-factor/cancel":
		return formAt{page: "/profile/two-factor", button: true}
	case "/signup/check-email", verifyPath, "/logout":
		return formAt{page: route, button: true}
	case "/appearance":
		return formAt{page: "/"}
	}
	return formAt{} // no form of ours
}

func isEmail(name string) bool { return name == "email" }

// isNoPassword is for the profile, which has no password and no code; a password
// manager may have put one there all the same.
func isNoPassword(name string) bool { return name != "password" && name != "current_password" }

// maxKept is more fields than any form has.
const maxKept = 256

// typedIn is what may be kept of the form that was sent.
func typedIn(c *gin.Context, form formAt) []templates.Typed {
	if form.keeps == nil || c.Request.ParseForm() != nil {
		return nil
	}
	var typed []templates.Typed
	for name, values := range c.Request.PostForm {
		if form.keeps(name) && len(values) > 0 {
			typed = append(typed, templates.Typed{Name: name, Value: values[0]})
		}
	}
	slices.SortFunc(typed, func(a, b templates.Typed) int { return cmp.Compare(a.Name, b.Name) })
	return typed[:min(len(typed), maxKept)]
}

// heldForm is what was typed, on its way through sign-in.
type heldForm struct {
	Member string            `json:"member"` // whose it is; "": of whoever signs in
	Action string            `json:"action"` // where the form was sent
	Typed  []templates.Typed `json:"typed"`
	File   bool              `json:"file"` // one was chosen, which is gone
}

// withoutSession is the answer to a form that has come without a session. It leads
// to the form, not to sign-in: the browser may have a session that is newer than
// the one that was refused. If it has none, signing in comes next.
func (s *site) withoutSession(c *gin.Context) reply {
	if err := readForm(c); err != nil {
		return s.problem(c, err)
	}
	form := formOf(c.FullPath())
	toForm := seeOther{path: cmp.Or(form.page, afterSignIn)}
	if form.file {
		// To its end: a browser reads no answer while it still sends.
		_, _ = io.Copy(io.Discard, c.Request.Body)
		if sentForm(c) != "" {
			return signInElsewhere(c, toForm.path, nil) // the file is still there
		}
	}
	typed := typedIn(c, form)
	if len(typed) == 0 && !form.file {
		return toForm
	}
	err := s.holdForm(c, heldForm{s.Sessions.MemberOf(c.Request), c.FullPath(), typed, form.file})
	switch {
	case err == nil, form.file:
		return toForm
	case errors.Is(err, session.ErrTooLarge), errors.Is(err, errHoldsAnother):
		return signInElsewhere(c, toForm.path, typed)
	}
	return s.problem(c, err)
}

// errHoldsAnother says that another form waits already, which must not be lost
// either.
var errHoldsAnother = errors.New("another form is held")

func (s *site) holdForm(c *gin.Context, form heldForm) error {
	if other, has := s.heldForm(c); has && other.Action != form.Action {
		return errHoldsAnother
	}
	return s.Sessions.Save(c, session.PendingForm, form)
}

func (s *site) heldForm(c *gin.Context) (heldForm, bool) {
	var held heldForm
	has := s.Sessions.Load(c, session.PendingForm, &held)
	return held, has
}

// signInElsewhere keeps what was typed in the page, and offers to sign in in
// another tab. It is a 403: a 401 would have to name a scheme of HTTP to sign in
// with (RFC 9110, 15.5.2), and there is none.
func signInElsewhere(c *gin.Context, formPage string, typed []templates.Typed) reply {
	told := templates.Problem{
		Heading: "problem.signinfirst", Text: "problem.signinfirsttext", SignInURL: withReturn("/signin", formPage),
		Stays: sentForm(c) != "", RetryForm: sentForm(c),
	}
	if !told.Stays {
		told.Again = sendAgain(c, typed)
	}
	return page{http.StatusForbidden, told}
}

// sendAgain is the same form once more.
func sendAgain(c *gin.Context, typed []templates.Typed) *templates.Again {
	return &templates.Again{Action: session.ReturnTo(c.Request.URL.RequestURI(), c.Request.URL.Path), Typed: typed}
}

// keepInPage lets the page of a problem that passes carry the form that was sent,
// or lead back to it, unless htmx has left it on the visitor's page.
func keepInPage(c *gin.Context, told *templates.Problem) {
	form := formOf(c.FullPath())
	if c.Request.Method != http.MethodPost || told.Stays || form.page == "" {
		return
	}
	typed := typedIn(c, form)
	switch {
	case len(typed) > 0:
		told.Again = sendAgain(c, typed)
		told.Notes = append(told.Notes, "problem.keptinpage")
	case form.button:
		told.Again = sendAgain(c, nil)
	default:
		told.WayURL, told.WayLabel = form.page, "problem.toform"
	}
	if form.secret {
		told.Notes = append(told.Notes, "problem.nosecrets")
	}
	if form.file {
		told.Notes = append(told.Notes, "problem.nofile")
	}
}

// passOnForm leaves the form that waits to the member who has just signed in, if
// it is theirs: nobody else is to see it, now or later.
func (s *site) passOnForm(c *gin.Context, memberID string) {
	held, has := s.heldForm(c)
	switch {
	case !has:
	case held.Member == "":
		held.Member = memberID
		_ = s.Sessions.Save(c, session.PendingForm, held) // with no room for the id, it stays as it is
	case held.Member != memberID:
		s.Sessions.Discard(c, session.PendingForm)
	}
}

// refill puts what was typed before the session ended back into its form, which
// says that nothing has come of it yet.
func (s *site) refill(c *gin.Context, form *templates.Form) {
	held, has := s.heldForm(c)
	own, _ := session.From(c)
	if !has || held.Action != form.Action || (held.Member != "" && held.Member != own.MemberID) {
		return
	}
	for i := range form.Fields {
		form.Fields[i].Retype(held.Typed)
	}
	if form.Note = "form.restored"; held.File {
		form.Note = "problem.nofile"
		s.Sessions.Discard(c, session.PendingForm) // that is told once
	}
}

// formDone forgets a form that has been sent with success.
func (s *site) formDone(c *gin.Context) {
	if held, has := s.heldForm(c); has && held.Action == c.FullPath() {
		s.Sessions.Discard(c, session.PendingForm)
	}
}
