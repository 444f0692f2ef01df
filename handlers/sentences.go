package handlers

import "hutch/words"

// Every sentence that a visitor may be told when something goes wrong; the words
// themselves are in the catalogue. Nothing that Directus says is ever shown
// instead.
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
)
