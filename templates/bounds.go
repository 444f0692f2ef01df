package templates

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"regexp"
	syntax "text/template/parse"
	"time"

	"hutch/internal/sitefolder"
)

// A template of a team's own may loop, nest and grow without an end. What follows makes an
// error of each before it costs the machine: nobody waits for such a page, and the others go
// on.

const (
	// maxNesting is far deeper than anybody reads. html/template looks at what is in a range
	// twice, so that each range within another doubles its work.
	maxNesting, maxRanges = 50, 8
	// maxPage and maxRender bound a page as it is made: the largest texts of editors take a
	// second.
	maxPage   = 32 << 20
	maxRender = 5 * time.Second
	// maxText bounds what one call of printf makes: a text can double itself.
	maxText = 1 << 20
)

var opening = regexp.MustCompile(`\{\{-?\s*(if|with|range|block|define|end)\b|\n|\(`)

// tooDeep returns what is wrong with the nesting of a file, before it is parsed.
func tooDeep(name, source string) error {
	var open []string
	ranges, line, parentheses := 0, 1, 0
	for _, found := range opening.FindAllStringSubmatch(source, -1) {
		switch word := found[1]; {
		case found[0] == "\n":
			line++
			parentheses = 0
		case found[0] == "(":
			parentheses++
		case word == "end":
			if len(open) > 0 {
				if open[len(open)-1] == "range" {
					ranges--
				}
				open = open[:len(open)-1]
			}
		default:
			if open = append(open, word); word == "range" {
				ranges++
			}
		}
		if len(open) > maxNesting || ranges > maxRanges || parentheses > 1000 {
			return sitefolder.Fault{File: teamFile(name), Line: line, Text: "this is nested too deeply"}
		}
	}
	return nil
}

// interruptible has each template of a file, and each turn of a loop in it, write nothing:
// that is where [page] stops it.
func interruptible(tree *template.Template, file string) {
	for _, t := range tree.Templates() {
		if t.Tree != nil && t.Tree.ParseName == file && t.Tree.Root != nil {
			pause(t.Tree.Root)
			pauseRanges(t.Tree.Root)
		}
	}
}

func pause(list *syntax.ListNode) {
	list.Nodes = append([]syntax.Node{&syntax.TextNode{NodeType: syntax.NodeText, Pos: list.Pos}}, list.Nodes...)
}

func pauseRanges(list *syntax.ListNode) {
	if list == nil {
		return
	}
	within := func(b *syntax.BranchNode) {
		pauseRanges(b.List)
		pauseRanges(b.ElseList)
	}
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *syntax.IfNode:
			within(&node.BranchNode)
		case *syntax.WithNode:
			within(&node.BranchNode)
		case *syntax.RangeNode:
			within(&node.BranchNode)
			pause(node.List)
		}
	}
}

var (
	errLarge = fmt.Errorf("the page is larger than %d MB", maxPage>>20)
	errLong  = fmt.Errorf("the page takes longer than %s", maxRender)
	errText  = fmt.Errorf("a text is longer than %d MB", maxText>>20)
)

// rendering is a page while it is made.
type rendering struct {
	html   bytes.Buffer
	until  time.Time
	writes int
}

// Write implements [io.Writer].
func (r *rendering) Write(p []byte) (int, error) {
	if r.writes++; r.writes%1000 == 0 && time.Now().After(r.until) {
		return 0, errLong
	}
	if r.html.Len()+len(p) > maxPage {
		return 0, errLarge
	}
	return r.html.Write(p)
}

// bounded has one of html/template's own functions refuse to make a text without an end.
func bounded(make func(arguments ...any) string) func(arguments ...any) (string, error) {
	return func(arguments ...any) (string, error) {
		text := make(arguments...)
		if len(text) > maxText {
			return "", errText
		}
		return text, nil
	}
}

func printf(format string, arguments ...any) (string, error) {
	return bounded(func(arguments ...any) string { return fmt.Sprintf(format, arguments...) })(arguments...)
}

// endless reports whether a page was given up.
func endless(err error) bool { return errors.Is(err, errLarge) || errors.Is(err, errLong) }
