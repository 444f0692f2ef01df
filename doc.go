// Hutch gives a Directus project its public face: pages and a blog, sign-up,
// sign-in and a profile, as server-rendered HTML.
//
//	hutch          serves the site
//	hutch setup    prepares a Directus for it
//
// This package reads the environment and puts the rooms together. Everything
// may be imported here, and nothing imports this.
package main
