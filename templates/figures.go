package templates

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// figures is the class of the cells in a column of figures, which hutch.css aligns.
const figures = "figures"

// figure matches a number with a sign, a currency or a short unit: -1,200.5, € 12, 35 %, 260 g.
var figure = regexp.MustCompile(`^\p{Sc}?[+−–±<>≤≥~≈-]?\p{Sc}?([0-9]{1,3}([.,’' ][0-9]{3})+|[0-9]+)([.,][0-9]+)?([%‰°\p{Sc}]|°?\p{L}{1,3}[²³]?)?$`)

// markFigures marks the columns of a table whose cells all hold numbers. A table without a
// head may have one in its first row. Cells that span columns belong to none; where cells
// span rows, columns cannot be told from the order of the cells.
func markFigures(table *html.Node) {
	type column struct {
		cells   []*html.Node
		numbers int
		words   bool
	}
	columns := map[int]*column{}
	for i, row := range rows(table) {
		at := 0
		for cell := range row.ChildNodes() {
			if cell.DataAtom != atom.Td && cell.DataAtom != atom.Th {
				continue
			}
			if spanOf(cell, "rowspan") > 1 {
				return
			}
			if span := spanOf(cell, "colspan"); span > 1 {
				at += span
				continue
			}
			c := columns[at]
			if c == nil {
				c = &column{}
				columns[at] = c
			}
			c.cells = append(c.cells, cell)
			switch written := strings.Join(strings.Fields(text(cell)), " "); {
			case i == 0 || row.Parent.DataAtom == atom.Thead || strings.Trim(written, "-–— ") == "":
			case cell.DataAtom == atom.Td && isFigure(written):
				c.numbers++
			default:
				c.words = true
			}
			at++
		}
	}
	for _, c := range columns {
		if c.words || c.numbers == 0 {
			continue
		}
		for _, cell := range c.cells {
			setAttribute(cell, "class", strings.TrimSpace(attribute(cell, "class")+" "+figures))
		}
	}
}

// rows returns those of a table, without those of tables within it.
func rows(table *html.Node) []*html.Node {
	var found []*html.Node
	for group := range table.ChildNodes() {
		for row := range group.ChildNodes() {
			if row.DataAtom == atom.Tr {
				found = append(found, row)
			}
		}
	}
	return found
}

// spanOf returns how many columns or rows a cell takes, as its attribute says.
func spanOf(cell *html.Node, attr string) int {
	span, _ := strconv.Atoi(attribute(cell, attr))
	return max(span, 1)
}

// gaps are spaces beside a currency or a unit.
var gaps = regexp.MustCompile(`([0-9]) ([^0-9])|(\p{Sc}) `)

// isFigure reports whether a text, with single spaces, is a number.
func isFigure(text string) bool {
	return figure.MatchString(gaps.ReplaceAllString(text, "$1$2$3"))
}
