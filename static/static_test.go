package static

import (
	"strings"
	"testing"
	"testing/fstest"
)

// Visitors are sent no comments of the stylesheet; in development it is as it was written.
func TestCommentsStayHere(t *testing.T) {
	embedded, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	css, has := embedded.Named("hutch.css")
	if sent := string(css.Content); !has || strings.Contains(sent, "/*") || !strings.Contains(sent, "--paper: light-dark(") || strings.Count(sent, "{") != strings.Count(sent, "}") {
		t.Errorf("sent is %.300s", sent)
	}
	const own = `/* a */ a { content: "/* b */ '"; } /* c "d */ b { content: '\' /*'; }/**/`
	if got, want := string(commentOfCSS.ReplaceAll([]byte(own), []byte("$1"))), ` a { content: "/* b */ '"; }  b { content: '\' /*'; }`; got != want {
		t.Errorf("%s becomes %s, want %s", own, got, want)
	}
	edited, err := New(fstest.MapFS{"hutch.css": {Data: []byte(own)}})
	if err != nil {
		t.Fatal(err)
	}
	if as, _ := edited.Named("hutch.css"); string(as.Content) != own {
		t.Errorf("in development it is %s", as.Content)
	}
}
