package main

import (
	"fmt"
	"strings"
)

// method describes how everything was measured, for the document.
func (r *report) method() string {
	return strings.NewReplacer(
		"{posts}", thousands(archivePosts), "{cached}", thousands(cachedPosts), "{crawled}", thousands(crawled), "{crawlers}", fmt.Sprint(crawlers),
		"{connections}", fmt.Sprint(connections), "{duration}", r.duration.String(), "{rounds}", fmt.Sprint(r.rounds),
		"{few}", fmt.Sprint(directusConnections), "{slow}", slowList.String(), "{pairs}", fmt.Sprint(pairs), "{cold}", fmt.Sprint(coldPosts), "{starts}", fmt.Sprint(starts), "{idles}", fmt.Sprint(idles),
		"{stampedes}", fmt.Sprint(stampedes), "{slowness}", slowness.String(), "{polite}", fmt.Sprint(politePerRound*r.rounds),
		"{caddy}", caddyVersion, "{load}", r.load,
	).Replace(methodText)
}

func thousands(n int) string { return fmt.Sprintf("%d,%03d", n/1000, n%1000) }

const methodText = `
## How it was measured

One run of one program, ` + "`go run ./tools/bench`" + `, on one machine: the load generator, Hutch and Directus share its cores, so absolute numbers are lower than on separate machines. Hutch is the binary, built and started as in README for production, with its log discarded. Directus is a real one, prepared by ` + "`hutch setup`" + `, with the sample content and {posts} older posts of four to eight kilobytes by 40 authors, up to a dozen of one day and dozens of every tenth. All are separate processes that speak HTTP over 127.0.0.1.

- **The full cache**: one Hutch is visited for {cached} posts first. What follows on crawls, cold posts, requests per second and peak memory is about this one. Each post is opened by a visitor with an address of their own, since Hutch limits what one visitor may have Directus do.
- **Requests per second**: wrk, {connections} connections, two threads, {duration} each after a warm-up. Each of the {rounds} rounds measures everything once, every second round in reverse order. Ratios are calculated within a round; the median counts. Requests carry a browser's headers, with ` + "`Accept-Encoding: gzip, deflate, br, zstd`" + `. The run fails if a response has an error status, if a request fails, if responses under load differ in size from the correct one, or if the page before or after the load is wrong.
- **The otherwise empty cache** is that of a second Hutch, which holds only the two pages.
- **Bare Gin** is a process with ` + "`gin.New()`" + ` and nothing else, which writes the bytes and headers that Hutch has just returned. **Caddy** ({caddy}) serves the same bytes from a file, with the same headers and without a log.
- **Directus** gets the same query that Hutch sends for the same content, recorded by a proxy behind Hutch, over {few} connections and for {slow}, since it makes one list at a time and counts all posts for it; for the profile, ` + "`/users/me`" + ` with a session of the same member.
- **Pages of blocks** are on a Directus of their own, with as much of the model of Directus' starters as they need: texts, and a list of posts after every second. Calls to Directus are counted after the blog and another page of blocks have been opened.
- **The profile** is measured with two versions of Directus, the older one without the {posts} posts. The bars apply to the newest version whose members can read their own row. Directus 12 without a licence allows that to no member and answers ` + "`/users/me`" + ` with an id only, so Hutch also has to read the row with the service token: two calls to a server that handles one at a time.
- **Latency of the profile**: {pairs} pairs of requests per round, one to Hutch and one to Directus in turn, over one open connection each; the difference of the medians.
- **Cold posts**: {cold} posts, one at a time, while the site's frame is cached; the medians. A proxy records when each call to Directus began and ended. What Hutch adds is the time from request to response without that in which at least one call was open. Calls are made one after another if one begins when the other has ended.
- **The crawl**: user and system time of the Hutch process while the last {crawled} of the {cached} posts are opened for the first time, {crawlers} at a time.
- **The rude visitor** asks over {connections} connections of one address, as fast as it is answered: random searches, pages of the list, posts that do not exist, and renditions of images. Meanwhile another visitor opens {polite} pages that nobody has asked for before, two a second, every fourth a page of the list. Any response but the right page within two seconds counts as missed.
- **1,000 at once**: 1,000 open connections of as many addresses that all ask at the same time when the entry has expired, for the list and for the post in turn, {stampedes} times each. A proxy counts the requests to Directus and delays them by {slowness}, so that the whole crowd is waiting meanwhile. The number is that of the most frequent query.
- **Start**: from starting the process to the first 200 for ` + "`/blog`" + `, which is requested continuously; {starts} starts, with Directus running behind the proxy and an empty cache.
- **Memory**: the resident set that Linux reports: idle two seconds after the first page, in {idles} processes; and the peak of the Hutch with the full cache after all loads, the last of which are 1,000 connections that wait for a post that is not cached.
- **First visit**: the page and all files that it refers to (stylesheets, scripts, icons, images, preloads), each once, as transferred to a browser that accepts gzip, Brotli and zstd.

The table shows how noisy the run was: least and most of the rounds. The load average before the run was {load}; on an idle machine it is near 0.
`
