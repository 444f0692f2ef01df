package content_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"hutch/e2e/harness"
)

// A form with a file comes back with all that was typed, whatever refuses it and however
// early: when there is room again, it is sent from the page that says so.
func TestFormsWithFilesLoseNothing(t *testing.T) {
	harness.OnOfficial(t, func(t *testing.T, up harness.Upstream) {
		const selector = "main form[action$=files]"
		for _, trouble := range []struct {
			name   string
			status int
			env    []string
			cause  func(t *testing.T, site *harness.App, b *harness.Browser) (end func())
		}{
			{"the visitor's other uploads", http.StatusTooManyRequests, nil, func(t *testing.T, site *harness.App, b *harness.Browser) func() {
				return sendFiles(t, site, b.IP, b.IP)
			}},
			{"the uploads of the site", http.StatusServiceUnavailable, []string{"MAX_REQUESTS", "8"}, func(t *testing.T, site *harness.App, _ *harness.Browser) func() {
				return sendFiles(t, site, "10.9.0.1")
			}},
			{"the memory for files", http.StatusServiceUnavailable, nil, func(t *testing.T, site *harness.App, _ *harness.Browser) func() {
				return sendFiles(t, site, "10.9.0.1", "10.9.0.2", "10.9.0.3")
			}},
			{"an outage before the form is known", http.StatusServiceUnavailable, nil, func(_ *testing.T, site *harness.App, _ *harness.Browser) func() {
				site.Wire.FailOn("", http.StatusServiceUnavailable)
				return site.Wire.Mend
			}},
			{"an outage while the file is sent", http.StatusServiceUnavailable, nil, func(_ *testing.T, site *harness.App, _ *harness.Browser) func() {
				site.Wire.FailOn("POST /files", http.StatusServiceUnavailable)
				return site.Wire.Mend
			}},
		} {
			site := harness.StartApp(t, up, harness.Fresh(append(trouble.env, "FORMS_TOKEN", harness.FormsToken)...))
			b := site.Browser(t, harness.Plain)
			b.Open("/")
			name := "Files " + uuid.NewString()[:8]
			fill := contactForm(name)
			fill[contactField("picture")] = "%PDF-1.4 " + name
			end := trouble.cause(t, site, b)
			b.Submit(selector, fill)
			b.WantStatus(trouble.status)
			for field, typed := range contactForm(name) {
				if got := b.Value(field); got != typed && field != contactField("how") && field != contactField("topics") {
					t.Errorf("%s: %s is %q now, want %q", trouble.name, field, got, typed)
				}
			}
			end()
			site.Wire.WaitForRest(t)
			again := selector
			if b.Doc.Find("#again").Length() > 0 {
				again = "#again"
			}
			b.Submit(again, nil)
			b.WantStatus(http.StatusOK)
			b.WantText("Thank you.")
			submitted(t, up, name)
		}
	})
}

// sendFiles has visitors send forms with files, which stay under way until the end.
func sendFiles(t *testing.T, site *harness.App, from ...string) (end func()) {
	t.Helper()
	held, ended := make(chan struct{}), make(chan error)
	const question = "GET /items/forms"
	site.Wire.Forget()
	site.Wire.BreakOn(question, func(w http.ResponseWriter, _ *http.Request) {
		<-held
		harness.WriteJSON(w, "[]")
	})
	for _, ip := range from {
		// Without a length, it may be as long as any.
		body := struct{ *strings.Reader }{strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.txt\"\r\n\r\na\r\n--x--\r\n")}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.URL+"/forms/"+uuid.NewString()+"/files", body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Content-Type": {"multipart/form-data; boundary=x"}, "Sec-Fetch-Site": {"same-origin"}, "X-Forwarded-For": {ip}}
		go func() {
			res, err := http.DefaultClient.Do(req)
			if err == nil {
				res.Body.Close()
				if res.StatusCode != http.StatusNotFound {
					err = fmt.Errorf("the form of %s was answered %s", ip, res.Status)
				}
			}
			ended <- err
		}()
	}
	for deadline := time.Now().Add(harness.Patience); site.Wire.Count(question) < len(from); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			close(held)
			t.Fatalf("%d of %d forms are under way", site.Wire.Count(question), len(from))
		}
	}
	return func() {
		site.Wire.Mend()
		close(held)
		for range from {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
}

// No file reaches Directus with a form that is refused here: it would stay there alone.
func TestRefusedFormsLeaveNoFiles(t *testing.T) {
	harness.OnOfficial(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, harness.Fresh("FORMS_TOKEN", harness.FormsToken))
		b := site.Browser(t, harness.Plain)
		for name, wrong := range map[string]map[string]string{
			"no address":           {contactField("email"): "no address"},
			"nothing typed":        {contactField("message"): ""},
			"no box ticked":        {contactField("consent"): ""},
			"a choice not offered": {contactField("subject"): "nothing"},
			"a robot":              {"leave-empty": "x"},
			"a forged stamp":       {"made": "forged"},
		} {
			b.Open("/")
			site.Wire.Forget()
			fill := contactForm("Files")
			fill[contactField("picture")] = "%PDF-1.4 " + name
			for field, value := range wrong {
				fill[field] = value
			}
			b.Submit("main form[action$=files]", fill)
			b.WantStatus(http.StatusUnprocessableEntity)
			if n := site.Wire.Count("POST "); n > 0 {
				t.Errorf("%s: %d calls change something", name, n)
			}
		}
	})
}
