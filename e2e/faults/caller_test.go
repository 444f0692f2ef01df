package faults_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/pquerna/otp/totp"

	"hutch/e2e/harness"
)

// bodies are what is sent to each route that takes something: what makes the change
// that it is for. It is prepared while all is well, in the browser that sends it.
func bodies() map[string]func(*matrix, *caller) {
	proof := func(more ...string) func(*matrix, *caller) {
		return func(_ *matrix, v *caller) { v.fill(append(more, "current_password", v.who.Password)...) }
	}
	return map[string]func(*matrix, *caller){
		"POST /signup": func(_ *matrix, v *caller) {
			other := harness.NewAccount()
			v.fill("email", other.Email, "password", other.Password)
		},
		"POST /signin":          func(_ *matrix, v *caller) { v.fill("email", v.who.Email, "password", v.who.Password) },
		"POST /signin/code":     func(m *matrix, v *caller) { v.signInHalf(m); v.fillWithCode(m) },
		"GET /signin/code":      func(m *matrix, v *caller) { v.signInHalf(m) },
		"POST /signin/recovery": func(m *matrix, v *caller) { v.signInHalf(m); v.fill("code", v.codes[0]) },
		"GET /signin/recovery":  func(m *matrix, v *caller) { v.signInHalf(m) },
		"POST /signup/check-email": func(m *matrix, v *caller) {
			m.confirming(func() { v.post("/signup", harness.Form(harness.NewAccount())) })
			v.fill()
		},
		"GET /verify":           func(m *matrix, v *caller) { v.toVerifyLink(m) },
		"POST /verify":          func(m *matrix, v *caller) { v.toVerifyLink(m); v.fill() },
		"POST /password/forgot": func(_ *matrix, v *caller) { v.fill("email", v.who.Email) },
		"POST /password/sent": func(_ *matrix, v *caller) {
			v.post("/password/forgot", url.Values{"email": {v.who.Email}})
			v.fill()
		},
		"GET /password/reset":  func(m *matrix, v *caller) { v.toResetLink(m) },
		"POST /password/reset": func(m *matrix, v *caller) { v.toResetLink(m); v.fill("password", harness.NewPassword) },
		"GET /invite":          func(m *matrix, v *caller) { v.toInviteLink(m) },
		"POST /invite":         func(m *matrix, v *caller) { v.toInviteLink(m); v.fill("password", harness.NewPassword) },
		"POST /logout":         func(_ *matrix, v *caller) { v.fill() },
		"POST /language":       func(_ *matrix, v *caller) { v.fill("language", "de") },
		"POST /appearance":     func(_ *matrix, v *caller) { v.fill("appearance", "dark") },

		"POST /profile": func(_ *matrix, v *caller) {
			v.fill("first_name", "Hazel", "last_name", "Burrow", "description", "Two lops")
		},
		"POST /profile/avatar": func(_ *matrix, v *caller) { v.upload() },
		"POST /profile/avatar/remove": func(_ *matrix, v *caller) {
			if v.kind != strange {
				v.upload()
				v.send()
			}
			v.fill()
		},
		"GET /profile/avatar/:id": func(m *matrix, v *caller) {
			if v.kind != strange {
				v.upload()
				v.send()
			}
			v.path = "/profile/avatar/" + m.fileID + "?size=160"
		},
		"POST /profile/email":      func(_ *matrix, v *caller) { proof("email", harness.NewAccount().Email)(nil, v) },
		"POST /profile/password":   proof("password", harness.NewPassword),
		"POST /profile/two-factor": proof(),
		"POST /profile/two-factor/confirm": func(m *matrix, v *caller) {
			if v.kind != strange {
				v.post("/profile/two-factor", url.Values{"current_password": {v.who.Password}})
				v.secret = goquerySecret(m.t, v)
			}
			v.fillWithCode(m)
		},
		"POST /profile/two-factor/codes":  func(_ *matrix, v *caller) { v.fill("codes", "AAAAA-BBBBB-CCCCC-DDDDD") },
		"POST /profile/two-factor/cancel": func(_ *matrix, v *caller) { v.fill() },
		"POST /profile/two-factor/off": func(m *matrix, v *caller) {
			if v.kind != strange {
				v.switchOn(m)
			}
			v.fillWithCode(m, "current_password", v.who.Password)
		},
		"POST /profile/delete": func(_ *matrix, v *caller) { proof("email", v.who.Email)(nil, v) },
		"POST /hooks/directus": func(_ *matrix, v *caller) {
			v.body, v.contentType = `{"collection":"posts","key":"1"}`, "application/json"
			v.extra.Set("Authorization", "Bearer "+harness.HookSecret)
		},

		"GET /forms/:form":                      func(_ *matrix, v *caller) { v.toForm("") },
		"GET /forms/:form/files":                func(_ *matrix, v *caller) { v.toForm("/files") },
		"GET /forms/:form/sent":                 func(_ *matrix, v *caller) { v.toForm("/sent") },
		"POST /forms/:form":                     func(_ *matrix, v *caller) { v.fillForm(v.toForm("")) },
		"POST /forms/:form/files":               func(_ *matrix, v *caller) { v.fillForm(v.toForm("/files")) },
		"GET /pages/:slug":                      func(_ *matrix, v *caller) { v.path = "/pages/about" },
		"GET /blog/:slug":                       func(_ *matrix, v *caller) { v.path = harness.GatedPath },
		"GET /blog/authors/:slug":               func(_ *matrix, v *caller) { v.path = "/blog/authors/1" },
		"GET /blog/tags/:slug":                  func(_ *matrix, v *caller) { v.path = "/blog/tags/care" },
		"GET /blog/tags/:slug/rss.xml":          func(_ *matrix, v *caller) { v.path = "/blog/tags/care/rss.xml" },
		"GET /blog/tags/:slug/atom.xml":         func(_ *matrix, v *caller) { v.path = "/blog/tags/care/atom.xml" },
		"GET /blog/tags/:slug/feed.json":        func(_ *matrix, v *caller) { v.path = "/blog/tags/care/feed.json" },
		"GET /assets/:id":                       func(m *matrix, v *caller) { v.path = "/assets/" + m.fileID }, // renditions may be kept
		"GET /sitemap/:part":                    func(_ *matrix, v *caller) { v.path = "/sitemap/1.xml" },
		"GET /theme/:file":                      func(_ *matrix, v *caller) { v.path = "/theme/2a5f47.css" },
		"GET /pictures/:collection/:hash/*name": func(_ *matrix, v *caller) { v.path = "/pictures/pages/0123456789abcdef0123456789abcdef/about" },
		"GET /static/*file":                     func(m *matrix, v *caller) { v.path = m.stylesheet },
		"GET /no-such-page":                     func(*matrix, *caller) {}, // what editors redirect is asked for
	}
}

