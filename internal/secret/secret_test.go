package secret

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type account struct {
	Name     string
	Password Text
	token    Text
	Codes    []Text
	By       map[string]Text
}

// However a secret, or a value that contains it, is printed, it stays hidden.
func TestNothingPrintsIt(t *testing.T) {
	const text = "the-canary"
	kept := Of(text)
	whole := account{"ada", kept, kept, []Text{kept}, map[string]Text{"a": kept}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10s", "%T %v", "%p"} {
		for _, value := range []any{kept, &kept, whole, &whole, []any{whole}, errors.New("x")} {
			fmt.Fprintf(&out, verb, value, value)
		}
	}
	fmt.Fprint(&out, kept, whole)
	fmt.Fprintln(&out, fmt.Errorf("it failed: %v", whole))
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		log := slog.New(handler)
		log.Info("x", "secret", kept, "pointer", &kept, "whole", whole, "at", &whole, "list", []any{whole}, slog.Group("g", "s", kept))
		log.With("secret", kept).Info("x")
	}
	encoded, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	for _, shown := range []string{text, "canary", fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), fmt.Sprint([]byte(text))} {
		if strings.Contains(out.String(), shown) {
			t.Errorf("it is printed as %q", shown)
		}
	}
	if kept.Reveal() != text || kept.Empty() || !Of("").Empty() || (Text{}).Reveal() != "" {
		t.Error("it is not what was kept")
	}
}
