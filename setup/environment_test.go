package setup_test

import (
	"strings"
	"testing"
)

// wantEnvironment checks what setup says of Directus' own environment.
func wantEnvironment(t *testing.T, out, site string) {
	t.Helper()
	for _, line := range []string{
		"USER_REGISTER_URL_ALLOW_LIST=" + site + "/verify",
		"PASSWORD_RESET_URL_ALLOW_LIST=" + site + "/password/reset",
		"USER_INVITE_URL_ALLOW_LIST=" + site + "/invite",
		"IP_TRUST_PROXY=127.0.0.1",
		"EMAIL_TRANSPORT=smtp",
		"#IMPORT_IP_DENY_LIST=169.254.169.254",
	} {
		if !strings.Contains(out, "\n"+line+"\n") {
			t.Errorf("it does not say %s:\n%s", line, out)
		}
	}
	if !strings.Contains(out, `"invite_url": "`+site+`/invite"`) {
		t.Errorf("it does not say how to invite:\n%s", out)
	}
}
