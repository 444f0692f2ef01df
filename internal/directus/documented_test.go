package directus

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// docs/operations.md states the limits of calls as they are in the code (ASVS 13.1.2,
// 13.1.3).
func TestLimitsAreAsDocumented(t *testing.T) {
	raw, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, begins := strings.Cut(string(raw), "<!-- calls")
	documented, _, ends := strings.Cut(after, "<!-- end of calls -->")
	if !begins || !ends {
		t.Fatal("the tables are not there")
	}
	for _, row := range []string{
		fmt.Sprintf("refreshes, passwords | %d |", signInCalls),
		fmt.Sprintf("lists, menus, feeds | %d |", otherCalls),
		fmt.Sprintf("a post, a page, an author | %d |", otherCalls),
		fmt.Sprintf("further pages of a list | %d |", searchCalls),
		fmt.Sprintf("calls with a token | %d |", otherCalls),
		fmt.Sprintf("if large, have started | %d |", assetCalls),
		fmt.Sprintf("| wait for a free slot | %s |", slotWait),
		fmt.Sprintf("| dial | %s |", dialTimeout),
		fmt.Sprintf("| TLS handshake | %s |", tlsTimeout),
		fmt.Sprintf("| response to a read | %s |", readTimeout),
		fmt.Sprintf("| response to a sign-in or a change | %s |", writeTimeout),
		fmt.Sprintf("| upload of a picture | %s |", uploadTimeout),
		fmt.Sprintf("| image, first byte | %s |", assetHeaderTimeout),
		fmt.Sprintf("| image, last byte | %s |", assetTimeout),
		fmt.Sprintf("gets any of it | up to %d MB; %d MB in total |", maxKept>>20, maxKeptTogether>>20),
		fmt.Sprintf("while its visitor reads | %d at once |", assetDownloads),
		fmt.Sprintf("| idle connection | %s |", idleTimeout),
		fmt.Sprintf("| response header | %d KB |", maxHeader>>10),
		fmt.Sprintf("| response body | %d MB; an error %d KB |", maxBody>>20, maxErrorBody>>10),
		fmt.Sprintf("| retries | %d after %s to %s,", maxRetries, minPause, maxPause),
		fmt.Sprintf("one for each %.0f calls, with %d to spare |", 1/retryShare, retrySpared),
		fmt.Sprintf("| circuit breaker | opens for %s when half of at least %d calls in %s failed, then lets %d through |", openFor, tripAfter, breakerWindow, breakerProbes),
	} {
		if !strings.Contains(documented, row) {
			t.Errorf("docs/operations.md does not say %q", row)
		}
	}
}
