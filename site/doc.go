// Package site puts the rooms together: it reads the configuration, wires a
// site and serves it.
//
//	hutch          Run ─▶ Read ─▶ New ─▶ serve until the signal to stop
//	hutch setup    Run ─▶ setup.Run
//
// main.go, the tests and the benchmarks start a site here. It may import every
// room of the program; only they import it.
package site
