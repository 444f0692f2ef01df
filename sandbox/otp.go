package sandbox

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
)

// otpFits checks a code against a user's secret, by the usual rule (RFC 6238
// with SHA-1, six digits, 30 seconds, and no others than the current one).
func (s *Sandbox) otpFits(code, secret string) bool {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimRight(secret, "=")))
	if err != nil {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(code), []byte(oneTimeCode(key, s.now().Unix()/30))) == 1
}

// oneTimeCode is RFC 4226: the digest's last half byte says where to cut the
// number out.
func oneTimeCode(key []byte, counter int64) string {
	digest := hmac.New(sha1.New, key)
	_ = binary.Write(digest, binary.BigEndian, counter) // a hash takes everything
	sum := digest.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}
