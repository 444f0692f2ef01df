package handlers

import (
	"bytes"
	"errors"
	"image"
	_ "image/jpeg" // so that DecodeConfig knows what may be uploaded
	_ "image/png"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	_ "golang.org/x/image/webp"

	"hutch/directus"
	"hutch/session"
	"hutch/templates"
	"hutch/words"
)

const (
	avatarPath = "/profile/avatar"
	// maxPicture bounds what a member uploads, in megabytes; maxUpload is the
	// form around it.
	maxPicture = 5
	maxUpload  = maxPicture<<20 + 64<<10
	// maxPixels is the longest side that Directus makes renditions of. All pixels
	// together are bounded too, in millions, since they are looked at here.
	maxPixels     = 6000
	maxMegapixels = 24
	// uploadTime is for a slow line; answerTime is what follows, which the server
	// would otherwise count from the beginning of the upload.
	uploadTime = 2 * time.Minute
	answerTime = time.Minute
)

func (a account) mayChangeAvatar() bool {
	return a.unknown || (a.access.MayField("update", "directus_users", "avatar") && a.access.May("create", "directus_files"))
}

// avatar is the member's picture, cropped to a square. Whether they may see it,
// Directus decides.
func (s *site) avatar(c *gin.Context) (reply, error) {
	size, err := strconv.Atoi(c.Query("size"))
	if err != nil || (size != 160 && size != 320) {
		return nil, errNotFound
	}
	own, _ := session.From(c)
	return s.streamAsset(c, own.Token, directus.Transform{Width: size, Height: size})
}

// changeAvatar stores the picture as a file of the member's, and makes it theirs.
func (s *site) changeAvatar(c *gin.Context) (reply, error) {
	picture, wrong, err := s.readPicture(c)
	if err != nil {
		return nil, err
	}
	a, err := s.account(c, true)
	if err != nil {
		return nil, err
	}
	p := s.profilePage(c, a)
	if !a.mayChangeAvatar() {
		// They could when their page was made: the form is there to say so.
		p.Avatar = templates.NewAvatar(a.member.Avatar, true)
		p.Avatar.Form.Problem = sayNotChangeable
		return page{http.StatusUnprocessableEntity, p}, nil
	}
	input := p.Avatar.Form.Field("picture")
	if input.Error = wrong; wrong != "" {
		return page{http.StatusUnprocessableEntity, p}, nil
	}

	own, _ := session.From(c)
	ctx, v := c.Request.Context(), visitor(c)
	id := uuid.NewString()
	err = s.Directus.UploadFile(ctx, v, own.Token, directus.Upload{
		Fields:      map[string]string{"id": id, "title": "Avatar"},
		Name:        "avatar" + picture.extension(),
		ContentType: picture.contentType,
		Content:     picture.content,
	})
	if err == nil {
		if err = s.Directus.UpdateUser(ctx, v, own.Token, a.member.ID, directus.NewAvatar(id)); err != nil {
			s.forgetFile(c, id)
		}
	}
	switch {
	case err == nil:
		if a.member.Avatar != "" {
			s.forgetFile(c, a.member.Avatar)
		}
		return seeOther{"/profile", noticeAvatarSaved}, nil
	case errors.Is(err, directus.ContentTooLarge):
		input.Error = sayPictureLarge
	case errors.Is(err, directus.InvalidPayload):
		input.Error = sayPictureType
	case errors.Is(err, directus.Forbidden), errors.Is(err, directus.ResourceRestricted):
		p.Avatar.Form.Problem = sayNotChangeable
	default:
		status, err := s.formTrouble(c, &p.Avatar.Form, err, sayChangeUnsure)
		return page{status, p}, err
	}
	return page{http.StatusUnprocessableEntity, p}, nil
}

func (s *site) removeAvatar(c *gin.Context) (reply, error) {
	m, err := s.signedIn(c)
	if err != nil {
		return nil, err
	}
	own, _ := session.From(c)
	if m.Avatar == "" {
		return seeOther{path: "/profile"}, nil
	}
	err = s.Directus.UpdateUser(c.Request.Context(), visitor(c), own.Token, m.ID, directus.NewAvatar(""))
	if errors.Is(err, directus.Forbidden) {
		return seeOther{"/profile", sayNotChangeable}, nil
	}
	if err != nil {
		return nil, err
	}
	s.forgetFile(c, m.Avatar)
	return seeOther{"/profile", noticeAvatarRemoved}, nil
}

// forgetFile deletes a file that the member has uploaded. Others stay: Directus
// refuses it then.
func (s *site) forgetFile(c *gin.Context, id string) {
	own, _ := session.From(c)
	err := s.Directus.DeleteFile(c.Request.Context(), visitor(c), own.Token, id)
	if err != nil && !errors.Is(err, directus.Forbidden) {
		s.Log.Warn("an old avatar is still there", "error", err)
	}
}

// picture is an upload that really is one.
type picture struct {
	content     []byte
	contentType string
}

// readPicture takes the picture out of the form, and says what is wrong with it.
// What it is, its bytes tell, not its name.
func (s *site) readPicture(c *gin.Context) (p picture, wrong words.Message, err error) {
	connection, late := http.NewResponseController(c.Writer), time.Now().Add(uploadTime)
	if err := errors.Join(connection.SetReadDeadline(late), connection.SetWriteDeadline(late.Add(answerTime))); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return p, "", err
	}
	file, _, err := c.Request.FormFile("picture")
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return p, sayPictureLarge, nil
	case errors.Is(err, http.ErrMissingFile):
		return p, sayChoosePicture, nil
	case err != nil:
		return p, "", errBadRequest
	}
	defer file.Close()
	defer c.Request.MultipartForm.RemoveAll()
	if p.content, err = io.ReadAll(io.LimitReader(file, maxPicture<<20+1)); err != nil {
		return p, "", errBadRequest
	}
	if len(p.content) == 0 {
		return p, sayChoosePicture, nil
	}
	if len(p.content) > maxPicture<<20 {
		return p, sayPictureLarge, nil
	}
	size, format, err := image.DecodeConfig(bytes.NewReader(p.content))
	if err != nil {
		return p, sayPictureType, nil
	}
	if max(size.Width, size.Height) > maxPixels || size.Width*size.Height > maxMegapixels*1_000_000 {
		return p, sayPicturePixels, nil
	}
	if !s.whole(p.content) {
		return p, sayPictureType, nil
	}
	p.contentType = "image/" + format
	return p, "", nil
}

// whole reports whether a picture is one to its end: a header alone may stand
// before anything. One is looked at after the other, as each takes up to four
// bytes of memory for a pixel.
func (s *site) whole(content []byte) bool {
	s.looking.Lock()
	defer s.looking.Unlock()
	_, _, err := image.Decode(bytes.NewReader(content))
	return err == nil
}

func (p picture) extension() string {
	return map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}[p.contentType]
}
