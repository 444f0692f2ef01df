package content_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hutch/e2e/harness"
	"hutch/internal/directus"
)

// contactField is the name of an input of the official sample's contact form.
func contactField(name string) string {
	return "field-" + harness.OfficialID("form_fields/contact/"+name)
}

// contactForm is the contact form filled in right, under a name of its own.
func contactForm(name string) map[string]string {
	return map[string]string{
		contactField("first-name"): name, contactField("email"): "ada@example.com", contactField("message"): "Two lines,\none <b>rabbit</b>.",
		contactField("subject"): "join", contactField("how"): "health", contactField("topics"): "join", contactField("consent"): "true",
	}
}

// Visitors fill in a form of the editors', with and without htmx, and what they send is in
// Directus.
func TestFormsAreSent(t *testing.T) {
	harness.OnOfficial(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, harness.Fresh("FORMS_TOKEN", harness.FormsToken))
		for _, how := range []harness.Way{harness.Plain, harness.HTMX} {
			b := site.Browser(t, how)
			b.Open("/")
			form := b.Doc.Find("main form.form")
			for _, hidden := range []string{"campaign", "secretary@example.com"} {
				if strings.Contains(b.Raw, hidden) || form.Find("[name="+contactField(hidden)+"]").Length() > 0 {
					t.Errorf("%s: the page shows %q", how, hidden)
				}
			}
			selector := "main form[action$=files]"
			b.Submit(selector, map[string]string{contactField("first-name"): "A", contactField("email"): "no address", contactField("website"): "javascript:alert(1)", contactField("postcode"): "123"})
			b.WantError(contactField("first-name"), "Enter at least 2 characters.")
			b.WantError(contactField("email"), "Enter an email address")
			b.WantError(contactField("website"), "Enter a web address")
			b.WantError(contactField("postcode"), "Enter exactly 5 characters.")
			b.WantError(contactField("message"), "Fill in this field.")
			b.WantText("Topics: Choose at least one of the options.", "You may write to me: Tick this box")
			if got := b.Value(contactField("website")); got != "javascript:alert(1)" {
				t.Errorf("%s: what was typed has gone: %q", how, got)
			}
			b.Submit(selector, map[string]string{contactField("email"): "ada@exam\u200bple.com"})
			b.WantError(contactField("email"), "Enter an email address")
			b.Submit(selector, map[string]string{contactField("email"): strings.Repeat("a", 250) + "@example.com"})
			b.WantError(contactField("email"), "Enter an email address")
			name := "Ada " + string(how)
			fill := contactForm(name)
			fill[contactField("email")] = "\ufeff ada@example.com\u200b" // as it is copied
			fill[contactField("website")], fill[contactField("postcode")] = "", ""
			b.Submit(selector, fill)
			b.WantStatus(http.StatusOK)
			b.WantText("Thank you. We answer within a week.")
			want := []string{"Ada " + string(how), "ada@example.com", "Two lines,\none <b>rabbit</b>.", "join", "health", `["join"]`, "true"}
			slices.Sort(want)
			if got := submitted(t, up, name); !slices.Equal(got, want) {
				t.Errorf("%s: stored is %q, want %q", how, got, want)
			}

			newsletter := "/forms/" + harness.OfficialID("forms/newsletter")
			b.Open(newsletter)
			b.Submit("main form.form", map[string]string{"field-" + harness.OfficialID("form_fields/newsletter/email"): "ada@example.com"})
			b.WantAt("/about")
		}
	})
}

// submitted returns the values of the submission with this value, sorted.
func submitted(t *testing.T, up harness.Upstream, value string) (values []string) {
	t.Helper()
	var sent []struct {
		Values []struct {
			Value string `json:"value"`
		} `json:"values"`
	}
	filter := `{"values":{"value":{"_eq":"` + value + `"}}}`
	if err := up.Admin.Get(t.Context(), "/items/form_submissions", url.Values{"fields": {"values.value"}, "filter": {filter}}, &sent); err != nil {
		t.Fatal(err)
	}
	if len(sent) != 1 {
		t.Errorf("%d submissions by %s, want one", len(sent), value)
	}
	for _, s := range sent {
		for _, v := range s.Values {
			values = append(values, v.Value)
		}
	}
	slices.Sort(values)
	return values
}

