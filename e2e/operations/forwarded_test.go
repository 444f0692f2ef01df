package operations_test

import (
	"net/http"
	"strings"
	"testing"

	"hutch/e2e/harness"
	"hutch/sandbox"
)

// Gateways write the visitor's address in many ways: it is the same visitor in each.
func TestTheVisitorsAddressIsReadHoweverItIsWritten(t *testing.T) {
	up := harness.StartSandbox(t, sandbox.Options{})
	const proxies = "127.0.0.1, 10.9.0.0/16, fd00::/8"
	const visitor, six = "198.51.100.7", "2001:db8::7"
	for _, test := range []struct {
		want   string
		header []string
		odd    bool // logged, once
	}{
		{visitor, []string{"198.51.100.7"}, false},
		{visitor, []string{"198.51.100.7:40001"}, false},
		{visitor, []string{" 198.51.100.7:40001 "}, false},
		{visitor, []string{`"198.51.100.7:40001"`}, false},
		{visitor, []string{"[198.51.100.7]"}, false},
		{visitor, []string{"::ffff:198.51.100.7"}, false},
		{visitor, []string{"[::ffff:198.51.100.7]:443"}, false},
		{visitor, []string{"6.6.6.6:1, 198.51.100.7:40001"}, false},
		{visitor, []string{"6.6.6.6", "198.51.100.7:40001"}, false},
		{visitor, []string{"198.51.100.7:40001, 10.9.1.2:8080"}, false},
		{visitor, []string{"198.51.100.7:40001,10.9.1.2:8080,\t[fd00::1]:80"}, false},
		{visitor, []string{"198.51.100.7:40001, "}, false},
		{visitor, []string{", 198.51.100.7:0,,"}, false},
		{visitor, []string{"unknown, 198.51.100.7:40001"}, false}, // a visitor wrote the first
		{visitor, []string{"<script>, _hidden, 198.51.100.7"}, false},
		{six, []string{"2001:db8::7"}, false},
		{six, []string{"2001:DB8:0:0::7"}, false},
		{six, []string{"[2001:db8::7]"}, false},
		{six, []string{"[2001:db8::7]:40001"}, false},
		{six, []string{`"[2001:db8::7]:40001", 10.9.1.2`}, false},
		{six, []string{"2001:db8:0:0:0:0:0:7:40001"}, false},
		{"fe80::7", []string{"fe80::7%eth0"}, false},
		{"10.9.1.2", []string{"10.9.1.2:8080"}, false}, // a proxy asks for itself
		{"127.0.0.1", nil, false},
		{"127.0.0.1", []string{""}, false},
		{"127.0.0.1", []string{"unknown"}, true},
		{"127.0.0.1", []string{"for=198.51.100.7"}, true},
		{"127.0.0.1", []string{"198.51.100.7:http"}, true},
		{"127.0.0.1", []string{"198.51.100.7:99999"}, true},
		{"127.0.0.1", []string{"198.51.100.700"}, true},
		{"127.0.0.1", []string{"[2001:db8::7"}, true},
		{"127.0.0.1", []string{"2001:db8::7]:1"}, true},
		{"127.0.0.1", []string{"198.51.100.7, unknown"}, true},
		{"10.9.1.2", []string{"198.51.100.7, unknown, 10.9.1.2:8080"}, true},
	} {
		site := startLogging(t, up, map[string]string{"TRUSTED_PROXIES": proxies})
		b := site.Browser(t, harness.Plain)
		for range 3 {
			b.Request(http.MethodGet, "/robots.txt", nil, http.Header{"X-Forwarded-For": test.header})
		}
		odd := 0
		for _, line := range logged(t, site.Log.String()) {
			if line["msg"] == "request" && line["address"] != test.want {
				t.Errorf("%q is read as %v, want %s", test.header, line["address"], test.want)
			}
			if line["level"] == "WARN" {
				if odd++; line["header"] != "X-Forwarded-For" || line["proxy"] != "127.0.0.1" {
					t.Errorf("the log does not say whose header it is: %v", line)
				}
			}
		}
		if want := map[bool]int{true: 1}[test.odd]; odd != want {
			t.Errorf("%q is logged %d times, want %d", test.header, odd, want)
		}
	}
}

// Nobody but a trusted proxy says who a visitor is, and nothing that they write is
// complained of.
func TestStrangersHeadersAreNotRead(t *testing.T) {
	site := startLogging(t, harness.StartSandbox(t, sandbox.Options{}), map[string]string{"TRUSTED_PROXIES": "10.9.0.1"})
	b := site.Browser(t, harness.Plain)
	for _, header := range []string{"198.51.100.7:40001", "unknown", "10.9.0.1"} {
		b.Request(http.MethodGet, "/robots.txt", nil, http.Header{"X-Forwarded-For": {header}, "X-Real-Ip": {header}})
	}
	for _, line := range logged(t, site.Log.String()) {
		if line["address"] != "127.0.0.1" || line["level"] != "INFO" {
			t.Errorf("the log says %v", line)
		}
	}
}

// A gateway that writes the port does not let one visitor lock out all the others.
func TestGuessesAreCountedBehindAGatewayThatWritesPorts(t *testing.T) {
	site := harness.StartApp(t, harness.StartSandbox(t, sandbox.Options{}), nil)
	who := site.Browser(t, harness.Plain).SignUp()
	guesser := site.Browser(t, harness.Plain)
	for i := range 40 {
		guesser.IP = "198.51.100.7:" + []string{"40001", "40002", "50123"}[i%3]
		guesser.Request(http.MethodPost, "/signin", harness.Form(harness.Account{Email: harness.NewAccount().Email, Password: harness.WrongPassword}), nil)
	}
	guesser.WantStatus(http.StatusTooManyRequests)
	b := site.Browser(t, harness.Plain)
	b.IP = "198.51.100.8:40001"
	b.SignIn(who)
	b.WantAt("/profile")
	if !strings.Contains(site.Log.String(), "address=198.51.100.8 ") {
		t.Errorf("the log does not say who signed in:\n%s", site.Log)
	}
}
