package limits

import (
	"cmp"
	"time"
)

// Action is what a visitor attempts.
type Action string

// The actions that are limited.
const (
	SignIn   Action = "signin"   // every password and every two-factor code that Directus is asked about
	Recovery Action = "recovery" // a recovery code
	SignUp   Action = "signup"   // an account that is asked for
	Mail     Action = "mail"     // an email to an address: password reset, or confirmation sent again
	Link     Action = "link"     // a password chosen on the page of a mailed link
	Code     Action = "code"     // a two-factor code that is shown to Directus
	Form     Action = "form"     // a form of the editors' that a visitor sends
	Write    Action = "write"    // an item that a member adds, changes or deletes
	Reading  Action = "reading"  // a page that is not in the cache
	Search   Action = "search"   // one with what a visitor searches for
	File     Action = "file"     // a file, or a rendition of an image
)

// Subject says whose attempts share a bucket.
type Subject string

// The subjects.
const (
	Address   Subject = "address"   // an IPv4 address, or an IPv6 /64, which is one household or server
	Account   Subject = "account"   // the account of an email address, whether it exists or not
	Device    Subject = "device"    // a browser that has signed in to this account before
	Everybody Subject = "everybody" // the whole site
	OneCode   Subject = "code"      // a two-factor code of an account
)

// Audience says whom a limit applies to.
type Audience string

// The audiences. A browser that has signed in to the account before is trusted by
// it; everybody else is a stranger.
const (
	All       Audience = "all"
	Strangers Audience = "strangers"
	Trusted   Audience = "trusted"
)

// Limit is a row of the table: a bucket per subject that allows Burst attempts at
// once, and then one more every Every.
type Limit struct {
	Name     string // in logs and metrics
	Action   Action
	Of       Subject
	For      Audience
	Burst    int
	Reserved int // additional burst after a password reset through a mailed link
	Every    time.Duration
	// WrongOnly limits count only wrong answers, or for a mail only one that was
	// sent; any other attempt is given back.
	WrongOnly bool
	// Success and Reset say what empties the bucket: a success, or a password reset
	// by email.
	Success, Reset bool
	// Bucket names another row whose bucket this one shares; empty for its own.
	Bucket string
	Why    string
}

// bucket returns the name of the row whose bucket it fills.
func (l Limit) bucket() string { return cmp.Or(l.Bucket, l.Name) }

const (
	day   = 24 * time.Hour
	month = 30 * day
)

