package harness

import (
	"path/filepath"
	"runtime"
)

// Path is a file or folder of the repository, named from its root. Tests run in
// the folder of their package, where a site in development finds no templates to
// read and takes those in the binary.
func Path(elements ...string) string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(append([]string{filepath.Dir(file), "..", ".."}, elements...)...)
}