// caller is about to send one request.
type caller struct {
	*harness.Browser
	route  string // "POST /signin"
	kind   string
	who    harness.Account
	secret string // of the second factor
	codes  []string

	method, path, contentType, body string
	extra                           http.Header
	justBefore                      func() // what would be too old otherwise
}

func (v *caller) name() string { return v.route + " by " + v.kind }

func (v *caller) fill(namesAndValues ...string) {
	values := url.Values{}
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		values.Set(namesAndValues[i], namesAndValues[i+1])
	}
	v.body, v.contentType = values.Encode(), "application/x-www-form-urlencoded"
}

// fillWithCode adds what the phone shows when the form is sent.
func (v *caller) fillWithCode(m *matrix, namesAndValues ...string) {
	v.justBefore = func() {
		code, err := totp.GenerateCode(v.secret, m.Up.Now())
		if err != nil {
			code = "123456" // who is not signed in has no phone that counts
		}
		v.fill(append(namesAndValues, "code", code)...)
	}
}

func (v *caller) get(path string) { v.Request(http.MethodGet, path, nil, nil) }

func (v *caller) post(path string, values url.Values) { v.Request(http.MethodPost, path, values, nil) }

// upload fills in the form for a picture.
func (v *caller) upload() {
	var picture, body bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 32, 32))); err != nil {
		v.T.Fatal(err)
	}
	parts := multipart.NewWriter(&body)
	file, err := parts.CreateFormFile("picture", "me.png")
	if err != nil {
		v.T.Fatal(err)
	}
	_, _ = file.Write(picture.Bytes())
	_ = parts.Close()
	v.body, v.contentType = body.String(), parts.FormDataContentType()
}

// toForm heads for the form of the home page, or of one that there is not, and returns it.
func (v *caller) toForm(below string) *goquery.Selection {
	v.get("/")
	page, err := goquery.NewDocumentFromReader(strings.NewReader(v.Raw))
	if err != nil {
		v.T.Fatal(err)
	}
	form := page.Find(`main form[action^="/forms/"]`).First()
	v.path = strings.TrimSuffix(form.AttrOr("action", "/forms/1"), "/files") + below
	return form
}

