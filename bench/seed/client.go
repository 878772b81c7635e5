package seed

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// run is one client with one channel.
type run struct {
	ctx    context.Context
	cfg    Config
	w      *workload
	server *server
	lines  []*line

	have      int // version
	waits     []time.Duration
	messages  int
	delivered int
	data      int64
}

// line is one connection with its bytes counted.
type line struct {
	net.Conn
	in       *bufio.Reader
	up, down int64
	opening  int64
}

func (l *line) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	l.down += int64(n)
	return n, err
}

func (l *line) Write(b []byte) (int, error) {
	n, err := l.Conn.Write(b)
	l.up += int64(n)
	return n, err
}

// dial opens a connection.
func (r *run) dial() (*line, error) {
	c, err := new(net.Dialer).DialContext(r.ctx, "tcp", r.server.addr)
	if err != nil {
		return nil, err
	}
	l := &line{Conn: c}
	l.in = bufio.NewReader(l)
	r.lines = append(r.lines, l)
	return l, nil
}

func (r *run) hangUp() {
	for _, l := range r.lines {
		_ = l.Close() // all has been counted
	}
}

// browser is what Chromium sends with a request of a page on the same server, apart from the request line, Host and Accept.
const browser = "Connection: keep-alive\r\n" +
	"sec-ch-ua: \"Chromium\";v=\"142\", \"Not_A Brand\";v=\"99\"\r\nsec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: \"Linux\"\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n" +
	"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n" +
	"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n"

// ask writes a request and reads the head of its answer.
func (r *run) ask(l *line, path string, extra ...string) (*http.Response, error) {
	head := "GET " + path + " HTTP/1.1\r\nHost: " + r.server.addr + "\r\n" + browser
	if _, err := io.WriteString(l, head+strings.Join(extra, "")+"\r\n"); err != nil {
		return nil, err
	}
	return http.ReadResponse(l.in, nil)
}

// get reads the state, which is the version that the server has when the request has come.
func (r *run) get(l *line, version int, path string, extra ...string) (status int, tag string, err error) {
	r.serves(version)
	res, err := r.ask(l, path, append(extra, "Accept: */*\r\n")...)
	if err != nil {
		return 0, "", err
	}
	n, err := io.Copy(io.Discard, res.Body)
	r.data += n
	r.messages++
	return res.StatusCode, res.Header.Get("ETag"), errors.Join(err, res.Body.Close(), r.ctx.Err())
}

// serves sets what the server answers; a negative version is nothing.
func (r *run) serves(version int) {
	var body []byte
	if version >= 0 {
		body = r.w.states[version]
	}
	r.server.body.Store(&body)
}

// got notes that the client has a version at a time.
func (r *run) got(version int, at time.Duration) {
	if version > r.have || r.delivered == 0 {
		r.delivered++
	}
	for ; r.have < version; r.have++ {
		r.waits = append(r.waits, at-r.w.changes[r.have])
	}
}

// listen opens a stream of events.
func (r *run) listen() (*line, error) {
	l, err := r.dial()
	if err != nil {
		return nil, err
	}
	res, err := r.ask(l, "/events", "Accept: text/event-stream\r\nCache-Control: no-cache\r\n")
	if err != nil {
		return nil, err
	}
	l.in = bufio.NewReader(res.Body)
	l.opening = l.up + l.down
	return l, nil
}

// event passes one through the stream.
func (r *run) event(l *line, e []byte) error {
	select {
	case r.server.events <- e:
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	for {
		text, err := l.in.ReadString('\n')
		if err != nil {
			return err
		}
		if text == "\n" {
			return nil
		}
	}
}

// upgrade opens a WebSocket.
func (r *run) upgrade() (*line, error) {
	l, err := r.dial()
	if err != nil {
		return nil, err
	}
	head := "GET /play HTTP/1.1\r\nHost: " + r.server.addr + "\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n" +
		"Upgrade: websocket\r\nOrigin: http://" + r.server.addr + "\r\nSec-WebSocket-Version: 13\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n" +
		"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\nSec-WebSocket-Key: c2tpcm1pc2gtYm90cy0wMQ==\r\n\r\n"
	if _, err := io.WriteString(l, head); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("the server answered the handshake with %s", res.Status)
	}
	l.opening = l.up + l.down
	return l, nil
}

// frame passes one message through the WebSocket.
func (r *run) frame(l *line, payload []byte) error {
	select {
	case r.server.frames <- payload:
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	head := make([]byte, 2, 10)
	if _, err := io.ReadFull(l.in, head); err != nil {
		return err
	}
	n := int64(head[1])
	if extended := map[int64]int{126: 2, 127: 8}[n]; extended > 0 {
		long := make([]byte, 8)
		if _, err := io.ReadFull(l.in, long[8-extended:]); err != nil {
			return err
		}
		n = int64(binary.BigEndian.Uint64(long))
	}
	if _, err := io.CopyN(io.Discard, l.in, n); err != nil {
		return err
	}
	r.data += n
	r.messages++
	return nil
}

// tell sends a message through the WebSocket, masked as RFC 6455 wants a client's, with a key of zeros: its value costs no bytes.
func (r *run) tell(l *line, payload []byte) error {
	const mask, keyBytes = 0x80, 4
	b := appendFrame(nil, payload)
	b[1] |= mask
	_, err := l.Write(slices.Insert(b, len(b)-len(payload), make([]byte, keyBytes)...))
	return err
}

// figure is what it all came to.
func (r *run) figure(name string) Figure {
	f := Figure{Channel: name, Messages: r.messages, Delivered: r.delivered, Data: r.data}
	for _, l := range r.lines {
		f.Up, f.Down, f.Opening = f.Up+l.up, f.Down+l.down, f.Opening+l.opening
	}
	f.Overhead = f.Total() - f.Data
	f.PerMessage = float64(f.Overhead-f.Opening) / float64(max(1, f.Messages))
	if n := len(r.waits); n > 0 {
		slices.Sort(r.waits)
		f.LatencyP50 = ms(r.waits[n/2])
	}
	return f
}
