package mail

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/netip"
	"net/smtp"
	"net/url"
	"strings"
	"time"
)

// SMTP is the Sender over a mail server (RFC 5321). The connection is encrypted: from the start with smtps, after STARTTLS with
// smtp. Only a server on this machine may do without.
type SMTP struct {
	host, port string
	implicit   bool // TLS from the start
	auth       smtp.Auth
	from       mail.Address
	tls        *tls.Config
}

// NewSMTP reads the address of a mail server, "smtp://user:password@host:587" or "smtps://...:465", and the sender's address,
// "Game <noreply@game.example>". Errors do not repeat the password.
func NewSMTP(server, from string) (*SMTP, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("mail: --smtp: give smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("mail: --mail-from %q: give an address such as noreply@game.example: %w", from, err)
	}
	s := &SMTP{host: u.Hostname(), port: u.Port(), implicit: u.Scheme == "smtps", from: *sender}
	if s.port == "" {
		s.port = map[bool]string{false: "587", true: "465"}[s.implicit]
	}
	s.tls = &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	if u.User != nil {
		password, _ := u.User.Password()
		s.auth = smtp.PlainAuth("", u.User.Username(), password, s.host)
	}
	return s, nil
}

// Send sends the e-mail within ctx.
func (s *SMTP) Send(ctx context.Context, m Mail) (err error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(s.host, s.port))
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) }) // an error means that it is closed
	defer stop()
	if s.implicit {
		conn = tls.Client(conn, s.tls)
	}
	c, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return errors.Join(fmt.Errorf("mail: %w", err), conn.Close())
	}
	if err := s.talk(c, m); err != nil {
		return errors.Join(fmt.Errorf("mail: %s: %w", s.host, err), c.Close())
	}
	return nil
}

func (s *SMTP) talk(c *smtp.Client, m Mail) error {
	if !s.implicit && !s.local() {
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return errors.New("the server offers no STARTTLS; use smtps:// or another server")
		}
		if err := c.StartTLS(s.tls); err != nil {
			return err
		}
	}
	if s.auth != nil {
		if err := c.Auth(s.auth); err != nil {
			return err
		}
	}
	if err := c.Mail(s.from.Address); err != nil {
		return err
	}
	if err := c.Rcpt(m.To); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	text, err := s.message(m, time.Now())
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

func (s *SMTP) local() bool {
	ip, err := netip.ParseAddr(s.host)
	return s.host == "localhost" || err == nil && ip.IsLoopback()
}

// message is the e-mail as it is sent (RFC 5322).
func (s *SMTP) message(m Mail, now time.Time) ([]byte, error) {
	if strings.ContainsAny(m.To+m.Subject, "\r\n") {
		return nil, errors.New("mail: a line break in an address or a subject")
	}
	_, domain, _ := strings.Cut(s.from.Address, "@")
	var b strings.Builder
	for _, line := range []string{
		"From: " + s.from.String(), "To: <" + m.To + ">", "Subject: " + mime.QEncoding.Encode("utf-8", m.Subject),
		"Date: " + now.UTC().Format(time.RFC1123Z), "Message-ID: <" + rand.Text() + "@" + domain + ">",
		"MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable",
		"Auto-Submitted: auto-generated", "",
	} {
		b.WriteString(line + "\r\n")
	}
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(strings.ReplaceAll(m.Text, "\n", "\r\n"))); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return []byte(b.String()), nil
}
