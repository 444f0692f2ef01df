package handlers

import "hutch/words"

// What a form says beside its fields and above them, and what is said on the next
// page when all went well. The words themselves are in the catalogue; what a
// whole page says of a problem is named in problem.go. Nothing that Directus says
// is ever shown instead.
const (
	sayEnterEmail         words.Message = "error.enteremail"
	sayEmailShape         words.Message = "error.emailshape"
	sayEnterPassword      words.Message = "error.enterpassword"
	sayChoosePassword     words.Message = "error.choosepassword"
	sayPasswordShort      words.Message = "error.passwordshort"
	sayPasswordLong       words.Message = "error.passwordlong"
	sayPasswordText       words.Message = "error.passwordtext"
	sayPasswordPolicy     words.Message = "error.passwordpolicy"
	sayEmailNotAccepted   words.Message = "error.emailnotaccepted"
	sayWrongCredentials   words.Message = "error.wrongcredentials"
	saySignInOff          words.Message = "error.signinoff"
	sayNotSignedUp        words.Message = "error.notsignedup"
	sayWrongPassword      words.Message = "error.wrongpassword"
	sayEnterNewEmail      words.Message = "error.enternewemail"
	saySameEmail          words.Message = "error.sameemail"
	sayEmailTaken         words.Message = "error.emailtaken"
	sayEmailNotChangeable words.Message = "error.emailnotchangeable"
	sayFormUnavailable    words.Message = "error.unavailable"
	sayFormLate           words.Message = "error.late"
	sayChangeUnsure       words.Message = "error.unsure"
	sayTooMany            words.Message = "error.toomany"
	sayTooManyGuesses     words.Message = "error.toomanyguesses"
	sayTooManyMails       words.Message = "error.toomanymails"

	sayPasswordCommon        words.Message = "error.passwordcommon"
	saySamePassword          words.Message = "error.samepassword"
	sayPasswordNotChangeable words.Message = "error.passwordnotchangeable"
	sayEnterCode             words.Message = "error.entercode"
	sayWrongCode             words.Message = "error.wrongcode"
	sayWrongRecovery         words.Message = "error.wrongrecovery"
	sayTwoFactorMoved        words.Message = "error.twofactormoved"
	sayFillIn                words.Message = "error.fillin"
	sayTooLong               words.Message = "error.toolong"
	sayWholeNumber           words.Message = "error.wholenumber"
	sayNumber                words.Message = "error.number"
	sayDate                  words.Message = "error.date"
	sayTime                  words.Message = "error.time"
	sayMoment                words.Message = "error.moment"
	sayChoose                words.Message = "error.choose"
	sayNotAccepted           words.Message = "error.notaccepted"
	sayNotSaved              words.Message = "error.notsaved"
	sayNotChangeable         words.Message = "error.notchangeable"
	sayChoosePicture         words.Message = "error.choosepicture"
	sayPictureLarge          words.Message = "error.picturelarge"
	sayPictureType           words.Message = "error.picturetype"
	sayPicturePixels         words.Message = "error.picturepixels"
	sayTypedAddress          words.Message = "error.typedaddress"
	sayLastAdministrator     words.Message = "error.lastadministrator"
	sayStillReferred         words.Message = "error.stillreferred"
	sayFilesGone             words.Message = "error.filesgone"
	sayPasswordUnsure        words.Message = "error.passwordunsure"

	noticeWelcome             words.Message = "signup.done"
	noticeResent              words.Message = "inbox.resent"
	noticeVerified            words.Message = "verify.done"
	noticeInvited             words.Message = "invite.done"
	noticeSignedIn            words.Message = "signin.done"
	noticeBeginAgain          words.Message = "signin.again"
	noticeTooManyCodes        words.Message = "signin.toomany"
	noticeSignedOut           words.Message = "signout.done"
	noticeEnded               words.Message = "signin.ended"
	noticeMembersOnly         words.Message = "signin.senthere"
	noticeReset               words.Message = "reset.done"
	noticeResetHere           words.Message = "reset.donehere"
	noticeRecovered           words.Message = "recovery.done"
	noticeRecoveredHere       words.Message = "recovery.donehere"
	noticeProfileSaved        words.Message = "profile.saved"
	noticeUnchanged           words.Message = "profile.unchanged"
	noticeAvatarSaved         words.Message = "avatar.saved"
	noticeAvatarRemoved       words.Message = "avatar.removed"
	noticeEmailChanged        words.Message = "email.changed"
	noticePasswordChanged     words.Message = "password.changed"
	noticePasswordChangedHere words.Message = "password.changedhere"
	noticeTwoFactorOn         words.Message = "twofactor.enabled"
	noticeTwoFactorOff        words.Message = "twofactor.disabled"
	noticeDeleted             words.Message = "delete.done"
)

// notices are what one page can leave the next one to say.
func notices() []words.Message {
	return []words.Message{
		noticeWelcome, noticeResent, noticeVerified, noticeInvited, noticeSignedIn, noticeBeginAgain,
		noticeTooManyCodes, noticeSignedOut, noticeEnded, noticeMembersOnly, noticeReset, noticeResetHere,
		noticeRecovered, noticeRecoveredHere, noticeProfileSaved, noticeUnchanged, noticeAvatarSaved,
		noticeAvatarRemoved, noticeEmailChanged, noticePasswordChanged, noticePasswordChangedHere,
		noticeTwoFactorOn, noticeTwoFactorOff, noticeDeleted, sayNotChangeable,
	}
}
