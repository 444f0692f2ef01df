package limits

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/netip"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Who attempts something. Nothing of it is kept in clear.
type Who struct {
	IP      string // as the visitor's address is written
	Account string // of an email address, by [AccountOf]; empty: none is named
	// Device is a browser that has signed in to the account before; empty: this
	// is a stranger to it.
	Device string
	// ChoseAnew: in this browser the account's password was chosen by a mailed link,
	// and has not been used since.
	ResetHere bool
}

// AccountOf is what email addresses of one account have in common. Directus
// looks for them without regard to case, and some databases (MySQL's usual
// collations) without regard to accents and to signs that do not show: spellings
// that they take for one must be one here, or each would be guessed at anew. Two
// accounts that are merely alike share their limits then, and nothing else.
func AccountOf(email string) string {
	plain := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII && !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return -1
		}
		return r
	}, norm.NFKD.String(strings.TrimSpace(email)))
	return cases.Fold().String(plain)
}

// network is the address as it is counted. Whoever has an IPv6 address has all
// of its /64 (RFC 6177).
func network(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	if address = address.Unmap().WithZone(""); address.Is4() {
		return address.String()
	}
	prefix, _ := address.Prefix(64) // no error for 64 bits of 128
	return prefix.Masked().String()
}

// keySize is what is kept of a hash, in bytes: nobody finds two subjects with the
// same.
const keySize = 16

// key names the bucket of a subject in its row, so that nobody can tell from it
// whose it is without the secret.
func (l *Limits) key(limit Limit, who Who) (key [keySize]byte) {
	var subject string
	switch limit.Of {
	case Address:
		subject = network(who.IP)
	case Account:
		subject = who.Account
	case Device:
		subject = who.Account + "\x00" + who.Device
	case Everybody:
	}
	mac := hmac.New(sha256.New, l.secret)
	mac.Write([]byte(limit.bucket() + "\x00" + subject))
	copy(key[:], mac.Sum(nil))
	return key
}
