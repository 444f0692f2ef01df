package account

import (
	"bytes"
	"context"
	"errors"
	"image"
	_ "image/jpeg" // so that DecodeConfig knows what may be uploaded
	_ "image/png"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	_ "golang.org/x/image/webp"

	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/internal/secret"
	"hutch/session"
	"hutch/templates"
)

const (
	// maxPicture bounds an uploaded picture, in megabytes; MaxUpload bounds the form
	// around it.
	maxPicture = 5
	MaxUpload  = maxPicture<<20 + 64<<10
	// maxPixels is the longest side that Directus can resize.
	maxPixels = 6000
	// uploadTime allows for a slow line; answerTime is for what follows, which the
	// server would otherwise count from the start of the upload.
	uploadTime = 2 * time.Minute
	answerTime = time.Minute
)

func (a profileData) mayChangeAvatar() bool {
	return a.unknown || (a.access.MayField("update", "directus_users", "avatar") && a.access.May("create", "directus_files"))
}

// ChangeAvatar uploads the picture as the member and makes it their avatar.
func (h *Handlers) ChangeAvatar(c *gin.Context) (web.Response, error) {
	a, err := h.profileData(c)
	if err != nil {
		return nil, err
	}
	picture, wrong, err := readPicture(c)
	if err != nil {
		return nil, err
	}
	p := h.profilePage(c, a, h.profileFields(c, a))
	if !a.mayChangeAvatar() {
		// They could when their page was rendered: the form is there to say so.
		p.Avatar = templates.NewAvatar(a.member.Avatar, true)
		p.Avatar.Form.Problem = msgNotChangeable
		return web.Invalid(p), nil
	}
	input := p.Avatar.Form.Field("picture")
	if input.Error = wrong; wrong != "" {
		return web.Invalid(p), nil
	}

	err = h.upload(c, a.member, picture)
	switch {
	case err == nil:
		if a.member.Avatar != "" {
			h.forgetFile(c, a.member, a.member.Avatar)
		}
		return web.SeeOther{Path: "/profile", Notice: noticeAvatarSaved}, nil
	case errors.Is(err, directus.ContentTooLarge):
		input.Error = msgPictureLarge
	case errors.Is(err, directus.InvalidPayload), errors.Is(err, errNoPicture):
		input.Error = msgPictureType
	case h.changeRefused(c, err):
		p.Avatar.Form.Problem = msgNotChangeable
	default:
		status, err := h.formTrouble(c, &p.Avatar.Form, err, msgChangeUnsure)
		return web.Page{Status: status, Page: p}, err
	}
	return web.Invalid(p), nil
}

// errNoPicture means that the upload cannot be shown.
var errNoPicture = errors.New("the upload is no picture")

// upload stores the picture and makes it the member's avatar. It goes on if they
// leave, so that no orphaned file remains.
func (h *Handlers) upload(c *gin.Context, m directus.User, p picture) error {
	own, _ := session.From(c)
	ctx, v := context.WithoutCancel(c.Request.Context()), web.OnBehalfOf(c)
	id := uuid.NewString()
	err := h.Directus.UploadFile(ctx, v, own.Token, directus.Upload{
		Fields:      map[string]string{"id": id, "title": "Avatar"},
		Name:        "avatar" + p.extension(),
		ContentType: p.contentType,
		Content:     p.content,
	})
	if err != nil {
		return err
	}
	if !h.canBeShown(ctx, v, own.Token, id) {
		h.forgetFile(c, m, id)
		return errNoPicture
	}
	err = h.Directus.UpdateUser(ctx, v, own.Token, m.ID, directus.NewAvatar(id))
	if err != nil && !h.inUse(ctx, v, own, id) {
		h.forgetFile(c, m, id)
	}
	return err
}

// inUse reports whether the picture is, or may be, the member's avatar after all: the
// answer to a change that was made can be lost.
func (h *Handlers) inUse(ctx context.Context, v directus.Visitor, own session.Session, id string) bool {
	m, err := h.readMember(ctx, v, own)
	return err != nil || m.Avatar == id
}

// canBeShown asks Directus for the picture as it will be shown: a valid header may
// precede anything, and decoding a stranger's whole picture costs more than a web
// server should spend. If Directus makes no renditions, the header has to do.
func (h *Handlers) canBeShown(ctx context.Context, v directus.Visitor, token secret.Text, id string) bool {
	rendition := directus.Transform{Width: 160, Height: 160}
	asset, err := h.Directus.Asset(ctx, v, token, id, rendition, "image/*")
	if errors.Is(err, directus.Forbidden) { // the role may lack a rule for what everybody may see
		asset, err = h.Directus.Asset(ctx, v, secret.Text{}, id, rendition, "image/*")
	}
	if errors.Is(err, directus.InvalidQuery) || errors.Is(err, directus.Forbidden) {
		return true
	}
	if err != nil {
		return false
	}
	defer asset.Body.Close()
	shown, err := io.ReadAll(io.LimitReader(asset.Body, 1<<20))
	if err != nil {
		return false
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(shown))
	if err != nil || size.Width > rendition.Width || size.Height > rendition.Height {
		return err == nil // the original, which is too large to decode
	}
	_, _, err = image.Decode(bytes.NewReader(shown))
	return err == nil
}

