package account_test

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"hutch/e2e/harness"
	"hutch/internal/directus"
	"hutch/sandbox"
)

// Members have a picture of their own.
func TestAvatar(t *testing.T) {
	harness.OnDirectusOfItsOwn(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, nil)
		t.Run("chosen, changed, removed", func(t *testing.T) {
			up.EveryWay(t, func(t *testing.T, how harness.Way) { changeTheAvatar(t, up, site, how) })
		})
		for name, journey := range map[string]func(*testing.T, harness.Upstream, *harness.App, harness.Way){
			"what is no picture": noPictures,
			"Directus goes away": avatarInTrouble,
			"somebody else's":    avatarOfSomebodyElse,
			"taken by a camera":  avatarTellsNothing,
			"several at once":    avatarsAtOnce,
		} {
			t.Run(name, func(t *testing.T) {
				up.InDetail(t, func(t *testing.T, how harness.Way) { journey(t, up, site, how) })
			})
		}
		t.Run("without permission", func(t *testing.T) { avatarForbidden(t, up, site) })
	})
}

func asJPEG(t *testing.T, painted image.Image) string {
	t.Helper()
	var content bytes.Buffer
	if err := jpeg.Encode(&content, painted, nil); err != nil {
		t.Fatal(err)
	}
	return content.String()
}

