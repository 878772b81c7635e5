//go:build linux

package load

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"net/textproto"
	"net/url"
	"strings"
	"time"
)

// Dialer opens connections, as net.Dialer's method does.
type Dialer func(ctx context.Context, network, addr string) (net.Conn, error)

const (
	handshakeTime = 15 * time.Second
	maxHeader     = 16 << 10
	// key is every handshake's: it keeps caches from answering, and there are none here.
	key = "c2tpcm1pc2gtYm90cy0wMQ=="
)

// DialWebSocket opens a WebSocket at a ws URL and returns the connection, and what the server has sent behind the handshake.
func DialWebSocket(ctx context.Context, dial Dialer, rawURL string) (net.Conn, []byte, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "ws" {
		return nil, nil, fmt.Errorf("load: %q is no ws:// URL", rawURL)
	}
	addr := u.Host
	if u.Port() == "" {
		addr += ":80"
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	c, err := dial(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, fmt.Errorf("load: %w", err)
	}
	early, err := handshake(c, u)
	if err != nil {
		_ = c.Close() // what went wrong is told
		return nil, nil, err
	}
	return c, early, nil
}

func handshake(c net.Conn, u *url.URL) (early []byte, err error) {
	if err := c.SetDeadline(time.Now().Add(handshakeTime)); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	_, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", u.RequestURI(), u.Host, key)
	if err != nil {
		return nil, fmt.Errorf("load: handshake: %w", err)
	}
	buf := make([]byte, 0, 4<<10)
	for {
		if end := bytes.Index(buf, []byte("\r\n\r\n")); end >= 0 {
			return buf[end+4:], accepted(string(buf[:end]))
		}
		if len(buf) >= maxHeader {
			return nil, fmt.Errorf("load: handshake: a header of over %d bytes", maxHeader)
		}
		buf = append(buf, make([]byte, 1<<10)...)
		n, err := c.Read(buf[len(buf)-1<<10:])
		buf = buf[:len(buf)-1<<10+n]
		if err != nil {
			return nil, fmt.Errorf("load: handshake: %w", err)
		}
	}
}

// accepted reports why the answer is no 101 to our key.
func accepted(header string) error {
	lines := strings.Split(header, "\r\n")
	if f := strings.Fields(lines[0]); len(f) < 2 || f[1] != "101" {
		return fmt.Errorf("load: handshake: the server answered %q", lines[0])
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	want := base64.StdEncoding.EncodeToString(sum[:])
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		if textproto.CanonicalMIMEHeaderKey(name) == "Sec-Websocket-Accept" && textproto.TrimString(value) == want {
			return nil
		}
	}
	return fmt.Errorf("load: handshake: the answer has no Sec-WebSocket-Accept for our key")
}
