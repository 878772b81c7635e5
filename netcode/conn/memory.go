package conn

import (
	"bytes"
	"errors"
	"slices"
	"time"
)

// Memory is a Transport without sockets and goroutines, for tests and for running a game in virtual time. What a client sends is
// reported by the next Poll; what TrySend takes is at once in the client's hands. Use it and its MemoryConns from one goroutine.
type Memory struct {
	// Now stamps the messages of the clients. Zero (nil) means time.Now. Set it before the first Dial.
	Now func() time.Time

	conns  []*MemoryConn // in the order of attachment, until Closed is reported
	byID   map[ID]*MemoryConn
	spare  inbox // changes places with the inbox being reported
	lastID ID
	closed bool
}

// NewMemory makes a Memory.
func NewMemory() *Memory {
	return &Memory{byID: map[ID]*MemoryConn{}}
}

var _ Transport = (*Memory)(nil)

// MemoryConn is the client's end of a connection to a Memory.
type MemoryConn struct {
	t   *Memory
	id  ID
	tag any

	opened    bool // Opened was reported
	dismissed bool // the room has closed it and hears no more messages
	stalled   bool
	gone      bool  // no more is taken from or sent to the client; Closed is due
	err       error // what Closed will say
	reported  bool  // Closed was reported

	toServer inbox
	toClient [][]byte
	code     uint16 // what the client sees of the end
	reason   string
}

var errNoSockets = errors.New("conn: a Memory serves no sockets: use Dial")

// closedAbnormally is what a WebSocket client reports when the connection ended without a close frame.
const closedAbnormally = 1006

// Dial makes a connection with the tag that Opened will report. After Shutdown it is closed from the start.
func (t *Memory) Dial(tag any) *MemoryConn {
	c := &MemoryConn{t: t, tag: tag}
	if t.closed {
		c.end(ErrClosed, closedAbnormally, "")
		return c
	}
	t.lastID++
	c.id = t.lastID
	t.conns = append(t.conns, c)
	return c
}

// Attach always fails: with ErrClosed after Shutdown, otherwise because a Memory has no sockets.
func (t *Memory) Attach(Socket, any) error {
	if t.closed {
		return ErrClosed
	}
	return errNoSockets
}

// Poll reports what the clients did since the last call, connection by connection in the order of their Dial.
func (t *Memory) Poll(h Handler) {
	left := false
	for i := 0; i < len(t.conns); i++ { // a Handler in a test may Dial
		t.report(t.conns[i], h)
		left = left || t.conns[i].reported
	}
	if left {
		t.conns = slices.DeleteFunc(t.conns, func(c *MemoryConn) bool { return c.reported })
	}
}

func (t *Memory) report(c *MemoryConn, h Handler) {
	if c.reported { // listed still because a Handler panicked
		return
	}
	if !c.opened {
		c.opened = true
		t.byID[c.id] = c
		h.Opened(c.id, c.tag)
	}
	gone := c.gone
	t.spare.reset()
	c.toServer, t.spare = t.spare, c.toServer
	t.spare.report(h, c.id, &c.dismissed)
	if !gone {
		return
	}
	c.reported = true
	delete(t.byID, c.id)
	h.Closed(c.id, c.err)
}

// Ready reports whether the client is there and not stalled.
func (t *Memory) Ready(id ID) bool {
	c := t.byID[id]
	return c != nil && !c.gone && !c.stalled
}

// TrySend gives the messages in frames to the client.
func (t *Memory) TrySend(id ID, frames []byte) Result {
	c := t.byID[id]
	switch {
	case c == nil || c.gone:
		return Gone
	case c.stalled:
		return Behind
	}
	c.deliver(frames)
	return Sent
}

// Close gives last to the client and then the close code. A stalled client gets neither: it sees the connection end.
func (t *Memory) Close(id ID, last []byte, code uint16, reason string) {
	c := t.byID[id]
	if c == nil {
		return
	}
	c.dismissed = true
	if c.gone {
		return
	}
	why := &CloseError{Code: code, Reason: reason}
	if c.stalled {
		c.end(why, closedAbnormally, "")
		return
	}
	c.deliver(last)
	c.end(why, code, cutReason(reason))
}

// Shutdown ends all connections without a close frame.
func (t *Memory) Shutdown() {
	t.closed = true
	for _, c := range t.conns {
		if !c.gone {
			c.end(ErrClosed, closedAbnormally, "")
		}
	}
}

// Send gives the server one message; it keeps no reference to msg. A message longer than DefaultMaxMessage closes with 1009, as
// it does on a socket. After the end of the connection it does nothing.
func (c *MemoryConn) Send(msg []byte) {
	if c.gone {
		return
	}
	if len(msg) > DefaultMaxMessage {
		c.end(errTooBig, errTooBig.Code, errTooBig.Reason)
		return
	}
	now := time.Now
	if c.t.Now != nil {
		now = c.t.Now
	}
	c.toServer.put(msg, now())
}

// Next takes the oldest message of the server that was not taken yet.
func (c *MemoryConn) Next() (msg []byte, ok bool) {
	if len(c.toClient) == 0 {
		return nil, false
	}
	msg, c.toClient = c.toClient[0], c.toClient[1:]
	return msg, true
}

// Recv takes all messages of the server that were not taken yet, oldest first.
func (c *MemoryConn) Recv() [][]byte {
	all := c.toClient
	c.toClient = nil
	return all
}

// Stall makes the client take nothing, so that TrySend answers Behind, or ends that.
func (c *MemoryConn) Stall(on bool) { c.stalled = on }

// CloseInfo says whether the connection has ended for the client, and with which close code: the server's, the client's own, or
// 1006 where there was no close frame.
func (c *MemoryConn) CloseInfo() (code uint16, reason string, closed bool) {
	return c.code, c.reason, c.gone
}

// Leave ends the connection without a close frame, as a lost network does.
func (c *MemoryConn) Leave() {
	if !c.gone {
		c.end(ErrPeerLeft, closedAbnormally, "")
	}
}

// Close ends the connection with a close frame of the client.
func (c *MemoryConn) Close(code uint16, reason string) {
	if !c.gone {
		c.end(&CloseError{Code: code, Reason: reason, ByPeer: true}, code, reason)
	}
}

func (c *MemoryConn) end(err error, code uint16, reason string) {
	c.gone, c.err, c.code, c.reason = true, err, code, reason
}

// deliver parses the frame headers off, so that a room that frames wrongly fails here as it would at a browser.
func (c *MemoryConn) deliver(frames []byte) {
	for len(frames) > 0 {
		h, n, broken := parseHeader(frames)
		if broken != nil || n == 0 || frames[0] != finBinary || h.Masked || h.Length > int64(len(frames)-n) {
			panic("conn: not whole frames made with BeginFrame and EndFrame")
		}
		end := n + int(h.Length)
		c.toClient = append(c.toClient, bytes.Clone(frames[n:end]))
		frames = frames[end:]
	}
}
