package setup_test

import (
	"bytes"
	"errors"
	"flag"
	"reflect"
	"strings"
	"testing"

	"hutch/setup"
)

func TestParseFlags(t *testing.T) {
	tests := []struct {
		args  string
		want  setup.Options
		fault string // part of the error
	}{
		{args: "", want: setup.Options{}},
		{args: "--dry-run", want: setup.Options{DryRun: true}},
		{args: "-sample --app-access", want: setup.Options{Sample: true, AppAccess: true}},
		{args: "--no-verify-email --new-service-token --public-files", want: setup.Options{NoVerifyEmail: true, NewServiceToken: true, PublicFiles: true}},
		{args: "--recovery-codes --delete-accounts", want: setup.Options{RecoveryCodes: true, DeleteAccounts: true}},
		{args: "--force", fault: "-force"},
		{args: "--dry-run=perhaps", fault: "perhaps"},
		{args: "now", fault: `"now"`},
		{args: "--sample now", fault: `"now"`},
	}
	for _, test := range tests {
		t.Run(test.args, func(t *testing.T) {
			var out bytes.Buffer
			got, err := setup.ParseFlags(strings.Fields(test.args), &out)
			if test.fault == "" {
				if err != nil || !reflect.DeepEqual(got, test.want) {
					t.Errorf("got %+v, %v; want %+v", got, err, test.want)
				}
			} else if err == nil || !strings.Contains(err.Error(), test.fault) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got error %v; want one sentence with %s", err, test.fault)
			}
			if out.Len() > 0 {
				t.Errorf("printed %q", out.String())
			}
		})
	}
}

func TestHelpNamesEveryFlag(t *testing.T) {
	var out bytes.Buffer
	if _, err := setup.ParseFlags([]string{"-h"}, &out); !errors.Is(err, flag.ErrHelp) {
		t.Fatalf("got %v, want flag.ErrHelp", err)
	}
	for _, name := range []string{
		"--dry-run", "--sample", "--app-access", "--no-verify-email", "--new-service-token", "--public-files",
		"--recovery-codes", "--delete-accounts", "PUBLIC_URL", "HOOK_SECRET", "DIRECTUS_URL", "DIRECTUS_ADMIN_TOKEN", "DIRECTUS_ADMIN_EMAIL", "DIRECTUS_ADMIN_PASSWORD",
	} {
		if !strings.Contains(out.String(), name) {
			t.Errorf("the usage does not name %s", name)
		}
	}
}
