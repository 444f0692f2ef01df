// Package realbrowser installs the tools that check our pages from outside, and runs
// them on 127.0.0.1, for tests:
//
//	Install ─▶ apt-get            Chromium's headless shell, Java, npm; on Linux also
//	        │                     Firefox ESR, WebKitGTK with its driver, Xvfb
//	        └▶ cache/webtools-…/  the tools below, from npm, with Node 22
//
//	Chromium          a browser to drive
//	Firefox, WebKit   a window of each of the other engines, by WebDriver
//	AxeSource         axe-core: accessibility, within a page
//	ValidateHTML      html-validate: correctness and accessibility of the markup
//	CheckNu           the Nu HTML checker: the HTML standard; requires Java
//	ValidateXML       Jing, from the Nu HTML checker, and xmllint: XML by its grammar
//	Lighthouse        scores of a page as a phone would load it
//	ResolveAddresses  where a URL leads, by the WHATWG URL standard; in Node
//
// The package owns its folders in the cache (package toolcache), the versions in
// them, and the processes and temporary folders it creates. Outside of these it
// installs only the browsers, Java and npm, where they are missing, it runs as root and
// there is apt-get. It knows nothing of Hutch, and nothing it starts has access to
// other machines.
//
// It runs on Linux and macOS; on Windows inside WSL.
package realbrowser
