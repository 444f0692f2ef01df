package sandbox_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"hutch/sandbox"
)

// part is one of a form: a field, or a file if it has a name.
type part struct {
	field, name, mediaType string
	content                []byte
}

func (v visitor) upload(parts ...part) reply {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, p := range parts {
		header := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + p.field + `"`}}
		if p.name != "" {
			header = textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + p.name + `"`}, "Content-Type": {p.mediaType}}
		}
		w, err := form.CreatePart(header)
		if err != nil {
			v.t.Fatal(err)
		}
		_, _ = w.Write(p.content)
	}
	_ = form.Close()
	return v.sendForm("POST", "/files", form.FormDataContentType(), body.Bytes())
}

func (v visitor) sendForm(method, path, mediaType string, body []byte) reply {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), method, v.address+path, bytes.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Content-Type", mediaType)
	if v.bearer != "" {
		request.Header.Set("Authorization", "Bearer "+v.bearer)
	}
	return v.send(request)
}

func pngOf(t *testing.T, width, height int) []byte {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	picture.Set(0, 0, color.RGBA{R: 255, A: 255})
	var buffer bytes.Buffer
	if err := png.Encode(&buffer, picture); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestUpload(t *testing.T) {
	address := start(t, nil)
	member, admin, anyone := signedIn(t, address), visitor{t: t, address: address, bearer: adminToken}, visitor{t: t, address: address}
	me, _ := member.do("GET", "/users/me?fields=id", nil).at("id").(string)
	content := pngOf(t, 40, 20)
	made := member.upload(part{field: "title", content: []byte("Me")}, part{field: "folder", content: []byte("null")},
		part{name: "my_first-face.png", mediaType: "image/png", content: content}).want(t, 200, "")
	for name, want := range map[string]any{"title": "Me", "filename_download": "my_first-face.png", "type": "image/png", "uploaded_by": me, "folder": nil,
		"filesize": float64(len(content)), "width": 40.0, "height": 20.0, "storage": "local", "modified_by": nil} {
		if got := made.at(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	id, _ := made.at("id").(string)
	if made.at("created_on") == nil || made.at("filename_disk") != id+".png" {
		t.Errorf("made: %s", made.body)
	}
	late := member.upload(part{name: "my_first-face.txt", mediaType: "text/plain", content: []byte("words")}, part{field: "title", content: []byte("late")}).want(t, 200, "")
	if late.at("title") != "My First Face" || late.at("width") != nil {
		t.Errorf("late: %s", late.body)
	}
	if got := member.do("GET", "/assets/"+id, nil).want(t, 200, ""); !bytes.Equal(got.body, content) || got.header.Get("Content-Type") != "image/png" {
		t.Errorf("asset: %v", got.header)
	}
	anyone.do("GET", "/assets/"+id, nil).want(t, 200, "") // the sample project's public policy shows all files
	two := part{name: "a.txt", mediaType: "text/plain", content: []byte("a")}
	if both, _ := member.upload(two, two).want(t, 200, "").data.([]any); len(both) != 2 {
		t.Errorf("two files: %v", both)
	}

	// Only their own are theirs to change.
	member.do("PATCH", "/files/"+id, map[string]any{"title": "x"}).want(t, 403, "FORBIDDEN")
	changed := admin.do("PATCH", "/files/"+id, map[string]any{"title": "Face"}).want(t, 200, "")
	if changed.at("title") != "Face" || changed.at("modified_by") != administrator(t, address) || changed.at("uploaded_by") != me {
		t.Errorf("changed: %s", changed.body)
	}
	admin.sendForm("PATCH", "/files/"+id, "multipart/form-data; boundary=x", nil).want(t, 400, "INVALID_PAYLOAD")
	others, _ := admin.upload(two).want(t, 200, "").at("id").(string)
	member.do("GET", "/files/"+others, nil).want(t, 403, "FORBIDDEN")
	member.do("GET", "/assets/"+others, nil).want(t, 403, "FORBIDDEN")
	member.do("DELETE", "/files/"+others, nil).want(t, 403, "FORBIDDEN")
	member.do("GET", "/assets/"+id+"?width=10", nil).want(t, 200, "")
	member.do("DELETE", "/files/"+id, nil).want(t, 204, "")
	admin.do("GET", "/assets/"+id, nil).want(t, 403, "FORBIDDEN")
	again := admin.upload(part{field: "id", content: []byte(id)}, part{name: "a.png", mediaType: "image/png", content: pngOf(t, 8, 8)}).want(t, 200, "")
	if got := admin.do("GET", "/assets/"+id+"?width=10", nil).want(t, 200, ""); again.at("id") != id || sizeOf(t, got.body) != image.Pt(10, 10) {
		t.Error("a picture outlives its file")
	}
}

func sizeOf(t *testing.T, content []byte) image.Point {
	t.Helper()
	size, _, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return image.Pt(size.Width, size.Height)
}

func TestUploadsThatAreRefused(t *testing.T) {
	_, address := openWith(t, sandbox.Options{Path: ":memory:", MaxUpload: 1 << 20})
	member, admin, anyone := signedIn(t, address), visitor{t: t, address: address, bearer: adminToken}, visitor{t: t, address: address}
	file := part{name: "a.txt", mediaType: "text/plain", content: []byte("a")}
	large := part{name: "a.bin", mediaType: "application/octet-stream", content: make([]byte, 6<<20)}
	anyone.upload(file).want(t, 403, "FORBIDDEN")
	anyone.upload(large).want(t, 403, "FORBIDDEN")
	member.upload(large).want(t, 413, "CONTENT_TOO_LARGE")
	member.upload(part{field: "title", content: []byte("x")}).want(t, 400, "INVALID_PAYLOAD")
	member.upload(part{field: "title", content: make([]byte, 2<<20)}, file).want(t, 400, "INVALID_PAYLOAD")
	member.upload(part{field: "uploaded_by", content: []byte("null")}, file).want(t, 403, "FORBIDDEN")
	member.upload(part{field: "filename_disk", content: []byte("../x")}, file).want(t, 403, "FORBIDDEN")
	member.upload(part{field: "id", content: []byte("x")}, file).want(t, 403, "FORBIDDEN")
	member.do("POST", "/files", map[string]any{"type": "text/plain"}).want(t, 400, "INVALID_PAYLOAD")
	member.sendForm("POST", "/files", "multipart/form-data; boundary=x", []byte("--x\r\n")).want(t, 400, "INVALID_PAYLOAD")
	member.sendForm("POST", "/files", "multipart/form-data", nil).want(t, 400, "INVALID_PAYLOAD")
	if files, _ := admin.do("GET", "/files?filter[uploaded_by][_nnull]=true", nil).want(t, 200, "").data.([]any); len(files) != 0 {
		t.Errorf("stored all the same: %v", files)
	}
	for _, id := range permissions(t, admin, "directus_files", "read", "Users") {
		admin.do("DELETE", "/permissions/"+id, nil).want(t, 204, "")
	}
	member.upload(file).want(t, 204, "")
}

func TestUploadedPicturesAreTransformed(t *testing.T) {
	address := start(t, nil)
	member := signedIn(t, address)
	picture := image.NewPaletted(image.Rect(0, 0, 60, 30), color.Palette{color.Black, color.White})
	var asJPEG, asGIF bytes.Buffer
	if err := jpeg.Encode(&asJPEG, picture, nil); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&asGIF, picture, nil); err != nil {
		t.Fatal(err)
	}
	asWebP, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==") // one pixel
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mediaType, query string
		content          []byte
		answered         string
		size             image.Point
	}{
		{"image/jpeg", "?width=20&height=20&fit=cover", asJPEG.Bytes(), "image/jpeg", image.Pt(20, 20)},
		{"image/jpeg", "?width=20&format=png", asJPEG.Bytes(), "image/png", image.Pt(20, 10)},
		{"image/png", "?width=20&height=20&fit=cover", pngOf(t, 60, 30), "image/png", image.Pt(20, 20)},
		{"image/webp", "?width=20&height=10&fit=cover", asWebP, "image/png", image.Pt(20, 10)},
		{"image/webp", "?width=20&format=jpg", asWebP, "image/jpeg", image.Pt(20, 20)},
		{"image/webp", "", asWebP, "image/webp", image.Pt(1, 1)},
		{"image/gif", "?width=20", asGIF.Bytes(), "image/gif", image.Pt(60, 30)}, // as Directus: never changed
	} {
		made := member.upload(part{name: "a." + strings.TrimPrefix(c.mediaType, "image/"), mediaType: c.mediaType, content: c.content}).want(t, 200, "")
		got := member.do("GET", "/assets/"+made.at("id").(string)+c.query, nil).want(t, 200, "")
		if size := sizeOf(t, got.body); got.header.Get("Content-Type") != c.answered || size != c.size || made.at("width") == nil {
			t.Errorf("%s%s: %s %v", c.mediaType, c.query, got.header.Get("Content-Type"), size)
		}
	}
	broken := member.upload(part{name: "a.png", mediaType: "image/png", content: []byte("no picture")}).want(t, 200, "")
	member.do("GET", "/assets/"+broken.at("id").(string)+"?width=9", nil).want(t, 400, "ILLEGAL_ASSET_TRANSFORMATION")
	huge := member.upload(part{name: "a.png", mediaType: "image/png", content: pngOf(t, 6001, 1)}).want(t, 200, "")
	member.do("GET", "/assets/"+huge.at("id").(string)+"?width=9", nil).want(t, 400, "ILLEGAL_ASSET_TRANSFORMATION")
	words := member.upload(part{name: "a.txt", mediaType: "text/plain", content: []byte("words")}).want(t, 200, "")
	if got := member.do("GET", "/assets/"+words.at("id").(string)+"?width=9", nil).want(t, 200, ""); string(got.body) != "words" {
		t.Errorf("text: %s", got.body)
	}
}