// What is sent by a form that cannot be stored, or should not be, comes back to whom has
// typed it, and nothing is stored.
func TestFormsLoseNothing(t *testing.T) {
	harness.OnOfficial(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, harness.Fresh("FORMS_TOKEN", harness.FormsToken))
		const create = "POST /items/form_submissions"
		selector := "main form[action$=files]"
		for i, trouble := range []struct {
			name, says string
			status     int
			cause      func(b *harness.Browser, fill map[string]string)
		}{
			{"an outage", "Nothing has been lost", http.StatusServiceUnavailable, func(*harness.Browser, map[string]string) { site.Wire.FailOn(create, http.StatusServiceUnavailable) }},
			{"an error of Directus", "Nothing has been lost", http.StatusServiceUnavailable, func(*harness.Browser, map[string]string) { site.Wire.FailOn(create, http.StatusInternalServerError) }},
			{"no permission", "can't be sent at the moment", http.StatusServiceUnavailable, func(*harness.Browser, map[string]string) {
				site.Wire.BreakOn(create, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(http.StatusForbidden)
					_, _ = w.Write([]byte(`{"errors":[{"message":"secret upstream text","extensions":{"code":"` + string(directus.Forbidden) + `"}}]}`))
				})
			}},
			{"a rule of the project", "wasn't accepted", http.StatusUnprocessableEntity, func(*harness.Browser, map[string]string) {
				site.Wire.BreakOn(create, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(http.StatusBadRequest)
					_, _ = w.Write([]byte(`{"errors":[{"message":"secret upstream text","extensions":{"code":"` + string(directus.FailedValidation) + `","field":"value"}}]}`))
				})
			}},
			{"a robot", "A hidden field", http.StatusUnprocessableEntity, func(_ *harness.Browser, fill map[string]string) { fill["leave-empty"] = "https://example.com" }},
			{"a page that was open for two days", "open for a long time", http.StatusUnprocessableEntity, func(*harness.Browser, map[string]string) { site.Pass(48 * time.Hour) }},
			{"a stamp of somebody else's", "open for a long time", http.StatusUnprocessableEntity, func(_ *harness.Browser, fill map[string]string) { fill["made"] = "forged" }},
		} {
			for _, how := range []harness.Way{harness.Plain, harness.HTMX} {
				b := site.Browser(t, how)
				b.Open("/")
				site.Wire.Forget()
				fill := contactForm("Grace")
				trouble.cause(b, fill)
				b.Submit(selector, fill)
				b.WantStatus(trouble.status)
				b.WantText(trouble.says)
				if strings.Contains(b.Raw, "secret upstream text") {
					t.Errorf("%s, %s: the page shows what Directus said", trouble.name, how)
				}
				for _, name := range []string{"first-name", "email", "message", "subject"} {
					if got := b.Value(contactField(name)); got != fill[contactField(name)] && !(how == harness.HTMX && trouble.status != http.StatusUnprocessableEntity) {
						t.Errorf("%s, %s: %s is %q now", trouble.name, how, name, got)
					}
				}
				site.Wire.Mend()
				if trouble.status != http.StatusUnprocessableEntity || trouble.name == "a rule of the project" {
					continue
				}
				if n := site.Wire.Count(create); n > 0 {
					t.Errorf("%s, %s: it was stored", trouble.name, how)
				}
				name := fmt.Sprint("Grace ", i, " ", how)
				b.Submit(selector, map[string]string{contactField("first-name"): name})
				b.WantStatus(http.StatusOK)
				b.WantText("Thank you.")
				submitted(t, up, name)
			}
		}
	})
}

