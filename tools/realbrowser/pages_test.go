//go:build unix

package realbrowser

import (
	"os"
	"path/filepath"
	"testing"
)

// goodPage contains what we allow although the checkers by default do not: htmx'
// attributes, the role of a list, a meaningless slash.
const goodPage = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>A page without a fault</title>
  <meta name="description" content="Nothing is wrong with it.">
  <link rel="icon" href="data:,">
</head>
<body>
  <main>
    <h1>A page without a fault</h1>
    <p>One line,<br />and another.</p>   
    <ul role="list"><li>an item</li></ul>
    <form action="/" method="post" data-hx-post="/" data-hx-swap="outerHTML">
      <label for="email">Email</label>
      <input id="email" name="email" type="email" required autocomplete="email">
      <button type="submit">Send</button>
    </form>
  </main>
</body>
</html>
`

// badPage has one fault of each kind, on known lines.
const badPage = `<!doctype html>
<html>
<head>
  <meta charset="utf-8">
  <title></title>
</head>
<body>
  <div class="menu" role="button" style="color: #eee; background: #fff">Menu</div>
  <p id="twice">One<p id="twice">Two
  <img src="/missing.png">
  <ul><div>no item</div></ul>
  <form><input type="text" name="name"><button>Send</button></form>
  <span hyx-post="/">A wrong attribute</span>
  <script src="https://elsewhere.example/x.js"></script>
</body>
</html>
`

// writePages creates a folder of files; names and contents alternate.
func writePages(t *testing.T, pages ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for i := 0; i < len(pages); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, pages[i]), []byte(pages[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// wantFinding looks for a finding by file, line and rule.
func wantFinding(t *testing.T, findings []Finding, want Finding) {
	t.Helper()
	for _, f := range findings {
		if f.File == want.File && f.Line == want.Line && f.Rule == want.Rule && (want.Message == "" || f.Message == want.Message) {
			return
		}
	}
	t.Errorf("did not find %v", want)
}
