// Package realbrowser installs what judges our pages from outside, and runs
// it on 127.0.0.1, for tests:
//
//	Chromium      the machine's own, from its package manager
//	AxeSource     axe-core: accessibility, within a page
//	ValidateHTML  html-validate: correctness and accessibility of the markup
//	CheckNu       the Nu HTML checker: the HTML standard; wants Java
//	ValidateXML   Jing, which that is made of, and xmllint: XML by its grammar
//	Lighthouse    scores of a page as a phone would load it
//	ResolveAddresses  where an address leads, by the WHATWG URL standard; Node
//
// Install puts all but the first into cache/webtools-…/ with Node 22 beside it; the
// folder cache is owned by the room toolcache.
//
// The package owns these folders, the versions in them, and the processes and
// temporary folders it makes while something runs. It never touches anything
// else on the machine, but for Chromium, Java and npm, which it installs where
// they are missing, it is root and there is apt-get. It knows nothing of Hutch,
// and nothing it starts reaches further than this machine.
//
// Linux and macOS; on Windows inside WSL.
package realbrowser
