package templates

import (
	"flag"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/templates.md")

// docs/templates.md has what templates can show: of each page the fields and methods, with
// their comments, and the functions. `make readme` writes it.
func TestDocsHaveTheTemplates(t *testing.T) {
	const file, begin, end = "../docs/templates.md", "<!-- templates: written by make readme -->\n", "<!-- end of templates -->\n"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(raw), begin)
	table, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatal("docs/templates.md has no place for what is written")
	}
	want := newReference(t).all()
	if table == want {
		return
	}
	if !*update {
		t.Fatal("docs/templates.md is not what templates can show: run make readme")
	}
	if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

// reference describes types by their source.
type reference struct {
	t     *testing.T
	types map[string]*doc.Type
	funcs [][2]string // name and comment
	out   strings.Builder
}

func newReference(t *testing.T) *reference {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	r := &reference{t: t, types: map[string]*doc.Type{}}
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(set, name, source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		if name == "templates.go" {
			for _, found := range regexp.MustCompile(`(?m)^\t\t"(\w+)":.*?// (.*)$`).FindAllStringSubmatch(string(source), -1) {
				r.funcs = append(r.funcs, [2]string{found[1], found[2]})
			}
		}
	}
	room, err := doc.NewFromFiles(set, files, "hutch/templates", doc.AllDecls)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range room.Types {
		r.types[one.Name] = one
	}
	return r
}

func (r *reference) all() string {
	pages := slices.SortedFunc(slices.Values(append(Pages(), OwnPage{})), func(a, b Page) int { return strings.Compare(a.file(), b.file()) })
	r.out.WriteString("## What every template is given\n\n")
	r.members(typeOfShown)
	r.out.WriteString("\n## Functions\n\n| function | returns |\n|---|---|\n")
	set, _ := newSet(r.t)
	if has := set.funcs(set.options.Languages[0]); len(has) != len(r.funcs) {
		r.t.Errorf("%d functions have a comment, and there are %d", len(r.funcs), len(has))
	}
	for _, f := range r.funcs {
		fmt.Fprintf(&r.out, "| `%s` | %s |\n", f[0], escapedCell(f[1]))
	}
	r.out.WriteString("\n## Pages\n\nWhat `.Page` is, by the file.\n")
	told := map[reflect.Type]bool{typeOfShown: true}
	for _, page := range pages {
		file := page.file()
		if file == (OwnPage{}).file() {
			file = "pages/….html"
		}
		told[reflect.TypeOf(page)] = true
		r.section(file, reflect.TypeOf(page))
	}
	r.out.WriteString("\n## Types\n\nWhat the fields above hold.\n")
	for _, t := range r.reached(pages) {
		if !told[t] {
			r.section(t.Name(), t)
		}
	}
	return r.out.String()
}

func (r *reference) section(title string, t reflect.Type) {
	fmt.Fprintf(&r.out, "\n### %s\n\n", title)
	if about := r.types[t.Name()]; about != nil && about.Doc != "" {
		fmt.Fprintf(&r.out, "%s\n\n", oneLine(about.Doc))
	}
	r.members(t)
}

// members lists what a template can name of a value of this type.
func (r *reference) members(t reflect.Type) {
	var rows strings.Builder
	comments := r.commentsOf(t)
	for _, field := range reflect.VisibleFields(t) {
		if field.IsExported() && !field.Anonymous {
			comment := comments[field.Name]
			if len(field.Index) > 1 { // of a type that is embedded
				comment = r.commentsOf(t.FieldByIndex(field.Index[:len(field.Index)-1]).Type)[field.Name]
			}
			fmt.Fprintf(&rows, "| `.%s` | %s | %s |\n", field.Name, typeCell(field.Type), escapedCell(comment))
		}
	}
	for method := range reflect.PointerTo(t).Methods() {
		if slices.Contains([]string{"Write", "Kind"}, method.Name) || method.Type.NumOut() == 0 {
			continue
		}
		fmt.Fprintf(&rows, "| `.%s` | %s | %s |\n", strings.Join(append([]string{method.Name}, arguments(method.Type)...), " "), typeCell(method.Type.Out(0)), escapedCell(r.docOf(t, method.Name)))
	}
	if rows.Len() == 0 {
		r.out.WriteString("Nothing of its own.\n")
		return
	}
	r.out.WriteString("| name | type | |\n|---|---|---|\n" + rows.String())
}

