package sample

// blockPages are the pages that are made of blocks: the home page, which has every kind,
// comes last.
func blockPages() []blockPage {
	return []blockPage{
		{"contact", "/contact", "Write to us", func(model) []values {
			return []values{
				block("richtext", values{"tagline": "Letters", "headline": "Write to us", "alignment": "left", "content": `<p>Ask about hay, tell us about your rabbit, or correct a number: we get a good many letters that correct a number. Adaeze answers on Sundays, Marjorie whenever she disagrees.</p>
<p>If your rabbit has stopped eating, <strong>do not write to us</strong>. Ring a vet, now, and tell them how long it has been.</p>`}),
				block("form", values{"tagline": "By return of post", "headline": "Your letter", "form": ID("forms/contact")}),
			}
		}},
		{"meetings", "/society/meetings", "Meetings", func(m model) []values {
			return []values{
				block("hero", values{"tagline": "On the last Saturday of the month", "headline": "Come and be weighed", "layout": "image_left", "image": imageEmber,
					"description":  "Two o’clock, in the hall of Saint Brigid’s. We set up the scales, put the kettle on, and begin when Marjorie has found her glasses.",
					"button_group": buttons(m.toPost("How the weigh-in goes", "the-weigh-in-at-saint-brigids", "default"))}),
				block("richtext", values{"headline": "What to bring", "alignment": "left", "content": `<ul>
  <li>Your rabbit, in a box with a lid and a handful of hay.</li>
  <li>The other one too, for company.</li>
  <li>A cup. We have eleven, and there are forty-one of us.</li>
</ul>
<p>Dogs wait outside with Tomasz, who does not mind.</p>`}),
			}
		}},
		{"membership", "/society/membership", "Membership", func(m model) []values {
			return []values{
				block("hero", values{"tagline": "Forty-one members, one kettle", "headline": "Join the society", "layout": "image_right", "image": imageRose,
					"description":  "You do not need a rabbit. You need to want to know what one weighs.",
					"button_group": buttons(toURL("Create an account", "/signup", "default"), m.toPage("Come to a meeting first", "meetings", "outline"))}),
				prices(m),
				block("richtext", values{"headline": "Where the money goes", "alignment": "center", "content": `<p>Hay, mostly. Then stamps, then biscuits, and every ninth year a new kettle. The accounts hang in the hall, beside the door, under the picture of Archbishop.</p>`}),
			}
		}},
		{"home", "/", "Hutch", func(m model) []values {
			return []values{
				block("hero", values{"tagline": "The Lower Burrow Rabbit Keepers", "headline": "Long-eared company, taken seriously", "layout": "image_right", "image": imageMeadow,
					"description":  "The journal of a small town’s rabbit keepers: notes on hay, hedgerows and the friends who eat them.",
					"button_group": buttons(toURL("Read the journal", "/blog", "default"), m.toPage("Come to a meeting", "meetings", "outline"))}),
				block("richtext", values{"tagline": "Since 1974", "headline": "A notice in the feed shop", "alignment": "center", "content": `<p>It grew a second page, then a staple, and at some point it became a journal. Three of us take turns to write it. Everything is read aloud once at the kitchen table before it is printed, and the rabbits may leave the room.</p>`}),
				block("posts", values{"tagline": "The journal", "headline": "Lately written down", "collection": "posts", "limit": 3}),
				dark(block("gallery", values{"tagline": "The year", "headline": "Lower Burrow, mostly outdoors", "items": pictures(imageFrost, imageDusk, imageDawn, imageLake, imageClover, imageSpring)})),
				prices(m),
				dark(block("form", values{"tagline": "Once a month", "headline": "The journal by email", "form": ID("forms/journal")})),
				block("hero", values{"tagline": "Still there?", "headline": "One rabbit is half a pair", "layout": "image_center", "image": imageHarvest,
					"description": "So are readers. Tell us what yours are called.",
					"button_group": buttons(m.toPage("Write to us", "contact", "default"), m.toPost("Names we have given", "names-we-have-given", "soft"),
						toURL("Why pairs?", "https://en.wikipedia.org/wiki/Domestic_rabbit", "link"))}),
			}
		}},
	}
}

func prices(m model) values {
	cards := []values{
		{"title": "Reader", "price": "Free", "description": "For people who like rabbits from here.", "features": []string{"Every post but the night list", "Letters to the editor"},
			"button": toURL("Read on", "/blog", "outline")},
		{"title": "Keeper", "price": "£9 a year", "badge": "Most of us", "is_highlighted": true, "description": "For people whose hay bill has a line of its own.",
			"features": []string{"The night list: who may be rung at three in the morning", "A line in the book of weights", "Biscuits"}, "button": toURL("Become a keeper", "/signup", "default")},
		{"title": "Patron", "price": "£40 a year", "description": "For people who have seen the kettle.", "features": []string{"All that keepers have", "Your name in the hall, beside Archbishop’s"},
			"button": m.toPage("Talk to Marjorie", "contact", "outline")},
	}
	inOrder(cards)
	return block("pricing", values{"tagline": "Membership", "headline": "What it costs to belong", "pricing_cards": cards})
}

// pictures are the items of a gallery.
func pictures(images ...string) []values {
	items := make([]values, len(images))
	for i, image := range images {
		items[i] = values{"directus_file": image}
	}
	inOrder(items)
	return items
}
