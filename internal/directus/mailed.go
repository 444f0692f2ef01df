package directus

import "github.com/golang-jwt/jwt/v5"

// MailedAddress returns the email address that the token of a mailed link is for (a
// reset or an invitation), or "". It is unverified until Directus has accepted the
// token.
func MailedAddress(token string) string {
	var claims struct {
		Email string `json:"email"`
		jwt.RegisteredClaims
	}
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		return ""
	}
	return claims.Email
}
