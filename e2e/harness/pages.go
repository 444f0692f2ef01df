package harness

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"hutch/site"
	"hutch/templates"
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
	return routesOf(engine)
}

// Routes are those of the app.
func (a *App) Routes() gin.RoutesInfo { return routesOf(a.Handler.(*gin.Engine)) }

// routesOf leaves out those that lead from a slash at the end to the address without.
func routesOf(engine *gin.Engine) gin.RoutesInfo {
	return slices.DeleteFunc(engine.Routes(), func(r gin.RouteInfo) bool { return r.Path != "/" && strings.HasSuffix(r.Path, "/") })
}

// Path is a file or folder of the repository, named from its root. Tests run in
// the folder of their package, where a site in development finds no templates to
// read and takes those in the binary.
func Path(elements ...string) string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(append([]string{filepath.Dir(file), "..", ".."}, elements...)...)
}
