package templates

import (
	"fmt"
	"html/template"
	"reflect"
	"slices"
	syntax "text/template/parse"

	"hutch/internal/i18n"
	"hutch/internal/sitefolder"
)

// html/template finds a field that does not exist when it comes to it, on some visitor's page.
// vetter finds it before, by the Go types: it follows values through a page's templates as
// html/template would, and says nothing of what it cannot know.

// vetter walks the templates of one page.
type vetter struct {
	tree      *template.Template
	functions template.FuncMap
	page      reflect.Type // of .Page; nil if it is not known
	seen      map[string]bool
	faults    []sitefolder.Fault
}

// unknown is the type of a value that may be anything.
var unknown reflect.Type

var (
	typeOfShown = reflect.TypeFor[shown]()
	typeOfPage  = reflect.TypeFor[Page]()
)

// vet returns what is wrong with the templates of a page, whose type may not be known.
func (s *Set) vet(file string, page Page) ([]sitefolder.Fault, error) {
	tree, err := s.parse(file, s.options.Languages[0])
	if err != nil {
		return nil, err
	}
	v := &vetter{tree: tree, functions: s.funcs(s.options.Languages[0]), seen: map[string]bool{}}
	if page != nil {
		v.page = reflect.TypeOf(page)
	}
	v.template("layout", typeOfShown)
	for name := range s.parsed.Load().blocks[file] { // what htmx asks for alone
		v.template(name, typeOfShown)
	}
	return v.faults, nil
}

// template looks at a template that is given a value of this type.
func (v *vetter) template(name string, dot reflect.Type) {
	called := v.tree.Lookup(name)
	key := fmt.Sprint(name, " ", dot)
	if called == nil || called.Tree == nil || v.seen[key] {
		return
	}
	v.seen[key] = true
	v.list(called.Tree.Root, dot, map[string]reflect.Type{"$": dot})
}

// list looks at what is written with a value for the dot. Variables that it declares end
// with it.
func (v *vetter) list(list *syntax.ListNode, dot reflect.Type, outer map[string]reflect.Type) {
	if list == nil {
		return
	}
	vars := map[string]reflect.Type{}
	for name, value := range outer {
		vars[name] = value
	}
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *syntax.ActionNode:
			v.pipe(node.Pipe, dot, vars)
		case *syntax.IfNode:
			v.branch(&node.BranchNode, dot, vars)
		case *syntax.WithNode:
			v.branch(&node.BranchNode, dot, vars)
		case *syntax.RangeNode:
			v.branch(&node.BranchNode, dot, vars)
		case *syntax.TemplateNode:
			v.template(node.Name, v.pipe(node.Pipe, dot, vars))
		}
	}
}

func (v *vetter) branch(b *syntax.BranchNode, dot reflect.Type, outer map[string]reflect.Type) {
	vars := map[string]reflect.Type{}
	for name, value := range outer {
		vars[name] = value
	}
	value, within := v.pipe(b.Pipe, dot, vars), dot
	switch b.NodeType {
	case syntax.NodeWith:
		within = value
	case syntax.NodeRange:
		index, element := elementOf(value)
		within = element
		declared := []reflect.Type{index, element}
		for i, variable := range b.Pipe.Decl {
			vars[variable.Ident[0]] = declared[i+2-len(b.Pipe.Decl)]
		}
	}
	v.list(b.List, within, vars)
	v.list(b.ElseList, dot, vars)
}

// elementOf returns what a range over a value of this type makes.
func elementOf(t reflect.Type) (index, element reflect.Type) {
	if t == unknown {
		return unknown, unknown
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return reflect.TypeFor[int](), t.Elem()
	case reflect.Map:
		return t.Key(), t.Elem()
	case reflect.Int:
		return t, t
	}
	return unknown, unknown
}

// pipe returns the type of a pipeline.
func (v *vetter) pipe(pipe *syntax.PipeNode, dot reflect.Type, vars map[string]reflect.Type) reflect.Type {
	if pipe == nil {
		return unknown
	}
	var value reflect.Type
	for i, command := range pipe.Cmds {
		for _, argument := range command.Args[1:] {
			v.value(argument, nil, dot, vars)
		}
		arguments := len(command.Args) - 1
		if i > 0 { // what comes through the pipe is the last
			arguments++
		}
		value = v.value(command.Args[0], &arguments, dot, vars)
		v.call(command)
	}
	for _, declared := range pipe.Decl {
		name := declared.Ident[0]
		if before, has := vars[name]; pipe.IsAssign && has && before != value {
			value = unknown
		}
		vars[name] = value
	}
	return value
}

