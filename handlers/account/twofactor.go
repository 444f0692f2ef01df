package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/boombuler/barcode/qr"
	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

// pendingSecret is a secret that waits for its first code.
type pendingSecret struct {
	Member string `json:"member"` // whose it is
	directus.TwoFactorSecret
}

// pendingCodes are recovery codes on their way to the page that shows them, once.
type pendingCodes struct {
	Member string   `json:"member"` // whose they are
	Codes  []string `json:"codes"`
}

func (h *Handlers) ShowTwoFactor(c *gin.Context) (web.Response, error) {
	a, err := h.profileData(c)
	if err != nil {
		return nil, err
	}
	p, err := h.twoFactorPage(c, a)
	if err != nil {
		return nil, err
	}
	var pending pendingCodes
	if c.Request.Method == http.MethodGet && h.Sessions.Load(c, session.PendingCodes, &pending) {
		h.Sessions.Discard(c, session.PendingCodes)
		if pending.Member == a.member.ID && p.State == templates.TwoFactorOn {
			p.Codes = pending.Codes
		}
	}
	return web.OK(p), nil
}

// twoFactorPage returns the page for the member's present state.
func (h *Handlers) twoFactorPage(c *gin.Context, a profileData) (templates.TwoFactor, error) {
	rows, err := h.recoveryRows(c.Request.Context(), web.OnBehalfOf(c), a.member.ID)
	offered := err == nil
	if errors.Is(err, errNoRecovery) {
		err = nil
	}
	pending, waiting := h.pendingSecret(c, a.member)
	in := func(state templates.TwoFactorState) templates.TwoFactor {
		return templates.NewTwoFactor(a.member.Email, state, offered)
	}
	switch {
	case err != nil:
		return templates.TwoFactor{}, err
	case managedElsewhere(a.member) != "":
		return in(templates.TwoFactorManaged), nil
	case !a.mayChange("tfa_secret"):
		return in(templates.TwoFactorForbidden), nil
	case a.member.Row["tfa_secret"] == nil: // not even null
		return in(templates.TwoFactorUnknown), nil
	case a.member.TwoFactor:
		p := in(templates.TwoFactorOn)
		p.HasCodes = len(rows) > 0
		return p, nil
	case waiting:
		p := in(templates.TwoFactorConfirm)
		p.Secret = strings.ToUpper(pending.Secret)
		p.AppURL = strings.TrimPrefix(pending.URL, "otpauth:")
		p.QR, err = drawQR(pending.URL)
		return p, err
	}
	return in(templates.TwoFactorOff), nil
}

