package web

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

func TestTogether(t *testing.T) {
	first, second := errors.New("first"), errors.New("second")
	var done atomic.Int64
	fine := func() error { done.Add(1); return nil }
	if err := Together(fine, fine); err != nil || done.Load() != 2 {
		t.Error(err, done.Load())
	}
	if err := Together(fine, func() error { return first }, func() error { return second }); err != first { //nolint:errorlint // itself
		t.Error(err)
	}
	err := Together(func() error { panic("odd data") }, fine)
	if !errors.Is(err, errPanic) || !strings.Contains(err.Error(), "odd data") || !strings.Contains(err.Error(), "together_test.go") {
		t.Errorf("a panic has become: %v", err)
	}
	if done.Load() != 4 {
		t.Error("what was done beside a panic was not waited for")
	}
	if err := Together(); err != nil {
		t.Error(err)
	}
}

// A panic in a goroutine of its own ends the process, and everybody's requests.
func TestNoGoroutineIsBegunBesideTogether(t *testing.T) {
	for file, syntax := range parseRooms(t) {
		if file == "../web/together.go" {
			continue
		}
		ast.Inspect(syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s begins a goroutine", file)
			case *ast.CallExpr:
				if called, is := n.Fun.(*ast.SelectorExpr); is && (called.Sel.Name == "Go" || called.Sel.Name == "DoChan" || called.Sel.Name == "AfterFunc") {
					t.Errorf("%s begins a goroutine by %s", file, called.Sel.Name)
				}
			}
			return true
		})
	}
}

// parseRooms reads the files of the handlers, without their tests.
func parseRooms(t *testing.T) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob("../*.go")
	below, belowErr := filepath.Glob("../*/*.go")
	if err != nil || belowErr != nil || len(names) == 0 || len(below) == 0 {
		t.Fatal(names, below, err, belowErr)
	}
	names = append(names, below...)
	files := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if files[name], err = parser.ParseFile(token.NewFileSet(), name, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return files
}
