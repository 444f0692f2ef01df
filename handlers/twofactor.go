package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/boombuler/barcode/qr"
	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/session"
	"hutch/templates"
)

// heldSecret is a second factor that waits for its first code.
type heldSecret struct {
	Member string `json:"member"` // whose it is
	directus.TwoFactorSecret
}

// heldCodes are recovery codes on their way to the page that shows them, once.
type heldCodes struct {
	Member string   `json:"member"` // whose they are
	Codes  []string `json:"codes"`
}

func (s *site) showTwoFactor(c *gin.Context) (reply, error) {
	a, err := s.account(c)
	if err != nil {
		return nil, err
	}
	p, err := s.twoFactorPage(c, a)
	if err != nil {
		return nil, err
	}
	var held heldCodes
	if c.Request.Method == http.MethodGet && s.Sessions.Load(c, session.PendingCodes, &held) {
		s.Sessions.Discard(c, session.PendingCodes)
		if held.Member == a.member.ID && p.State == templates.TwoFactorOn {
			p.Codes = held.Codes
		}
	}
	return page{http.StatusOK, p}, nil
}

// twoFactorPage is the page as the member stands.
func (s *site) twoFactorPage(c *gin.Context, a account) (templates.TwoFactor, error) {
	rows, err := s.recoveryRows(c.Request.Context(), visitor(c), a.member.ID)
	offered := err == nil
	if errors.Is(err, errNoRecovery) {
		err = nil
	}
	held, waiting := s.heldSecret(c, a.member)
	switch {
	case err != nil:
		return templates.TwoFactor{}, err
	case managedElsewhere(a.member) != "":
		return templates.NewTwoFactor(templates.TwoFactorManaged, offered), nil
	case !a.mayChange("tfa_secret"):
		return templates.NewTwoFactor(templates.TwoFactorForbidden, offered), nil
	case a.member.Row["tfa_secret"] == nil: // not even null
		return templates.NewTwoFactor(templates.TwoFactorUnknown, offered), nil
	case a.member.TwoFactor:
		p := templates.NewTwoFactor(templates.TwoFactorOn, offered)
		p.HasCodes = len(rows) > 0
		return p, nil
	case waiting:
		p := templates.NewTwoFactor(templates.TwoFactorConfirm, offered)
		p.Secret = strings.ToUpper(held.Secret)
		p.QR, err = drawQR(held.URL)
		return p, err
	}
	return templates.NewTwoFactor(templates.TwoFactorOff, offered), nil
}

func (s *site) heldSecret(c *gin.Context, m directus.User) (heldSecret, bool) {
	var held heldSecret
	return held, s.Sessions.Load(c, session.PendingSecret, &held) && held.Member == m.ID
}

// drawQR draws the modules of a QR code, with the margin that scanners want, as
// the path of an SVG: a rectangle for each run of dark ones.
func drawQR(content string) (templates.QR, error) {
	const margin = 4
	code, err := qr.Encode(content, qr.M, qr.Auto)
	if err != nil {
		return templates.QR{}, fmt.Errorf("draw a QR code: %w", err)
	}
	size := code.Bounds().Dx()
	dark := func(x, y int) bool {
		if x == size {
			return false
		}
		r, _, _, _ := code.At(x, y).RGBA()
		return r == 0
	}
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			start := x
			for dark(x, y) {
				x++
			}
			if x > start {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", start+margin, y+margin, x-start, x-start)
			}
		}
	}
	return templates.QR{Size: size + 2*margin, Path: path.String()}, nil
}

// beginTwoFactor makes a secret, for which the password must be proven.
func (s *site) beginTwoFactor(c *gin.Context) (reply, error) {
	p, a, err := s.twoFactorForm(c, templates.TwoFactorOff)
	if err != nil || p.State != templates.TwoFactorOff {
		return seeOther{path: "/profile/two-factor"}, err
	}
	if checkProof(c, &p.Form); p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}
	own, _ := session.From(c)
	var made directus.TwoFactorSecret
	if err = s.prove(c, a.member, &p.Form); err == nil {
		made, err = s.Directus.GenerateTwoFactor(c.Request.Context(), visitor(c), own.Token, c.Request.PostForm.Get("current_password"))
	}
	switch {
	case err == nil:
		if err := s.Sessions.Save(c, session.PendingSecret, heldSecret{a.member.ID, made}); err != nil {
			return nil, err
		}
		return seeOther{path: "/profile/two-factor"}, nil
	case errors.Is(err, errNotProven):
		return page{http.StatusUnprocessableEntity, p}, nil
	case errors.Is(err, directus.InvalidPayload):
		p.Form.Problem = sayTwoFactorMoved
		return page{http.StatusUnprocessableEntity, p}, nil
	}
	status, err := s.formTrouble(c, &p.Form, err, sayFormUnavailable)
	return page{status, p}, err
}

