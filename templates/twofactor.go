package templates

import (
	"slices"

	"hutch/internal/i18n"
)

// TwoFactor turns two-factor authentication on and off. Its state decides which
// form the page has.
type TwoFactor struct {
	withForm
	State TwoFactorState

	// While a code has to confirm the secret:
	QR     QR
	Secret string // for typing
	AppURL string // opens an authenticator app with it: what follows otpauth:

	// While the new codes are shown, once:
	Codes []string
	// Recovery means that this site has recovery codes, HasCodes that this member
	// has some.
	Recovery bool
	HasCodes bool
}

// TwoFactorState is the state of a member's two-factor authentication.
type TwoFactorState string

// The states, each with its own text.
const (
	TwoFactorOff       TwoFactorState = "off"
	TwoFactorConfirm   TwoFactorState = "confirm"   // the secret awaits its first code
	TwoFactorOn        TwoFactorState = "on"        //
	TwoFactorEnding    TwoFactorState = "ending"    // it is on, and the page turns it off
	TwoFactorForbidden TwoFactorState = "forbidden" // the role may not change it
	TwoFactorUnknown   TwoFactorState = "unknown"   // the site may not see whether it is on
	TwoFactorManaged   TwoFactorState = "managed"   // by an external provider
)

// QR is a QR code: the path of an SVG in a square of this many units.
type QR struct {
	Size int
	Path string
}

// NewTwoFactor returns the page of the member with this address, in a state.
func NewTwoFactor(email string, state TwoFactorState, recovery bool) TwoFactor {
	p := TwoFactor{State: state, Recovery: recovery}
	switch state {
	case TwoFactorOff:
		p.Form = twoFactorForm("/profile/two-factor", "twofactor.begin", PasswordField("current_password", "proof.password"))
	case TwoFactorConfirm:
		p.Form = twoFactorForm("/profile/two-factor/confirm", "twofactor.confirm", CodeField("code.label"))
	case TwoFactorEnding:
		p.Form = twoFactorForm("/profile/two-factor/off", "twofactor.switchoff", ProofFields(true)...)
	case TwoFactorOn, TwoFactorForbidden, TwoFactorUnknown, TwoFactorManaged:
	}
	p.Form.Username = email
	return p
}

func twoFactorForm(action string, submit i18n.Message, fields ...Field) Form {
	return Form{ID: "two-factor", Action: action, Submit: submit, Busy: "twofactor.busy", Fields: fields}
}

// Title returns what the page is called.
func (p TwoFactor) Title() i18n.Message {
	if p.State == TwoFactorEnding {
		return "twofactor.off"
	}
	return "twofactor.title"
}

// SecretGroups returns the secret in groups of four, which are easier to type.
func (p TwoFactor) SecretGroups() []string {
	var groups []string
	for group := range slices.Chunk([]byte(p.Secret), 4) {
		groups = append(groups, string(group))
	}
	return groups
}

func (TwoFactor) file() string { return "twofactor.html" }
