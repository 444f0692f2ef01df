package limits

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the table of limits in docs")

// The table of limits in docs/operations.md is generated: `make readme` writes it.
func TestDocsHaveTheLimits(t *testing.T) {
	const file, begin, end = "../../docs/operations.md", "<!-- limits: written by make readme -->\n", "<!-- end of limits -->\n"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(raw), begin)
	table, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatal("the docs have no place for the table of limits")
	}
	want := limitsTable()
	if table == want {
		return
	}
	if !*update {
		t.Fatal("the limits in the docs differ from the code: run make readme")
	}
	if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

func limitsTable() string {
	var table strings.Builder
	table.WriteString("| limit | counted per | applies to | counts | burst | then one every | reset by | why |\n|---|---|---|---|---|---|---|---|\n")
	for _, limit := range Table() {
		counts := "every attempt"
		if limit.WrongOnly {
			counts = map[Action]string{SignIn: "wrong answers", SignUp: "sign-ups", Mail: "emails", Code: "right answers"}[limit.Action]
		}
		var resets []string
		if limit.Success {
			resets = append(resets, "success")
		}
		if limit.Reset {
			resets = append(resets, "password reset")
		}
		atOnce := fmt.Sprint(limit.Burst)
		if limit.Reserved > 0 {
			atOnce += fmt.Sprintf(" + %d", limit.Reserved)
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %s | %s | %s | %s |\n",
			limit.Name, limit.Of, limit.For, counts, atOnce, spelled(limit.Every), strings.Join(resets, ", "), limit.Why)
	}
	return table.String()
}

// spelled formats a duration for readers.
func spelled(span time.Duration) string {
	if span%day == 0 {
		return fmt.Sprintf("%d d", span/day)
	}
	text := span.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}
