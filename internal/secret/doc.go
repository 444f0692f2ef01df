// Package secret has a type for values that must not be printed: tokens, passwords,
// keys.
//
//	string ─▶ Of ─▶ Text ─▶ Reveal ─▶ a request to Directus, a sealed cookie
//	                  └───▶ fmt, slog, encoding/json ─▶ "[secret]"
//
// Code gets at the value only by calling [Text.Reveal]. Everything that prints shows
// that there is a secret but not what it is, even inside a struct. The package owns
// the type and never looks at the value.
package secret
