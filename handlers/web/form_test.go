package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

// What is kept of a form does not depend on who reads it first, or whether it has files.
func TestTyped(t *testing.T) {
	part := func(header, content string) string {
		return "--x\r\nContent-Disposition: form-data; " + header + "\r\n\r\n" + content + "\r\n"
	}
	file := part(`name="a"; filename="a.txt"`, strings.Repeat("secret", 100))
	none := part("name=\"a\"; filename=\"\"\r\nContent-Type: application/octet-stream", "")
	ada, b := part(`name="name"`, "Ada\nBrook"), part(`name="password"`, "secret")
	for what, test := range map[string]struct{ body, want string }{
		"fields after a file":      {file + b + ada + "--x--\r\n", "Ada\nBrook"},
		"fields before a file":     {ada + file + b + "--x--\r\n", "Ada\nBrook"},
		"no file chosen":           {none + ada + "--x--\r\n", "Ada\nBrook"},
		"a body that is cut":       {ada + "--x\r\nContent-Disp", "Ada\nBrook"},
		"more than any form takes": {ada + part(`name="name"`, strings.Repeat("x", maxForm)) + "--x--\r\n", "Ada\nBrook"},
		"no form":                  {"hello", ""},
	} {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest(http.MethodPost, "/forms/1/files", strings.NewReader(test.body))
		c.Request.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		form := Form{File: true, Keeps: func(name string) bool { return name == "name" || name == "a" }}
		for range 2 { // a second look finds the same
			var got []string
			for _, typed := range form.Typed(c) {
				got = append(got, typed.Value)
				if typed.Name != "name" {
					t.Errorf("%s: %+v is kept", what, typed)
				}
			}
			if strings.Join(got, "|") != test.want {
				t.Errorf("%s: %d values are kept: %.40q, want %q", what, len(got), got, test.want)
			}
		}
	}
}
