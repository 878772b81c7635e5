package mail

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"
)

// mailServer takes one e-mail on loopback and returns what it was told. It offers no STARTTLS.
func mailServer(t *testing.T) (addr string, got chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got = make(chan string, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		var said strings.Builder
		r := bufio.NewReader(c)
		fmt.Fprint(c, "220 test\r\n")
		for inData := false; ; {
			line, err := r.ReadString('\n')
			if err != nil {
				break
			}
			said.WriteString(line)
			switch {
			case inData && line == ".\r\n":
				inData = false
				fmt.Fprint(c, "250 ok\r\n")
			case inData:
			case strings.HasPrefix(line, "EHLO"):
				fmt.Fprint(c, "250-test\r\n250 AUTH PLAIN\r\n")
			case strings.HasPrefix(line, "AUTH"):
				fmt.Fprint(c, "235 ok\r\n")
			case strings.HasPrefix(line, "DATA"):
				inData = true
				fmt.Fprint(c, "354 go\r\n")
			case strings.HasPrefix(line, "QUIT"):
				fmt.Fprint(c, "221 bye\r\n")
			default:
				fmt.Fprint(c, "250 ok\r\n")
			}
		}
		got <- said.String()
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String(), got
}

func TestSMTPSendsOneReadableMail(t *testing.T) {
	addr, got := mailServer(t)
	s, err := NewSMTP("smtp://ann:pass@"+addr, "Game <noreply@game.example>")
	if err != nil {
		t.Fatal(err)
	}
	long := "https://play.example/v1/auth/mail#reset=" + strings.Repeat("x", 100) + "\n.\nüber\n"
	if err := s.Send(t.Context(), Mail{To: "ben@example.org", Subject: "Hello", Text: long}); err != nil {
		t.Fatal(err)
	}
	said := <-got
	_, data, ok := strings.Cut(said, "DATA\r\n")
	if !ok || !strings.Contains(said, "MAIL FROM:<noreply@game.example>") || !strings.Contains(said, "RCPT TO:<ben@example.org>") {
		t.Fatalf("said %q", said)
	}
	m, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("To") != "<ben@example.org>" || m.Header.Get("From") != `"Game" <noreply@game.example>` || m.Header.Get("Subject") != "Hello" {
		t.Errorf("head %v", m.Header)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if want := strings.ReplaceAll(long, "\n", "\r\n"); err != nil || !strings.HasPrefix(strings.ReplaceAll(string(text), "\r\n..\r\n", "\r\n.\r\n"), want) {
		t.Errorf("text %q, %v; want %q", text, err, want)
	}
}

func TestSMTPEndsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := NewSMTP("smtp://"+l.Addr().String(), "noreply@game.example")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Send(ctx, Mail{To: "ben@example.org"}); err == nil {
		t.Error("sent to a server that says nothing")
	}
}

func TestSMTPRefusesWhatCannotWork(t *testing.T) {
	for server, from := range map[string]string{
		"mail.example:25": "a@b.example", "http://mail.example": "a@b.example", "smtp://u:hidden@mail.example/x": "a@b.example",
		"smtp://mail.example": "nobody",
	} {
		if _, err := NewSMTP(server, from); err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s from %s: %v", server, from, err)
		}
	}
	s, err := NewSMTP("smtp://mail.example", "a@b.example")
	if err != nil || s.local() || s.port != "587" {
		t.Fatalf("%+v, %v", s, err)
	}
	for _, m := range []Mail{{To: "a@b.c\r\nBcc: eve@example.org"}, {To: "a@b.c", Subject: "x\ny"}} {
		if _, err := s.message(m, time.Unix(0, 0)); err == nil {
			t.Errorf("%+v was accepted", m)
		}
	}
}
