// Package static serves the files that pages need: the stylesheet, htmx, the icon, and
// a script for what neither htmx nor HTML can do.
//
//	embedded file ─┬▶ hash of its content ─▶ /static/hutch.1f2e3d4c5b6a.css, cached forever
//	a team's own ──┘
//
// A team's files (site folder, static/) replace ours or come besides. The package owns those files and their URLs, and nothing else.
package static
