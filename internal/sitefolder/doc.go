// Package sitefolder reads the folder in which a team keeps what makes Hutch its own site:
//
//	site.toml    collections, and settings that are no secrets
//	templates/   templates that replace ours, and those of collections and blocks
//	static/      files that replace ours or come besides
//	i18n/        messages that replace ours, and languages
//
// It is read into memory, so that a site is made of one state of it:
//
//	Find ─▶ Folder ─▶ Read ─▶ files ─▶ ParseConfig, and the rooms that have templates, files, words
//
// Those who can write the folder are trusted with what visitors see, and with nothing else of
// the machine: files outside of it cannot be reached from it, and a file that is larger
// than any sensible one is refused. What is wrong with site.toml is told with its line.
package sitefolder
