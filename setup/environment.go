package setup

import (
	"fmt"
	"io"
	"strings"
)

const exampleSite = "https://www.example.com"

// directusEnvironment tells what belongs into Directus' own environment. None of
// it is a setting of the project, so setup cannot set it.
func (p *plan) directusEnvironment(out io.Writer) {
	site := strings.TrimRight(strings.TrimSpace(p.opts.PublicURL), "/")
	fmt.Fprint(out, "\nFor the environment of Directus itself, which setup cannot set; start it anew then.\n")
	if site == "" {
		site = exampleSite
		fmt.Fprintf(out, "PUBLIC_URL is not set: put the site's own address for %s.\n", exampleSite)
	}
	fmt.Fprintf(out, `
# Where the links in its mails may lead: to the site.
USER_REGISTER_URL_ALLOW_LIST=%[1]s/verify
PASSWORD_RESET_URL_ALLOW_LIST=%[1]s/password/reset
USER_INVITE_URL_ALLOW_LIST=%[1]s/invite
# The address from which Hutch calls, for Directus to believe whom it calls for;
# from Directus 12 on the default is false, and all visitors count as one.
IP_TRUST_PROXY=127.0.0.1
# Members may upload files. If this Directus can be reached by others than Hutch,
# bound how large they are, and what it fetches for them (POST /files/import).
#FILES_MAX_UPLOAD_SIZE=20mb
#IMPORT_IP_DENY_LIST=0.0.0.0,127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16
# The same list says where it may call when content changes. For that it must not
# have the address of %[1]s. By default it has all addresses of Directus' own
# machine (0.0.0.0 stands for them). If the site is on that machine, and nobody but
# Hutch can reach this Directus:
#IMPORT_IP_DENY_LIST=169.254.169.254
# Its mail: fill in your own.
EMAIL_FROM=no-reply@example.com
EMAIL_TRANSPORT=smtp
EMAIL_SMTP_HOST=smtp.example.com
EMAIL_SMTP_PORT=587
EMAIL_SMTP_USER=
EMAIL_SMTP_PASSWORD=

To invite somebody: POST /users/invite with "invite_url": "%[1]s/invite".

`, site)
}
