package setup

import (
	"fmt"
	"io"
	"strings"
)

const exampleSite = "https://www.example.com"

// directusEnvironment prints what belongs into Directus' own environment. These
// are not settings of the project, so setup cannot set them.
func (p *plan) directusEnvironment(out io.Writer) {
	site := strings.TrimRight(strings.TrimSpace(p.opts.PublicURL), "/")
	fmt.Fprint(out, "\nAdd this to the environment of Directus itself, then restart Directus. Setup cannot do it.\n")
	if site == "" {
		site = exampleSite
		fmt.Fprintf(out, "PUBLIC_URL is not set: replace %s with the address of your site.\n", exampleSite)
	}
	fmt.Fprintf(out, `
# Pages that links in email may lead to.
USER_REGISTER_URL_ALLOW_LIST=%[1]s/verify
PASSWORD_RESET_URL_ALLOW_LIST=%[1]s/password/reset
USER_INVITE_URL_ALLOW_LIST=%[1]s/invite
# The address that Hutch calls from, so that Directus sees visitors' own addresses.
# From Directus 12 on the default is false, and all visitors count as one.
IP_TRUST_PROXY=127.0.0.1
# Members may upload files. If anyone but Hutch can reach this Directus, limit the
# size of files and what Directus fetches for members (POST /files/import).
#FILES_MAX_UPLOAD_SIZE=20mb
#IMPORT_IP_DENY_LIST=0.0.0.0,127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16
# The same list limits where Directus may report changed content to. It must not
# contain the address of %[1]s. By default it contains all addresses of
# Directus' own machine (0.0.0.0 stands for them). If the site is on that machine,
# and only Hutch can reach this Directus:
#IMPORT_IP_DENY_LIST=169.254.169.254
# Email: fill in your own.
EMAIL_FROM=no-reply@example.com
EMAIL_TRANSPORT=smtp
EMAIL_SMTP_HOST=smtp.example.com
EMAIL_SMTP_PORT=587
EMAIL_SMTP_USER=
EMAIL_SMTP_PASSWORD=

To invite somebody: POST /users/invite with "invite_url": "%[1]s/invite".

`, site)
}
