package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

// TestEveryFormIsKnown: the row of each form says what may be kept of it.
func TestEveryFormIsKnown(t *testing.T) {
	pages := map[string]bool{}
	for _, r := range everyRoute() {
		if r.method == http.MethodGet {
			pages[r.path] = true
		}
	}
	forms := 0
	for _, r := range everyRoute() {
		if r.method != http.MethodPost || r.path == "/hooks/directus" { // which is for machines
			continue
		}
		forms++
		if page := r.Form.Page; !pages[page] {
			t.Errorf("the form %s stands on %q, which is no page", r.path, page)
		}
	}
	if forms < 15 {
		t.Errorf("only %d forms", forms)
	}
}

// Passwords, codes and files are kept of no form, whatever is sent to it.
func TestNoSecretIsKept(t *testing.T) {
	gin.SetMode(gin.TestMode)
	kept := map[string]string{}
	for _, r := range everyRoute() {
		if r.method != http.MethodPost {
			continue
		}
		sent := url.Values{"email": {"hazel@example.com"}, "first_name": {"Hazel"}}
		for _, secret := range []string{"password", "current_password", "code", "token", "secret", "picture"} {
			sent.Set(secret, "teapot-orchard-gravel")
		}
		if r.path == "/profile" { // these may be fields of a project there
			for _, name := range []string{"code", "token", "secret", "picture"} {
				sent.Del(name)
			}
		}
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest(http.MethodPost, r.path, strings.NewReader(sent.Encode()))
		c.Request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, typed := range r.Form.Typed(c) {
			kept[r.path] += typed.Name + " "
			if typed.Value == "teapot-orchard-gravel" {
				t.Errorf("%s keeps %s", r.path, typed.Name)
			}
		}
	}
	for path, want := range map[string]string{"/profile": "email first_name ", "/profile/email": "email ", "/profile/delete": "email ", "/profile/password": "", "/profile/two-factor/off": ""} {
		if kept[path] != want {
			t.Errorf("%s keeps %q, want %q", path, kept[path], want)
		}
	}
}
