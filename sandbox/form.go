package sandbox

import (
	"net/mail"
	"regexp"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// emailIn returns the field "email" of a body.
func emailIn(body map[string]any) (string, error) {
	email, err := textIn(body, "email")
	if err != nil {
		return "", err
	}
	if !isEmail(email) {
		return "", invalidPayload(`"email" must be a valid email`)
	}
	return email, nil
}

// textIn returns a required text field of a body.
func textIn(body map[string]any, name string) (string, error) {
	value, given := body[name]
	if !given {
		return "", invalidPayload(`"%s" is required`, name)
	}
	text, ok := value.(string)
	if !ok {
		return "", invalidPayload(`"%s" must be a string`, name)
	}
	if text == "" {
		return "", invalidPayload(`"%s" is not allowed to be empty`, name)
	}
	return text, nil
}

// modeIn returns the mode in which a sign-in wants its tokens.
func modeIn(body map[string]any) (string, error) {
	mode, given := body["mode"]
	switch {
	case !given:
		return "json", nil
	case mode == "json", mode == "session":
		return mode.(string), nil
	case mode == "cookie":
		return "", invalidPayload(`"mode" cookie is not part of the sandbox`)
	}
	return "", invalidPayload(`"mode" must be one of [cookie, json, session]`)
}

// isEmail is close to what Directus accepts: a plain address with an existing
// top-level domain.
func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text || len(text) > 254 {
		return false
	}
	local, domain, _ := strings.Cut(text, "@")
	if len(local) > 64 || strings.ContainsAny(local, `"`) {
		return false
	}
	if !regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?\.)+[a-zA-Z]{2,63}$`).MatchString(domain) {
		return false
	}
	// A suffix without a dot that is not ICANN's does not exist.
	suffix, icann := publicsuffix.PublicSuffix(strings.ToLower(domain))
	return icann || strings.Contains(suffix, ".")
}