func (v *caller) fillForm(form *goquery.Selection) {
	var body bytes.Buffer
	parts, values := multipart.NewWriter(&body), url.Values{}
	for _, input := range form.Find("input[name]").EachIter() {
		value := input.AttrOr("value", "")
		switch {
		case input.AttrOr("type", "") == "email":
			value = "hazel@example.com"
		case value == "" && input.AttrOr("name", "") != "leave-empty":
			value = "Hazel"
		}
		values.Set(input.AttrOr("name", ""), value)
		_ = parts.WriteField(input.AttrOr("name", ""), value)
	}
	_ = parts.Close()
	if v.body, v.contentType = values.Encode(), "application/x-www-form-urlencoded"; strings.HasSuffix(v.path, "/files") {
		v.body, v.contentType = body.String(), parts.FormDataContentType()
	}
}

// send sends a picture ahead.
func (v *caller) send() {
	v.RequestWith(http.MethodPost, "/profile/avatar", v.contentType, strings.NewReader(v.body), nil)
	if v.Status != http.StatusSeeOther {
		v.T.Fatalf("the picture was not taken: %d", v.Status)
	}
}

// switchOn switches the second factor on.
func (v *caller) switchOn(m *matrix) {
	v.post("/profile/two-factor", url.Values{"current_password": {v.who.Password}})
	v.secret = goquerySecret(m.t, v)
	v.post("/profile/two-factor/confirm", url.Values{"code": {m.Up.Code(m.t, v.secret)}})
	m.Pass(time.Minute) // the code works again
	v.Open("/profile/two-factor")
	v.Doc.Find(".codes code").Each(func(_ int, code *goquery.Selection) { v.codes = append(v.codes, code.Text()) })
	if len(v.codes) == 0 {
		m.t.Fatalf("%s: two-factor authentication is not on: %s", v.name(), v.Text())
	}
	m.MayNotShow(append(v.codes, v.secret, strings.ToLower(v.secret))...)
}

func goquerySecret(t *testing.T, v *caller) string {
	v.Open("/profile/two-factor")
	secret := v.Doc.Find("code.secret").Text()
	if secret == "" {
		t.Fatalf("%s is shown no secret: %s", v.name(), v.Text())
	}
	return secret
}

// signInHalf takes the first of two steps. Who is signed in already is led on.
func (v *caller) signInHalf(m *matrix) {
	if v.kind != strange {
		v.codes = []string{"AAAAA-BBBBB-CCCCC-DDDDD"}
		v.secret = "JBSWY3DPEHPK3PXP"
		return
	}
	v.post("/signin", harness.Form(v.who))
	v.switchOn(m)
	v.post("/logout", url.Values{})
	v.post("/signin", harness.Form(v.who))
	if v.Header.Get("Location") != "/signin/code" {
		m.t.Fatalf("%s is not asked for a code: %d", v.name(), v.Status)
	}
}

func (v *caller) toVerifyLink(m *matrix) {
	other := harness.NewAccount()
	m.confirming(func() { m.Browser(m.t, harness.Plain).Request(http.MethodPost, "/signup", harness.Form(other), nil) })
	v.get(m.Mailed(m.t, m.Up, other.Email, 1))
}

func (v *caller) toResetLink(m *matrix) {
	v.post("/password/forgot", url.Values{"email": {v.who.Email}})
	v.get(m.Mailed(m.t, m.Up, v.who.Email, 1))
}

func (v *caller) toInviteLink(m *matrix) {
	other := harness.NewAccount()
	invitation := map[string]any{"email": other.Email, "role": m.role, "invite_url": harness.PublicURL + "/invite"}
	if err := m.Up.Admin.Post(m.t.Context(), "/users/invite", invitation, nil); err != nil {
		m.t.Fatal(err)
	}
	v.get(m.Mailed(m.t, m.Up, other.Email, 1))
}

// sendNow sends it. Unlike a browser elsewhere, it may do so beside the test.
func (v *caller) sendNow() outcome {
	if v.justBefore != nil {
		v.justBefore()
	}
	begin := time.Now()
	req, err := http.NewRequest(v.method, v.App.URL+v.path, strings.NewReader(v.body)) //nolint:noctx // bounded by the client
	if err != nil {
		return outcome{err: err}
	}
	req.Header = v.extra.Clone()
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("X-Forwarded-For", v.IP)
	if v.contentType != "" {
		req.Header.Set("Content-Type", v.contentType)
	}
	res, err := v.HTTP.Do(req)
	if err != nil {
		return outcome{err: err, took: time.Since(begin)}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return outcome{status: res.StatusCode, header: res.Header, body: string(body), took: time.Since(begin), err: err}
}