// Files are what they are by their content, go to the folder for them, and are not public
// through us.
func TestFormsTakeFiles(t *testing.T) {
	harness.OnOfficial(t, func(t *testing.T, up harness.Upstream) {
		folder := harness.OfficialID("folders/uploads")
		site := harness.StartApp(t, up, harness.Fresh("FORMS_TOKEN", harness.FormsToken, "FORMS_FOLDER", folder))
		for _, how := range []harness.Way{harness.Plain, harness.HTMX} {
			b := site.Browser(t, how)
			for _, refused := range []struct{ content, says string }{
				{"MZ\x90\x00\x03 a program", "This file can't be sent."},
				{"<html><script>alert(1)</script></html>", "This file can't be sent."},
				{"<svg xmlns='http://www.w3.org/2000/svg'/>\x00", "This file can't be sent."},
				{"%PDF-1.4" + strings.Repeat("x", 5<<20), "This file is too large."},
			} {
				b.Open("/")
				fill := contactForm("Files")
				fill[contactField("picture")] = refused.content
				b.Submit("main form[action$=files]", fill)
				b.WantError(contactField("picture"), refused.says)
			}
			b.Open("/")
			name := "Files " + string(how)
			fill := contactForm(name)
			fill[contactField("picture")] = "%PDF-1.4 " + name
			b.Submit("main form[action$=files]", fill)
			b.WantStatus(http.StatusOK)
			var sent []struct {
				File struct {
					ID, Type, Folder string
					Name             string `json:"filename_download"`
				} `json:"file"`
			}
			query := url.Values{"fields": {"file.id,file.type,file.folder,file.filename_download"}, "filter": {`{"_and":[{"file":{"_nnull":true}},{"form_submission":{"values":{"value":{"_eq":"` + name + `"}}}}]}`}}
			if err := up.Admin.Get(t.Context(), "/items/form_submission_values", query, &sent); err != nil {
				t.Fatal(err)
			}
			if len(sent) != 1 || sent[0].File.Type != "application/pdf" || sent[0].File.Folder != folder || sent[0].File.Name != "chosen.pdf" {
				t.Fatalf("%s: stored is %+v", how, sent)
			}
			if got := b.Request(http.MethodGet, "/assets/"+sent[0].File.ID, nil, nil).StatusCode; got != http.StatusNotFound {
				t.Errorf("%s: the file of a visitor is public through us: %d", how, got)
			}
		}
	})
}

// Forms that editors have switched off, or that there are not, take nothing; and nobody
// sends more than a few.
func TestFormsAreGuarded(t *testing.T) {
	harness.OnOfficial(t, func(t *testing.T, up harness.Upstream) {
		site := harness.StartApp(t, up, harness.Fresh("FORMS_TOKEN", harness.FormsToken))
		b := site.Browser(t, harness.Plain)
		for _, path := range []string{harness.OfficialID("forms/old"), harness.OfficialID("forms/none"), "1", "x", "..%2fforms"} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				if got := b.Request(method, "/forms/"+path, url.Values{}, nil).StatusCode; got != http.StatusNotFound {
					t.Errorf("%s /forms/%s: %d", method, path, got)
				}
			}
		}
		contact := "/forms/" + harness.OfficialID("forms/contact") + "/files"
		if got := b.Request(http.MethodPost, contact, url.Values{}, http.Header{"Sec-Fetch-Site": {"cross-site"}}).StatusCode; got != http.StatusForbidden {
			t.Errorf("from another site: %d", got)
		}
		if n := site.Wire.Count("POST /items"); n > 0 {
			t.Errorf("%d calls to store what nobody should have sent", n)
		}
		public := harness.StartApp(t, up, harness.Fresh("FORMS_TOKEN", ""))
		p := public.Browser(t, harness.Plain)
		const shown, refused = "the site shows forms, and FORMS_TOKEN is not set", "FORMS_TOKEN is not set, and the public may not create form_submissions; `go run . setup --forms`"
		for range 2 {
			p.Open("/")
			p.Open("/forms/" + harness.OfficialID("forms/contact"))
		}
		if said := strings.Count(public.Log.String(), shown); said != 1 || strings.Contains(public.Log.String(), refused) {
			t.Errorf("the operator is told %d times that there is no token:\n%s", said, public.Log.String())
		}
		p.Open("/")
		p.Submit("main form[action$=files]", contactForm("Nobody"))
		p.WantStatus(http.StatusServiceUnavailable)
		p.WantText("This form can't be sent at the moment")
		if !strings.Contains(public.Log.String(), refused) {
			t.Error("the operator is not told what to do")
		}
		wrong := harness.StartApp(t, up, harness.Fresh("FORMS_TOKEN", "no-token-of-anybody"))
		w := wrong.Browser(t, harness.Plain)
		w.Open("/")
		w.Submit("main form[action$=files]", contactForm("Nobody"))
		w.WantText("This form can't be sent at the moment")
		if log := wrong.Log.String(); strings.Contains(log, shown) || !strings.Contains(log, "FORMS_TOKEN is not that of an account that may") {
			t.Errorf("the operator is told:\n%s", log)
		}
	})
}
