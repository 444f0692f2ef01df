package pages_test

import (
	"sync"
	"testing"

	"hutch/e2e/harness"
)

// check is what must hold for every page in every state. A new page needs its rows
// in the table of states, and a new check its row here.
type check struct {
	name string
	look func(*testing.T, *harness.Browser, state)
}

// TestPages walks through all states without a browser.
func TestPages(t *testing.T) {
	table, problems, fields, markup, fragments := newTable(t), &problems{seen: map[int]bool{}}, newFields(), newMarkup(t), &fragments{}
	everyState(t, harness.Plain, func(b *harness.Browser) { b.RequestID = requestID },
		check{"is in the table", table.isSeen},
		check{"names its request", problems.nameTheirRequest},
		check{"describes its fields", fields.areDescribed},
		check{"says whose password it asks for", passwordsHaveAnOwner},
		check{"leads from its errors to its fields", summariesLeadOn},
		check{"names the site once", namesTheSiteOnce},
		check{"offers what its visitor can do", offersFit},
		check{"is written down", markup.write},
		check{"says the same with htmx", saysTheSameWithHTMX},
		check{"comes in fragments", fragments.areInThePage}, // last, as it opens the page again
	)
	table.wantAllSeen(t)
	problems.wantAllSeen(t)
	fields.wantAllSeen(t)
	fragments.wantEnough(t)
	t.Run("markup", markup.isValid)
}

// TestPagesInChromium walks through them in a real browser.
func TestPagesInChromium(t *testing.T) {
	source, kinds := axeSource(t), &kinds{seen: map[string]bool{}}
	everyState(t, harness.Scripted, watchLayout,
		check{"keeps its layout", layoutHolds},
		check{"lines up what stands in rows", rowsLineUp},
		check{"has buttons as wide as what they say", buttonsFitTheirLabels},
		check{"has newer and older on their sides", pagesTurnOneWay},
		check{"calls nothing invalid that is not", onlyErrorsAreInvalid},
		kinds.oneOfEach("has no fault that axe finds", func(t *testing.T, b *harness.Browser, s state) { hasNoFaultForAxe(t, b, s, source) }),
		kinds.oneOfEach("shows where the focus is", focusIsSeen),
		kinds.oneOfEach("can be mirrored", canBeMirrored),
	)
}

// kinds are the pages that a check has looked at, known by the elements that they are
// made of.
type kinds struct {
	mu   sync.Mutex
	seen map[string]bool
}

// oneOfEach is a check that takes long. Pages which differ in nothing but their words
// are the same to it, so that only make test-all looks at each.
func (k *kinds) oneOfEach(name string, look func(*testing.T, *harness.Browser, state)) check {
	return check{name, func(t *testing.T, b *harness.Browser, s state) {
		made := name
		for _, element := range b.Doc.Find("html").Find("*").EachIter() {
			node := element.Nodes[0]
			made += "\n" + node.Data
			for _, a := range node.Attr {
				if a.Key == "class" || a.Key == "type" || a.Key == "role" {
					made += " " + a.Val
				}
			}
		}
		k.mu.Lock()
		seen := k.seen[made]
		k.seen[made] = true
		k.mu.Unlock()
		if !seen || harness.All() {
			look(t, b, s)
		}
	}}
}

// everyState brings a visitor to each state, and lets the checks look at what they
// see, one after the other. Each state has a sandbox and an app of its own, so that
// nothing needs mending and several go on at a time. begin prepares the visitor
// before anything is opened.
func everyState(t *testing.T, how harness.Way, begin func(*harness.Browser), checks ...check) {
	t.Helper()
	t.Run("states", func(t *testing.T) {
		for _, s := range allStates() {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				b := s.start(t).Browser(t, how)
				if b.Tab != nil {
					b.Tab.ShowOn(t, harness.Desktop)
				}
				begin(b)
				see(b, s)
				for _, c := range checks {
					t.Run(c.name, func(t *testing.T) { c.look(t, b, s) })
				}
			})
		}
	})
}

// asTheyAre prepares nothing.
func asTheyAre(*harness.Browser) {}

func TestMain(m *testing.M) { harness.Main(m) }
