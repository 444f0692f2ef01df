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

// uploadTimeout bounds an upload, including the time Directus takes to store it.
const uploadTimeout = 30 * time.Second

// Upload is a file on its way to Directus.
type Upload struct {
	// Fields of the directus_files row, such as title and description. An "id" sets
	// the file's id.
	Fields      map[string]string
	Name        string // of the file
	ContentType string
	Content     []byte
}

// form returns the upload as multipart/form-data. Directus requires the fields
// before the file.
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

// multipartForm is a body that is ready to be sent.
type multipartForm struct {
	bytes       []byte
	contentType string
}

// UploadFile stores a file for the token's member: POST /files. Set its id in the
// fields: if the member may not read files, Directus does not return the id it
// chose.
//
// Errors: [Forbidden], [ContentTooLarge], [InvalidPayload] (the type is not on
// FILES_MIME_TYPE_ALLOW_LIST), [RecordNotUnique] (the id is taken).
func (c *Client) UploadFile(ctx context.Context, v Visitor, token secret.Text, u Upload) error {
	form, err := u.form()
	if err != nil {
		return err
	}
	_, err = c.do(ctx, call{
		pool:   c.pools.members,
		method: http.MethodPost, path: "/files", visitor: v, token: token, body: form, timeout: uploadTimeout,
		breaksDown: true, // because of what the file is, or where it is stored
	}, nil)
	return err
}

// DeleteFile removes a file: DELETE /files/:id.
//
// Errors: [Forbidden], also if the file does not exist.
func (c *Client) DeleteFile(ctx context.Context, v Visitor, token secret.Text, id string) error {
	if !isID(id) {
		return notAnID(http.MethodDelete, "/files")
	}
	return c.write(ctx, c.pools.members, v, token, http.MethodDelete, "/files/"+id, nil)
}