func (h *Handlers) pendingSecret(c *gin.Context, m directus.User) (pendingSecret, bool) {
	var pending pendingSecret
	return pending, h.Sessions.Load(c, session.PendingSecret, &pending) && pending.Member == m.ID
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

// BeginTwoFactor makes a secret, which requires the password.
func (h *Handlers) BeginTwoFactor(c *gin.Context) (web.Response, error) {
	p, a, err := h.twoFactorForm(c, templates.TwoFactorOff)
	if err != nil || p.State != templates.TwoFactorOff {
		return web.SeeOther{Path: "/profile/two-factor"}, err
	}
	if checkProof(c, &p.Form); p.Form.Failed() {
		return web.Invalid(p), nil
	}
	var made directus.TwoFactorSecret
	own, err := h.prove(c, a.member, &p.Form)
	if err == nil {
		made, err = h.Directus.GenerateTwoFactor(c.Request.Context(), web.OnBehalfOf(c), own.Token, c.Request.PostForm.Get("current_password"))
	}
	switch {
	case err == nil:
		if err := h.Sessions.Save(c, session.PendingSecret, pendingSecret{a.member.ID, made}); err != nil {
			return nil, err
		}
		return web.SeeOther{Path: "/profile/two-factor"}, nil
	case errors.Is(err, errNotProven):
		return web.Invalid(p), nil
	case errors.Is(err, directus.InvalidPayload):
		p.Form.Problem = msgTwoFactorMoved
		return web.Invalid(p), nil
	}
	status, err := h.formTrouble(c, &p.Form, err, msgFormUnavailable)
	return web.Page{Status: status, Page: p}, err
}

// twoFactorForm reads the form and the page that it belongs to. A page in another
// state means that the member has gone on meanwhile, in another tab.
func (h *Handlers) twoFactorForm(c *gin.Context, state templates.TwoFactorState) (templates.TwoFactor, profileData, error) {
	if err := web.ReadForm(c); err != nil {
		return templates.TwoFactor{}, profileData{}, err
	}
	a, err := h.profileData(c)
	if err != nil {
		return templates.TwoFactor{}, a, err
	}
	p, err := h.twoFactorPage(c, a)
	if err == nil && state == templates.TwoFactorOff && p.State == templates.TwoFactorConfirm {
		p = templates.NewTwoFactor(a.member.Email, templates.TwoFactorOff, p.Recovery) // they begin again
	}
	return p, a, err
}

// ConfirmTwoFactor turns two-factor authentication on with the first code of the app,
// and makes the recovery codes.
func (h *Handlers) ConfirmTwoFactor(c *gin.Context) (web.Response, error) {
	p, a, err := h.twoFactorForm(c, templates.TwoFactorConfirm)
	if err != nil || p.State != templates.TwoFactorConfirm {
		return web.SeeOther{Path: "/profile/two-factor"}, err
	}
	code := p.Form.Field("code")
	if code.Error = checkCode(postedCode(c)); p.Form.Failed() {
		return web.Invalid(p), nil
	}
	own, _ := session.From(c)
	pending, _ := h.pendingSecret(c, a.member)
	err = h.Directus.EnableTwoFactor(context.WithoutCancel(c.Request.Context()), web.OnBehalfOf(c), own.Token, pending.Secret, postedCode(c))
	switch {
	case err == nil:
		h.Sessions.Discard(c, session.PendingSecret)
		_, _ = h.takeCode(c, directus.Credentials{Email: a.member.Email, Code: secret.Of(postedCode(c))}) // it signs nobody in
		h.handOutRecovery(c, a.member.ID, pending.Secret)
		if err := h.Sessions.Replace(c); err != nil {
			h.Log.Warn("a session was not replaced", "error", err)
		}
		own, _ = session.From(c)
		if h.endOthers(c, own, directus.NewEmail(a.member.Email)) {
			return web.SeeOther{Path: "/profile/two-factor", Notice: noticeTwoFactorOn}, nil
		}
		return web.SeeOther{Path: "/profile/two-factor", Notice: noticeTwoFactorOnHere}, nil
	case errors.Is(err, directus.InvalidPayload):
		code.Error = msgWrongCode
		return web.Invalid(p), nil
	case h.changeRefused(c, err):
		p.Form.Problem = msgNotChangeable
		return web.Invalid(p), nil
	}
	status, err := h.formTrouble(c, &p.Form, err, msgChangeUnsure)
	return web.Page{Status: status, Page: p}, err
}

// handOutRecovery makes recovery codes for the next page to show, if this site has
// any. Two-factor authentication is on by now, with or without them.
func (h *Handlers) handOutRecovery(c *gin.Context, memberID, secret string) {
	codes, err := h.makeRecovery(context.WithoutCancel(c.Request.Context()), web.OnBehalfOf(c), memberID, secret)
	if err == nil {
		err = h.Sessions.Save(c, session.PendingCodes, pendingCodes{memberID, codes})
	}
	if err != nil && !errors.Is(err, errNoRecovery) {
		h.Log.Error("no recovery codes were made", "error", err)
	}
}

// DownloadCodes sends the recovery codes back as a file: the page has them, and nobody else.
func (h *Handlers) DownloadCodes(c *gin.Context) (web.Response, error) {
	if err := web.ReadForm(c); err != nil {
		return nil, err
	}
	own, _ := session.From(c)
	file := h.PublicURL + "\n" + own.Email + "\n\n"
	for _, code := range strings.Fields(c.Request.PostForm.Get("codes")) {
		if !spelledCode.MatchString(code) {
			return web.SeeOther{Path: "/profile/two-factor"}, nil
		}
		file += code + "\n"
	}
	return download([]byte(file), "text/plain; charset=utf-8", "recovery-codes.txt"), nil
}

// CancelTwoFactor drops a secret that is not in use.
func (h *Handlers) CancelTwoFactor(c *gin.Context) (web.Response, error) {
	h.Sessions.Discard(c, session.PendingSecret)
	return web.SeeOther{Path: "/profile/two-factor"}, nil
}

// ShowEndTwoFactor shows the form that turns two-factor authentication off.
func (h *Handlers) ShowEndTwoFactor(c *gin.Context) (web.Response, error) {
	a, err := h.profileData(c)
	if err != nil {
		return nil, err
	}
	p, err := h.twoFactorPage(c, a)
	if err != nil || p.State != templates.TwoFactorOn {
		return web.SeeOther{Path: "/profile/two-factor"}, err
	}
	return web.OK(templates.NewTwoFactor(a.member.Email, templates.TwoFactorEnding, p.Recovery)), nil
}

func (h *Handlers) EndTwoFactor(c *gin.Context) (web.Response, error) {
	p, a, err := h.twoFactorForm(c, templates.TwoFactorOn)
	if err != nil || p.State != templates.TwoFactorOn {
		return web.SeeOther{Path: "/profile/two-factor"}, err
	}
	p = templates.NewTwoFactor(a.member.Email, templates.TwoFactorEnding, p.Recovery)
	if checkProof(c, &p.Form); p.Form.Failed() {
		return web.Invalid(p), nil
	}
	own, err := h.prove(c, a.member, &p.Form)
	if err == nil {
		err = h.Directus.DisableTwoFactor(c.Request.Context(), web.OnBehalfOf(c), own.Token, postedCode(c))
	}
	switch {
	case err == nil:
		if err := h.voidRecovery(context.WithoutCancel(c.Request.Context()), web.OnBehalfOf(c), a.member.ID); err != nil && !errors.Is(err, errNoRecovery) {
			h.Log.Warn("void recovery codes are still there", "error", err)
		}
		if h.endOthers(c, own, directus.NewEmail(a.member.Email)) {
			return web.SeeOther{Path: "/profile/two-factor", Notice: noticeTwoFactorOff}, nil
		}
		return web.SeeOther{Path: "/profile/two-factor", Notice: noticeTwoFactorOffHere}, nil
	case errors.Is(err, errNotProven):
	case errors.Is(err, directus.InvalidPayload): // the next code was due meanwhile
		p.Form.Field("code").Error = msgWrongCode
	case h.changeRefused(c, err):
		p.Form.Problem = msgNotChangeable
	default:
		status, err := h.formTrouble(c, &p.Form, err, msgChangeUnsure)
		return web.Page{Status: status, Page: p}, err
	}
	return web.Invalid(p), nil
}

func (h *Handlers) ToTwoFactor(*gin.Context) (web.Response, error) {
	return web.SeeOther{Path: "/profile/two-factor"}, nil
}
