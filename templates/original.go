package templates

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"

	"hutch/internal/sitefolder"
)

// A copy of one of our templates says in its first line what it was copied from, so that an
// update of Hutch can be noticed:
//
//	{{- /* hutch: post.html 1f2e3d4c */ -}}
var originLine = regexp.MustCompile(`^\{\{- /\* hutch: (\S+) ([0-9a-f]{8}) \*/ -\}\}\r?\n`)

// CopyOf returns one of our templates for the site folder.
func CopyOf(name string) ([]byte, error) {
	source, err := fs.ReadFile(embedded, name)
	if err != nil {
		return nil, fmt.Errorf("hutch has no template %s", name)
	}
	return append(fmt.Appendf(nil, "{{- /* hutch: %s %s */ -}}\n", name, versionOf(source)), source...), nil
}

func versionOf(source []byte) string {
	sum := sha256.Sum256(source)
	return hex.EncodeToString(sum[:4])
}

// Outdated is a copy of one of our templates that has changed since.
type Outdated struct {
	sitefolder.Fault
	Copy, Original string // what they are now
}

// OutdatedCopies returns those in a team's folder.
func OutdatedCopies(team fs.FS) []Outdated {
	var outdated []Outdated
	for _, pattern := range []string{"*.html", blockFiles} {
		ours, _ := fs.Glob(embedded, pattern)
		for _, name := range ours {
			theirs, err := fs.ReadFile(team, name)
			found := originLine.FindSubmatch(theirs)
			if err != nil || found == nil {
				continue
			}
			source, _ := fs.ReadFile(embedded, name)
			if now := versionOf(source); string(found[2]) != now {
				text := fmt.Sprintf("our %s has changed since this copy was made. Take over what you need of the difference below, then write %s in place of %s in the first line", name, now, found[2])
				outdated = append(outdated, Outdated{sitefolder.Fault{File: teamFile(name), Line: 1, Text: text}, string(theirs[len(found[0]):]), string(source)})
			}
		}
	}
	return outdated
}
