package templates

import "hutch/internal/i18n"

// TwoFactor is where members switch the second step of signing in on and off.
// Which of its forms the page has depends on where they stand.
type TwoFactor struct {
	withForm
	State TwoFactorState

	// Of the step that confirms the code:
	QR     QR
	Secret string // as people type it

	// Of the page that shows them, this once:
	Codes []string
	// Recovery: codes can be had on this site. HasCodes: this member has some.
	Recovery bool
	HasCodes bool
}

// TwoFactorState is where a member stands.
type TwoFactorState string

// The states, each with a text of its own.
const (
	TwoFactorOff       TwoFactorState = "off"
	TwoFactorConfirm   TwoFactorState = "confirm"   // the secret is made, and waits for a code
	TwoFactorOn        TwoFactorState = "on"        //
	TwoFactorForbidden TwoFactorState = "forbidden" // the role may not change it
	TwoFactorUnknown   TwoFactorState = "unknown"   // whether it is on, this site may not see
	TwoFactorManaged   TwoFactorState = "managed"   // by an external provider
)

// QR is a code to be scanned: the path of an SVG in a square of so many units.
type QR struct {
	Size int
	Path string
}

// NewTwoFactor returns the page in a state.
func NewTwoFactor(state TwoFactorState, recovery bool) TwoFactor {
	p := TwoFactor{State: state, Recovery: recovery}
	switch state {
	case TwoFactorOff:
		p.Form = twoFactorForm("/profile/two-factor", "twofactor.begin", PasswordField("current_password", "proof.password"))
	case TwoFactorConfirm:
		p.Form = twoFactorForm("/profile/two-factor/confirm", "twofactor.confirm", CodeField("code.label"))
	case TwoFactorOn:
		p.Form = twoFactorForm("/profile/two-factor/off", "twofactor.switchoff", ProofFields(true)...)
	case TwoFactorForbidden, TwoFactorUnknown, TwoFactorManaged:
	}
	return p
}

func twoFactorForm(action string, submit i18n.Message, fields ...Field) Form {
	return Form{ID: "two-factor", Action: action, Submit: submit, Busy: "twofactor.busy", Fields: fields}
}

func (TwoFactor) file() string { return "twofactor.html" }
