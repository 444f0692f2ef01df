package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"hutch/directus"
	"hutch/session"
	"hutch/templates"
)

// deleter is the token that a member's account can be deleted with: their own,
// or, where no member can be allowed to, the service account's, if it may.
func (s *site) deleter(c *gin.Context, a account) (token string, may bool, err error) {
	own, _ := session.From(c)
	if a.access.May("delete", "directus_users") {
		return own.Token, true, nil
	}
	if s.ServiceToken == "" || a.unknown {
		return "", false, nil
	}
	service, err := s.Directus.Access(c.Request.Context(), visitor(c), s.ServiceToken)
	if isForbidden(err) || directus.TokenRefused(err) {
		return "", false, nil
	}
	return s.ServiceToken, service.May("delete", "directus_users"), err
}

func (s *site) deletable(c *gin.Context) (bool, error) {
	a, err := s.account(c, false)
	if err != nil {
		return false, err
	}
	_, may, err := s.deleter(c, a)
	return may, err
}

func (s *site) showDeleteAccount(c *gin.Context) (reply, error) {
	_, _, p, err := s.deletePage(c)
	if err == nil && p.Form.Fields == nil {
		return page{http.StatusForbidden, p}, nil
	}
	return page{http.StatusOK, p}, err
}

func (s *site) deletePage(c *gin.Context) (directus.User, string, templates.DeleteAccount, error) {
	a, err := s.account(c, false)
	if err != nil {
		return a.member, "", templates.DeleteAccount{}, err
	}
	token, may, err := s.deleter(c, a)
	if err != nil || !may || managedElsewhere(a.member) != "" {
		return a.member, "", templates.DeleteAccount{Email: a.member.Email}, err
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
		return page{http.StatusForbidden, p}, nil
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
	var refusal *directus.Error
	switch {
	case err == nil:
		return s.leave(c, "/", noticeDeleted), nil
	case errors.Is(err, errNotProven):
	case errors.Is(err, directus.Unprocessable):
		p.Form.Problem = sayLastAdministrator
	case errors.Is(err, directus.Forbidden), errors.Is(err, directus.ResourceRestricted):
		p.Form.Problem = sayNotChangeable
	case errors.As(err, &refusal) && refusal.Status == http.StatusInternalServerError:
		// Directus knows no better word for an item that points to the member and
		// would be left pointing to nobody.
		s.Log.Error("an account was not deleted; something in this Directus may still refer to it", "error", err)
		p.Form.Problem = sayStillReferred
	default:
		status, err := s.formTrouble(c, &p.Form, err, sayChangeUnsure)
		return page{status, p}, err
	}
	return page{http.StatusUnprocessableEntity, p}, nil
}

// deleteWithFiles deletes the account before its files, so that one that has to
// stay keeps them: the last administrator's pictures are those of the site.
// Directus breaks down where a file still points to the account; only then the
// files go.
func (s *site) deleteWithFiles(c *gin.Context, token string, m directus.User) error {
	err := s.Directus.DeleteUser(c.Request.Context(), visitor(c), token, m.ID)
	var refusal *directus.Error
	if !errors.As(err, &refusal) || refusal.Status != http.StatusInternalServerError {
		return err
	}
	if err := s.deleteFiles(c, m); err != nil {
		return err
	}
	return s.Directus.DeleteUser(c.Request.Context(), visitor(c), token, m.ID)
}

// deleteFiles deletes what the member has uploaded, while they are signed in.
func (s *site) deleteFiles(c *gin.Context, m directus.User) error {
	own, _ := session.From(c)
	ctx, v := c.Request.Context(), visitor(c)
	for {
		var files []struct {
			ID string `json:"id"`
		}
		query := directus.Query{Fields: []string{"id"}, Equal: map[string]string{"uploaded_by": m.ID}, Limit: 100}
		err := s.Directus.Items(ctx, v, own.Token, "directus_files", query, &files)
		if isForbidden(err) {
			// On an unlicensed Directus 12 no member reads files, but everybody may.
			err = s.Directus.Items(ctx, v, "", "directus_files", query, &files)
		}
		if isForbidden(err) || (err == nil && len(files) == 0) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, file := range files {
			if err := s.Directus.DeleteFile(ctx, v, own.Token, file.ID); err != nil {
				return err
			}
		}
	}
}
