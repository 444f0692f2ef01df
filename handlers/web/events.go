package web

import "log/slog"

// Event is a security event: something that whoever guards the site wants to know
// and searches for by its name. docs/operations.md says when each is logged.
type Event string

const (
	EventSignedIn          Event = "signed_in"
	EventSignInRefused     Event = "sign_in_refused"
	EventCodeRefused       Event = "code_refused"
	EventProofRefused      Event = "proof_refused"
	EventSignedOut         Event = "signed_out"
	EventSignedUp          Event = "signed_up"
	EventSessionEnded      Event = "session_ended"
	EventSessionRetrying   Event = "session_retrying"
	EventSessionTrouble    Event = "session_trouble"
	EventForgedCookie      Event = "forged_cookie"
	EventThrottled         Event = "throttled"
	EventCrossOrigin       Event = "cross_origin_refused"
	EventHookRefused       Event = "hook_refused"
	EventEmailChanged      Event = "email_changed"
	EventPasswordChanged   Event = "password_changed"
	EventPasswordReset     Event = "password_reset"
	EventResetRequested    Event = "password_reset_requested"
	EventTwoFactorOn       Event = "two_factor_on"
	EventTwoFactorOff      Event = "two_factor_off"
	EventRecoveryUsed      Event = "recovery_code_used"
	EventAccountDeleted    Event = "account_deleted"
	EventInviteAccepted    Event = "invitation_accepted"
	EventEmailConfirmed    Event = "email_confirmed"
	EventOverloaded        Event = "overloaded"
	EventRefusedByDirectus Event = "refused_by_directus"
)

// level returns a warning for what may be an attack, or trouble.
func (e Event) level() slog.Level {
	switch e {
	case EventSignInRefused, EventCodeRefused, EventProofRefused, EventSessionTrouble, EventForgedCookie,
		EventThrottled, EventCrossOrigin, EventHookRefused, EventOverloaded, EventRefusedByDirectus:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}
