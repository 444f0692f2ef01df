package contract_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io"
	"testing"

	"github.com/google/uuid"

	"hutch/internal/directus"
	"hutch/internal/secret"
)

// limitsTypes: by FILES_MIME_TYPE_ALLOW_LIST.
func (to target) limitsTypes() bool { return to.real }

func picture(t *testing.T) []byte {
	t.Helper()
	var content bytes.Buffer
	if err := png.Encode(&content, image.NewGray(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

// upload stores a picture for a member and returns its id.
func upload(t *testing.T, to target, m member) string {
	t.Helper()
	id := uuid.NewString()
	err := to.client.UploadFile(t.Context(), m.visitor, m.session.Token, directus.Upload{
		Fields: map[string]string{"id": id, "title": "A picture"}, Name: "picture.png", ContentType: "image/png", Content: picture(t),
	})
	if err != nil {
		t.Fatalf("upload: %v", err)
	}
	return id
}

func filesAreKept(t *testing.T, to target) {
	ctx := t.Context()
	m, other := newMember(t, to), newMember(t, to)
	id := upload(t, to, m)
	for name, token := range map[string]string{"the member": m.session.Token.Reveal(), "the public": ""} {
		asset, err := to.client.Asset(ctx, m.visitor, secret.Of(token), id, directus.Transform{Width: 64, Height: 64}, "")
		if err != nil {
			t.Errorf("the picture for %s: %v", name, err)
			continue
		}
		got, kind, err := image.DecodeConfig(asset.Body)
		_, _ = io.Copy(io.Discard, asset.Body)
		asset.Body.Close()
		if err != nil || got.Width != 64 || got.Height != 64 || kind != "png" {
			t.Errorf("the picture for %s: %d × %d %s, %v", name, got.Width, got.Height, kind, err)
		}
	}
	var file struct {
		Title, Type string
		By          string `json:"uploaded_by"`
		Width       int
	}
	if err := to.admin.Get(ctx, "/files/"+id, nil, &file); err != nil || file.Title != "A picture" || file.Type != "image/png" || file.By != m.session.UserID || file.Width != 300 {
		t.Errorf("the file is %+v, %v", file, err)
	}

	send := func(token string, u directus.Upload) error {
		return to.client.UploadFile(ctx, m.visitor, secret.Of(token), u)
	}
	small := directus.Upload{Fields: map[string]string{"id": uuid.NewString()}, Name: "a.png", ContentType: "image/png", Content: picture(t)}
	wantCode(t, "upload without a token", send("", small), 403, directus.Forbidden)
	if to.limitsTypes() {
		text := directus.Upload{Fields: map[string]string{"id": uuid.NewString()}, Name: "a.txt", ContentType: "text/plain", Content: []byte("text")}
		wantCode(t, "upload of another type", send(m.session.Token.Reveal(), text), 400, directus.InvalidPayload)
	}
	for _, size := range []int{maxUpload + 1, 6 * maxUpload} {
		large := directus.Upload{Fields: map[string]string{"id": uuid.NewString()}, Name: "a.png", ContentType: "image/png", Content: append(picture(t), make([]byte, size)...)}
		wantCode(t, "upload of what is too large", send(m.session.Token.Reveal(), large), 413, directus.ContentTooLarge)
	}
	taken := small
	taken.Fields = map[string]string{"id": id}
	wantCode(t, "upload with the id of somebody else's file", send(other.session.Token.Reveal(), taken), 400, directus.RecordNotUnique)

	if err := to.client.DeleteFile(ctx, other.visitor, other.session.Token, id); !errors.Is(err, directus.Forbidden) {
		t.Errorf("deleting somebody else's: %v", err)
	}
	if err := to.client.DeleteFile(ctx, m.visitor, secret.Text{}, id); !errors.Is(err, directus.Forbidden) {
		t.Errorf("deleting without a token: %v", err)
	}
	if err := to.client.DeleteFile(ctx, m.visitor, m.session.Token, id); err != nil {
		t.Fatalf("delete: %v", err)
	}
	if _, err := to.client.Asset(ctx, m.visitor, m.session.Token, id, directus.Transform{}, ""); !errors.Is(err, directus.Forbidden) {
		t.Errorf("the picture after it was deleted: %v", err)
	}
	wantCode(t, "delete again", to.client.DeleteFile(ctx, m.visitor, m.session.Token, id), 403, directus.Forbidden)
	undo := forbid(t, to, "create", "directus_files")
	wantCode(t, "upload without permission", send(m.session.Token.Reveal(), small), 403, directus.Forbidden)
	undo()
}

func pictureIsSet(t *testing.T, to target) {
	ctx := t.Context()
	m := newMember(t, to)
	id := upload(t, to, m)
	update := func(value any) error {
		return to.client.UpdateUser(ctx, m.visitor, m.session.Token, m.session.UserID, change(t, map[string]any{"avatar": value}))
	}
	if err := update(id); err != nil {
		t.Fatalf("set: %v", err)
	}
	if got := row(t, to, m, "avatar").Avatar; got != id {
		t.Errorf("the picture is %q, want %s", got, id)
	}
	// The row keeps naming a deleted file: there is no foreign key.
	if err := to.client.DeleteFile(ctx, m.visitor, m.session.Token, id); err != nil {
		t.Fatalf("delete: %v", err)
	}
	if got := row(t, to, m, "avatar").Avatar; got != id {
		t.Errorf("the picture is %q after its file was deleted", got)
	}
	id = upload(t, to, m)
	for _, value := range []any{id, nil} {
		if err := update(value); err != nil {
			t.Fatalf("set to %v: %v", value, err)
		}
	}
	if got := row(t, to, m, "avatar").Avatar; got != "" {
		t.Errorf("the picture is %q after it was taken away", got)
	}
}