// filesOf is how many files a member has.
func filesOf(t *testing.T, up harness.Upstream, who harness.Account) int {
	t.Helper()
	var files []struct{ ID string }
	query := url.Values{"filter[uploaded_by][_eq]": {up.User(t, who)["id"].(string)}}
	if err := up.Admin.Get(t.Context(), "/files", query, &files); err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func changeTheAvatar(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	if b.Doc.Find(".avatar img").Length() != 0 {
		t.Error("a new member has a picture")
	}
	b.Submit("#avatar", map[string]string{"picture": harness.AsPNG(t, harness.Painting(300, 200))})
	b.WantAt("/profile")
	b.WantText("Your profile picture has been changed.")
	first := up.AvatarOf(t, who)
	shown := b.Doc.Find(".avatar img")
	if first == "" || shown.AttrOr("src", "") != "/profile/avatar/"+first+"?size=160" || shown.AttrOr("alt", "") != "Your profile picture" {
		t.Fatalf("the picture is %q, shown as %q", first, shown.AttrOr("src", ""))
	}
	b.Request(http.MethodGet, shown.AttrOr("src", ""), nil, nil)
	size, kind, err := image.DecodeConfig(strings.NewReader(b.Raw))
	if err != nil || size.Width != 160 || size.Height != 160 || !strings.HasPrefix(b.Header.Get("Content-Type"), "image/") {
		t.Errorf("the picture is %d × %d %s, %v", size.Width, size.Height, kind, err)
	}
	if cached := b.Header.Get("Cache-Control"); !strings.Contains(cached, "private") {
		t.Errorf("others may be given the picture: %q", cached)
	}
	var file struct {
		Type     string `json:"type"`
		Download string `json:"filename_download"`
	}
	if err := up.Admin.Get(t.Context(), "/files/"+first, nil, &file); err != nil || file.Type != "image/png" || file.Download != "avatar.png" {
		t.Errorf("stored is %+v, %v", file, err)
	}

	b.Open("/profile")
	b.Submit("#avatar", map[string]string{"picture": asJPEG(t, harness.Painting(50, 400))})
	b.WantText("Your profile picture has been changed.")
	second := up.AvatarOf(t, who)
	if second == first || second == "" {
		t.Errorf("the picture was %s and is %s", first, second)
	}
	if up.Exists(t, "/files/"+first) {
		t.Error("the old picture is still there")
	}
	if n := filesOf(t, up, who); n != 1 {
		t.Errorf("the member has %d files", n)
	}

	b.Submit("#remove-avatar", nil)
	b.WantAt("/profile")
	b.WantText("Your profile picture has been removed.")
	if b.Doc.Find(".avatar img").Length() != 0 || up.AvatarOf(t, who) != "" || up.Exists(t, "/files/"+second) {
		t.Error("the picture is still there")
	}
}

func noPictures(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	real := harness.AsPNG(t, harness.Painting(40, 40))
	var animated bytes.Buffer
	palette := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.Black, color.White})
	if err := gif.EncodeAll(&animated, &gif.GIF{Image: []*image.Paletted{palette}, Delay: []int{0}}); err != nil {
		t.Fatal(err)
	}
	large := harness.AsPNG(t, harness.Painting(1500, 1500)) // noise of two bytes a pixel
	if len(large) < 5<<20 {
		t.Fatalf("the picture has only %d bytes", len(large))
	}
	// What has the header of a picture, only Directus can tell; it is taken back.
	for name, test := range map[string]struct{ content, message string }{
		"nothing":                        {"", "Choose a picture."},
		"HTML":                           {"<!doctype html><script>alert(1)</script>", "Choose a JPEG, PNG or WebP image."},
		"GIF":                            {animated.String(), "Choose a JPEG, PNG or WebP image."},
		"SVG":                            {`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "Choose a JPEG, PNG or WebP image."},
		"a PNG's first bytes and HTML":   {real[:8] + "<script>alert(1)</script>", "Choose a JPEG, PNG or WebP image."},
		"a PNG's header and HTML":        {real[:33] + "<script>alert(1)</script>", "Choose a JPEG, PNG or WebP image."},
		"a PNG cut off":                  {real[:len(real)/2], "Choose a JPEG, PNG or WebP image."},
		"a PNG of too many pixels":       {harness.AsPNG(t, image.NewGray(image.Rect(0, 0, 7000, 1))), "too many pixels"},
		"a PNG that claims to be larger": {strings.Replace(real, "\x00\x00\x00\x28\x00\x00\x00\x28", "\x00\x01\x00\x00\x00\x01\x00\x00", 1), "Choose a JPEG, PNG or WebP image."},
		"more than 5 MB":                 {large, "The limit is 5 MB."},
		"6 MB of nothing":                {strings.Repeat("\x00", 6<<20), "The limit is 5 MB."},
	} {
		t.Run(name, func(t *testing.T) {
			b.T = t
			b.Open("/profile")
			site.Wire.Forget()
			b.Submit("#avatar", map[string]string{"picture": test.content})
			b.WantError("picture", test.message)
			if site.Wire.Count("PATCH") != 0 || filesOf(t, up, who) != 0 {
				t.Errorf("it became the picture, or stayed: %d files", filesOf(t, up, who))
			}
			if headed := test.content != "" && strings.HasPrefix(test.content, real[:33]) && len(test.content) < 5<<20; site.Wire.Count("POST /files") != 0 && !headed {
				t.Error("it was sent to Directus")
			}
		})
	}
	b.T = t
	b.Open("/profile")
	if b.Doc.Find(".avatar img").Length() != 0 || filesOf(t, up, who) != 0 {
		t.Error("something was stored")
	}
	// And from there it works.
	b.Submit("#avatar", map[string]string{"picture": real})
	b.WantText("Your profile picture has been changed.")
}

// A picture is what its bytes are, whatever the browser calls it.
func TestAvatarUnderAFalseName(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	site := harness.StartApp(t, up, nil)
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
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
		b.RequestWith(http.MethodPost, "/profile/avatar", parts.FormDataContentType(), &body, nil)
	}
	send("me.png", "image/png", "<!doctype html><script>alert(1)</script>")
	b.Path = "/profile/avatar"
	b.Load()
	b.WantError("picture", "Choose a JPEG, PNG or WebP image.")
	send("../../evil.html", "text/html", harness.AsPNG(t, harness.Painting(4, 4)))
	if b.Status != http.StatusSeeOther {
		t.Fatalf("a picture under another name: %d", b.Status)
	}
	var file map[string]any
	if err := up.Admin.Get(t.Context(), "/files/"+up.AvatarOf(t, who), nil, &file); err != nil || file["type"] != "image/png" || file["filename_download"] != "avatar.png" {
		t.Errorf("stored is %v, %v", file, err)
	}
	b.RequestWith(http.MethodPost, "/profile/avatar", "multipart/form-data; boundary=x", strings.NewReader("nonsense"), nil)
	b.Load()
	b.WantStatus(http.StatusBadRequest)
	b.Open("/profile/avatar") // where a form was sent to without JavaScript
	b.WantAt("/profile")
	b.Open("/profile/avatar/remove")
	b.WantAt("/profile")
	b.WantText("Remove picture")
}

func avatarInTrouble(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	b.Submit("#avatar", map[string]string{"picture": harness.AsPNG(t, harness.Painting(20, 20))})
	before := up.AvatarOf(t, who)
	for call, says := range map[string]string{"POST /files": "couldn't confirm your change", "PATCH /users": "couldn't confirm your change"} {
		site.Wire.BreakOn(call, harness.Breakages["503"])
		b.Submit("#avatar", map[string]string{"picture": asJPEG(t, harness.Painting(30, 30))})
		site.Wire.Mend()
		b.WantStatus(http.StatusServiceUnavailable)
		b.WantText(says)
		if up.AvatarOf(t, who) != before || !up.Exists(t, "/files/"+before) || filesOf(t, up, who) != 1 {
			t.Errorf("%s failed: the picture was %s and is %s, of %d files", call, before, up.AvatarOf(t, who), filesOf(t, up, who))
		}
		b.Open("/profile")
	}
	// That an old file stays is no reason to fail.
	site.Wire.BreakOn("DELETE /files", harness.Breakages["503"])
	b.Submit("#remove-avatar", nil)
	site.Wire.Mend()
	b.WantText("Your profile picture has been removed.")
	if up.AvatarOf(t, who) != "" {
		t.Error("the picture is still the member's")
	}
}

// avatarOfSomebodyElse: a file that the member has not uploaded stays.
func avatarOfSomebodyElse(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	given, err := up.Admin.Upload(t.Context(), directus.Upload{
		Fields: map[string]string{"title": "From the editors"}, Name: "given.png", ContentType: "image/png", Content: []byte(harness.AsPNG(t, harness.Painting(20, 20))),
	})
	if err != nil {
		t.Fatal(err)
	}
	up.Set(t, who, map[string]any{"avatar": given})
	b.Open("/profile")
	b.Submit("#remove-avatar", nil)
	b.WantText("Your profile picture has been removed.")
	if !up.Exists(t, "/files/"+given) {
		t.Error("a file that is not the member's was deleted")
	}
}

func avatarForbidden(t *testing.T, up harness.Upstream, site *harness.App) {
	b := site.Browser(t, harness.Plain)
	who := b.SignUp()
	b.Submit("#avatar", map[string]string{"picture": harness.AsPNG(t, harness.Painting(20, 20))})
	open := b.Doc
	up.Forbid(t, "create", "directus_files")
	b.Open("/profile")
	if b.Doc.Find("#avatar").Length() != 0 || b.Doc.Find(".avatar img").Length() != 1 {
		t.Error("the picture is not there, or can be changed")
	}
	before := up.AvatarOf(t, who)
	b.Doc = open
	b.Submit("#avatar", map[string]string{"picture": asJPEG(t, harness.Painting(20, 20))})
	b.WantStatus(http.StatusUnprocessableEntity)
	b.WantText("You can't change this yourself.")
	if up.AvatarOf(t, who) != before {
		t.Error("the picture was changed")
	}
}

// avatarTellsNothing: what a camera writes beside the picture does not leave this site,
// but for which side is up.
func avatarTellsNothing(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	bodies := site.Wire.Record(t, "POST /files")
	defer site.Wire.Mend()
	const sideways = "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
	secrets := []string{"GPS 52.5163 13.3777", "SN-0042", "Hazel Burrow"}
	segment := func(marker byte, data string) string {
		return string([]byte{0xff, marker, byte((len(data) + 2) >> 8), byte(len(data) + 2)}) + data
	}
	taken := asJPEG(t, harness.Painting(40, 20))
	taken = taken[:2] + segment(0xe1, sideways+secrets[0]) + segment(0xed, "Photoshop 3.0\x00"+secrets[1]) + segment(0xfe, secrets[2]) + taken[2:] + secrets[0]
	b.Submit("#avatar", map[string]string{"picture": taken})
	b.WantText("Your profile picture has been changed.")
	sent := bodies()
	if len(sent) != 1 || !strings.Contains(sent[0], sideways) {
		t.Fatal("which side is up is lost")
	}
	for _, secret := range append(secrets, "Photoshop") {
		if strings.Contains(sent[0], secret) {
			t.Errorf("Directus was told %q", secret)
		}
	}
	b.Request(http.MethodGet, "/profile/avatar/"+up.AvatarOf(t, who)+"?size=160", nil, nil)
	if b.Status != http.StatusOK {
		t.Errorf("the picture is not shown: %d", b.Status)
	}
}

// avatarsAtOnce: of pictures that are uploaded at the same time one stays, which is the
// member's.
func avatarsAtOnce(t *testing.T, up harness.Upstream, site *harness.App, how harness.Way) {
	b := site.Browser(t, how)
	who := b.SignUp()
	form := b.Doc
	for range 2 {
		var group sync.WaitGroup
		for i := range 2 {
			other := site.Browser(t, harness.Plain)
			other.HTTP.Jar, other.Doc, other.Path = b.HTTP.Jar, goquery.CloneDocument(form), "/profile"
			group.Go(func() {
				other.Submit("#avatar", map[string]string{"picture": asJPEG(t, harness.Painting(30+i, 30))})
			})
		}
		group.Wait()
	}
	if now := up.AvatarOf(t, who); filesOf(t, up, who) != 1 || !up.Exists(t, "/files/"+now) {
		t.Errorf("the member has %d files; their picture exists: %t", filesOf(t, up, who), up.Exists(t, "/files/"+now))
	}
}
