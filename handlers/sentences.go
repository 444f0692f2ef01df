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
	sayCodeNeeded         words.Message = "error.codeneeded"
	sayNotSignedUp        words.Message = "error.notsignedup"
	sayWrongPassword      words.Message = "error.wrongpassword"
	sayEnterNewEmail      words.Message = "error.enternewemail"
	saySameEmail          words.Message = "error.sameemail"
	sayEmailTaken         words.Message = "error.emailtaken"
	sayEmailNotChangeable words.Message = "error.emailnotchangeable"
	sayFormUnavailable    words.Message = "error.unavailable"
	sayChangeUnsure       words.Message = "error.unsure"
	sayTooMany            words.Message = "error.toomany"

	noticeEmailChanged words.Message = "profile.changed"
	noticeWelcome      words.Message = "signup.done"
	noticeSignedIn     words.Message = "signin.done"
	noticeSignedOut    words.Message = "signout.done"
	noticeEnded        words.Message = "signin.ended"
	noticeMembersOnly  words.Message = "signin.senthere"
)

// notices are what one page can leave the next one to say.
func notices() []words.Message {
	return []words.Message{noticeEmailChanged, noticeWelcome, noticeSignedIn, noticeSignedOut, noticeEnded, noticeMembersOnly}
}
