// Package races_test has the tests of a whole site in which much happens at the same
// time, in one process: make test runs them with the race detector.
package races_test

import (
	"testing"

	"hutch/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