// Table returns every limit.
//
// The last three sign-in limits keep an account below Directus' 25 attempts.
// Strangers fill at most 14 of the total, whatever they do and from wherever, so a
// trusted browser still has 9. Trusted browsers fill 23 of it, so an owner who
// resets the password by email still has 2, whatever another trusted browser does.
// These buckets lose one attempt a month instead of expiring, because Directus
// never forgets either.
//
// The last three count what visitors have Directus do for them by asking for pages and
// files; see [hutch/handlers/web.Visitor].
func Table() []Limit {
	return []Limit{
		{Name: "signin-address", Action: SignIn, Of: Address, For: Strangers, Burst: 30, Every: 2 * time.Second,
			Why: "one computer cannot keep Directus busy hashing; an office behind one address can still sign in in the morning"},
		{Name: "signin-address-wrong", Action: SignIn, Of: Address, For: Strangers, Burst: 30, Every: time.Minute, WrongOnly: true,
			Why: "leaked passwords are tried on many accounts from one address"},
		{Name: "signin-everybody", Action: SignIn, Of: Everybody, For: Strangers, Burst: 100, Every: 100 * time.Millisecond,
			Why: "many computers cannot keep Directus busy either; trusted browsers are not counted and get through"},
		{Name: "signin-device", Action: SignIn, Of: Device, For: Trusted, Burst: 30, Every: 2 * time.Second,
			Why: "replaces the address, which may be shared with an attacker"},
		{Name: "signin-pace", Action: SignIn, Of: Account, For: Strangers, Burst: 8, Every: 10 * time.Minute, WrongOnly: true, Success: true, Reset: true,
			Why: "slows guessing down before it is stopped"},
		{Name: "signin-strangers", Action: SignIn, Of: Account, For: Strangers, Burst: 10, Every: month, WrongOnly: true, Success: true, Reset: true,
			Why: "closes the account to strangers until its owner signs in or resets the password"},
		{Name: "signin-trusted", Action: SignIn, Of: Device, For: Trusted, Burst: 8, Every: day, WrongOnly: true, Success: true, Reset: true,
			Why: "each trusted browser has its own, so that nobody else can use it up"},
		{Name: "signin-strangers-total", Action: SignIn, Of: Account, For: Strangers, Burst: 14, Every: month, WrongOnly: true, Success: true, Bucket: "signin-total",
			Why: "a new password does not reset Directus' own count; a successful sign-in does"},
		{Name: "signin-total", Action: SignIn, Of: Account, For: Trusted, Burst: 23, Reserved: 2, Every: month, WrongOnly: true, Success: true,
			Why: "Directus suspends an account after more than 25; the last two, for a password and a code, are reserved for the browser that reset the password by email, so that no trusted browser can lock the owner out"},

		{Name: "code-once", Action: Code, Of: OneCode, For: All, Burst: 1, Every: time.Minute, WrongOnly: true,
			Why: "a code that was accepted is void, though Directus accepts it for the rest of its 30 seconds"},

		{Name: "recovery-address", Action: Recovery, Of: Address, For: All, Burst: 20, Every: time.Minute,
			Why: "codes have 100 bits and cannot be guessed; this spares Directus the lookups"},
		{Name: "recovery-account", Action: Recovery, Of: Account, For: All, Burst: 10, Every: 5 * time.Minute,
			Why: "the same, from many addresses"},

		{Name: "signup-address", Action: SignUp, Of: Address, For: All, Burst: 20, Every: 2 * time.Minute,
			Why: "a household or a class can sign up; a bot cannot fill the site"},
		{Name: "signup-account", Action: SignUp, Of: Account, For: All, Burst: 5, Every: 10 * time.Minute, WrongOnly: true,
			Why: "each repeated sign-up sends another email"},
		{Name: "signup-everybody", Action: SignUp, Of: Everybody, For: All, Burst: 60, Every: 200 * time.Millisecond,
			Why: "bots on many addresses"},

		{Name: "mail-address", Action: Mail, Of: Address, For: All, Burst: 15, Every: 2 * time.Minute,
			Why: "nobody can make us email many people"},
		{Name: "mail-account", Action: Mail, Of: Account, For: All, Burst: 5, Every: 20 * time.Minute, WrongOnly: true,
			Why: "nobody can make us flood an inbox; a member who waits for an email has five by then"},
		{Name: "mail-everybody", Action: Mail, Of: Everybody, For: All, Burst: 60, Every: 500 * time.Millisecond,
			Why: "email providers block senders of too many"},

		{Name: "link-address", Action: Link, Of: Address, For: All, Burst: 20, Every: 10 * time.Second,
			Why: "tokens are signed and cannot be guessed; this spares Directus the checks"},
		{Name: "link-everybody", Action: Link, Of: Everybody, For: All, Burst: 60, Every: 100 * time.Millisecond,
			Why: "the same, from many addresses"},

		{Name: "form-address", Action: Form, Of: Address, For: All, Burst: 10, Every: time.Minute,
			Why: "editors read, and are mailed, what is sent; an office behind one address can still write"},
		{Name: "form-everybody", Action: Form, Of: Everybody, For: All, Burst: 60, Every: 2 * time.Second,
			Why: "bots on many addresses"},

		{Name: "write-account", Action: Write, Of: Account, For: All, Burst: 20, Every: 30 * time.Second,
			Why: "nobody fills a collection; who corrects what they wrote is not stopped"},
		{Name: "write-address", Action: Write, Of: Address, For: All, Burst: 60, Every: 5 * time.Second,
			Why: "the same with several accounts; a class behind one address can write"},

		{Name: "reading-address", Action: Reading, Of: Address, For: All, Burst: 30, Every: 500 * time.Millisecond,
			Why: "one visitor, or crawler, cannot keep Directus busy; pages from the cache are not counted"},
		{Name: "search-address", Action: Search, Of: Address, For: All, Burst: 30, Every: time.Second,
			Why: "Directus reads every post for a search; a slow typist causes several"},
		{Name: "file-address", Action: File, Of: Address, For: All, Burst: 240, Every: 100 * time.Millisecond,
			Why: "a list of posts shows a dozen images, each of which Directus may have to make"},
	}
}
