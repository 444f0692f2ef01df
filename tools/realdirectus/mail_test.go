package realdirectus

import (
	"context"
	"encoding/base64"
	"net/smtp"
	"strings"
	"testing"
	"time"
)

// Mails as Directus' nodemailer writes them, and as other senders do.
var mailTests = []struct {
	name string
	raw  string
	want Mail
}{
	{
		"HTML, quoted-printable",
		"Subject: Verify your email address\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
			"<html><head><title>no text</title><style>a { color: red }</style></head><body><h1>Verify</h1>\r\n<p>f=C3=BCr Hutch</p>" +
			"<a href=3D\"\">nowhere</a><a href=3D\"http://hutch.test/verify?a=3D1&amp;token=3Dey=\r\nJ.x-y_z\">Go</a><a href=3D\"https://later.example\">x</a></body></html>",
		Mail{Subject: "Verify your email address", Text: "Verify für Hutch nowhere Go x", Link: "http://hutch.test/verify?a=1&token=eyJ.x-y_z"},
	},
	{
		"both forms, base64, an attachment first",
		"Subject: =?utf-8?q?Passwort_zur=C3=BCcksetzen?=\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n" +
			"--outer\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nhttp://attached.example\r\n" +
			"--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n" +
			"--inner\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte("Grüße, ohne Link")) + "\r\n" +
			"--inner\r\nContent-Type: text/html\r\n\r\n<a href=\"https://hutch.test/reset\">here</a>\r\n--inner--\r\n--outer--\r\n",
		Mail{Subject: "Passwort zurücksetzen", Text: "Grüße, ohne Link", Link: "https://hutch.test/reset"},
	},
	{"plain", "Subject: Hello\r\n\r\nsee http://a.example/x?y=1 and <https://b.example>\r\n", Mail{Subject: "Hello", Text: "see http://a.example/x?y=1 and <https://b.example>\r\n", Link: "http://a.example/x?y=1"}},
	{"no link", "Subject: Hello\r\n\r\nhi\r\n", Mail{Subject: "Hello", Text: "hi\r\n"}},
}

func TestReadMail(t *testing.T) {
	for _, test := range mailTests {
		t.Run(test.name, func(t *testing.T) {
			if got, err := readMail(strings.NewReader(test.raw)); err != nil || got != test.want {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, test.want)
			}
		})
	}
	for name, raw := range map[string]string{
		"nothing":         "",
		"unknown charset": "Content-Type: text/plain; charset=koi8-r\r\n\r\nx",
		"cut short":       "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx",
		"broken base64":   "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n####",
	} {
		if got, err := readMail(strings.NewReader(raw)); err == nil {
			t.Errorf("%s: read as %+v", name, got)
		}
	}
}

func TestMailbox(t *testing.T) {
	box := MailForTest(t)
	ctx := t.Context()
	send := func(raw string, to ...string) {
		t.Helper()
		env := box.Env()
		if err := smtp.SendMail(env["EMAIL_SMTP_HOST"]+":"+env["EMAIL_SMTP_PORT"], nil, "from@example.com", to, []byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	told := make(chan Mail, 10)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	go box.Watch(watching, func(mail Mail) { told <- mail })

	first := mailTests[0]
	send(first.raw, "a@example.com", "b@example.com")
	late := make(chan Mail)
	go func() {
		mail, _ := box.Await(ctx, "A@example.com", 2)
		late <- mail
	}()
	for _, to := range []string{"a@example.com", "b@example.com"} {
		want := first.want
		want.To = to
		if got, err := box.Await(ctx, to, 1); err != nil || got != want {
			t.Errorf("to %s: %+v, %v", to, got, err)
		}
		if got := <-told; got != want {
			t.Errorf("told of %+v", got)
		}
	}
	send(mailTests[2].raw, "a@example.com")
	if got := <-late; got.Subject != "Hello" || got.To != "a@example.com" {
		t.Errorf("the second mail: %+v", got)
	}
	if n := len(box.Mails()); n != 3 {
		t.Errorf("%d mails, want 3", n)
	}

	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if got, err := box.Await(short, "a@example.com", 3); err == nil {
		t.Errorf("a third mail: %+v", got)
	}
	if err := box.Close(); err != nil {
		t.Error(err)
	}
}
