package realdirectus

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// mailTimeout bounds the wait for one mail, which takes milliseconds. Directus
// sends mails only after its response.
const mailTimeout = 10 * time.Second

// Mailbox is a mail server on 127.0.0.1 that stores every mail and forwards none.
type Mailbox struct {
	server   *smtp.Server
	listener net.Listener
	address  *net.TCPAddr

	mu      sync.Mutex
	mails   []Mail
	arrived chan struct{} // closed and replaced with each mail
}

// StartMail opens a mailbox. The caller closes it.
func StartMail() (*Mailbox, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &Mailbox{listener: listener, address: listener.Addr().(*net.TCPAddr), arrived: make(chan struct{})}
	m.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &delivery{to: m}, nil
	}))
	m.server.Domain = "localhost"
	m.server.MaxMessageBytes = 1 << 20
	m.server.MaxRecipients = 50
	m.server.ReadTimeout = time.Minute
	m.server.WriteTimeout = time.Minute
	go m.server.Serve(listener)
	return m, nil
}

// MailForTest opens a mailbox for one test.
func MailForTest(t testing.TB) *Mailbox {
	t.Helper()
	m, err := StartMail()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// Env returns the variables that make a Directus send its mail here, for
// Options.Env.
func (m *Mailbox) Env() map[string]string {
	return map[string]string{
		"EMAIL_TRANSPORT":       "smtp",
		"EMAIL_FROM":            "directus@example.com",
		"EMAIL_SMTP_HOST":       m.address.IP.String(),
		"EMAIL_SMTP_PORT":       strconv.Itoa(m.address.Port),
		"EMAIL_SMTP_SECURE":     "false",
		"EMAIL_SMTP_IGNORE_TLS": "true",
	}
}

// Mails returns all mails so far, oldest first.
func (m *Mailbox) Mails() []Mail {
	mails, _ := m.look()
	return mails
}

// Await returns the n-th mail to an address, counted from 1. It waits for it, but
// not for long.
func (m *Mailbox) Await(ctx context.Context, address string, n int) (Mail, error) {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	for {
		mails, arrived := m.look()
		count := 0
		for _, mail := range mails {
			if strings.EqualFold(mail.To, address) {
				count++
			}
			if count == n {
				return mail, nil
			}
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return Mail{}, fmt.Errorf("mail %d to %s did not arrive, only %d did: %w", n, address, count, ctx.Err())
		}
	}
}

// Watch reports each mail, beginning with the first, until the context ends.
func (m *Mailbox) Watch(ctx context.Context, tell func(Mail)) {
	for told := 0; ; {
		mails, arrived := m.look()
		for ; told < len(mails); told++ {
			tell(mails[told])
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return
		}
	}
}

// look returns the mails so far, and a channel that is closed when there are more.
func (m *Mailbox) look() ([]Mail, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mails[:len(m.mails):len(m.mails)], m.arrived
}

func (m *Mailbox) keep(mails []Mail) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails = append(m.mails, mails...)
	close(m.arrived)
	m.arrived = make(chan struct{})
}

// Close closes the mailbox. Its mails stay readable.
func (m *Mailbox) Close() error {
	// The server closes it too, once it has begun to serve.
	defer m.listener.Close()
	return m.server.Close()
}

// delivery is one connection of a sender, as go-smtp calls it.
type delivery struct {
	to         *Mailbox
	recipients []string
}

func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.recipients = append(d.recipients, to)
	return nil
}

// Data rejects mails that cannot be parsed, so that the sender logs it.
func (d *delivery) Data(r io.Reader) error {
	mail, err := readMail(r)
	if err != nil {
		return err
	}
	var mails []Mail
	for _, to := range d.recipients {
		mail.To = to
		mails = append(mails, mail)
	}
	d.to.keep(mails)
	return nil
}

func (d *delivery) Reset() { d.recipients = nil }

func (d *delivery) Logout() error { return nil }