func (h *Handlers) RemoveAvatar(c *gin.Context) (web.Response, error) {
	m, err := h.member(c)
	if err != nil {
		return nil, err
	}
	own, _ := session.From(c)
	if m.Avatar == "" {
		return web.SeeOther{Path: "/profile"}, nil
	}
	err = h.Directus.UpdateUser(c.Request.Context(), web.OnBehalfOf(c), own.Token, m.ID, directus.NewAvatar(""))
	if errors.Is(err, directus.Forbidden) {
		return web.SeeOther{Path: "/profile", Notice: noticeNotChangeable}, nil
	}
	if err != nil {
		return nil, err
	}
	h.forgetFile(c, m, m.Avatar)
	return web.SeeOther{Path: "/profile", Notice: noticeAvatarRemoved}, nil
}

// forgetFile deletes a file if the member uploaded it. A picture of the site's that
// they had chosen is not theirs to delete, even if they may.
func (h *Handlers) forgetFile(c *gin.Context, m directus.User, id string) {
	files, err := h.filesOf(c, m, directus.Query{Filter: directus.Equal("id", id), Limit: 1})
	if err == nil && len(files) > 0 {
		own, _ := session.From(c)
		err = h.Directus.DeleteFile(context.WithoutCancel(c.Request.Context()), web.OnBehalfOf(c), own.Token, id)
	}
	if err != nil && !errors.Is(err, directus.Forbidden) {
		h.Log.Warn("an old avatar is still there", "error", err)
	}
}

// filesOf reads the ids of files that the member has uploaded.
func (h *Handlers) filesOf(c *gin.Context, m directus.User, q directus.Query) ([]string, error) {
	q.Fields = []string{"id"}
	own := directus.Equal("uploaded_by", m.ID)
	if q.Filter != nil {
		own = directus.All(own, q.Filter)
	}
	q.Filter = own
	var rows []struct {
		ID string `json:"id"`
	}
	err := h.readFiles(context.WithoutCancel(c.Request.Context()), c, q, &rows)
	var ids []string
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids, err
}

// readFiles reads rows of files as the member; or as the public on an unlicensed
// Directus 12, where members cannot read files but everybody can.
func (h *Handlers) readFiles(ctx context.Context, c *gin.Context, q directus.Query, out any) error {
	own, _ := session.From(c)
	v := web.OnBehalfOf(c)
	err := h.Directus.Items(ctx, v, own.Token, "directus_files", q, out)
	if errors.Is(err, directus.Forbidden) {
		err = h.Directus.Items(ctx, v, secret.Text{}, "directus_files", q, out)
	}
	return err
}

// picture is an upload that has been checked to be an image.
type picture struct {
	content     []byte
	contentType string
}

// readPicture reads the picture from the form, and says what is wrong with it. Its
// bytes tell its type, not its name.
func readPicture(c *gin.Context) (p picture, wrong i18n.Message, err error) {
	connection, late := http.NewResponseController(c.Writer), time.Now().Add(uploadTime)
	if err := errors.Join(connection.SetReadDeadline(late), connection.SetWriteDeadline(late.Add(answerTime))); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return p, "", err
	}
	file, _, err := c.Request.FormFile("picture")
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return p, msgPictureLarge, nil
	case errors.Is(err, http.ErrMissingFile):
		return p, msgChoosePicture, nil
	case err != nil:
		return p, "", web.ErrBadRequest
	}
	defer file.Close()
	defer c.Request.MultipartForm.RemoveAll()
	if p.content, err = io.ReadAll(io.LimitReader(file, maxPicture<<20+1)); err != nil {
		return p, "", web.ErrBadRequest
	}
	if len(p.content) == 0 {
		return p, msgChoosePicture, nil
	}
	if len(p.content) > maxPicture<<20 {
		return p, msgPictureLarge, nil
	}
	size, format, err := image.DecodeConfig(bytes.NewReader(p.content))
	if err != nil {
		return p, msgPictureType, nil
	}
	if max(size.Width, size.Height) > maxPixels {
		return p, msgPicturePixels, nil
	}
	p.contentType = "image/" + format
	return p, "", nil
}

func (p picture) extension() string {
	return map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}[p.contentType]
}
