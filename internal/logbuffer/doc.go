// Package logbuffer has a buffer that a test can read while others log into it.
//
//	slog.Handler, a process' stdout ─▶ *Buffer ─▶ String, at any time
//
// Only tests import it. It owns the text and knows nothing of what is written.
package logbuffer
