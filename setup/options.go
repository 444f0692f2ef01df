package setup

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// Options are what the command line asks for.
type Options struct {
	DryRun          bool // show the plan only
	Sample          bool // sample content too
	AppAccess       bool // let members into Directus' own app
	NoVerifyEmail   bool // members need not confirm their address
	NewServiceToken bool // replace the service account's token
	PublicFiles     bool // accept that files already there become public
	RecoveryCodes   bool // have the service account keep recovery codes
	DeleteAccounts  bool // let the service account delete accounts where members cannot

	// From the environment, not flags:
	PublicURL  string // the address of the site
	HookSecret string // with which Directus tells the site of changes
}

const usage = `hutch setup prepares a Directus (v10.13 to v12) for Hutch.
It adds what is missing and leaves alone what is there; run it as often as you like.

Usage: hutch setup [flags]

  --dry-run            show the plan and change nothing
  --sample             add sample content: pages, authors, posts, images
  --app-access         let members into Directus' own app; from Directus 12 on,
                       every such member takes a paid seat
  --no-verify-email    when switching registration on: members need not confirm
                       their address by mail
  --new-service-token  give the service account a new token and print it
  --public-files       where only all files or none can be public (Directus 12
                       without a licence): make them public even if some of
                       those already there are no images
  --recovery-codes     keep recovery codes for members with a second factor: a
                       collection of their own, and a service account that alone
                       may use it. Where the service account is needed anyway
                       (Directus 12 without a licence) they come without this
  --delete-accounts    where members cannot be allowed to delete their own
                       account (Directus 12 without a licence): let the service
                       account do it. It can then delete any account

Environment:

  PUBLIC_URL               the address of the site, for what Directus' own
                           environment needs; setup prints that
  HOOK_SECRET              as the site has it: with it, and with PUBLIC_URL, a flow
                           in Directus tells the site at once what has changed
  DIRECTUS_URL             the Directus to prepare
  DIRECTUS_ADMIN_TOKEN     static token of an administrator; or, instead:
  DIRECTUS_ADMIN_EMAIL     email of an administrator
  DIRECTUS_ADMIN_PASSWORD  password of that administrator
`

// ParseFlags reads the arguments after "setup". Asked for help, it prints the
// usage to out and returns [flag.ErrHelp].
func ParseFlags(args []string, out io.Writer) (Options, error) {
	var opts Options
	flags := flag.NewFlagSet("setup", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // we say it in our own words
	flags.BoolVar(&opts.DryRun, "dry-run", false, "")
	flags.BoolVar(&opts.Sample, "sample", false, "")
	flags.BoolVar(&opts.AppAccess, "app-access", false, "")
	flags.BoolVar(&opts.NoVerifyEmail, "no-verify-email", false, "")
	flags.BoolVar(&opts.NewServiceToken, "new-service-token", false, "")
	flags.BoolVar(&opts.PublicFiles, "public-files", false, "")
	flags.BoolVar(&opts.RecoveryCodes, "recovery-codes", false, "")
	flags.BoolVar(&opts.DeleteAccounts, "delete-accounts", false, "")
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
