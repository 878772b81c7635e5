package conn

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gobwas/ws"
)

// Gate bounds how many handshakes run at the same time. It is concurrent-safe.
type Gate struct {
	places chan struct{}
}

// NewGate makes a Gate for n handshakes at a time; n must be at least 1.
func NewGate(n int) *Gate {
	return &Gate{places: make(chan struct{}, n)}
}

func (g *Gate) enter() bool {
	select {
	case g.places <- struct{}{}:
		return true
	default:
		return false
	}
}

func (g *Gate) leave() { <-g.places }

// processGate serves the callers that bring no Gate, so that handshakes are bounded without configuration.
var processGate = NewGate(256)

// UpgradeConfig configures Upgrade.
type UpgradeConfig struct {
	// Timeout bounds writing the answer to the handshake. Zero means 5 s.
	Timeout time.Duration
	// Gate bounds the handshakes that run at the same time. Zero (nil) means one Gate of 256 places for the whole process.
	Gate *Gate
}

// Validate reports a value that makes no sense.
func (c UpgradeConfig) Validate() error {
	if c.Timeout < 0 {
		return fmt.Errorf("conn: upgrade timeout %v is negative: give a duration, or 0 for 5s", c.Timeout)
	}
	return nil
}

// HandshakeError says why Upgrade refused a request.
type HandshakeError struct {
	// Status is the HTTP status that was answered: 400, 405, 426 or 503.
	Status int
	// Detail tells the caller what to change.
	Detail string
}

// Error gives status and detail.
func (e *HandshakeError) Error() string {
	return fmt.Sprintf("conn: handshake refused with %d: %s", e.Status, e.Detail)
}

// Upgrade turns a request into a WebSocket. The caller has checked Origin and seat and has reserved a place before; Upgrade checks
// what the WebSocket protocol asks for. No extension and no subprotocol is agreed to. When it fails it has answered the request (a
// *HandshakeError as application/problem+json) or closed the connection; the caller has nothing left to write.
func Upgrade(w http.ResponseWriter, r *http.Request, cfg UpgradeConfig) (Socket, error) {
	if e := checkRequest(r); e != nil {
		return Socket{}, refuse(w, e)
	}
	gate := cfg.Gate
	if gate == nil {
		gate = processGate
	}
	if !gate.enter() {
		return Socket{}, refuse(w, &HandshakeError{http.StatusServiceUnavailable, "too many handshakes at once: try again in a second"})
	}
	defer gate.leave()

	timeout := cfg.Timeout
	if timeout == 0 {
		timeout = 5 * time.Second
	}
	nc, rw, _, err := ws.HTTPUpgrader{Timeout: timeout}.Upgrade(r, w)
	if err != nil {
		if nc != nil { // hijacked: net/http will not close it any more
			_ = closable(nc).Close()
		}
		return Socket{}, fmt.Errorf("conn: upgrade: %w", err)
	}
	s := Socket{nc: nc}
	if n := rw.Reader.Buffered(); n > 0 {
		// rw's buffer belongs to net/http, which reuses it.
		early, err := rw.Reader.Peek(n)
		if err != nil {
			return Socket{}, errors.Join(fmt.Errorf("conn: upgrade: %w", err), s.Close())
		}
		s.buffered = append([]byte(nil), early...)
	}
	tune(nc)
	return s, nil
}

// checkRequest says what is wrong with a handshake while it can still be answered as HTTP. ws.HTTPUpgrader hijacks before it
// looks, and takes a request with a body.
func checkRequest(r *http.Request) *HandshakeError {
	h := r.Header
	switch {
	case r.Method != http.MethodGet:
		return &HandshakeError{http.StatusMethodNotAllowed, "open a WebSocket with GET"}
	case r.ContentLength != 0 || len(r.TransferEncoding) > 0:
		return &HandshakeError{http.StatusBadRequest, "a WebSocket handshake has no body"}
	case r.ProtoMajor != 1 || r.ProtoMinor < 1:
		return &HandshakeError{http.StatusUpgradeRequired, "open a WebSocket over HTTP/1.1"}
	case !strings.EqualFold(h.Get("Upgrade"), "websocket") || !hasToken(h.Get("Connection"), "upgrade"):
		return &HandshakeError{http.StatusUpgradeRequired, "open a WebSocket here: send Connection: Upgrade and Upgrade: websocket"}
	case len(h.Values("Sec-WebSocket-Version")) != 1 || h.Get("Sec-WebSocket-Version") != "13":
		return &HandshakeError{http.StatusUpgradeRequired, "send Sec-WebSocket-Version: 13"}
	case len(h.Values("Sec-WebSocket-Key")) != 1 || !validKey(h.Get("Sec-WebSocket-Key")):
		return &HandshakeError{http.StatusBadRequest, "send one Sec-WebSocket-Key of 16 bytes in base64"}
	}
	return nil
}

func hasToken(list, token string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(item), token) {
			return true
		}
	}
	return false
}

func validKey(key string) bool {
	raw, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(raw) == 16
}

// refuse answers with e as problem+json and returns it.
func refuse(w http.ResponseWriter, e *HandshakeError) error {
	h, code := w.Header(), "bad_handshake"
	switch e.Status {
	case http.StatusMethodNotAllowed:
		code = "method_not_allowed"
		h.Set("Allow", http.MethodGet)
	case http.StatusUpgradeRequired:
		code = "upgrade_required"
		h.Set("Connection", "Upgrade")
		h.Set("Upgrade", "websocket")
		h.Set("Sec-WebSocket-Version", "13")
	case http.StatusServiceUnavailable:
		code = "too_many_handshakes"
		h.Set("Retry-After", "1")
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(e.Status)
	// A client that is gone by now does not miss the answer.
	_ = json.NewEncoder(w).Encode(struct {
		Type   string `json:"type"`
		Code   string `json:"code"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{"urn:skirmish:problem:" + code, code, http.StatusText(e.Status), e.Status, e.Detail})
	return e
}