// twoFactorForm reads the form and the page that it belongs to. A page in
// another state says that the member has gone on meanwhile, in another tab.
func (s *site) twoFactorForm(c *gin.Context, state templates.TwoFactorState) (templates.TwoFactor, account, error) {
	if err := readForm(c); err != nil {
		return templates.TwoFactor{}, account{}, err
	}
	a, err := s.account(c)
	if err != nil {
		return templates.TwoFactor{}, a, err
	}
	p, err := s.twoFactorPage(c, a)
	if err == nil && state == templates.TwoFactorOff && p.State == templates.TwoFactorConfirm {
		p = templates.NewTwoFactor(templates.TwoFactorOff, p.Recovery) // they begin once more
	}
	return p, a, err
}

// confirmTwoFactor switches it on once the app shows the right code, and makes
// the recovery codes.
func (s *site) confirmTwoFactor(c *gin.Context) (reply, error) {
	p, a, err := s.twoFactorForm(c, templates.TwoFactorConfirm)
	if err != nil || p.State != templates.TwoFactorConfirm {
		return seeOther{path: "/profile/two-factor"}, err
	}
	code := p.Form.Field("code")
	if code.Error = checkCode(postedCode(c)); p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}
	own, _ := session.From(c)
	held, _ := s.heldSecret(c, a.member)
	err = s.Directus.EnableTwoFactor(context.WithoutCancel(c.Request.Context()), visitor(c), own.Token, held.Secret, postedCode(c))
	switch {
	case err == nil:
		s.Sessions.Discard(c, session.PendingSecret)
		s.handOutRecovery(c, a.member.ID, held.Secret)
		return seeOther{"/profile/two-factor", noticeTwoFactorOn}, nil
	case errors.Is(err, directus.InvalidPayload):
		code.Error = sayWrongCode
		return page{http.StatusUnprocessableEntity, p}, nil
	case s.changeRefused(c, err):
		p.Form.Problem = sayNotChangeable
		return page{http.StatusUnprocessableEntity, p}, nil
	}
	status, err := s.formTrouble(c, &p.Form, err, sayChangeUnsure)
	return page{status, p}, err
}

// handOutRecovery makes recovery codes for the next page to show, if this site
// has any. The second factor is on by now, with or without them.
func (s *site) handOutRecovery(c *gin.Context, memberID, secret string) {
	codes, err := s.makeRecovery(context.WithoutCancel(c.Request.Context()), visitor(c), memberID, secret)
	if err == nil {
		err = s.Sessions.Save(c, session.PendingCodes, heldCodes{memberID, codes})
	}
	if err != nil && !errors.Is(err, errNoRecovery) {
		s.Log.Error("no recovery codes were made", "error", err)
	}
}

// cancelTwoFactor forgets a secret that is not in use.
func (s *site) cancelTwoFactor(c *gin.Context) (reply, error) {
	s.Sessions.Discard(c, session.PendingSecret)
	return seeOther{path: "/profile/two-factor"}, nil
}

func (s *site) endTwoFactor(c *gin.Context) (reply, error) {
	p, a, err := s.twoFactorForm(c, templates.TwoFactorOn)
	if err != nil || p.State != templates.TwoFactorOn {
		return seeOther{path: "/profile/two-factor"}, err
	}
	if checkProof(c, &p.Form); p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}
	own, _ := session.From(c)
	if err = s.prove(c, a.member, &p.Form); err == nil {
		err = s.Directus.DisableTwoFactor(c.Request.Context(), visitor(c), own.Token, postedCode(c))
	}
	switch {
	case err == nil:
		if err := s.voidRecovery(c.Request.Context(), visitor(c), a.member.ID); err != nil && !errors.Is(err, errNoRecovery) {
			s.Log.Warn("void recovery codes are still there", "error", err)
		}
		return seeOther{"/profile/two-factor", noticeTwoFactorOff}, nil
	case errors.Is(err, errNotProven):
	case errors.Is(err, directus.InvalidPayload): // the next code was due meanwhile
		p.Form.Field("code").Error = sayWrongCode
	case s.changeRefused(c, err):
		p.Form.Problem = sayNotChangeable
	default:
		status, err := s.formTrouble(c, &p.Form, err, sayChangeUnsure)
		return page{status, p}, err
	}
	return page{http.StatusUnprocessableEntity, p}, nil
}

func (s *site) toTwoFactor(*gin.Context) (reply, error) {
	return seeOther{path: "/profile/two-factor"}, nil
}
