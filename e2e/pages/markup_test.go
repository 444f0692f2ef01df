package pages_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"hutch/e2e/harness"
	"hutch/tools/realbrowser"
)

// markup is a folder with the page of every state as it comes from the server, for
// tools that read files.
type markup struct{ folder string }

func newMarkup(t *testing.T) markup { return markup{t.TempDir()} }

func (m markup) write(t *testing.T, b *harness.Browser, s state) {
	if err := os.WriteFile(filepath.Join(m.folder, s.name+".html"), []byte(b.Raw), 0o600); err != nil {
		t.Fatal(err)
	}
}

// isValid has two checkers read all pages: html-validate looks for what browsers and
// screen readers stumble over, the Nu checker holds them against the HTML standard.
func (m markup) isValid(t *testing.T) {
	realbrowser.ForTest(t)
	for name, check := range map[string]func(context.Context, string) ([]realbrowser.Finding, error){
		"html-validate": realbrowser.ValidateHTML,
		"Nu":            realbrowser.CheckNu,
	} {
		found, err := check(t.Context(), m.folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, finding := range found {
			t.Errorf("%s: %s", name, finding)
		}
	}
}

// namesTheSiteOnce: the title of a tab names the site, and does not repeat it where the
// page is called the same.
func namesTheSiteOnce(t *testing.T, b *harness.Browser, _ state) {
	site, named := strings.TrimSpace(b.Doc.Find(".brand").Text()), 0
	for part := range strings.SplitSeq(b.Title(), " · ") {
		if part == site {
			named++
		}
	}
	if named != 1 {
		t.Errorf("the title %q names the site, %q, %d times", b.Title(), site, named)
	}
}

// axeRules are those of WCAG 2.2 up to AA, and what the makers of axe recommend.
var axeRules = []string{"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"}

func hasNoFaultForAxe(t *testing.T, b *harness.Browser, s state, source string) {
	run(t, b.Tab, source)
	found := findings{}
	screens := []harness.Screen{{Width: 320, Height: 900, Scheme: "dark"}, {Width: 1280, Height: 900, Scheme: "light"}, {Width: 320, Height: 900, Scheme: "light"}, {Width: 1280, Height: 900, Scheme: "dark"}}
	if !harness.All() {
		// One for each state, always the same one; pages of a kind have many states.
		screens = screens[len(s.name)%len(screens):][:1]
	}
	for _, screen := range screens {
		b.Tab.ShowOn(t, screen)
		for _, v := range axe(t, b.Tab) {
			found.add(screen, v.Rule+": "+v.Help, v.Where)
		}
	}
	found.report(t)
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
func run(t *testing.T, tab *harness.Tab, script string) {
	t.Helper()
	if err := chromedp.Do(tab.Ctx, chromedp.Evaluate[chromedp.Void](script)); err != nil {
		t.Fatal(err)
	}
}

// violation is a rule that is broken, and the selectors of the elements.
type violation struct {
	Rule, Help string
	Where      []string
}

func axe(t *testing.T, tab *harness.Tab) []violation {
	t.Helper()
	return harness.Ask[[]violation](t, tab, `async rules => {
		const found = await axe.run(document, {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]})
		return found.violations.map(v => ({Rule: v.id, Help: v.help, Where: v.nodes.map(node => node.target.join(" "))}))
	}`, axeRules)
}
