package faults_test

import (
	"testing"

	"hutch/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
