// Package sample owns the content of the demonstration site: the journal of a
// small town's rabbit keepers. It holds the texts (HTML files beside this one,
// to be edited by writers), who wrote what and when, and a painter that makes
// the pictures.
//
// It never touches the network, a database or a disk, and it knows neither
// Directus nor the sandbox: they take what Load gives and store it.
package sample
