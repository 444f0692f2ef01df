package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

// deleter returns the token with which the member's account can be deleted: their own
// or, if Directus cannot allow members to, the service account's, if it may.
func (h *Handlers) deleter(c *gin.Context, a profileData) (token secret.Text, may bool, err error) {
	own, _ := session.From(c)
	if a.Access.May("delete", "directus_users") {
		return own.Token, true, nil
	}
	if h.ServiceToken.Empty() || a.Unknown {
		return secret.Text{}, false, nil
	}
	service, err := h.Directus.Access(c.Request.Context(), web.OnBehalfOf(c), h.ServiceToken)
	if errors.Is(err, directus.Forbidden) || directus.TokenRefused(err) {
		return secret.Text{}, false, nil
	}
	return h.ServiceToken, service.May("delete", "directus_users"), err
}

func (h *Handlers) deletable(c *gin.Context) (bool, error) {
	_, _, p, err := h.deletePage(c)
	return p.Form.Fields != nil, err
}

func (h *Handlers) ShowDeleteAccount(c *gin.Context) (web.Response, error) {
	_, _, p, err := h.deletePage(c)
	if err == nil && p.Form.Fields == nil {
		return web.Page{Status: http.StatusForbidden, Page: p}, nil
	}
	h.Refill(c, &p.Form)
	return web.OK(p), err
}

func (h *Handlers) deletePage(c *gin.Context) (directus.User, secret.Text, templates.DeleteAccount, error) {
	a, err := h.profileData(c)
	if err != nil {
		return a.member, secret.Text{}, templates.DeleteAccount{}, err
	}
	token, may, err := h.deleter(c, a)
	if err != nil || !may || managedElsewhere(a.member) != "" {
		return a.member, secret.Text{}, templates.DeleteAccount{Email: a.member.Email}, err
	}
	return a.member, token, templates.NewDeleteAccount(a.member.Email, a.member.TwoFactor), nil
}

// DeleteAccount deletes the member's account and their files for good.
func (h *Handlers) DeleteAccount(c *gin.Context) (web.Response, error) {
	if err := web.ReadForm(c); err != nil {
		return nil, err
	}
	m, token, p, err := h.deletePage(c)
	if err != nil {
		return nil, err
	}
	if p.Form.Fields == nil {
		return web.SeeOther{Path: "/profile/delete"}, nil // which says why
	}
	typed := p.Form.Field("email")
	typed.Value = postedEmail(c)
	if typed.Error = checkEmail(typed.Value, msgEnterEmail); typed.Error == "" && !strings.EqualFold(typed.Value, m.Email) {
		typed.Error = msgTypedAddress
	}
	if checkProof(c, &p.Form); p.Form.Failed() {
		return web.Invalid(p), nil
	}
	own, err := h.prove(c, m, &p.Form)
	if err == nil {
		if token.Reveal() != h.ServiceToken.Reveal() {
			token = own.Token // the earlier one has ended
		}
		err = h.deleteWithFiles(c, token, m)
	}
	switch {
	case err == nil:
		h.Sessions.Forget(c, limits.AccountOf(m.Email))
		return h.leave(c, "/", noticeDeleted), nil
	case errors.Is(err, errNotProven):
	case errors.Is(err, directus.Unprocessable):
		p.Form.Problem = msgLastAdministrator
	case h.changeRefused(c, err):
		p.Form.Problem = msgNotChangeable
	case brokeDown(err):
		// Directus answers 500 if an item refers to the member and would be left
		// without one.
		h.Log.Error("an account was not deleted; something in this Directus may still refer to it", "error", err)
		if p.Form.Problem = msgStillReferred; errors.Is(err, errFilesGone) {
			p.Form.Problem = msgFilesGone
		}
	default:
		status, err := h.formTrouble(c, &p.Form, err, msgChangeUnsure)
		return web.Page{Status: status, Page: p}, err
	}
	return web.Invalid(p), nil
}

// errFilesGone means that a member's files are deleted but the account is not.
var errFilesGone = errors.New("the files are deleted, and the account is not")

// deleteWithFiles deletes the account before its files, so that an account that must
// stay keeps them: the last administrator's may be all the pictures of the site.
// Directus answers 500 if something still refers to the account. Only if that can be
// nothing but their own files are these deleted first.
func (h *Handlers) deleteWithFiles(c *gin.Context, token secret.Text, m directus.User) error {
	ctx, v := context.WithoutCancel(c.Request.Context()), web.OnBehalfOf(c)
	err := h.Directus.DeleteUser(ctx, v, token, m.ID)
	if !brokeDown(err) {
		return err
	}
	own, others := h.filesOf(c, m, directus.Query{Limit: 1})
	if others != nil || len(own) == 0 || h.touchedOthersFiles(c, m) {
		return err
	}
	if err := h.deleteFiles(c, m); err != nil {
		return err
	}
	if err = h.Directus.DeleteUser(ctx, v, token, m.ID); brokeDown(err) {
		return fmt.Errorf("%w: %w", errFilesGone, err)
	}
	return err
}

// brokeDown reports whether Directus answered that it failed.
func brokeDown(err error) bool {
	var refusal *directus.Error
	return errors.As(err, &refusal) && refusal.Status == http.StatusInternalServerError
}

// touchedOthersFiles reports whether somebody else's file names the member as the
// last one who changed it.
func (h *Handlers) touchedOthersFiles(c *gin.Context, m directus.User) bool {
	own, _ := session.From(c)
	var files []struct {
		UploadedBy string `json:"uploaded_by"`
	}
	err := h.Directus.Items(c.Request.Context(), web.OnBehalfOf(c), own.Token, "directus_files", directus.Query{
		Fields: []string{"uploaded_by"}, Filter: directus.Equal("modified_by", m.ID), Limit: -1,
	}, &files)
	if err != nil {
		return !errors.Is(err, directus.Forbidden) // who may read no files has changed none
	}
	for _, file := range files {
		if file.UploadedBy != m.ID {
			return true
		}
	}
	return false
}

// deleteFiles deletes what the member has uploaded, while their account still exists.
func (h *Handlers) deleteFiles(c *gin.Context, m directus.User) error {
	own, _ := session.From(c)
	for {
		files, err := h.filesOf(c, m, directus.Query{Limit: directus.SafeLimit})
		if errors.Is(err, directus.Forbidden) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, id := range files {
			err := h.Directus.DeleteFile(c.Request.Context(), web.OnBehalfOf(c), own.Token, id)
			if err != nil && !errors.Is(err, directus.Forbidden) { // already deleted; a cache may still list it
				return err
			}
		}
		if len(files) < directus.SafeLimit {
			return nil
		}
	}
}
