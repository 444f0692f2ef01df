package templates

import (
	"slices"
	"strings"
)

// MailProvider is where the mail of an address is read in a browser.
type MailProvider struct{ Name, URL string }

// mailProviders are the large ones, by the domains of their addresses.
func mailProviders() map[string]MailProvider {
	return map[string]MailProvider{
		"gmail.com googlemail.com": {"Gmail", "https://mail.google.com/"},
		"outlook.com outlook.de outlook.fr outlook.es outlook.it hotmail.com hotmail.co.uk hotmail.de hotmail.fr hotmail.es hotmail.it live.com live.co.uk live.de live.fr live.nl msn.com": {"Outlook", "https://outlook.live.com/mail/"},
		"yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.es yahoo.it yahoo.ca yahoo.co.in yahoo.com.au yahoo.com.br ymail.com rocketmail.com":                                                 {"Yahoo Mail", "https://mail.yahoo.com/"},
		"icloud.com me.com mac.com":                    {"iCloud Mail", "https://www.icloud.com/mail/"},
		"gmx.de gmx.net gmx.at gmx.ch":                 {"GMX", "https://www.gmx.net/"},
		"gmx.com gmx.co.uk gmx.us":                     {"GMX", "https://www.gmx.com/"},
		"web.de email.de":                              {"WEB.DE", "https://web.de/"},
		"proton.me protonmail.com protonmail.ch pm.me": {"Proton Mail", "https://mail.proton.me/"},
		"aol.com aol.de aol.co.uk aim.com":             {"AOL Mail", "https://mail.aol.com/"},
		"t-online.de magenta.de":                       {"T-Online", "https://email.t-online.de/"},
		"fastmail.com fastmail.fm":                     {"Fastmail", "https://app.fastmail.com/"},
	}
}

// mailProviderOf returns the provider of an address; without a name, it is another one.
func mailProviderOf(email string) MailProvider {
	_, domain, _ := strings.Cut(strings.ToLower(email), "@")
	for domains, provider := range mailProviders() {
		if slices.Contains(strings.Fields(domains), domain) {
			return provider
		}
	}
	return MailProvider{}
}
