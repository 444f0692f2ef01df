package setup

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"hutch/internal/collections"
	"hutch/internal/sitefolder"
)

// Options are the command line and the environment.
type Options struct {
	DryRun           bool // only show the plan
	Sample           bool // add sample content
	Blocks           bool // make the content model of Directus' starters
	AppAccess        bool // let members into Directus' own app
	NoVerifyEmail    bool // members do not have to confirm their address
	NewServiceToken  bool // replace the service account's token
	PublicFiles      bool // accept that existing files become public
	RecoveryCodes    bool // let the service account keep recovery codes
	DeleteAccounts   bool // let the service account delete accounts if members cannot
	UseLast          bool // take the last of what the licence limits
	AllowPublicUsers bool // turn on registration although strangers can read users' addresses
	NarrowPublic     bool // narrow what strangers can read at Directus itself
	Forms            bool // make the account that sends forms
	NewFormsToken    bool // replace that account's token
	Schema           bool // make collections and fields of site.toml that are missing

	// From the environment:
	DirectusURL string // for the command that is printed at the end
	PublicURL   string // the address of the site
	HookSecret  string // Directus proves with it that it is Directus that reports changes
	// Published are the values of the field status that count as published; none: the
	// default.
	Published     []string
	RedirectHosts []string // other sites that redirects may lead to
	FormsToken    bool     // the site has the token of an account that sends forms
	FormsFolder   string   // the folder that it puts their files into
	// ContentFormat is CONTENT_FORMAT, which may not fit the fields that exist.
	ContentFormat string

	// Collections are prepared along with Hutch's own.
	Collections collections.Table
	// Own are those of site.toml. Their Item.Fields name also what their templates read.
	Own []sitefolder.Collection
}

const usage = `hutch setup prepares a Directus (v10.13 to v12) for Hutch.
It adds what is missing and changes nothing else. You can run it again at any time.

Usage: hutch setup [flags]

  --dry-run            show the plan and change nothing
  --schema             make the collections and fields of site.toml that are
                       missing, of the types that it lists
  --sample             add sample content: pages, authors, posts, images
  --blocks             on a project without content: make the content model of
                       Directus' starters (pages made of blocks, nested menus,
                       forms) instead of that of Directus' guide
  --app-access         let members into Directus' own app; from Directus 12 on,
                       every such member takes a paid seat
  --no-verify-email    when turning registration on: members do not have to
                       confirm their address by email
  --new-service-token  give the service account a new token and print it
  --public-files       if files can only all be public or none (Directus 12
                       without a licence): make them public even if some of
                       the existing ones are not images
  --recovery-codes     keep recovery codes for members with two-factor
                       authentication: a collection, and a service account that
                       alone may use it. If the service account is needed anyway
                       (Directus 12 without a licence), this is included
  --delete-accounts    if members cannot be allowed to delete their own account
                       (Directus 12 without a licence): let the service account
                       do it. It can then delete any account
  --forms              make an account that can only send in forms, and print its
                       token as FORMS_TOKEN
  --new-forms-token    give that account a new token and print it
  --narrow-public      change the permissions of the public that let strangers
                       read what the site does not show, as the plan says
  --allow-public-users turn on registration even if strangers can read the email
                       addresses of users at Directus itself
  --use-last           take the last collection or flow that the licence allows

Environment:

  DIRECTUS_URL             the Directus to prepare
  DIRECTUS_ADMIN_TOKEN     static token of an administrator; or instead:
  DIRECTUS_ADMIN_EMAIL     email of an administrator
  DIRECTUS_ADMIN_PASSWORD  password of that administrator
  PUBLIC_URL               the address of the site, for the environment of
                           Directus that setup prints
  HOOK_SECRET              the same as the site's: with it and PUBLIC_URL, a flow
                           in Directus tells the site immediately what changed
  PUBLISHED_STATUS         the same as the site's: which values of the field status
                           count as published
  REDIRECT_HOSTS           the same as the site's: other sites that redirects may
                           lead to
  SITE_DIR                 the same as the site's: the folder with site.toml, whose
                           collections setup prepares
  FORMS_TOKEN              the same as the site's: forms can be sent if it is set
  FORMS_FOLDER             the same as the site's: files that visitors send with
                           forms are there, which strangers are not to read
`

// flags are the options of the command line by their names.
func (o *Options) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("setup", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors and help have wording of their own
	flags.BoolVar(&o.DryRun, "dry-run", o.DryRun, "")
	flags.BoolVar(&o.Sample, "sample", o.Sample, "")
	flags.BoolVar(&o.Blocks, "blocks", o.Blocks, "")
	flags.BoolVar(&o.AppAccess, "app-access", o.AppAccess, "")
	flags.BoolVar(&o.NoVerifyEmail, "no-verify-email", o.NoVerifyEmail, "")
	flags.BoolVar(&o.NewServiceToken, "new-service-token", o.NewServiceToken, "")
	flags.BoolVar(&o.PublicFiles, "public-files", o.PublicFiles, "")
	flags.BoolVar(&o.RecoveryCodes, "recovery-codes", o.RecoveryCodes, "")
	flags.BoolVar(&o.DeleteAccounts, "delete-accounts", o.DeleteAccounts, "")
	flags.BoolVar(&o.UseLast, "use-last", o.UseLast, "")
	flags.BoolVar(&o.AllowPublicUsers, "allow-public-users", o.AllowPublicUsers, "")
	flags.BoolVar(&o.NarrowPublic, "narrow-public", o.NarrowPublic, "")
	flags.BoolVar(&o.Forms, "forms", o.Forms, "")
	flags.BoolVar(&o.NewFormsToken, "new-forms-token", o.NewFormsToken, "")
	flags.BoolVar(&o.Schema, "schema", o.Schema, "")
	return flags
}

// ParseFlags reads the arguments after "setup". Asked for help, it prints the
// usage to out and returns [flag.ErrHelp].
func ParseFlags(args []string, out io.Writer) (Options, error) {
	var opts Options
	flags := opts.flags()
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, usage)
		return Options{}, flag.ErrHelp
	} else if err != nil {
		return Options{}, fmt.Errorf("setup: %w (hutch setup -h lists the flags)", err)
	}
	if flags.NArg() > 0 {
		return Options{}, fmt.Errorf("setup: unexpected argument %q (hutch setup -h lists the flags)", flags.Arg(0))
	}
	return opts, nil
}

// command is the setup with the same flags, but in earnest.
func (o Options) command() string {
	o.DryRun = false
	command := "go run . setup"
	o.flags().VisitAll(func(f *flag.Flag) {
		if f.DefValue == "true" {
			command += " --" + f.Name
		}
	})
	return command
}

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
