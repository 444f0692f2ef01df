package main

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"hutch/internal/directus"
	"hutch/sandbox"
)

// Members have a picture of their own.
func TestAvatar(t *testing.T) {
	onEachDirectus(t, func(t *testing.T, up upstream) {
		site := startApp(t, up, nil)
		t.Run("chosen, changed, removed", func(t *testing.T) {
			up.everyWay(t, func(t *testing.T, how way) { changeTheAvatar(t, up, site, how) })
		})
		for name, journey := range map[string]func(*testing.T, upstream, *app, way){
			"what is no picture": noPictures,
			"Directus goes away": avatarInTrouble,
			"somebody else's":    avatarOfSomebodyElse,
		} {
			t.Run(name, func(t *testing.T) {
				bothWays(t, func(t *testing.T, how way) { journey(t, up, site, how) })
			})
		}
		t.Run("without permission", func(t *testing.T) { avatarForbidden(t, up, site) })
	})
}

// painting is a picture of these measures, with noise so that it cannot be packed.
func painting(width, height int) image.Image {
	painted := image.NewRGBA(image.Rect(0, 0, width, height))
	random := rand.New(rand.NewPCG(1, 2))
	for y := range height {
		for x := range width {
			painted.Set(x, y, color.RGBA{uint8(random.Uint32()), uint8(random.Uint32()), 128, 255})
		}
	}
	return painted
}

func asPNG(t *testing.T, painted image.Image) string {
	t.Helper()
	var content bytes.Buffer
	if err := png.Encode(&content, painted); err != nil {
		t.Fatal(err)
	}
	return content.String()
}

func asJPEG(t *testing.T, painted image.Image) string {
	t.Helper()
	var content bytes.Buffer
	if err := jpeg.Encode(&content, painted, nil); err != nil {
		t.Fatal(err)
	}
	return content.String()
}

// avatarOf is the id of a member's picture; "": there is none.
func (up upstream) avatarOf(t *testing.T, who account) string {
	t.Helper()
	id, _ := up.user(t, who)["avatar"].(string)
	return id
}

