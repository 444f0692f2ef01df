package templates

import (
	"fmt"
	"html/template"
	"slices"
	syntax "text/template/parse"
)

// A template that includes itself fills the stack before html/template gives up. None of ours
// does, and what a page shows is never nested without a bound.

// loops looks for templates that include themselves.
type loops struct {
	tree *template.Template
	open map[string]bool // true: it is being looked at; false: it has been
}

// loopOf returns what is wrong if a template of a page includes itself, also by others.
func loopOf(tree *template.Template) error {
	l := loops{tree, map[string]bool{}}
	var names []string
	for _, t := range tree.Templates() {
		names = append(names, t.Name())
	}
	slices.Sort(names) // so that the same is said each time
	for _, name := range names {
		if err := l.template(name); err != nil {
			return err
		}
	}
	return nil
}

func (l loops) template(name string) error {
	called := l.tree.Lookup(name)
	if _, seen := l.open[name]; seen || called == nil || called.Tree == nil {
		return nil
	}
	l.open[name] = true
	err := l.list(called.Tree.Root)
	l.open[name] = false
	return err
}

func (l loops) list(list *syntax.ListNode) error {
	if list == nil {
		return nil
	}
	for _, node := range list.Nodes {
		var err error
		switch node := node.(type) {
		case *syntax.IfNode:
			err = l.branch(&node.BranchNode)
		case *syntax.WithNode:
			err = l.branch(&node.BranchNode)
		case *syntax.RangeNode:
			err = l.branch(&node.BranchNode)
		case *syntax.TemplateNode:
			if l.open[node.Name] {
				return faultAt(node, fmt.Sprintf("the template %q includes itself", node.Name))
			}
			err = l.template(node.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l loops) branch(b *syntax.BranchNode) error {
	if err := l.list(b.List); err != nil {
		return err
	}
	return l.list(b.ElseList)
}
