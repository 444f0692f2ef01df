package account

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"hutch/handlers/fields"
	"hutch/handlers/web"
	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/internal/pictures"
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
)

func (a profileData) mayChangeAvatar() bool {
	return a.Unknown || (a.Access.MayField("update", "directus_users", "avatar") && a.Access.May("create", "directus_files"))
}

// ChangeAvatar uploads the picture as the member and makes it their avatar.
func (h *Handlers) ChangeAvatar(c *gin.Context) (web.Response, error) {
	end, err := h.avatarTurn(c)
	if err != nil {
		return nil, err
	}
	defer end()
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
		return web.SeeOther{Path: "/profile", Notice: noticeAvatarSaved}, nil
	case errors.Is(err, directus.ContentTooLarge):
		input.Error = msgPictureLarge
	case errors.Is(err, directus.InvalidPayload), errors.Is(err, errNoPicture):
		input.Error = msgPictureType
	case fields.NotAccepted(err) != nil: // whatever field of the file or of the member it names
		input.Error = fields.MsgNotAccepted
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

// avatarTurn waits until no other request changes the member's picture, so that each
// knows which file it replaces. It returns what ends the turn; an error means that the
// member has left.
func (h *Handlers) avatarTurn(c *gin.Context) (end func(), err error) {
	own, _ := session.From(c)
	return h.avatarTurns.Take(c.Request.Context(), own.MemberID, 1)
}

// upload stores the picture and makes it the member's avatar, in place of the one they
// have. It goes on if they leave, so that no orphaned file remains.
func (h *Handlers) upload(c *gin.Context, m directus.User, p picture) error {
	own, _ := session.From(c)
	ctx, v := context.WithoutCancel(c.Request.Context()), web.OnBehalfOf(c)
	id := uuid.NewString()
	err := h.Directus.UploadFile(ctx, v, own.Token, directus.Upload{
		Fields:      map[string]string{"id": id, "title": "Avatar"},
		Name:        "avatar" + p.format.Extension,
		ContentType: p.format.MediaType,
		Content:     p.content,
	})
	if err != nil {
		return err
	}
	if !h.canBeShown(ctx, v, own.Token, id) {
		h.forgetFile(c, m, id)
		return errNoPicture
	}
	// Another replica may have changed it since the page was asked for.
	if now, err := h.readMember(ctx, v, own); err == nil {
		m = now
	}
	err = h.Directus.UpdateUser(ctx, v, own.Token, m.ID, directus.NewAvatar(id))
	// The answer to a change that was made can be lost, and another replica can have
	// made a later one.
	switch now, unknown := h.readMember(ctx, v, own); {
	case unknown == nil && now.Avatar != id:
		h.forgetFile(c, m, id)
	case err == nil && m.Avatar != "":
		h.forgetFile(c, m, m.Avatar)
	}
	return err
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
	format, known := pictures.Of(shown)
	if !known {
		return false
	}
	size, err := format.Size(shown)
	if err != nil || size.Width > rendition.Width || size.Height > rendition.Height {
		return err == nil // the original, which is too large to decode
	}
	_, err = format.Decode(shown)
	return err == nil
}

func (h *Handlers) RemoveAvatar(c *gin.Context) (web.Response, error) {
	end, err := h.avatarTurn(c)
	if err != nil {
		return nil, err
	}
	defer end()
	m, err := h.member(c)
	if err != nil {
		return nil, err
	}
	own, _ := session.From(c)
	if m.Avatar == "" {
		return web.SeeOther{Path: "/profile"}, nil
	}
	err = h.Directus.UpdateUser(c.Request.Context(), web.OnBehalfOf(c), own.Token, m.ID, directus.NewAvatar(""))
	if errors.Is(err, directus.Forbidden) || fields.NotAccepted(err) != nil { // members may have to have one
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

// picture is an upload that has been checked to be an image, and says nothing beside
// it.
type picture struct {
	content []byte
	format  pictures.Format
}

// readPicture reads the picture from the form, and says what is wrong with it. Its
// bytes tell its type, not its name.
func readPicture(c *gin.Context) (p picture, wrong i18n.Message, err error) {
	content, err := postedPicture(c)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), len(content) > maxPicture<<20:
		return p, msgPictureLarge, nil
	case err != nil:
		return p, "", web.ErrBadRequest
	case len(content) == 0:
		return p, msgChoosePicture, nil
	}
	format, known := pictures.Of(content)
	if !known {
		return p, msgPictureType, nil
	}
	size, err := format.Size(content)
	if err != nil {
		return p, msgPictureType, nil
	}
	if max(size.Width, size.Height) > maxPixels {
		return p, msgPicturePixels, nil
	}
	bare, err := format.Bare(content)
	if err != nil {
		return p, msgPictureType, nil
	}
	return picture{bare, format}, "", nil
}

// postedPicture returns the file of the form; none was chosen: nil. Only the file is in
// memory, and once: the body waits on disk (web.Receive).
func postedPicture(c *gin.Context) ([]byte, error) {
	parts, err := c.Request.MultipartReader()
	for err == nil {
		var part *multipart.Part
		if part, err = parts.NextPart(); err == nil && part.FormName() == "picture" && part.FileName() != "" {
			var content bytes.Buffer
			content.Grow(int(min(max(c.Request.ContentLength, 0), MaxUpload)) + bytes.MinRead)
			_, err = content.ReadFrom(io.LimitReader(part, maxPicture<<20+1))
			return content.Bytes(), err
		}
	}
	if err == io.EOF { // and not one that is wrapped: nothing in the body is a part
		return nil, nil
	}
	return nil, err
}
