package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/internal/directus"
	"hutch/internal/limits"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

// deleter is the token that a member's account can be deleted with: their own,
// or, where no member can be allowed to, the service account's, if it may.
func (s *site) deleter(c *gin.Context, a account) (token secret.Text, may bool, err error) {
	own, _ := session.From(c)
	if a.access.May("delete", "directus_users") {
		return own.Token, true, nil
	}
	if s.ServiceToken.Empty() || a.unknown {
		return secret.Text{}, false, nil
	}
	service, err := s.Directus.Access(c.Request.Context(), visitor(c), s.ServiceToken)
	if isForbidden(err) || directus.TokenRefused(err) {
		return secret.Text{}, false, nil
	}
	return s.ServiceToken, service.May("delete", "directus_users"), err
}

func (s *site) deletable(c *gin.Context) (bool, error) {
	_, _, p, err := s.deletePage(c)
	return p.Form.Fields != nil, err
}

func (s *site) showDeleteAccount(c *gin.Context) (reply, error) {
	_, _, p, err := s.deletePage(c)
	if err == nil && p.Form.Fields == nil {
		return page{http.StatusForbidden, p}, nil
	}
	s.refill(c, &p.Form)
	return page{http.StatusOK, p}, err
}

func (s *site) deletePage(c *gin.Context) (directus.User, secret.Text, templates.DeleteAccount, error) {
	a, err := s.account(c)
	if err != nil {
		return a.member, secret.Text{}, templates.DeleteAccount{}, err
	}
	token, may, err := s.deleter(c, a)
	if err != nil || !may || managedElsewhere(a.member) != "" {
		return a.member, secret.Text{}, templates.DeleteAccount{Email: a.member.Email}, err
	}
	return a.member, token, templates.NewDeleteAccount(a.member.Email, a.member.TwoFactor), nil
}

// deleteAccount deletes the member's account and their files for good.
func (s *site) deleteAccount(c *gin.Context) (reply, error) {
	if err := readForm(c); err != nil {
		return nil, err
	}
	m, token, p, err := s.deletePage(c)
	if err != nil {
		return nil, err
	}
	if p.Form.Fields == nil {
		return seeOther{path: "/profile/delete"}, nil // which says why
	}
	typed := p.Form.Field("email")
	typed.Value = strings.TrimSpace(c.Request.PostForm.Get("email"))
	if typed.Error = checkEmail(typed.Value, sayEnterEmail); typed.Error == "" && !strings.EqualFold(typed.Value, m.Email) {
		typed.Error = sayTypedAddress
	}
	if checkProof(c, &p.Form); p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}
	if err = s.prove(c, m, &p.Form); err == nil {
		err = s.deleteWithFiles(c, token, m)
	}
	switch {
	case err == nil:
		s.Sessions.Forget(c, limits.AccountOf(m.Email))
		return s.leave(c, "/", noticeDeleted), nil
	case errors.Is(err, errNotProven):
	case errors.Is(err, directus.Unprocessable):
		p.Form.Problem = sayLastAdministrator
	case s.changeRefused(c, err):
		p.Form.Problem = sayNotChangeable
	case brokeDown(err):
		// Directus knows no better word for an item that points to the member and
		// would be left pointing to nobody.
		s.Log.Error("an account was not deleted; something in this Directus may still refer to it", "error", err)
		if p.Form.Problem = sayStillReferred; errors.Is(err, errFilesGone) {
			p.Form.Problem = sayFilesGone
		}
	default:
		status, err := s.formTrouble(c, &p.Form, err, sayChangeUnsure)
		return page{status, p}, err
	}
	return page{http.StatusUnprocessableEntity, p}, nil
}

// errFilesGone says that a member's files are deleted and the account is not.
var errFilesGone = errors.New("the files are deleted, and the account is not")

// deleteWithFiles deletes the account before its files, so that one that has to
// stay keeps them: the last administrator's may be all pictures of the site.
// Directus breaks down where something still points to the account. Only if that
// can be nothing but their own files, these go.
func (s *site) deleteWithFiles(c *gin.Context, token secret.Text, m directus.User) error {
	ctx, v := context.WithoutCancel(c.Request.Context()), visitor(c)
	err := s.Directus.DeleteUser(ctx, v, token, m.ID)
	if !brokeDown(err) {
		return err
	}
	own, others := s.filesOf(c, m, directus.Query{Limit: 1})
	if others != nil || len(own) == 0 || s.touchedOthersFiles(c, m) {
		return err
	}
	if err := s.deleteFiles(c, m); err != nil {
		return err
	}
	if err = s.Directus.DeleteUser(ctx, v, token, m.ID); brokeDown(err) {
		return fmt.Errorf("%w: %w", errFilesGone, err)
	}
	return err
}

// brokeDown reports whether Directus itself says that it did not know how.
func brokeDown(err error) bool {
	var refusal *directus.Error
	return errors.As(err, &refusal) && refusal.Status == http.StatusInternalServerError
}

// touchedOthersFiles reports whether a file of somebody else's names the member
// as the last who changed it.
func (s *site) touchedOthersFiles(c *gin.Context, m directus.User) bool {
	own, _ := session.From(c)
	var files []struct {
		UploadedBy string `json:"uploaded_by"`
	}
	err := s.Directus.Items(c.Request.Context(), visitor(c), own.Token, "directus_files", directus.Query{
		Fields: []string{"uploaded_by"}, Filter: directus.Equal("modified_by", m.ID), Limit: -1,
	}, &files)
	if err != nil {
		return !isForbidden(err) // who may see none has changed none
	}
	for _, file := range files {
		if file.UploadedBy != m.ID {
			return true
		}
	}
	return false
}

// deleteFiles deletes what the member has uploaded, while they are signed in.
func (s *site) deleteFiles(c *gin.Context, m directus.User) error {
	const some = 100
	own, _ := session.From(c)
	for {
		files, err := s.filesOf(c, m, directus.Query{Limit: some})
		if isForbidden(err) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, id := range files {
			err := s.Directus.DeleteFile(c.Request.Context(), visitor(c), own.Token, id)
			if err != nil && !isForbidden(err) { // gone already, as far as a cache may tell
				return err
			}
		}
		if len(files) < some {
			return nil
		}
	}
}
