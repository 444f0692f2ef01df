package harness

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// answer is what the app said to a request for a page or a part of one.
type answer struct {
	id     network.RequestID
	status int
	header http.Header
}

// fault is something that a visitor's console would show.
type fault struct {
	Text string
	id   network.RequestID // of the request it is about; "": none
}

// hear takes note of what happens in the tab, in the order in which it does.
func (tab *Tab) hear(event any) {
	tab.Mu.Lock()
	defer tab.Mu.Unlock()
	switch e := event.(type) {
	case *fetch.EventRequestPaused:
		tab.hearPaused(e)
	case *network.EventRequestWillBeSent:
		if isOfThePage(e.Type) {
			tab.Running[e.RequestID] = request{loader: e.LoaderID, page: e.Type == network.ResourceTypeDocument}
		}
		if !strings.HasPrefix(e.Request.URL, tab.Site+"/") && !strings.HasPrefix(e.Request.URL, chromiumsOwnIcon) {
			tab.abroad = append(tab.abroad, e.Request.URL)
		}
		if isPage(e.Type) {
			tab.asked++
			if e.Request.Method == tab.expects {
				tab.expects = ""
			}
		}
	case *network.EventResponseReceived:
		if isPage(e.Type) {
			tab.hearAnswer(e)
		}
	case *network.EventLoadingFinished:
		delete(tab.Running, e.RequestID)
	case *network.EventLoadingFailed:
		delete(tab.Running, e.RequestID)
		if !e.Canceled {
			tab.Faults = append(tab.Faults, fault{Text: "a request failed: " + e.ErrorText + " " + string(e.BlockedReason)})
		}
	case *page.EventFrameNavigated:
		if e.Frame.ParentID == "" {
			tab.loader = e.Frame.LoaderID
		}
	default:
		tab.hearFault(event)
	}
}

// hearPaused lets the first request for a page through and stops the second:
// Chromium then stays where it is.
func (tab *Tab) hearPaused(e *fetch.EventRequestPaused) {
	tab.opened++
	first := tab.opened == 1
	go func() { // a listener may not send commands
		if first {
			_, _ = chromedp.Call(tab.Ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: e.RequestID})
		} else {
			_, _ = chromedp.Call(tab.Ctx, fetch.FailRequest, fetch.FailRequestParams{RequestID: e.RequestID, ErrorReason: network.ErrorReasonAborted})
		}
	}()
}

// isOfThePage tells what a page asks for from what Chromium does beside it: icons for
// its own window, pages that it fetches in advance.
func isOfThePage(kind network.ResourceType) bool {
	switch kind {
	case network.ResourceTypeDocument, network.ResourceTypeStylesheet, network.ResourceTypeImage, network.ResourceTypeScript,
		network.ResourceTypeFont, network.ResourceTypeFetch, network.ResourceTypeXHR:
		return true
	}
	return false
}

// isPage tells pages, and parts that htmx fetches, from files.
func isPage(kind network.ResourceType) bool {
	return kind == network.ResourceTypeDocument || kind == network.ResourceTypeFetch || kind == network.ResourceTypeXHR
}

func (tab *Tab) hearAnswer(e *network.EventResponseReceived) {
	header := http.Header{}
	for name, value := range e.Response.Headers {
		header.Set(name, fmt.Sprint(value))
	}
	tab.answer = answer{e.RequestID, int(e.Response.Status), header}
	if header.Get("HX-Redirect") != "" || header.Get("HX-Location") != "" || header.Get("HX-Refresh") != "" {
		tab.expects = http.MethodGet
		tab.Judged[e.RequestID] = true
	}
}

func (tab *Tab) hearFault(event any) {
	found := fault{}
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError && e.Entry.Level != log.EntryLevelWarning {
			return
		}
		found = fault{fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL), e.Entry.NetworkRequestID}
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError && e.Type != runtime.ConsoleAPICalledTypeWarning && e.Type != runtime.ConsoleAPICalledTypeAssert {
			return
		}
		said, _ := json.Marshal(e.Args)
		found.Text = fmt.Sprintf("console.%s: %s", e.Type, said)
	case *runtime.EventExceptionThrown:
		thrown, _ := json.Marshal(e.ExceptionDetails)
		found.Text = fmt.Sprintf("uncaught exception: %s", thrown)
	case *audits.EventIssueAdded:
		if e.Issue.Code == audits.InspectorIssueCodeLazyLoadImageIssue {
			return // an editor's image whose size is not known; layout_test.go measures what comes of it
		}
		details, _ := json.Marshal(e.Issue.Details)
		if strings.Contains(string(details), "NavigationEntryMarkedSkippable") {
			return // Back passes over a page that nobody has touched, as it should
		}
		found.Text = fmt.Sprintf("%s: %s", e.Issue.Code, details)
	case *page.EventJavascriptDialogOpening:
		found.Text = fmt.Sprintf("a dialog opens: %s %q", e.Type, e.Message)
		go func() { // a listener may not send commands
			_, _ = chromedp.Call(tab.Ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
		}()
	default:
		return
	}
	tab.Faults = append(tab.Faults, found)
}

// report fails the test for every fault since the last report. Chromium also
// puts each status of 400 and above into the console: that is no fault where
// the test has been given the very same status, to judge it itself.
func (tab *Tab) report(t *testing.T) {
	t.Helper()
	tab.Mu.Lock()
	defer tab.Mu.Unlock()
	for _, f := range tab.Faults {
		if tab.Forgives {
			break
		}
		if f.id == "" || !tab.Judged[f.id] {
			t.Errorf("in the console: %s", f.Text)
		}
	}
	tab.Faults = nil
}

// RequestsElsewhere are those to other sites since the last time.
func (tab *Tab) RequestsElsewhere() []string {
	tab.Mu.Lock()
	defer tab.Mu.Unlock()
	addresses := tab.abroad
	tab.abroad = nil
	return addresses
}
