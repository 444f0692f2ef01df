// Package i18n holds every message of the interface, in every language, and
// writes dates and numbers as each language does.
//
//	en.toml, de.toml ─▶ Catalogue ─▶ Choose ─▶ Language ─▶ "Sign in", "23 November 2026"
//
// To add a language, copy en.toml to the language's tag, such as fr.toml, and
// translate it. A message that the copy leaves out is shown in English. A team's own files
// (site folder, i18n/) add languages in the same way, or replace single messages.
//
// The package knows nothing of requests, pages or what editors write.
package i18n
