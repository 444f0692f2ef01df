package setup_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"testing"

	"hutch/internal/directus"
)

// Files that members upload in these tests.
const (
	pictureID = "0d3b1c52-0000-4000-8000-000000000002"
	letterID  = "0d3b1c52-0000-4000-8000-000000000003"
)

// testMemberRights does with a member's own token what members were given, and
// tries what they were not.
func testMemberRights(t *testing.T, w world) {
	fay, gil := w.member(t, "fay@example.com"), w.member(t, "gil@example.com")
	member := w.client.Admin(fay.Token.Reveal())
	upload := func(session directus.Session, id, name, contentType string) {
		t.Helper()
		answered, err := w.client.Admin(session.Token.Reveal()).Upload(t.Context(), directus.Upload{
			Fields: map[string]string{"id": id, "title": "Mine"}, Name: name, ContentType: contentType, Content: []byte("mine"),
		})
		if err != nil || answered != id {
			t.Errorf("an upload is answered %q, %v, want %q", answered, err, id)
		}
		var stored struct {
			Title string
			By    string `json:"uploaded_by"`
		}
		if w.get(t, "/files/"+id, nil, &stored); stored.Title != "Mine" || stored.By != session.UserID {
			t.Errorf("stored is %+v", stored)
		}
	}

	t.Run("files", func(t *testing.T) {
		upload(fay, pictureID, "me.png", "image/png")
		upload(gil, letterID, "letter.txt", "text/plain")
		if err := member.Patch(t.Context(), "/users/"+fay.UserID, data{"avatar": pictureID}); err != nil {
			t.Errorf("a member cannot have a picture: %v", err)
		}
		for id, own := range map[string]bool{pictureID: true, letterID: false, privateID: false} {
			if got, want := w.canRead(t, fay.Token.Reveal(), "/files/"+id), own || w.core(); got != want {
				t.Errorf("a member reads file %s, own %v: %v, want %v", id, own, got, want)
			}
		}
		if !w.canRead(t, gil.Token.Reveal(), "/files/"+letterID) || !w.canRead(t, gil.Token.Reveal(), "/files/"+pictureID) {
			t.Error("a member does not read their own file, or not another's image")
		}
		if w.canRead(t, "", "/files/"+letterID) != w.core() || !w.canRead(t, "", "/files/"+pictureID) {
			t.Error("the public does not read images, and where there are rules nothing else")
		}
		wantForbidden(t, "a member changes a file", member.Patch(t.Context(), "/files/"+privateID, data{"title": "Mine"}))
		wantForbidden(t, "a member deletes an editor's file", member.Delete(t.Context(), "/files/"+privateID))
		wantForbidden(t, "a member deletes another's file", member.Delete(t.Context(), "/files/"+letterID))
		if err := member.Delete(t.Context(), "/files/"+pictureID); err != nil {
			t.Errorf("a member cannot delete their own file: %v", err)
		}
	})

	t.Run("another's file on the disk", func(t *testing.T) {
		const id = "0d3b1c52-0000-4000-8000-000000000004"
		disk := letterID + ".txt"
		row := data{"id": id, "type": "text/plain", "storage": "local", "filename_disk": disk, "filename_download": "x.txt"}
		wantForbidden(t, "a member makes a file of another's", member.Post(t.Context(), "/files", row, nil))
		for what, fields := range map[string]map[string]string{
			"by its name": {"id": id, "filename_disk": disk},
			"by an id":    {"id": disk},
		} {
			_, err := member.Upload(t.Context(), directus.Upload{Fields: fields, Name: "x", ContentType: "text/plain", Content: []byte("not yours")})
			wantForbidden(t, "a member overwrites another's file "+what, err)
		}
	})

	t.Run("fields", func(t *testing.T) {
		var fields []struct{ Field string }
		err := member.Get(t.Context(), "/fields/directus_users", nil, &fields)
		if w.core() {
			wantForbidden(t, "a member sees fields of what they may not read", err)
			fields = nil
			err = member.Get(t.Context(), "/fields", nil, &fields)
		} else if !slices.ContainsFunc(fields, func(f struct{ Field string }) bool { return f.Field == "appearance" }) {
			t.Errorf("the fields of a user are %v", fields)
		}
		if err != nil {
			t.Error(err)
		}
		wantForbidden(t, "a member sees the fields of the settings", member.Get(t.Context(), "/fields/directus_settings", nil, nil))
	})

	t.Run("what they may do", func(t *testing.T) {
		var permissions []struct{ Collection, Role string }
		err := member.Get(t.Context(), "/permissions", url.Values{"limit": {"-1"}}, &permissions)
		if w.major() != "10" {
			if err == nil && len(permissions) > 0 {
				t.Errorf("a member reads permissions: %v", permissions)
			}
			return
		}
		if err != nil || len(permissions) != 14 {
			t.Errorf("a member reads as their permissions %v, %v", permissions, err)
		}
		for _, perm := range permissions {
			if perm.Role != permissions[0].Role {
				t.Errorf("a member reads another role's permission: %v", perm)
			}
		}
	})

	t.Run("leaving", func(t *testing.T) {
		wantForbidden(t, "a member deletes another", member.Delete(t.Context(), "/users/"+gil.UserID))
		err := member.Delete(t.Context(), "/users/"+fay.UserID)
		if w.core() {
			wantForbidden(t, "a member deletes themselves", err)
			w.delete(t, "/users/"+fay.UserID)
		} else if err != nil {
			t.Errorf("a member cannot delete themselves: %v", err)
		}
		var gone json.RawMessage
		if err := w.admin.Get(t.Context(), "/users/"+fay.UserID, nil, &gone); !errors.Is(err, directus.Forbidden) {
			t.Errorf("who left is still there: %s, %v", gone, err)
		}

		// Directus cannot delete a user with a file left, and Core's members do not
		// see their files; the public does, which sees all there.
		leaver, reader := w.client.Admin(gil.Token.Reveal()), w.client.Admin(gil.Token.Reveal())
		if w.core() {
			leaver, reader = w.admin, w.client.Admin("")
		}
		if err := leaver.Delete(t.Context(), "/users/"+gil.UserID); err == nil {
			t.Error("a member with a file was deleted: what is said of it is not true any more")
		}
		var files []struct{ ID string }
		err = reader.Get(t.Context(), "/files", url.Values{"filter[uploaded_by][_eq]": {gil.UserID}, "fields": {"id"}}, &files)
		if err != nil || len(files) != 1 || files[0].ID != letterID {
			t.Fatalf("their files are %v, %v", files, err)
		}
		if err := w.client.Admin(gil.Token.Reveal()).Delete(t.Context(), "/files/"+letterID); err != nil {
			t.Error(err)
		}
		if err := leaver.Delete(t.Context(), "/users/"+gil.UserID); err != nil {
			t.Errorf("a member without files cannot leave: %v", err)
		}
	})
}
