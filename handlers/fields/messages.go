package fields

import "hutch/internal/i18n"

// What stands beside a field. The texts are in the catalogue (internal/i18n).
const (
	MsgFillIn         i18n.Message = "error.fillin"
	MsgTooLong        i18n.Message = "error.toolong"
	MsgOutOfRange     i18n.Message = "error.outofrange"
	MsgTaken          i18n.Message = "error.taken"
	MsgWholeNumber    i18n.Message = "error.wholenumber"
	MsgNumber         i18n.Message = "error.number"
	MsgDate           i18n.Message = "error.date"
	MsgTime           i18n.Message = "error.time"
	MsgMoment         i18n.Message = "error.moment"
	MsgChoose         i18n.Message = "error.choose"
	MsgNotAccepted    i18n.Message = "error.notaccepted"
	MsgNotSaved       i18n.Message = "error.notsaved"
	MsgEmailShape     i18n.Message = "error.emailshape"
	MsgEmailTaken     i18n.Message = "error.emailtaken"
	MsgPasswordPolicy i18n.Message = "error.passwordpolicy"
	MsgChooseFile     i18n.Message = "error.choosefile"
	MsgFileLarge      i18n.Message = "error.filelarge"
	MsgFileType       i18n.Message = "error.filetype"
	MsgPictureType    i18n.Message = "error.picturetype"
	MsgNotChangeable  i18n.Message = "error.notchangeable"
)