// call asks for a message or a file that is named by a text, as it will be asked for. What
// the message is told beside is not known, and stands in for itself.
func (v *vetter) call(command *syntax.CommandNode) {
	function, is := command.Args[0].(*syntax.IdentifierNode)
	var texts []string
	for i, argument := range command.Args[1:] {
		text, written := argument.(*syntax.StringNode)
		switch {
		case written:
			texts = append(texts, text.Text)
		case i == 0:
			return
		default:
			texts = append(texts, argument.String())
		}
	}
	if !is || len(texts) == 0 {
		return
	}
	var err error
	switch say := v.functions[function.Ident].(type) {
	case func(string) (string, error): // asset
		if function.Ident == "asset" {
			_, err = say(texts[0])
		}
	case func(i18n.Message, ...string) (string, error): // plain
		_, err = say(i18n.Message(texts[0]), texts[1:]...)
	case func(i18n.Message, ...string) (any, error): // t
		_, err = say(i18n.Message(texts[0]), texts[1:]...)
	}
	if err != nil {
		v.fault(command, fmt.Sprintf("%s: %s", command, err))
	}
}

// value returns the type of what may be called with this many arguments; nil: it is one
// itself.
func (v *vetter) value(node syntax.Node, arguments *int, dot reflect.Type, vars map[string]reflect.Type) reflect.Type {
	switch node := node.(type) {
	case *syntax.DotNode:
		return dot
	case *syntax.PipeNode:
		return v.pipe(node, dot, vars)
	case *syntax.FieldNode:
		return v.names(node, dot, node.Ident, arguments)
	case *syntax.VariableNode:
		return v.names(node, vars[node.Ident[0]], node.Ident[1:], arguments)
	case *syntax.ChainNode:
		return v.names(node, v.value(node.Node, nil, dot, vars), node.Field, arguments)
	case *syntax.IdentifierNode:
		if function := v.functions[node.Ident]; function != nil {
			return reflect.TypeOf(function).Out(0)
		}
	case *syntax.StringNode:
		return reflect.TypeFor[string]()
	case *syntax.NumberNode:
		if node.IsInt {
			return reflect.TypeFor[int]()
		}
	}
	return unknown
}

// names follows the names of fields and methods from a value.
func (v *vetter) names(at syntax.Node, t reflect.Type, names []string, arguments *int) reflect.Type {
	for i, name := range names {
		if t == unknown {
			return unknown
		}
		last := i == len(names)-1
		next, method, found := lookUp(t, name)
		switch {
		case !found:
			v.fault(at, fmt.Sprintf("%s: there is no .%s in %s", at, name, called(t)))
			return unknown
		case method != nil && last && arguments != nil:
			if want := method.NumIn() - 1; *arguments != want && !method.IsVariadic() {
				v.fault(at, fmt.Sprintf("%s takes %d arguments, and is given %d", at, want, *arguments))
			}
		case method == nil && last && arguments != nil && *arguments > 0:
			v.fault(at, fmt.Sprintf("%s is a field, which takes no arguments", at))
		}
		if t = next; t == typeOfPage {
			t = v.page
		}
	}
	return t
}

// lookUp returns the type of a field or of a method's result.
func lookUp(t reflect.Type, name string) (next, method reflect.Type, found bool) {
	if t.Kind() == reflect.Interface { // whose value may have more than it says
		if m, has := t.MethodByName(name); has {
			return m.Type.Out(0), nil, true
		}
		return unknown, nil, true
	}
	pointer := t
	if t.Kind() != reflect.Pointer {
		pointer = reflect.PointerTo(t)
	}
	if m, has := pointer.MethodByName(name); has {
		return m.Type.Out(0), m.Type, true
	}
	switch t = pointer.Elem(); t.Kind() {
	case reflect.Struct:
		field, has := t.FieldByName(name)
		return field.Type, nil, has && field.IsExported()
	case reflect.Map:
		return t.Elem(), nil, true
	case reflect.Interface:
		return unknown, nil, true
	}
	return unknown, nil, false
}

// called returns what those who write templates know a type as.
func called(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == typeOfShown:
		return "what a page is given"
	case t.Name() != "":
		return t.Name()
	}
	return "a " + t.String()
}

func (v *vetter) fault(node syntax.Node, text string) {
	if found := faultAt(node, text); !slices.Contains(v.faults, found) {
		v.faults = append(v.faults, found)
	}
}
