package house_test

import (
	"os"
	"testing"

	"hutch/e2e/harness"
)

// These tests read the sources, from the root of the repository.
func TestMain(m *testing.M) {
	if err := os.Chdir(harness.Path()); err != nil {
		panic(err)
	}
	harness.Main(m)
}
