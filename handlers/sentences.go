package handlers

// Every sentence that a visitor may be told when something goes wrong. Nothing
// that Directus says is ever shown instead.
const (
	sayNotFoundHeading = "Page not found"
	sayNotFound        = "There is nothing at this address. It may have moved, or the link may be wrong."

	sayUserNotFoundHeading = "User not found"
	sayUserNotFound        = "Your account is no longer there. If you did not expect this, ask whoever runs this site."

	sayWrongMethodHeading = "This does not work that way"
	sayWrongMethod        = "This address does not take what was sent to it. Please go back and use the page itself."

	sayTooLargeHeading = "That was too much"
	sayTooLarge        = "What you sent is larger than this form takes."

	sayBadRequestHeading = "That did not make sense"
	sayBadRequest        = "The request could not be read. Please go back and try again."

	sayCrossOriginHeading = "Not from there"
	sayCrossOrigin        = "This was sent from another site, so nothing has been changed. Please use the form on this site."

	sayUnavailableHeading = "The content service is not answering"
	sayUnavailable        = "Nothing is lost, and you are still signed in if you were. Please try again in a moment."

	sayTooMany = "That was tried too often. Please wait a moment and try again."

	sayBrokenHeading = "Something went wrong"
	sayBroken        = "The fault is ours, and it has been noted. Please try again later."

	sayClosedHeading = "Registration is closed"
	sayClosed        = "New accounts cannot be created here at the moment."

	sayNoImageSize = "This image is not served in that size or format."

	sayEnterEmail         = "Enter your email address."
	sayEmailShape         = "Enter an email address in the correct format, like name@example.com."
	sayEnterPassword      = "Enter your password."
	sayChoosePassword     = "Choose a password."
	sayPasswordShort      = "The password must have at least 8 characters."
	sayPasswordLong       = "The password must have at most 1,000 characters."
	sayPasswordText       = "The password contains something that is not text. Please type it again."
	sayPasswordPolicy     = "This password does not meet the rules of this site. Try a longer one with different kinds of characters."
	sayEmailNotAccepted   = "This address cannot be used to sign up here."
	sayWrongCredentials   = "The email address or the password is wrong."
	saySignInOff          = "Signing in is switched off at the moment."
	sayCodeNeeded         = "This account is protected by a second step, which this site cannot ask for yet."
	sayNotSignedUp        = "No account could be opened with this address and password. If you have one already, sign in with it."
	sayWrongPassword      = "The current password is wrong."
	sayEnterNewEmail      = "Enter the new email address."
	saySameEmail          = "This is your email address already."
	sayEmailTaken         = "This email address is already used by another account."
	sayEmailNotChangeable = "Your account may not change its email address. Ask whoever runs this site."
	sayFormUnavailable    = "The content service is not answering, so this could not be done. Please try again in a moment."
	sayChangeUnsure       = "The content service did not confirm the change. Reload the page to see whether it was made."
)
