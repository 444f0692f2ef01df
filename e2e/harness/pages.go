package harness

import (
	"context"
	"hutch/site"
	"hutch/templates"
	"os"
	"path/filepath"
	"testing"

	"github.com/gin-gonic/gin"
)

// CopyOfThePages is a folder with the templates and static files, to be changed.
func CopyOfThePages(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"templates", "static"} {
		if err := os.CopyFS(filepath.Join(folder, name), os.DirFS(Path(name))); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// RoutesOfTheApp are all that it has in development.
func RoutesOfTheApp(t *testing.T) gin.RoutesInfo {
	t.Helper()
	config, err := site.Read(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	outbox := func(context.Context) ([]templates.Mail, error) { return nil, nil }
	site, err := site.New(t.Context(), site.Options{Config: config, DirectusURL: "http://127.0.0.1:1", Outbox: outbox, Closing: t.Context()})
	if err != nil {
		t.Fatal(err)
	}
	engine, isGin := site.Handler.(*gin.Engine)
	if !isGin {
		t.Fatalf("the site is a %T", site.Handler)
	}
	return engine.Routes()
}
