package limits

import (
	"cmp"
	"time"
)

// Action is what somebody attempts.
type Action string

// The actions that are limited.
const (
	SignIn   Action = "signin"   // every password and every code of a second factor that Directus is asked about
	Recovery Action = "recovery" // a recovery code that is looked up
	SignUp   Action = "signup"   // an account that is asked for
	Mail     Action = "mail"     // a mail to an address: reset, confirmation once more
	Link     Action = "link"     // a password chosen on the page of a mailed link
)

// Subject is whose attempts are counted together.
type Subject string

// The subjects.
const (
	Address   Subject = "address"   // an IPv4 address, or a /64 of IPv6, which is one household or server
	Account   Subject = "account"   // the account of an email address, whether there is one or not
	Device    Subject = "device"    // a browser that has signed in to this account before
	Everybody Subject = "everybody" // the whole site
)

// Audience is whom a limit is for.
type Audience string

// The audiences. A browser that has signed in to the account before is known
// there; everybody else is a stranger to it.
const (
	All       Audience = "all"
	Strangers Audience = "strangers"
	Trusted   Audience = "known"
)

// Limit is a row of the table: a bucket for each subject that takes Burst
// attempts at once, and then one more each Every.
type Limit struct {
	Name   string // in logs and metrics
	Action Action
	Of     Subject
	For    Audience
	Burst  int
	Kept   int // so many more, at once, for whoever has just chosen the password by a mailed link
	Every  time.Duration
	// WrongOnly: an attempt is given back unless the answer was a wrong one, or what
	// is limited has happened: a mail.
	WrongOnly bool
	// What empties the bucket: a success, a password chosen anew by a mailed link.
	Success, Reset bool
	// Bucket names another row whose bucket this is as well; empty: its own.
	Bucket string
	Why    string
}

// bucket is the row whose bucket it fills.
func (l Limit) bucket() string { return cmp.Or(l.Bucket, l.Name) }

const (
	day   = 24 * time.Hour
	month = 30 * day
)

// Table is every limit there is.
//
// The last three of signing in keep an account below Directus' 25: strangers
// fill 14 of the total at most, whatever they do and wherever from, and a known
// browser still has 9. Known browsers fill 23 of it: an owner who chooses a new
// password by mail has 2 then, whatever another one does. Their buckets empty by one a month, and not after some
// time altogether, since Directus never forgets.
func Table() []Limit {
	return []Limit{
		{Name: "signin-address", Action: SignIn, Of: Address, For: Strangers, Burst: 30, Every: 2 * time.Second,
			Why: "one computer cannot keep Directus busy with hashing; an office behind one address can begin its day"},
		{Name: "signin-address-wrong", Action: SignIn, Of: Address, For: Strangers, Burst: 30, Every: time.Minute, WrongOnly: true,
			Why: "leaked passwords are tried on many accounts"},
		{Name: "signin-everybody", Action: SignIn, Of: Everybody, For: Strangers, Burst: 100, Every: 100 * time.Millisecond,
			Why: "many computers cannot keep Directus busy either; known browsers do not count, and get through"},
		{Name: "signin-device", Action: SignIn, Of: Device, For: Trusted, Burst: 30, Every: 2 * time.Second,
			Why: "instead of the address, which may be shared with an attacker"},
		{Name: "signin-pace", Action: SignIn, Of: Account, For: Strangers, Burst: 8, Every: 10 * time.Minute, WrongOnly: true, Success: true, Reset: true,
			Why: "guessing becomes slow before it ends"},
		{Name: "signin-strangers", Action: SignIn, Of: Account, For: Strangers, Burst: 10, Every: month, WrongOnly: true, Success: true, Reset: true,
			Why: "then the account is closed to strangers, until its owner signs in or chooses a new password"},
		{Name: "signin-known", Action: SignIn, Of: Device, For: Trusted, Burst: 8, Every: day, WrongOnly: true, Success: true, Reset: true,
			Why: "each known browser has its own, so that nobody else uses it up"},
		{Name: "signin-strangers-total", Action: SignIn, Of: Account, For: Strangers, Burst: 14, Every: month, WrongOnly: true, Success: true, Bucket: "signin-total",
			Why: "a new password does not reset Directus' count, a success does"},
		{Name: "signin-total", Action: SignIn, Of: Account, For: Trusted, Burst: 23, Kept: 2, Every: month, WrongOnly: true, Success: true,
			Why: "Directus suspends an account for more than 25; the last two, a password and its code, are for whoever has chosen a new password by mail, so that no known browser shuts its owner out"},

		{Name: "recovery-address", Action: Recovery, Of: Address, For: All, Burst: 20, Every: time.Minute,
			Why: "codes have 100 bits: this spares Directus the searching"},
		{Name: "recovery-account", Action: Recovery, Of: Account, For: All, Burst: 10, Every: 5 * time.Minute,
			Why: "likewise, from many addresses"},

		{Name: "signup-address", Action: SignUp, Of: Address, For: All, Burst: 20, Every: 2 * time.Minute,
			Why: "a household or a class signs up; a robot does not fill the site"},
		{Name: "signup-account", Action: SignUp, Of: Account, For: All, Burst: 5, Every: 10 * time.Minute, WrongOnly: true,
			Why: "signing up again mails again"},
		{Name: "signup-everybody", Action: SignUp, Of: Everybody, For: All, Burst: 60, Every: 200 * time.Millisecond,
			Why: "robots from everywhere"},

		{Name: "mail-address", Action: Mail, Of: Address, For: All, Burst: 15, Every: 2 * time.Minute,
			Why: "nobody has us mail to many people"},
		{Name: "mail-account", Action: Mail, Of: Account, For: All, Burst: 5, Every: 20 * time.Minute, WrongOnly: true,
			Why: "nobody has us fill somebody's inbox; whoever waits for a mail has five by then"},
		{Name: "mail-everybody", Action: Mail, Of: Everybody, For: All, Burst: 60, Every: 500 * time.Millisecond,
			Why: "mail providers block who sends too much"},

		{Name: "link-address", Action: Link, Of: Address, For: All, Burst: 20, Every: 10 * time.Second,
			Why: "tokens are signed and cannot be guessed: this spares Directus the checking"},
		{Name: "link-everybody", Action: Link, Of: Everybody, For: All, Burst: 60, Every: 100 * time.Millisecond,
			Why: "likewise, from many addresses"},
	}
}
