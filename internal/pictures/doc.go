// Package pictures judges pictures that visitors upload, and drops what such a file
// tells beside the picture: where and when it was taken, with which camera, by whom.
//
//	bytes ─▶ Of: the format, by the first bytes ─▶ Size ─▶ Bare: the picture alone
//
// It owns the list of formats. It never decodes a picture to its pixels, which takes
// a hundred times the memory of the file: Bare copies the parts of the file that a
// picture is drawn from. A new format is a row in formats.go.
package pictures
