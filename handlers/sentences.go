package handlers

import "hutch/internal/i18n"

// What a form says beside its fields and above them, and what is said on the next
// page when all went well. The words themselves are in the catalogue; what a
// whole page says of a problem is named in problem.go. Nothing that Directus says
// is ever shown instead.
const (
	sayEnterEmail         i18n.Message = "error.enteremail"
	sayEmailShape         i18n.Message = "error.emailshape"
	sayEnterPassword      i18n.Message = "error.enterpassword"
	sayChoosePassword     i18n.Message = "error.choosepassword"
	sayPasswordShort      i18n.Message = "error.passwordshort"
	sayPasswordLong       i18n.Message = "error.passwordlong"
	sayPasswordText       i18n.Message = "error.passwordtext"
	sayPasswordPolicy     i18n.Message = "error.passwordpolicy"
	sayEmailNotAccepted   i18n.Message = "error.emailnotaccepted"
	sayWrongCredentials   i18n.Message = "error.wrongcredentials"
	saySignInOff          i18n.Message = "error.signinoff"
	sayNotSignedUp        i18n.Message = "error.notsignedup"
	sayWrongPassword      i18n.Message = "error.wrongpassword"
	sayEnterNewEmail      i18n.Message = "error.enternewemail"
	saySameEmail          i18n.Message = "error.sameemail"
	sayEmailTaken         i18n.Message = "error.emailtaken"
	sayEmailNotChangeable i18n.Message = "error.emailnotchangeable"
	sayFormUnavailable    i18n.Message = "error.unavailable"
	sayFormLate           i18n.Message = "error.late"
	sayChangeUnsure       i18n.Message = "error.unsure"
	sayTooMany            i18n.Message = "error.toomany"
	sayTooManyGuesses     i18n.Message = "error.toomanyguesses"
	sayTooManyMails       i18n.Message = "error.toomanymails"

	sayPasswordCommon        i18n.Message = "error.passwordcommon"
	saySamePassword          i18n.Message = "error.samepassword"
	sayPasswordNotChangeable i18n.Message = "error.passwordnotchangeable"
	sayEnterCode             i18n.Message = "error.entercode"
	sayWrongCode             i18n.Message = "error.wrongcode"
	sayWrongRecovery         i18n.Message = "error.wrongrecovery"
	sayTwoFactorMoved        i18n.Message = "error.twofactormoved"
	sayFillIn                i18n.Message = "error.fillin"
	sayTooLong               i18n.Message = "error.toolong"
	sayWholeNumber           i18n.Message = "error.wholenumber"
	sayNumber                i18n.Message = "error.number"
	sayDate                  i18n.Message = "error.date"
	sayTime                  i18n.Message = "error.time"
	sayMoment                i18n.Message = "error.moment"
	sayChoose                i18n.Message = "error.choose"
	sayNotAccepted           i18n.Message = "error.notaccepted"
	sayNotSaved              i18n.Message = "error.notsaved"
	sayNotChangeable         i18n.Message = "error.notchangeable"
	sayChoosePicture         i18n.Message = "error.choosepicture"
	sayPictureLarge          i18n.Message = "error.picturelarge"
	sayPictureType           i18n.Message = "error.picturetype"
	sayPicturePixels         i18n.Message = "error.picturepixels"
	sayTypedAddress          i18n.Message = "error.typedaddress"
	sayLastAdministrator     i18n.Message = "error.lastadministrator"
	sayStillReferred         i18n.Message = "error.stillreferred"
	sayFilesGone             i18n.Message = "error.filesgone"
	sayPasswordUnsure        i18n.Message = "error.passwordunsure"

	noticeWelcome             i18n.Message = "signup.done"
	noticeResent              i18n.Message = "inbox.resent"
	noticeVerified            i18n.Message = "verify.done"
	noticeInvited             i18n.Message = "invite.done"
	noticeSignedIn            i18n.Message = "signin.done"
	noticeBeginAgain          i18n.Message = "signin.again"
	noticeTooManyCodes        i18n.Message = "signin.toomany"
	noticeSignedOut           i18n.Message = "signout.done"
	noticeEnded               i18n.Message = "signin.ended"
	noticeMembersOnly         i18n.Message = "signin.senthere"
	noticeReset               i18n.Message = "reset.done"
	noticeResetHere           i18n.Message = "reset.donehere"
	noticeRecovered           i18n.Message = "recovery.done"
	noticeRecoveredHere       i18n.Message = "recovery.donehere"
	noticeProfileSaved        i18n.Message = "profile.saved"
	noticeUnchanged           i18n.Message = "profile.unchanged"
	noticeAvatarSaved         i18n.Message = "avatar.saved"
	noticeAvatarRemoved       i18n.Message = "avatar.removed"
	noticeEmailChanged        i18n.Message = "email.changed"
	noticePasswordChanged     i18n.Message = "password.changed"
	noticePasswordChangedHere i18n.Message = "password.changedhere"
	noticeTwoFactorOn         i18n.Message = "twofactor.enabled"
	noticeTwoFactorOff        i18n.Message = "twofactor.disabled"
	noticeDeleted             i18n.Message = "delete.done"
)

// notices are what one page can leave the next one to say.
func notices() []i18n.Message {
	return []i18n.Message{
		noticeWelcome, noticeResent, noticeVerified, noticeInvited, noticeSignedIn, noticeBeginAgain,
		noticeTooManyCodes, noticeSignedOut, noticeEnded, noticeMembersOnly, noticeReset, noticeResetHere,
		noticeRecovered, noticeRecoveredHere, noticeProfileSaved, noticeUnchanged, noticeAvatarSaved,
		noticeAvatarRemoved, noticeEmailChanged, noticePasswordChanged, noticePasswordChangedHere,
		noticeTwoFactorOn, noticeTwoFactorOff, noticeDeleted, sayNotChangeable,
	}
}
