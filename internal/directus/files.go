package directus

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"time"

	"hutch/internal/secret"
)

// uploadTimeout bounds an upload, which Directus also stores.
const uploadTimeout = 30 * time.Second

// Upload is a file on its way to Directus.
type Upload struct {
	// Fields of the directus_files row: title, description. An "id" is the one
	// that the file gets.
	Fields      map[string]string
	Name        string // of the file
	ContentType string
	Content     []byte
}

// form is the upload as multipart/form-data. The fields go before the file, as
// Directus wants them.
func (u Upload) form() (multipartForm, error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for name, value := range u.Fields {
		if err := w.WriteField(name, value); err != nil {
			return multipartForm{}, err
		}
	}
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename=%q`, u.Name)},
		"Content-Type":        {u.ContentType},
	})
	if err != nil {
		return multipartForm{}, err
	}
	if _, err := part.Write(u.Content); err != nil {
		return multipartForm{}, err
	}
	if err := w.Close(); err != nil {
		return multipartForm{}, err
	}
	return multipartForm{form.Bytes(), w.FormDataContentType()}, nil
}

// multipartForm is a body, ready to be sent.
type multipartForm struct {
	bytes       []byte
	contentType string
}

// UploadFile stores a file of the member whose token this is: POST /files. Give
// it an id in its fields: where the member may not read files, Directus does not
// name the one that it has chosen.
//
// Errors: [Forbidden], [ContentTooLarge], [InvalidPayload] (the type is not on
// FILES_MIME_TYPE_ALLOW_LIST), [RecordNotUnique] (the id is taken).
func (c *Client) UploadFile(ctx context.Context, v Visitor, token secret.Text, u Upload) error {
	form, err := u.form()
	if err != nil {
		return err
	}
	_, err = c.do(ctx, call{
		lane:   c.lanes.members,
		method: http.MethodPost, path: "/files", visitor: v, token: token, body: form, timeout: uploadTimeout,
		breaksDown: true, // over what the file is, or where it is to be stored
	}, nil)
	return err
}

// DeleteFile removes a file: DELETE /files/:id.
//
// Errors: [Forbidden], also for a file that is not there.
func (c *Client) DeleteFile(ctx context.Context, v Visitor, token secret.Text, id string) error {
	if !isID(id) {
		return notAnID(http.MethodDelete, "/files")
	}
	return c.write(ctx, c.lanes.members, v, token, http.MethodDelete, "/files/"+id, nil)
}
