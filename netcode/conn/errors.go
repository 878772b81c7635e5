package conn

import (
	"errors"
	"fmt"

	"github.com/gobwas/ws"
)

var (
	// ErrClosed: the Transport was shut down. Attach returns it, and Closed reports it for the sockets that Shutdown ended.
	ErrClosed = errors.New("conn: the transport is shut down")
	// ErrFull: the Transport serves as many connections as it may.
	ErrFull = errors.New("conn: the transport has no place for another connection")
	// ErrNotPollable: a Poller got a socket that is not plain TCP.
	ErrNotPollable = errors.New("conn: a Poller serves plain TCP sockets: use the portable transport for TLS and wrapped connections")
	// ErrTooSlow: the client did not take a message within Config.WriteTimeout. Reported by Closed.
	ErrTooSlow = errors.New("conn: the client did not take a message in time")
	// ErrPeerLeft: the connection ended without a close frame. Closed reports it, wrapped with the cause if there is one.
	ErrPeerLeft = errors.New("conn: the client left without a close frame")
)

// CloseError says with which close code a connection ended. Closed reports it as *CloseError.
type CloseError struct {
	// Code of the close frame; 1005 if the peer's frame had none.
	Code uint16
	// Reason in the close frame.
	Reason string
	// ByPeer: the client began to close. Otherwise it was Transport.Close or a violation of the WebSocket protocol.
	ByPeer bool
}

// Error says who closed, with which code and why.
func (e *CloseError) Error() string {
	who := "server"
	if e.ByPeer {
		who = "client"
	}
	return fmt.Sprintf("conn: closed by the %s with %d: %s", who, e.Code, e.Reason)
}

// The violations a Parser finds besides those of ws.CheckHeader.
var (
	errLength    = &CloseError{Code: uint16(ws.StatusProtocolError), Reason: "payload length is not in its shortest form"}
	errCloseCode = &CloseError{Code: uint16(ws.StatusProtocolError), Reason: "close code that must not be sent"}
	errCloseUTF8 = &CloseError{Code: uint16(ws.StatusInvalidFramePayloadData), Reason: "close reason is not UTF-8"}
	errText      = &CloseError{Code: uint16(ws.StatusUnsupportedData), Reason: "send binary messages, not text"}
	errTooBig    = &CloseError{Code: uint16(ws.StatusMessageTooBig), Reason: "message is longer than allowed"}
)
