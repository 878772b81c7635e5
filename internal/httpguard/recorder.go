package httpguard

import (
	"bufio"
	"net"
	"net/http"
)

// recorder notes what was answered, for the log.
type recorder struct {
	http.ResponseWriter
	status   int // 0 until the header is written
	bytes    int64
	hijacked bool
	code     string // of the problem document, if it is one
}

// Informational answers (1xx) come before the one that counts.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.bytes == 0 && w.status >= 400 && w.Header().Get("Content-Type") == "application/problem+json" {
		w.code = problemCode(p)
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Hijack is here, besides Unwrap, because a WebSocket upgrade must be seen: what follows it is not an answer.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.hijacked = w.hijacked || err == nil
	return conn, rw, err
}

// Flush serves handlers that ask for an http.Flusher. A writer below that cannot flush has nothing to hold back.
func (w *recorder) Flush() {
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach deadlines and the like.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
