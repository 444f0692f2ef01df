package handlers

import (
	"log/slog"

	"github.com/gin-gonic/gin"

	"hutch/internal/i18n"
)

// event is something that whoever guards the site wants to know, and look for by
// its name. docs/operations.md says when each is logged.
type event string

const (
	eventSignedIn          event = "signed_in"
	eventSignInRefused     event = "sign_in_refused"
	eventCodeRefused       event = "code_refused"
	eventProofRefused      event = "proof_refused"
	eventSignedOut         event = "signed_out"
	eventSignedUp          event = "signed_up"
	eventSessionEnded      event = "session_ended"
	eventSessionHealing    event = "session_healing"
	eventSessionTrouble    event = "session_trouble"
	eventForgedCookie      event = "forged_cookie"
	eventThrottled         event = "throttled"
	eventCrossOrigin       event = "cross_origin_refused"
	eventHookRefused       event = "hook_refused"
	eventEmailChanged      event = "email_changed"
	eventPasswordChanged   event = "password_changed"
	eventPasswordReset     event = "password_reset"
	eventResetRequested    event = "password_reset_requested"
	eventTwoFactorOn       event = "two_factor_on"
	eventTwoFactorOff      event = "two_factor_off"
	eventRecoveryUsed      event = "recovery_code_used"
	eventAccountDeleted    event = "account_deleted"
	eventInviteAccepted    event = "invitation_accepted"
	eventEmailConfirmed    event = "email_confirmed"
	eventOverloaded        event = "overloaded"
	eventRefusedByDirectus event = "refused_by_directus"
)

// level is a warning for what may be somebody's attempt, or trouble.
func (e event) level() slog.Level {
	switch e {
	case eventSignInRefused, eventCodeRefused, eventProofRefused, eventSessionTrouble, eventForgedCookie,
		eventThrottled, eventCrossOrigin, eventHookRefused, eventOverloaded, eventRefusedByDirectus:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// eventsOf are the events that a notice tells the visitor of: a change that went
// through is always told.
func eventsOf(told i18n.Message) []event {
	switch told {
	case noticeSignedIn:
		return []event{eventSignedIn}
	case noticeWelcome:
		return []event{eventSignedUp, eventSignedIn}
	case noticeSignedOut:
		return []event{eventSignedOut}
	case noticeVerified:
		return []event{eventEmailConfirmed}
	case noticeInvited:
		return []event{eventInviteAccepted}
	case noticeEmailChanged:
		return []event{eventEmailChanged}
	case noticePasswordChanged, noticePasswordChangedHere:
		return []event{eventPasswordChanged}
	case noticeReset, noticeResetHere:
		return []event{eventPasswordReset}
	case noticeTwoFactorOn:
		return []event{eventTwoFactorOn}
	case noticeTwoFactorOff:
		return []event{eventTwoFactorOff}
	case noticeRecovered, noticeRecoveredHere:
		return []event{eventRecoveryUsed}
	case noticeDeleted:
		return []event{eventAccountDeleted}
	}
	return nil
}

// event logs and counts it. Attributes are constants or what the log may hold: no
// address of a person, no part of a query, nothing that was typed.
func (s *site) event(c *gin.Context, e event, attrs ...any) {
	s.Metrics.Event(string(e))
	line := append(s.who(c), "event", string(e), "route", c.FullPath())
	if !signedIn(c) {
		if member := s.Sessions.MemberOf(c.Request); member != "" { // whose session has just ended
			line = append(line, "member", s.Pseudonyms.Of(member))
		}
	}
	s.Log.Log(c.Request.Context(), e.level(), "security", append(line, attrs...)...)
}
