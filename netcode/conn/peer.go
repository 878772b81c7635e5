package conn

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// peer is one connection of a Portable. Three goroutines meet in it: the reader, the writer and the one that steps the room.
type peer struct {
	// Static after construction.
	t   *Portable
	id  ID
	tag any
	nc  net.Conn
	raw net.Conn // nc, or what lies under its TLS layer

	// Owned by the goroutine that steps the room.
	opened    bool // Opened was reported
	dismissed bool // the room has closed it and hears no more messages
	reported  bool // Closed was reported

	// Owned by the reader.
	parser   Parser
	buffered []byte
	ignored  int // bytes read while closing

	mu    sync.Mutex // guards what follows; never held while reading from or writing to nc
	space sync.Cond  // the reader waits: for Poll to take the inbox, or for the end
	work  sync.Cond  // the writer waits: for something to send, or for the end

	in      inbox
	dirty   bool // in t.dirty, or on the way there
	running int  // goroutines that have not ended
	state   state
	err     error // why it closes; the first reason counts

	slot    []byte // the one message; while held it belongs to the writer
	held    bool
	small   int                                 // messages in a row that used little of slot
	pong    [ws.MaxControlFramePayloadSize]byte // payload of the newest ping that is not answered
	nPong   int                                 // its length, noPong if there is none
	goodbye []byte                              // the last message and the close frame
	said    bool                                // goodbye was written
	answer  answer
}

// state of a peer; it only goes up.
type state uint8

const (
	stateOpen    state = iota
	stateClosing       // goodbye is set and is sent after what is held
	stateEnded         // the socket is closed
)

// answer is what a closing peer has to wait for after its close frame.
type answer uint8

const (
	answerClose answer = iota // the client's close frame
	answerEOF                 // the client's end of stream: its frames cannot be read any more
	answerNone                // nothing: its close frame came
)

// noPong marks that no ping waits for its answer; 0 is the length of an empty one.
const noPong = -1

func newPeer(t *Portable, id ID, s Socket, tag any) *peer {
	c := &peer{
		t: t, id: id, tag: tag, nc: s.nc, raw: closable(s.nc), buffered: s.buffered,
		parser: Parser{Limit: t.cfg.MaxMessage},
		dirty:  true, running: 2, nPong: noPong,
	}
	c.space.L, c.work.L = &c.mu, &c.mu
	return c
}

func (c *peer) ready() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == stateOpen && !c.held
}

func (c *peer) trySend(frames []byte) Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != stateOpen {
		return Gone
	}
	if c.held {
		return Behind
	}
	c.fill(frames)
	c.held = true
	c.work.Signal()
	return Sent
}

// shrinkAfter is how many small messages in a row show that a large slot is not needed.
const shrinkAfter = 64

// fill copies frames into the slot. The full snapshot of a join makes it many times larger than the deltas after it need; that is
// given back, or it would stay with every connection.
func (c *peer) fill(frames []byte) {
	if len(frames) > cap(c.slot)/4 {
		c.small = 0
	} else if c.small++; c.small >= shrinkAfter && cap(c.slot) > keepBytes {
		c.small, c.slot = 0, make([]byte, 0, 2*len(frames))
	}
	c.slot = append(c.slot[:0], frames...)
}

// drain exchanges the inbox for the empty one in and says whether nothing will follow, and why.
func (c *peer) drain(in *inbox) (gone bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dirty = false
	c.in, *in = *in, c.in
	c.space.Signal()
	return c.running == 0, c.err
}

// touch puts c on the list of those Poll looks at. Called with mu held.
func (c *peer) touch() {
	if !c.dirty {
		c.dirty = true
		c.t.markDirty(c)
	}
}

func (c *peer) close(last []byte, code uint16, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	goodbye := appendClose(append([]byte(nil), last...), code, reason)
	c.beginClose(goodbye, answerClose, &CloseError{Code: code, Reason: reason})
}

// beginClose lets the writer say goodbye. From here all of it, what is held included, has CloseTimeout. Called with mu held.
func (c *peer) beginClose(goodbye []byte, a answer, why error) {
	if c.state != stateOpen {
		return
	}
	c.state, c.goodbye, c.answer, c.err = stateClosing, goodbye, a, why
	_ = c.nc.SetDeadline(time.Now().Add(c.t.cfg.CloseTimeout)) // fails only if nc is closed
	c.work.Signal()
	c.space.Signal()
}

// end closes the socket, which wakes both goroutines. why counts if nothing else has ended the connection before.
func (c *peer) end(why error) {
	c.mu.Lock()
	if c.err == nil {
		c.err = why
	}
	c.state = stateEnded
	c.work.Signal()
	c.space.Signal()
	c.mu.Unlock()
	_ = c.raw.Close()
}

// leave is called by both goroutines at their end. Whatever ended them, the socket is closed when both have.
func (c *peer) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
	if c.running == 0 {
		c.state = stateEnded
		_ = c.raw.Close()
		c.touch()
	}
}

// lost tells that nc failed; the cause is for the log.
func lost(cause error) error {
	if cause == nil || errors.Is(cause, net.ErrClosed) {
		return ErrPeerLeft
	}
	return fmt.Errorf("%w: %w", ErrPeerLeft, cause)
}
