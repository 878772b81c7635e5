package seed

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/skirmish-dev/skirmish/internal/httpguard"
)

// server answers one client at a time with what it has been told to.
type server struct {
	addr string
	http *http.Server
	over chan error

	body   atomic.Pointer[[]byte] // of the next GET
	events chan []byte            // of the stream that is open, whole
	frames chan []byte            // payloads for the WebSocket that is open
	ended  chan struct{}          // closed: streams end
}

func serve() (*server, error) {
	guard, err := httpguard.New(httpguard.Config{})
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{
		addr: l.Addr().String(), over: make(chan error, 1), events: make(chan []byte), frames: make(chan []byte), ended: make(chan struct{}),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", s.state)
	mux.HandleFunc("GET /events", s.stream)
	mux.HandleFunc("GET /play", s.socket)
	s.http = &http.Server{Handler: guard.Wrap(mux)}
	go func() { s.over <- s.http.Serve(l) }()
	return s, nil
}

// close ends everything.
func (s *server) close() error {
	close(s.ended)
	err := s.http.Close()
	if served := <-s.over; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// state is the whole state, as the lobby answers a cacheable GET.
func (s *server) state(w http.ResponseWriter, r *http.Request) {
	body := *s.body.Load()
	if body == nil { // a wait in which nothing has changed
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h := w.Header()
	sum := sha1.Sum(body)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	h.Set("ETag", tag)
	h.Set("Cache-Control", "public, max-age=1, stale-while-revalidate")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "application/json")
	w.Write(body) // an error means that the client has gone
}

// stream is server-sent events.
func (s *server) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	for {
		if out.Flush() != nil {
			return // the client has gone
		}
		select {
		case e := <-s.events:
			w.Write(e) // the next Flush tells
		case <-s.ended:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// socket is a WebSocket that says what it is given, and reads past what it is told.
func (s *server) socket(w http.ResponseWriter, r *http.Request) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(fmt.Sprintf("seed: hijack: %v", err)) // net/http's own server can
	}
	defer c.Close()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // RFC 6455, section 1.3
	_, err = fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]))
	for err == nil {
		select {
		case payload := <-s.frames:
			_, err = c.Write(appendFrame(nil, payload))
		case <-s.ended:
			return
		}
	}
}

// appendFrame appends a server's binary frame, RFC 6455, section 5.2.
func appendFrame(dst, payload []byte) []byte {
	const binaryFrame = 0x82
	dst = append(dst, binaryFrame)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
	}
	return append(dst, payload...)
}
