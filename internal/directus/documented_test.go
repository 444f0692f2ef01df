package directus

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The table of calls in docs/operations.md matches the code (ASVS 13.1.2, 13.1.3).
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
		fmt.Sprintf("renewals, passwords | %d |", signInCalls),
		fmt.Sprintf("everybody may read | %d |", otherCalls),
		fmt.Sprintf("needs a token | %d |", otherCalls),
		fmt.Sprintf("if large, have begun | %d |", assetCalls),
		fmt.Sprintf("| wait for a slot | %s |", slotWait),
		fmt.Sprintf("| dial | %s |", dialTimeout),
		fmt.Sprintf("| TLS handshake | %s |", tlsTimeout),
		fmt.Sprintf("| answer to a read | %s |", readTimeout),
		fmt.Sprintf("| answer to a sign-in or a change | %s |", writeTimeout),
		fmt.Sprintf("| upload of a picture | %s |", uploadTimeout),
		fmt.Sprintf("| image, until it begins | %s |", assetHeaderTimeout),
		fmt.Sprintf("| image, to its end | %s |", assetTimeout),
		fmt.Sprintf("gets any of it | up to %d MB; %d MB of them together |", maxKept>>20, maxKeptTogether>>20),
		fmt.Sprintf("as long as its visitor reads | %d at once |", assetDownloads),
		fmt.Sprintf("| idle connection | %s |", idleTimeout),
		fmt.Sprintf("| header of an answer | %d KB |", maxHeader>>10),
		fmt.Sprintf("| answer | %d MB; a refusal %d KB |", maxBody>>20, maxErrorBody>>10),
		fmt.Sprintf("| retries | %d after %s to %s,", maxRetries, minPause, maxPause),
		fmt.Sprintf("one for each %.0f calls, with %d to spare |", 1/retryShare, retrySpared),
		fmt.Sprintf("| breaker | opens for %s when half of at least %d answers in %s were failures, then tries %d |", openFor, tripAfter, breakerWindow, breakerProbes),
	} {
		if !strings.Contains(documented, row) {
			t.Errorf("docs/operations.md does not say %q", row)
		}
	}
}
