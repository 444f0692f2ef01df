package account

import "hutch/handlers/web"

// What the page after a redirect says, and which security events it means.
var (
	noticeWelcome      = web.Notice{Text: "signup.done", Events: []web.Event{web.EventSignedUp, web.EventSignedIn}}
	noticeResent       = web.Notice{Text: "inbox.resent"}
	noticeVerified     = web.Notice{Text: "verify.done", Events: []web.Event{web.EventEmailConfirmed}}
	noticeInvited      = web.Notice{Text: "invite.done", Events: []web.Event{web.EventInviteAccepted}}
	noticeSignedIn     = web.Notice{Text: "signin.done", Events: []web.Event{web.EventSignedIn}}
	noticeBeginAgain   = web.Notice{Text: "signin.again"}
	noticeTooManyCodes = web.Notice{Text: "signin.toomany"}
	noticeSignedOut    = web.Notice{Text: "signout.done", Events: []web.Event{web.EventSignedOut}}
	noticeEnded        = web.Notice{Text: "signin.ended"}
	noticeMembersOnly  = web.Notice{Text: "signin.senthere"}
	noticeReset        = web.Notice{Text: "reset.done", Events: []web.Event{web.EventPasswordReset}}
	noticeResetHere    = web.Notice{Text: "reset.donehere", Events: []web.Event{web.EventPasswordReset}}
	noticeRecovered    = web.Notice{Text: "recovery.done", Events: []web.Event{web.EventRecoveryUsed}}
	// noticeRecoveredHere is for a Directus that does not end the other sessions.
	noticeRecoveredHere       = web.Notice{Text: "recovery.donehere", Events: []web.Event{web.EventRecoveryUsed}}
	noticeProfileSaved        = web.Notice{Text: "profile.saved"}
	noticeUnchanged           = web.Notice{Text: "profile.unchanged"}
	noticeAvatarSaved         = web.Notice{Text: "avatar.saved"}
	noticeAvatarRemoved       = web.Notice{Text: "avatar.removed"}
	noticeNotChangeable       = web.Notice{Text: msgNotChangeable}
	noticeEmailChanged        = web.Notice{Text: "email.changed", Events: []web.Event{web.EventEmailChanged}}
	noticePasswordChanged     = web.Notice{Text: "password.changed", Events: []web.Event{web.EventPasswordChanged}}
	noticePasswordChangedHere = web.Notice{Text: "password.changedhere", Events: []web.Event{web.EventPasswordChanged}}
	noticeTwoFactorOn         = web.Notice{Text: "twofactor.enabled", Events: []web.Event{web.EventTwoFactorOn}}
	noticeTwoFactorOff        = web.Notice{Text: "twofactor.disabled", Events: []web.Event{web.EventTwoFactorOff}}
	noticeDeleted             = web.Notice{Text: "delete.done", Events: []web.Event{web.EventAccountDeleted}}
)
