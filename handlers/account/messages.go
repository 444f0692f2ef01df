package account

import (
	"hutch/handlers/web"
	"hutch/internal/i18n"
)

// What forms say beside their fields and above them. The texts are in the catalogue
// (internal/i18n); the messages of problem pages are named in web/problem.go. Nothing
// that Directus says is ever shown instead.
const (
	msgEnterEmail         i18n.Message = "error.enteremail"
	msgEnterPassword      i18n.Message = "error.enterpassword"
	msgChoosePassword     i18n.Message = "error.choosepassword"
	msgPasswordShort      i18n.Message = "error.passwordshort"
	msgPasswordLong       i18n.Message = "error.passwordlong"
	msgPasswordText       i18n.Message = "error.passwordtext"
	msgEmailNotAccepted   i18n.Message = "error.emailnotaccepted"
	msgWrongCredentials   i18n.Message = "error.wrongcredentials"
	msgSignInOff          i18n.Message = "error.signinoff"
	msgNotSignedUp        i18n.Message = "error.notsignedup"
	msgWrongPassword      i18n.Message = "error.wrongpassword"
	msgEnterNewEmail      i18n.Message = "error.enternewemail"
	msgSameEmail          i18n.Message = "error.sameemail"
	msgEmailNotChangeable i18n.Message = "error.emailnotchangeable"
	msgFormUnavailable    i18n.Message = "error.unavailable"
	msgFormLate           i18n.Message = "error.late"
	msgChangeUnsure       i18n.Message = "error.unsure"
	msgTooManyGuesses     i18n.Message = "error.toomanyguesses"
	msgTooManyMails       i18n.Message = "error.toomanymails"

	msgPasswordCommon        i18n.Message = "error.passwordcommon"
	msgSamePassword          i18n.Message = "error.samepassword"
	msgPasswordNotChangeable i18n.Message = "error.passwordnotchangeable"
	msgEnterCode             i18n.Message = "error.entercode"
	msgWrongCode             i18n.Message = "error.wrongcode"
	msgUsedCode              i18n.Message = "error.usedcode"
	msgWrongRecovery         i18n.Message = "error.wrongrecovery"
	msgTwoFactorMoved        i18n.Message = "error.twofactormoved"
	msgNotChangeable         i18n.Message = "error.notchangeable"
	msgChoosePicture         i18n.Message = "error.choosepicture"
	msgPictureLarge          i18n.Message = "error.picturelarge"
	msgPictureType           i18n.Message = "error.picturetype"
	msgPicturePixels         i18n.Message = "error.picturepixels"
	msgTypedAddress          i18n.Message = "error.typedaddress"
	msgLastAdministrator     i18n.Message = "error.lastadministrator"
	msgStillReferred         i18n.Message = "error.stillreferred"
	msgFilesGone             i18n.Message = "error.filesgone"
	msgPasswordUnsure        i18n.Message = "error.passwordunsure"
)

// What the page after a redirect says, and which security events it means.
var (
	noticeWelcome      = web.Notice{Text: "signup.done", Events: []web.Event{web.EventSignedUp, web.EventSignedIn}}
	noticeResent       = web.Notice{Text: "inbox.resent"}
	noticeResetResent  = web.Notice{Text: "forgot.resent"}
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
	noticeEmailChangedHere    = web.Notice{Text: "email.changedhere", Events: []web.Event{web.EventEmailChanged}}
	noticePasswordChanged     = web.Notice{Text: "password.changed", Events: []web.Event{web.EventPasswordChanged}}
	noticePasswordChangedHere = web.Notice{Text: "password.changedhere", Events: []web.Event{web.EventPasswordChanged}}
	noticeTwoFactorOn         = web.Notice{Text: "twofactor.enabled", Events: []web.Event{web.EventTwoFactorOn}}
	noticeTwoFactorOff        = web.Notice{Text: "twofactor.disabled", Events: []web.Event{web.EventTwoFactorOff}}
	noticeTwoFactorOnHere     = web.Notice{Text: "twofactor.enabledhere", Events: []web.Event{web.EventTwoFactorOn}}
	noticeTwoFactorOffHere    = web.Notice{Text: "twofactor.disabledhere", Events: []web.Event{web.EventTwoFactorOff}}
	noticeDeleted             = web.Notice{Text: "delete.done", Events: []web.Event{web.EventAccountDeleted}}
)
