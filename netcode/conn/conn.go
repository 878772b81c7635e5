// Package conn owns the sockets: the WebSocket upgrade, frames in and out, and the policy of never queueing behind a slow
// client. A room's stepping goroutine calls Transport once per tick; nothing else touches a socket.
//
// The host of the rooms calls Upgrade for a request it has let in and gives the Socket to the Attach of that room's Transport.
// Poller serves plain sockets on Linux within the tick, Portable serves sockets on every system and under TLS, and Memory serves tests
// without any.
//
// It is the only package besides netcode/client that imports gobwas/ws. It knows nothing of messages, rooms or games, and imports
// nothing else of this module.
package conn

import "time"

// ID names one socket of one Transport. It is never reused while the Transport lives. 0 is no socket.
type ID uint64

// Result says what TrySend did with a message.
type Result uint8

const (
	// Sent: the transport has taken the bytes and will deliver them or lose the connection.
	Sent Result = iota
	// Behind: the connection still holds an earlier message. Nothing was taken; encode anew next tick.
	Behind
	// Gone: the connection is closed or closing. Closed has been or will be reported by Poll.
	Gone
)

// Handler is told what Poll found, on the goroutine that called Poll, in the order it happened on each socket.
type Handler interface {
	// Opened: a socket given to Attach is now served. tag is what Attach got.
	Opened(id ID, tag any)
	// Message: one whole binary message. at is when its last byte arrived. data is valid until Message returns.
	Message(id ID, at time.Time, data []byte)
	// Closed: the socket is gone; it is the last call for id. err says why: a *CloseError (the client's close frame, a violation of
	// the WebSocket protocol, or Transport.Close), or one that errors.Is finds to be ErrPeerLeft, ErrTooSlow or ErrClosed.
	Closed(id ID, err error)
}

// Transport moves messages between sockets and the one goroutine that steps a room. Attach is concurrent-safe; call the other
// methods from that goroutine only.
type Transport interface {
	// Attach hands over an upgraded socket. It fails with ErrClosed after Shutdown and ErrFull at the connection limit; the caller
	// then closes the socket.
	Attach(s Socket, tag any) error
	// Poll reports all that has arrived since the last call, connection by connection in the order of their attachment. The Handler
	// may call Ready, TrySend and Close, nothing else. If it panics, the messages of that connection are lost and the next Poll
	// goes on with the others.
	Poll(h Handler)
	// Ready reports whether TrySend would take a message now. Ask before encoding.
	Ready(id ID) bool
	// TrySend takes whole frames made with BeginFrame and EndFrame. It never blocks, and copies or sends what it takes before it
	// returns.
	TrySend(id ID, frames []byte) Result
	// Close sends last (frames, may be nil) after what is held, then a close frame, and closes the socket after the peer's answer
	// or a short time. From the call on, Message is not called for id any more and TrySend answers Gone. Closed is reported by a
	// later Poll, with a *CloseError of this code unless the connection had ended for another reason before.
	Close(id ID, last []byte, code uint16, reason string)
	// Shutdown closes every socket at once without a close frame and waits until its goroutines have ended. A Poll after it reports
	// Closed with ErrClosed for each. To part politely, Close every id and Poll until all are Closed before.
	Shutdown()
}