// filesOf is how many files a member has.
func (up upstream) filesOf(t *testing.T, who account) int {
	t.Helper()
	var files []struct{ ID string }
	query := url.Values{"filter[uploaded_by][_eq]": {up.user(t, who)["id"].(string)}}
	if err := up.admin.Get(t.Context(), "/files", query, &files); err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func changeTheAvatar(t *testing.T, up upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	if b.doc.Find(".avatar img").Length() != 0 {
		t.Error("a new member has a picture")
	}
	b.submit("#avatar", map[string]string{"picture": asPNG(t, painting(300, 200))})
	b.wantAt("/profile")
	b.wantText("Your picture has been changed.")
	first := up.avatarOf(t, who)
	shown := b.doc.Find(".avatar img")
	if first == "" || shown.AttrOr("src", "") != "/profile/avatar/"+first+"?size=160" || shown.AttrOr("alt", "") != "Your picture" {
		t.Fatalf("the picture is %q, shown as %q", first, shown.AttrOr("src", ""))
	}
	b.request(http.MethodGet, shown.AttrOr("src", ""), nil, nil)
	size, kind, err := image.DecodeConfig(strings.NewReader(b.raw))
	if err != nil || size.Width != 160 || size.Height != 160 || !strings.HasPrefix(b.header.Get("Content-Type"), "image/") {
		t.Errorf("the picture is %d × %d %s, %v", size.Width, size.Height, kind, err)
	}
	if cached := b.header.Get("Cache-Control"); !strings.Contains(cached, "private") {
		t.Errorf("others may be given the picture: %q", cached)
	}
	var file struct {
		Type     string `json:"type"`
		Download string `json:"filename_download"`
	}
	if err := up.admin.Get(t.Context(), "/files/"+first, nil, &file); err != nil || file.Type != "image/png" || file.Download != "avatar.png" {
		t.Errorf("stored is %+v, %v", file, err)
	}

	b.open("/profile")
	b.submit("#avatar", map[string]string{"picture": asJPEG(t, painting(50, 400))})
	b.wantText("Your picture has been changed.")
	second := up.avatarOf(t, who)
	if second == first || second == "" {
		t.Errorf("the picture was %s and is %s", first, second)
	}
	if up.exists(t, "/files/"+first) {
		t.Error("the old picture is still there")
	}
	if n := up.filesOf(t, who); n != 1 {
		t.Errorf("the member has %d files", n)
	}

	b.submit("#remove-avatar", nil)
	b.wantAt("/profile")
	b.wantText("Your picture has been removed.")
	if b.doc.Find(".avatar img").Length() != 0 || up.avatarOf(t, who) != "" || up.exists(t, "/files/"+second) {
		t.Error("the picture is still there")
	}
}

func noPictures(t *testing.T, up upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	real := asPNG(t, painting(40, 40))
	var animated bytes.Buffer
	palette := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.Black, color.White})
	if err := gif.EncodeAll(&animated, &gif.GIF{Image: []*image.Paletted{palette}, Delay: []int{0}}); err != nil {
		t.Fatal(err)
	}
	large := asPNG(t, painting(1500, 1500)) // noise of two bytes a pixel
	if len(large) < 5<<20 {
		t.Fatalf("the picture has only %d bytes", len(large))
	}
	// What has the header of a picture, only Directus can tell; it is taken back.
	for name, test := range map[string]struct{ content, message string }{
		"nothing":                        {"", "Choose a picture."},
		"HTML":                           {"<!doctype html><script>alert(1)</script>", "This is no picture that can be used"},
		"SVG":                            {`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "This is no picture that can be used"},
		"a PNG's first bytes and HTML":   {real[:8] + "<script>alert(1)</script>", "This is no picture that can be used"},
		"a PNG's header and HTML":        {real[:33] + "<script>alert(1)</script>", "This is no picture that can be used"},
		"a PNG cut off":                  {real[:len(real)/2], "This is no picture that can be used"},
		"a PNG of too many pixels":       {asPNG(t, image.NewGray(image.Rect(0, 0, 7000, 1))), "too many pixels"},
		"a PNG that claims to be larger": {strings.Replace(real, "\x00\x00\x00\x28\x00\x00\x00\x28", "\x00\x01\x00\x00\x00\x01\x00\x00", 1), "This is no picture that can be used"},
		"more than 5 MB":                 {large, "at most 5 MB"},
		"6 MB of nothing":                {strings.Repeat("\x00", 6<<20), "at most 5 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			b.t = t
			b.open("/profile")
			site.wire.forget()
			b.submit("#avatar", map[string]string{"picture": test.content})
			b.wantError("picture", test.message)
			if site.wire.count("PATCH") != 0 || up.filesOf(t, who) != 0 {
				t.Errorf("it became the picture, or stayed: %d files", up.filesOf(t, who))
			}
			if headed := test.content != "" && strings.HasPrefix(test.content, real[:33]) && len(test.content) < 5<<20; site.wire.count("POST /files") != 0 && !headed {
				t.Error("it was sent to Directus")
			}
		})
	}
	b.t = t
	b.open("/profile")
	if b.doc.Find(".avatar img").Length() != 0 || up.filesOf(t, who) != 0 {
		t.Error("something was stored")
	}
	// And from there it works.
	b.submit("#avatar", map[string]string{"picture": real})
	b.wantText("Your picture has been changed.")
}

// A picture is what its bytes are, whatever the browser calls it.
func TestAvatarUnderAFalseName(t *testing.T) {
	up := startSandbox(t, sandbox.Options{})
	site := startApp(t, up, nil)
	b := site.browser(t, plain)
	who := b.signUp()
	send := func(name, kind, content string) {
		var body bytes.Buffer
		parts := multipart.NewWriter(&body)
		part, err := parts.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {`form-data; name="picture"; filename="` + name + `"`}, "Content-Type": {kind},
		})
		if err == nil {
			_, err = part.Write([]byte(content))
		}
		if err == nil {
			err = parts.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		b.requestWith(http.MethodPost, "/profile/avatar", parts.FormDataContentType(), &body, nil)
	}
	send("me.png", "image/png", "<!doctype html><script>alert(1)</script>")
	b.path = "/profile/avatar"
	b.load()
	b.wantError("picture", "This is no picture that can be used")
	send("../../evil.html", "text/html", asPNG(t, painting(4, 4)))
	if b.status != http.StatusSeeOther {
		t.Fatalf("a picture under another name: %d", b.status)
	}
	var file map[string]any
	if err := up.admin.Get(t.Context(), "/files/"+up.avatarOf(t, who), nil, &file); err != nil || file["type"] != "image/png" || file["filename_download"] != "avatar.png" {
		t.Errorf("stored is %v, %v", file, err)
	}
	b.requestWith(http.MethodPost, "/profile/avatar", "multipart/form-data; boundary=x", strings.NewReader("nonsense"), nil)
	b.load()
	b.wantStatus(http.StatusBadRequest)
	b.open("/profile/avatar") // where a form was sent to without JavaScript
	b.wantAt("/profile")
	b.open("/profile/avatar/remove")
	b.wantAt("/profile")
	b.wantText("Remove the picture")
}

func avatarInTrouble(t *testing.T, up upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	b.submit("#avatar", map[string]string{"picture": asPNG(t, painting(20, 20))})
	before := up.avatarOf(t, who)
	for call, says := range map[string]string{"POST /files": "content service", "PATCH /users": "did not confirm"} {
		site.wire.breakOn(call, breakages["503"])
		b.submit("#avatar", map[string]string{"picture": asJPEG(t, painting(30, 30))})
		site.wire.mend()
		b.wantStatus(http.StatusServiceUnavailable)
		b.wantText(says)
		if up.avatarOf(t, who) != before || !up.exists(t, "/files/"+before) || up.filesOf(t, who) != 1 {
			t.Errorf("%s failed: the picture was %s and is %s, of %d files", call, before, up.avatarOf(t, who), up.filesOf(t, who))
		}
		b.open("/profile")
	}
	// That an old file stays is no reason to fail.
	site.wire.breakOn("DELETE /files", breakages["503"])
	b.submit("#remove-avatar", nil)
	site.wire.mend()
	b.wantText("Your picture has been removed.")
	if up.avatarOf(t, who) != "" {
		t.Error("the picture is still the member's")
	}
}

// avatarOfSomebodyElse: a file that the member has not uploaded stays.
func avatarOfSomebodyElse(t *testing.T, up upstream, site *app, how way) {
	b := site.browser(t, how)
	who := b.signUp()
	given, err := up.admin.Upload(t.Context(), directus.Upload{
		Fields: map[string]string{"title": "From the editors"}, Name: "given.png", ContentType: "image/png", Content: []byte(asPNG(t, painting(20, 20))),
	})
	if err != nil {
		t.Fatal(err)
	}
	up.set(t, who, map[string]any{"avatar": given})
	b.open("/profile")
	b.submit("#remove-avatar", nil)
	b.wantText("Your picture has been removed.")
	if !up.exists(t, "/files/"+given) {
		t.Error("a file that is not the member's was deleted")
	}
}

func avatarForbidden(t *testing.T, up upstream, site *app) {
	b := site.browser(t, plain)
	who := b.signUp()
	b.submit("#avatar", map[string]string{"picture": asPNG(t, painting(20, 20))})
	open := b.doc
	up.forbid(t, "create", "directus_files")
	b.open("/profile")
	if b.doc.Find("#avatar").Length() != 0 || b.doc.Find(".avatar img").Length() != 1 {
		t.Error("the picture is not there, or can be changed")
	}
	before := up.avatarOf(t, who)
	b.doc = open
	b.submit("#avatar", map[string]string{"picture": asJPEG(t, painting(20, 20))})
	b.wantStatus(http.StatusUnprocessableEntity)
	b.wantText("Your account may not change this.")
	if up.avatarOf(t, who) != before {
		t.Error("the picture was changed")
	}
}
