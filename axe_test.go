package main

import (
	"testing"

	"github.com/chromedp/chromedp"

	"hutch/tools/realbrowser"
)

// axeRules are those of WCAG 2.2 up to AA, and what the makers of axe recommend.
var axeRules = []string{"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"}

// No page in no state has a fault that axe can find.
func TestAxe(t *testing.T) {
	source := axeSource(t)
	everyState(t, scripted, func(t *testing.T, b *browser, _ state) {
		b.tab.run(t, source)
		found := findings{}
		for _, s := range []screen{{320, 640, "light"}, {320, 640, "dark"}, {1280, 900, "light"}, {1280, 900, "dark"}} {
			b.tab.showOn(t, s)
			for _, v := range b.tab.axe(t) {
				found.add(s, v.Rule+": "+v.Help, v.Where)
			}
		}
		found.report(t)
	})
}

func axeSource(t *testing.T) string {
	t.Helper()
	realbrowser.ForTest(t)
	source, err := realbrowser.AxeSource()
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// run runs a whole script in the page.
func (tab *tab) run(t *testing.T, script string) {
	t.Helper()
	if err := chromedp.Do(tab.ctx, chromedp.Evaluate[chromedp.Void](script)); err != nil {
		t.Fatal(err)
	}
}

// violation is a rule that is broken, and the selectors of the elements.
type violation struct {
	Rule, Help string
	Where      []string
}

func (tab *tab) axe(t *testing.T) []violation {
	t.Helper()
	return ask[[]violation](t, tab, `async rules => {
		const found = await axe.run(document, {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]})
		return found.violations.map(v => ({Rule: v.id, Help: v.help, Where: v.nodes.map(node => node.target.join(" "))}))
	}`, axeRules)
}