func arguments(method reflect.Type) []string {
	var names []string
	for i := 1; i < method.NumIn(); i++ {
		names = append(names, strings.ToUpper(method.In(i).Name()))
	}
	return names
}

// docOf returns the comment of a method, which may be of a type that is embedded.
func (r *reference) docOf(t reflect.Type, method string) string {
	if about := r.types[t.Name()]; about != nil {
		for _, m := range about.Methods {
			if m.Name == method {
				return strings.TrimPrefix(oneLine(m.Doc), method+" ")
			}
		}
	}
	for i := range t.NumField() {
		if field := t.Field(i); field.Anonymous && field.Type.Kind() == reflect.Struct {
			if text := r.docOf(field.Type, method); text != "" {
				return text
			}
		}
	}
	return ""
}

// commentsOf returns the comments of a struct's fields.
func (r *reference) commentsOf(t reflect.Type) map[string]string {
	comments := map[string]string{}
	about := r.types[t.Name()]
	if about == nil {
		return comments
	}
	ast.Inspect(about.Decl, func(node ast.Node) bool {
		if field, is := node.(*ast.Field); is {
			for _, name := range field.Names {
				comments[name.Name] = oneLine(strings.TrimSpace(field.Doc.Text() + " " + field.Comment.Text()))
			}
		}
		return true
	})
	return comments
}

// reached returns the types of this room that templates come to from the pages.
func (r *reference) reached(pages []Page) []reflect.Type {
	found := map[reflect.Type]bool{}
	var look func(t reflect.Type)
	look = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || t.PkgPath() != reflect.TypeFor[Set]().PkgPath() || found[t] {
			return
		}
		found[t] = true
		for _, field := range reflect.VisibleFields(t) {
			if field.IsExported() {
				look(field.Type)
			}
		}
		for method := range reflect.PointerTo(t).Methods() {
			if method.Type.NumOut() > 0 {
				look(method.Type.Out(0))
			}
		}
	}
	look(typeOfShown)
	for _, page := range pages {
		look(reflect.TypeOf(page))
	}
	for _, block := range everyBlock().Blocks {
		look(reflect.TypeOf(block))
	}
	var all []reflect.Type
	for t := range found {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b reflect.Type) int { return strings.Compare(a.Name(), b.Name()) })
	return all
}

func typeCell(t reflect.Type) string {
	page, is := reflect.Zero(t).Interface().(Page)
	switch {
	case is && t.Kind() == reflect.Struct:
		return fmt.Sprintf("[%s](#%s)", t.Name(), strings.ReplaceAll(page.file(), ".", ""))
	case t.Kind() == reflect.Slice:
		return "list of " + typeCell(t.Elem())
	case t.Kind() == reflect.Pointer:
		return typeCell(t.Elem()) + ", or nothing"
	case t.Kind() == reflect.Struct && t.PkgPath() == reflect.TypeFor[Set]().PkgPath() && ast.IsExported(t.Name()):
		return fmt.Sprintf("[%s](#%s)", t.Name(), strings.ToLower(t.Name()))
	case t.Kind() == reflect.Func:
		return "function"
	}
	return strings.NewReplacer("interface {}", "anything", "templates.", "", "i18n.Message", "message").Replace(t.String())
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

var linked = regexp.MustCompile(`\[(?:\*?\w+\.)?(\w+)(\.\w+)?\]`)

// escapedCell is a text in a table of Markdown.
func escapedCell(text string) string {
	text = linked.ReplaceAllString(text, "$1$2")
	return strings.NewReplacer("|", "\\|", "<", "&lt;", ">", "&gt;").Replace(text)
}
