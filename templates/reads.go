package templates

import (
	"fmt"
	"html/template"
	"slices"
	syntax "text/template/parse"
)

// Read is a field that a template reads of an [Item].
type Read struct {
	Path string // such as quote, or people.name below a relation
	As   string // the method that reads it, such as Text or Image
}

// readsOf returns what a template reads of a [Section]'s item, in the order of its names.
// Errors: a field that is not named by a text.
func readsOf(files *template.Template, name string) ([]Read, error) {
	r, err := readerOf(files, name)
	return r.reads, err
}

func readerOf(files *template.Template, name string) (*reader, error) {
	r := &reader{files: files}
	return r, r.list(files.Lookup(name).Tree.Root, "section", map[string]string{"$": "section"})
}

// Reads returns what a template of a team's own, for a list or an item, reads of the items.
func (s *Set) Reads(file string) ([]Read, error) {
	r, err := s.readerOf(file)
	if err != nil {
		return nil, err
	}
	return r.reads, nil
}

// LinesOf returns where it reads each of these for the first time.
func (s *Set) LinesOf(file string) (map[Read]int, error) {
	r, err := s.readerOf(file)
	if err != nil {
		return nil, err
	}
	lines := map[Read]int{}
	for i, read := range r.reads {
		lines[read] = faultAt(r.places[i], "").Line
	}
	return lines, nil
}

func (s *Set) readerOf(file string) (*reader, error) {
	files := s.start("reads")
	if err := s.addShared(files, "partials.html"); err != nil {
		return nil, err
	}
	if err := s.addPage(files, file); err != nil {
		return nil, err
	}
	return readerOf(files, "main")
}

// reader follows the items through a template: a value is the section, an item by the path
// to it with a dot behind, or anything else, "-".
type reader struct {
	files  *template.Template
	reads  []Read
	places []syntax.Node // of each of these
	depth  int
	calls  int
}

const anythingElse = "-"

// list reads what is written with a value for the dot. Variables that it declares end with
// it.
func (r *reader) list(list *syntax.ListNode, dot string, outer map[string]string) error {
	if list == nil {
		return nil
	}
	vars := map[string]string{}
	for name, value := range outer {
		vars[name] = value
	}
	for _, node := range list.Nodes {
		if err := r.node(node, dot, vars); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) node(node syntax.Node, dot string, vars map[string]string) (err error) {
	branch := func(b *syntax.BranchNode, moves bool) error {
		value, err := r.pipe(b.Pipe, dot, vars)
		if err != nil {
			return err
		}
		within := dot
		if moves {
			within = value
		}
		if err := r.list(b.List, within, vars); err != nil {
			return err
		}
		return r.list(b.ElseList, dot, vars)
	}
	switch node := node.(type) {
	case *syntax.ActionNode:
		_, err = r.pipe(node.Pipe, dot, vars)
	case *syntax.IfNode:
		err = branch(&node.BranchNode, false)
	case *syntax.WithNode:
		err = branch(&node.BranchNode, true)
	case *syntax.RangeNode:
		err = branch(&node.BranchNode, true)
	case *syntax.TemplateNode:
		return r.template(node, dot, vars)
	}
	return err
}

// template reads what another template reads of the value that it is given.
func (r *reader) template(node *syntax.TemplateNode, dot string, vars map[string]string) error {
	value, err := r.pipe(node.Pipe, dot, vars)
	if err != nil || value == anythingElse {
		return err
	}
	if node.Name == "block-head" {
		r.add(node, "tagline", "Text")
		r.add(node, "headline", "Text")
		return nil
	}
	other := r.files.Lookup(node.Name)
	if other == nil || other.Tree == nil || r.depth > 8 || r.calls > 1000 {
		return nil
	}
	r.depth++
	r.calls++ // a template that names itself many times
	defer func() { r.depth-- }()
	return r.list(other.Tree.Root, value, map[string]string{"$": value})
}

// pipe returns the value of a pipeline.
func (r *reader) pipe(pipe *syntax.PipeNode, dot string, vars map[string]string) (value string, err error) {
	value = anythingElse
	if pipe == nil {
		return value, nil
	}
	for _, command := range pipe.Cmds {
		if value, err = r.command(command, dot, vars); err != nil {
			return value, err
		}
	}
	for i, declared := range pipe.Decl {
		vars[declared.Ident[0]] = value
		if i == 0 && len(pipe.Decl) > 1 { // the number of an item
			vars[declared.Ident[0]] = anythingElse
		}
	}
	return value, nil
}

func (r *reader) command(command *syntax.CommandNode, dot string, vars map[string]string) (value string, err error) {
	for _, argument := range command.Args[1:] {
		if _, err := r.value(argument, nil, dot, vars); err != nil {
			return anythingElse, err
		}
	}
	return r.value(command.Args[0], command.Args[1:], dot, vars)
}

// value returns the value of what may be called with arguments.
func (r *reader) value(node syntax.Node, arguments []syntax.Node, dot string, vars map[string]string) (value string, err error) {
	switch node := node.(type) {
	case *syntax.DotNode:
		return dot, nil
	case *syntax.PipeNode:
		return r.pipe(node, dot, vars)
	case *syntax.FieldNode:
		return r.names(node, dot, node.Ident, arguments)
	case *syntax.VariableNode:
		of, has := vars[node.Ident[0]]
		if !has {
			of = anythingElse
		}
		return r.names(node, of, node.Ident[1:], arguments)
	case *syntax.ChainNode:
		of, err := r.value(node.Node, nil, dot, vars)
		if err != nil {
			return of, err
		}
		return r.names(node, of, node.Field, arguments)
	}
	return anythingElse, nil
}

// names follows the names of fields and methods from a value. The last may be called with
// arguments.
func (r *reader) names(at syntax.Node, value string, names []string, arguments []syntax.Node) (string, error) {
	for i, name := range names {
		if value == anythingElse {
			return value, nil
		}
		if value == "section" {
			value = anythingElse
			if name == "Item" || name == "Items" {
				value = ""
			}
			continue
		}
		if !slices.Contains([]string{"Text", "Plain", "HTML", "Date", "Number", "Link", "Image", "Items", "Item", "Has"}, name) {
			return anythingElse, nil
		}
		var field *syntax.StringNode
		if i == len(names)-1 && (len(arguments) == 1 || name == "Image" && len(arguments) == 2) {
			field, _ = arguments[0].(*syntax.StringNode)
		}
		if field == nil {
			return anythingElse, faultAt(at, fmt.Sprintf("%s needs the name of a field as a text, such as .%s \"title\"", at, name))
		}
		path := value + field.Text
		if name == "Items" || name == "Item" {
			return path + ".", nil
		}
		r.add(at, path, name)
		value = anythingElse
	}
	return value, nil
}

func (r *reader) add(at syntax.Node, path, as string) {
	if read := (Read{path, as}); !slices.Contains(r.reads, read) {
		r.reads, r.places = append(r.reads, read), append(r.places, at)
	}
}
