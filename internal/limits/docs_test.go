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
		t.Fatal("docs/operations.md has no place for the table of limits")
	}
	want := limitsTable()
	if table == want {
		return
	}
	if !*update {
		t.Fatal("the limits in docs/operations.md are out of date: run make readme")
	}
	if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

func limitsTable() string {
	var table strings.Builder
	table.WriteString("| limit | of | for | counts | at once | then one every | reset by | why |\n|---|---|---|---|---|---|---|---|\n")
	for _, limit := range Table() {
		counts := "every attempt"
		if limit.WrongOnly {
			counts = map[Action]string{SignIn: "wrong answers", SignUp: "sign-ups", Mail: "emails"}[limit.Action]
		}
		var resetBy []string
		if limit.Success {
			resetBy = append(resetBy, "success")
		}
		if limit.Reset {
			resetBy = append(resetBy, "password reset by email")
		}
		atOnce := fmt.Sprint(limit.Burst)
		if limit.Reserved > 0 {
			atOnce += fmt.Sprintf(" + %d", limit.Reserved)
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %s | %s | %s | %s |\n",
			limit.Name, limit.Of, limit.For, counts, atOnce, spelled(limit.Every), strings.Join(resetBy, ", "), limit.Why)
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
