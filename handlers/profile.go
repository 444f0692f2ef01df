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

func (s *site) profile(c *gin.Context) (reply, error) {
	own, _ := session.From(c)
	member, err := s.readMember(c.Request.Context(), visitor(c), own)
	if directus.TokenRefused(err) {
		return s.sessionRefused(c, "/profile"), nil
	}
	if err != nil {
		return nil, err
	}
	// It may have been changed elsewhere, in Directus' own app for instance.
	if err := s.Sessions.Note(c, session.Member{Email: member.Email, Language: member.Language}); err != nil {
		return nil, err
	}
	return page{http.StatusOK, profilePage(member)}, nil
}

func profilePage(member directus.User) templates.Profile {
	var details []templates.Detail
	for _, d := range []templates.Detail{
		{Name: "profile.name", Value: strings.TrimSpace(member.FirstName + " " + member.LastName)},
		{Name: "profile.jobtitle", Value: member.Title},
		{Name: "profile.location", Value: member.Location},
		{Name: "profile.aboutyou", Value: member.Description},
		{Name: "profile.language", Value: member.Language},
	} {
		if d.Value != "" {
			details = append(details, d)
		}
	}
	return templates.NewProfile(member.Email, details)
}

// toProfile is for whoever has sent a form of the profile without JavaScript,
// and asks for its address once more.
func (s *site) toProfile(*gin.Context) (reply, error) { return seeOther{path: "/profile"}, nil }

// changeEmail changes the member's address once they have proven, with their
// password, that they sit there themselves: Directus would not ask.
func (s *site) changeEmail(c *gin.Context) (reply, error) {
	if err := readForm(c); err != nil {
		return nil, err
	}
	own, _ := session.From(c)
	ctx, v := c.Request.Context(), visitor(c)
	member, err := s.readMember(ctx, v, own)
	if directus.TokenRefused(err) {
		return s.sessionRefused(c, "/profile"), nil
	}
	if err != nil {
		return nil, err
	}

	email := strings.TrimSpace(c.Request.PostForm.Get("email"))
	password := c.Request.PostForm.Get("current_password")
	p := profilePage(member)
	newEmail, currentPassword := &p.Form.Fields[0], &p.Form.Fields[1]
	newEmail.Value = email
	newEmail.Error = checkEmail(email, sayEnterNewEmail)
	if newEmail.Error == "" && strings.EqualFold(email, member.Email) {
		newEmail.Error = saySameEmail
	}
	currentPassword.Error = checkPassword(password, sayEnterPassword)
	if p.Form.Failed() {
		return page{http.StatusUnprocessableEntity, p}, nil
	}

	err = s.provePassword(c, member, password)
	if err == nil {
		err = s.Directus.UpdateUser(ctx, v, own.Token, member.ID, directus.UserChange{Email: &email})
	} else if status, told, ok := s.formProblem(c, err, sayFormUnavailable); ok {
		p.Form.Problem = told
		return page{status, p}, nil
	}
	switch {
	case err == nil:
		own.Email = email
		if err := s.Sessions.Note(c, own.Member); err != nil {
			return nil, err
		}
		return seeOther{"/profile", noticeEmailChanged}, nil
	case errors.Is(err, errWrongPassword):
		currentPassword.Error = sayWrongPassword
	case errors.Is(err, directus.InvalidOTP):
		p.Form.Problem = sayCodeNeeded
	case errors.Is(err, directus.RecordNotUnique):
		newEmail.Error = sayEmailTaken
	case errors.Is(err, directus.FailedValidation), errors.Is(err, directus.InvalidPayload):
		newEmail.Error = sayEmailShape
	case errors.Is(err, directus.Forbidden), errors.Is(err, directus.ResourceRestricted):
		p.Form.Problem = sayEmailNotChangeable
	case directus.TokenRefused(err):
		return s.sessionRefused(c, "/profile"), nil
	default:
		status, told, ok := s.formProblem(c, err, sayChangeUnsure)
		if !ok {
			return nil, err
		}
		p.Form.Problem = told
		return page{status, p}, nil
	}
	return page{http.StatusUnprocessableEntity, p}, nil
}

var errWrongPassword = errors.New("the password is wrong")

// provePassword signs the member in once more, and ends that session at once.
func (s *site) provePassword(c *gin.Context, member directus.User, password string) error {
	proof, err := s.Directus.Login(c.Request.Context(), visitor(c), member.Email, password)
	if errors.Is(err, directus.InvalidCredentials) || errors.Is(err, directus.InvalidPayload) {
		return errWrongPassword
	}
	if err != nil {
		return err
	}
	s.revoke(c, proof.Token)
	if proof.UserID != member.ID {
		return errWrongPassword
	}
	return nil
}
