package browser_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
	"github.com/corazawaf/coraza-coreruleset/v4/tests"
	"github.com/goccy/go-yaml"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// publicPayloads are what others have collected, read where Go keeps the modules
// so that none of it need be kept here: the tests of the OWASP Core Rule Set
// (Apache 2.0), which firewalls are tried with, and of bluemonday (BSD, with the
// cheat sheet that OWASP has from RSnake), which sanitisers are.
func publicPayloads(t *testing.T) []string {
	t.Helper()
	found := append(coreRuleSet(t), bluemondays(t)...)
	slices.Sort(found)
	found = slices.DeleteFunc(slices.Compact(found), func(payload string) bool {
		// What no browser could make anything of, or JSON cannot carry.
		return !strings.ContainsAny(payload, `<>"'&:{(`) || !utf8.ValidString(payload) || strings.ContainsRune(payload, 0)
	})
	if len(found) < 500 {
		t.Fatalf("the public lists have become short: %d payloads", len(found))
	}
	return found
}

// coreRuleSet takes apart the requests that the rules against cross-site
// scripting are tried with.
func coreRuleSet(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(tests.FS, "REQUEST-941-*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var found []string
	for _, name := range files {
		file, err := tests.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var rule struct {
			Tests []struct {
				Stages []struct {
					Input struct{ URI, Data string }
				}
			}
		}
		if err := yaml.Unmarshal(file, &rule); err != nil {
			t.Fatal(name, err)
		}
		for _, test := range rule.Tests {
			for _, stage := range test.Stages {
				path, query, _ := strings.Cut(stage.Input.URI, "?")
				found = append(found, unescaped(strings.TrimPrefix(path, "/get/")), unescaped(stage.Input.Data))
				for pair := range strings.SplitSeq(query+"&"+stage.Input.Data, "&") {
					key, value, _ := strings.Cut(pair, "=")
					found = append(found, unescaped(key), unescaped(value))
				}
			}
		}
	}
	return found
}

func unescaped(part string) string {
	if plain, err := url.QueryUnescape(part); err == nil {
		return plain
	}
	return part
}

// bluemondays are what it is given in its own tests.
func bluemondays(t *testing.T) []string {
	t.Helper()
	folder, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/microcosm-cc/bluemonday").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(folder)), "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var found []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			pair, is := node.(*ast.KeyValueExpr)
			if !is {
				return true
			}
			key, isName := pair.Key.(*ast.Ident)
			value, isText := pair.Value.(*ast.BasicLit)
			if isName && isText && key.Name == "in" && value.Kind == token.STRING {
				if text, err := strconv.Unquote(value.Value); err == nil {
					found = append(found, text)
				}
			}
			return true
		})
	}
	return found
}

// batches are payloads that may stand together: at most one that swallows what
// follows, such as a comment without an end, and that one last.
func batches(payloads []string) [][]string {
	var others, last []string
	for _, payload := range payloads {
		if swallows(payload) {
			last = append(last, payload)
		} else {
			others = append(others, payload)
		}
	}
	var all [][]string
	for i, payload := range last {
		batch := others[i*len(others)/len(last) : (i+1)*len(others)/len(last)]
		all = append(all, append(slices.Clone(batch), payload))
	}
	return all
}

// swallows reports whether a browser would not see what follows as what it is.
func swallows(payload string) bool {
	around := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	nodes, err := html.ParseFragment(strings.NewReader(payload+"\n<i class=after>"), around)
	if err != nil {
		return true
	}
	for _, node := range nodes {
		around.AppendChild(node)
	}
	after := goquery.NewDocumentFromNode(around).Find("i.after")
	return after.Length() == 0 || after.Closest("svg, math, template, select, noscript").Length() > 0
}
