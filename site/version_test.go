package site

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	info := &debug.BuildInfo{
		GoVersion: "go1.26.8", Main: debug.Module{Path: "hutch", Version: "v1.2.3"},
		Settings: []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "75615fc"}, {Key: "vcs.time", Value: "2026-11-29T17:22:00Z"}, {Key: "vcs.modified", Value: "false"}},
	}
	if got, want := version(info), "hutch v1.2.3\nrevision 75615fc of 2026-11-29T17:22:00Z\nbuilt with go1.26.8\n"; got != want {
		t.Errorf("a release: %q, want %q", got, want)
	}
	info.Settings[3].Value = "true"
	if got := version(info); !strings.Contains(got, "2026-11-29T17:22:00Z, modified\n") {
		t.Errorf("with changes that are not committed: %q", got)
	}
	info.Settings = nil
	if got := version(info); !strings.Contains(got, "revision unknown\n") {
		t.Errorf("without a repository: %q", got)
	}
}

func TestCommands(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"version", "built with " + runtime.Version()},
		{"-h", "hutch version"},
		{"--help", "hutch setup"},
		{"help", "hutch serve"},
		{"setup -h", "--dry-run"},
	} {
		var out strings.Builder
		if err := Run(t.Context(), strings.Fields(test.args), environment(), &out); err != nil || !strings.Contains(out.String(), test.want) {
			t.Errorf("hutch %s: %v, %q", test.args, err, out.String())
		}
	}
	if err := Run(t.Context(), []string{"start"}, environment(), &strings.Builder{}); err == nil || !strings.Contains(err.Error(), `"start"`) || !strings.Contains(err.Error(), "hutch help") {
		t.Errorf("an unknown command: %v", err)
	}
}
