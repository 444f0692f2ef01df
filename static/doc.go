// Package static serves the files that pages need: the stylesheet, htmx, a script
// of our own for what neither htmx nor HTML does, the icon. They are in the
// binary, and each has its content's hash in its address, so that browsers may
// keep it for ever.
//
// It owns those files and their addresses, and nothing else.
package static
