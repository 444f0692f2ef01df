package sandbox

import (
	"crypto/subtle"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// generate creates a two-factor secret and returns it to the member; only enable
// stores it. Storing and removing it are changes by the caller, who needs the
// permission to update "tfa_secret".

// otpFits checks a code against a user's secret. Only the code of the current 30
// seconds is valid.
func (s *Sandbox) otpFits(code, secret string) bool {
	current, err := totp.GenerateCodeCustom(secret, s.now(), totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix})
	return err == nil && subtle.ConstantTimeCompare([]byte(code), []byte(current)) == 1
}

// generateTFA is POST /users/me/tfa/generate {password}.
func (s *Sandbox) generateTFA(c *call) error {
	m, body, err := s.callerWith(c)
	if err != nil {
		return err
	}
	if m.provider == "default" {
		password, _ := body["password"].(string)
		if password == "" {
			return invalidPayload(`"password" is required`)
		}
		if !s.matches(password, m.password) {
			return invalidCredentials()
		}
	}
	if m.tfaSecret != "" {
		return invalidPayload("TFA Secret is already set for this user")
	}
	if m.email == "" {
		return invalidPayload("User must have a valid email to enable TFA")
	}
	settings, err := s.settings(c.r.Context(), s.db)
	if err != nil {
		return err
	}
	issuer := asText(settings["project_name"])
	if issuer == "" {
		issuer = "Directus"
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: m.email, SecretSize: 10})
	if err != nil {
		return err
	}
	return c.writeData(map[string]any{"secret": key.Secret(), "otpauth_url": key.URL()})
}

// enableTFA is POST /users/me/tfa/enable {secret, otp}.
func (s *Sandbox) enableTFA(c *call) error {
	m, body, err := s.callerWith(c)
	if err != nil {
		return err
	}
	secret, _ := body["secret"].(string)
	if secret == "" {
		return invalidPayload(`"secret" is required`)
	}
	code, err := codeIn(body)
	if err != nil {
		return err
	}
	if m.tfaSecret != "" {
		return invalidPayload("TFA Secret is already set for this user")
	}
	if !s.otpFits(code, secret) {
		return invalidPayload(`"otp" is invalid`)
	}
	return s.setTFA(c, m.id, secret)
}

// disableTFA is POST /users/me/tfa/disable {otp}.
func (s *Sandbox) disableTFA(c *call) error {
	m, body, err := s.callerWith(c)
	if err != nil {
		return err
	}
	code, err := codeIn(body)
	if err != nil {
		return err
	}
	if m.tfaSecret == "" {
		return invalidPayload(`User "%s" doesn't have TFA enabled`, m.id)
	}
	if !s.otpFits(code, m.tfaSecret) {
		return invalidPayload(`"otp" is invalid`)
	}
	return s.setTFA(c, m.id, nil)
}

// disableTFAOf is POST /users/:id/tfa/disable, with which an administrator helps
// somebody who has lost their codes.
func (s *Sandbox) disableTFAOf(c *call) error {
	if c.who.user == "" {
		return invalidCredentials()
	}
	if !c.who.admin {
		return forbidden()
	}
	return s.setTFA(c, c.r.PathValue("key"), nil)
}

// callerWith returns the caller's account and the body.
func (s *Sandbox) callerWith(c *call) (member, map[string]any, error) {
	if c.who.user == "" {
		return member{}, nil, invalidCredentials()
	}
	body, err := c.object()
	if err != nil {
		return member{}, nil, err
	}
	m, err := memberWhere(c.r.Context(), s.db, `id = ?`, c.who.user)
	return m, body, err
}

// codeIn returns the code in a body. One that is not text is never valid.
func codeIn(body map[string]any) (string, error) {
	if code := body["otp"]; code == nil || code == "" {
		return "", invalidPayload(`"otp" is required`)
	}
	code, _ := body["otp"].(string)
	return code, nil
}

func (s *Sandbox) setTFA(c *call, user string, secret any) error {
	err := s.inTransaction(c.r.Context(), func(tx querier) error {
		users, allowed := s.schema.collection("directus_users"), func() error { return nil }
		return s.update(c.r.Context(), tx, c.who, users, user, item{"tfa_secret": secret}, allowed)
	})
	if err != nil {
		return err
	}
	return c.writeNothing()
}
