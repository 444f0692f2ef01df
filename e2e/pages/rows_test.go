package pages_test

import (
	"testing"

	"hutch/e2e/harness"
)

// rowsLineUp: what stands beside each other begins and ends together, and leaves as much
// room on one side as on the other.
func rowsLineUp(t *testing.T, b *harness.Browser, _ state) {
	found := findings{}
	for _, width := range []int64{768, 1280} {
		s := harness.Screen{Width: width, Height: 900, Scheme: "light"}
		b.Tab.ShowOn(t, s)
		found.add(s, "more room on one side", harness.Ask[[]string](t, b.Tab, oneSided))
		found.add(s, "out of line", harness.Ask[[]string](t, b.Tab, outOfLine))
	}
	found.report(t)
}

// rowsOf are the children of an element that are seen beside each other.
const rowsOf = `const rowsOf = list => [...Map.groupBy([...list.children].filter(e => e.checkVisibility() && e.clientWidth > 1), e => Math.round(e.getBoundingClientRect()[list.matches("form") ? "bottom" : "top"])).values()]
	const name = element => element.outerHTML.slice(0, 80)
	const box = element => element.getBoundingClientRect()
`

// oneSided finds rows of cards and pictures, and lists within centred text, that have more
// room on one side than on the other; and lists within text on the right that do not end there.
const oneSided = `() => {
	` + rowsOf + `
	const found = [], near = (a, b) => Math.abs(a - b) <= 2
	for (const list of document.querySelectorAll(".offers, .gallery, .block .cards:not(.block-list *)")) for (const row of rowsOf(list)) {
		const before = box(row[0]).left - box(list).left, after = box(list).right - box(row.at(-1)).right
		if (!near(before, after)) found.push(before + " and " + after + " beside " + row.length + " in " + name(list))
	}
	for (const text of document.querySelectorAll(".aligned-center, .aligned-end")) for (const list of text.querySelectorAll(":scope > div > :is(ul, ol, blockquote, .wide, p:has(> img:only-child) > img)")) {
		const before = box(list).left - box(text).left, after = box(text).right - box(list).right
		const long = list.textContent.length > 100
		if (!long && before < 2 || (text.matches(".aligned-center") ? !near(before, after) : after > 2)) found.push(before + " and " + after + " beside " + name(list))
	}
	return found
}`

// outOfLine finds rows of a form whose labels or inputs are on different heights, that end
// before the form does, or that are further apart than others.
const outOfLine = `() => {
	` + rowsOf + `
	const found = [], parts = (row, what) => row.map(field => field.querySelector(what)).filter(Boolean).map(box)
	for (const form of document.querySelectorAll("form.side-by-side")) {
		const rows = rowsOf(form).map(row => row.filter(field => field.matches(".field"))).filter(row => row.length)
		let last
		for (const row of rows) {
			const tops = parts(row, ":scope > :is(label, legend)").map(b => Math.round(b.top)), ends = parts(row.filter(f => !f.matches("fieldset, .choice")), ".control").map(b => Math.round(b.bottom))
			if (new Set(tops.filter((_, i) => !row[i].matches(".choice"))).size > 1 || new Set(ends).size > 1) found.push(tops + " and " + ends + " in " + name(row[0]))
			if (row.length > 1 && box(form).right - box(row.at(-1)).right > 2) found.push("a row ends early: " + name(row.at(-1)))
			const top = Math.min(...row.map(field => box(field).top)), bottom = Math.max(...row.map(field => box(field).bottom))
			if (last && Math.abs(top - last - 24) > 2) found.push("after " + (top - last) + " px: " + name(row[0]))
			last = bottom
		}
	}
	return found
}`
