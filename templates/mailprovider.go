package templates

import "strings"

// MailProvider is where the mail of an address is read in a browser.
type MailProvider struct{ Name, URL string }

// mailProviders are the large ones, with the domains of their addresses.
func mailProviders() map[MailProvider][]string {
	return map[MailProvider][]string{
		{"Gmail", "https://mail.google.com/"}:           {"gmail.com", "googlemail.com"},
		{"Outlook", "https://outlook.live.com/mail/"}:   {"outlook.com", "outlook.de", "outlook.fr", "outlook.es", "outlook.it", "hotmail.com", "hotmail.co.uk", "hotmail.de", "hotmail.fr", "hotmail.es", "hotmail.it", "live.com", "live.co.uk", "live.de", "live.fr", "live.nl", "msn.com"},
		{"Yahoo Mail", "https://mail.yahoo.com/"}:       {"yahoo.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "yahoo.es", "yahoo.it", "yahoo.ca", "yahoo.co.in", "yahoo.com.au", "yahoo.com.br", "ymail.com", "rocketmail.com"},
		{"iCloud Mail", "https://www.icloud.com/mail/"}: {"icloud.com", "me.com", "mac.com"},
		{"GMX", "https://www.gmx.net/"}:                 {"gmx.de", "gmx.net", "gmx.at", "gmx.ch"},
		{"GMX", "https://www.gmx.com/"}:                 {"gmx.com", "gmx.co.uk", "gmx.us"},
		{"WEB.DE", "https://web.de/"}:                   {"web.de"},
		{"Proton Mail", "https://mail.proton.me/"}:      {"proton.me", "protonmail.com", "protonmail.ch", "pm.me"},
		{"AOL Mail", "https://mail.aol.com/"}:           {"aol.com", "aol.de", "aol.co.uk", "aim.com"},
		{"T-Online", "https://email.t-online.de/"}:      {"t-online.de", "magenta.de"},
		{"Fastmail", "https://app.fastmail.com/"}:       {"fastmail.com", "fastmail.fm"},
	}
}

// mailProviderOf returns the provider of an address; without a name, it is another one.
func mailProviderOf(email string) MailProvider {
	_, domain, _ := strings.Cut(email, "@")
	for provider, domains := range mailProviders() {
		for _, of := range domains {
			if strings.EqualFold(domain, of) {
				return provider
			}
		}
	}
	return MailProvider{}
}
