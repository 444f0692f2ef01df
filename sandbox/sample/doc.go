// Package sample is the content of the demonstration site: the journal of a small
// town's rabbit keepers. It contains the texts (HTML files for writers to edit),
// their authors and dates, and a painter that draws the images.
//
// It never touches the network, a database or a disk, and knows neither Directus
// nor the sandbox: setup and the sandbox store what Load returns. The items fit
// the collections that internal/collections declares.
package sample
