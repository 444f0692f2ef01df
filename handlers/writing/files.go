package writing

import (
	"errors"

	"github.com/google/uuid"

	"hutch/handlers/fields"
	"hutch/internal/directus"
	"hutch/internal/i18n"
	"hutch/internal/pictures"
)

// checkFile says what is wrong with a file that was chosen. Of a picture, only the picture
// is kept: it says nothing of where it was taken.
func (in input) checkFile(file *fields.File, required bool) i18n.Message {
	if wrong := file.Check(required); wrong != "" || file == nil {
		return wrong
	}
	format, isPicture := pictures.Of(file.Content)
	if !isPicture {
		if in.Pictures {
			return fields.MsgPictureType
		}
		return ""
	}
	bare, err := format.Bare(file.Content)
	if err != nil {
		return fields.MsgPictureType
	}
	file.Content = bare
	return ""
}

// upload stores a file as the member, and returns its id.
func (m Collection) upload(a asked, file *fields.File) (id string, err error) {
	mediaType, ending := file.Kind()
	name, id := file.FileName(ending), uuid.NewString()
	return id, m.Directus.UploadFile(a.ctx, a.visitor, a.own.Token, directus.Upload{
		Fields: map[string]string{"id": id, "title": name}, Name: name, ContentType: mediaType, Content: file.Content,
	})
}

// forget deletes files whose item was not stored.
func (m Collection) forget(a asked, ids []string) {
	for _, id := range ids {
		if err := m.Directus.DeleteFile(a.ctx, a.visitor, a.own.Token, id); err != nil && !errors.Is(err, directus.Forbidden) {
			m.Log.Warn("a file of an item that was not stored is still there", "error", err)
		}
	}
}
