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

// Who is the origin of an attempt. Nothing of it is stored in plain text.
type Who struct {
	IP      string // as the visitor's address is written
	Account string // of an email address, by [AccountOf]; empty if none is named
	// Device is the id of a browser that has signed in to the account before; empty
	// for a stranger.
	Device string
	// Code is a two-factor code, for the limit that counts it.
	Code string
	// ResetHere means that the account's password was reset in this browser through
	// a mailed link and has not been used since.
	ResetHere bool
}

// AccountOf returns what all spellings of one account's email address have in
// common. Directus looks addresses up regardless of case, and some databases (with
// MySQL's usual collations) regardless of accents and invisible characters.
// Spellings that they treat as equal must be equal here, or each would allow its
// own guesses. If two accounts merely look alike, they share their limits and
// nothing else.
func AccountOf(email string) string {
	plain := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII && !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return -1
		}
		return r
	}, norm.NFKD.String(strings.TrimSpace(email)))
	return cases.Fold().String(plain)
}

// NetworkOf returns the network that an address is counted by: an IPv6 host
// controls its whole /64 (RFC 6177).
func NetworkOf(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	if address = address.Unmap().WithZone(""); address.Is4() {
		return address.String()
	}
	prefix, _ := address.Prefix(64) // cannot fail for 64 of 128 bits
	return prefix.Masked().String()
}

// keySize is the length of a truncated hash in bytes, long enough that nobody finds
// a collision.
const keySize = 16

// key returns the key of a subject's bucket in its row. Without the secret nobody
// can tell from it who the subject is.
func (l *Limits) key(limit Limit, who Who) (key [keySize]byte) {
	var subject string
	switch limit.Of {
	case Address:
		subject = NetworkOf(who.IP)
	case Account:
		subject = who.Account
	case Device:
		subject = who.Account + "\x00" + who.Device
	case OneCode:
		subject = who.Account + "\x00" + who.Code
	case Everybody:
	}
	mac := hmac.New(sha256.New, l.secret)
	mac.Write([]byte(limit.bucket() + "\x00" + subject))
	copy(key[:], mac.Sum(nil))
	return key
}
