//go:build amd64 || arm64

package conn

import (
	"bytes"
	"cmp"
	"io"
	"syscall"
	"time"
)

// link is one connection of a Poller. It is small, because most of many connections are idle. It is owned by the goroutine that steps
// the room, from being taken in; before, by the one that attaches it.
type link struct {
	id     ID
	tag    any
	held   io.Closer // by whoever counts the socket, until it is closed; may be nil
	parser *Parser   // of a message that has come in part; nil between messages
	extra  *extra    // nil for a connection that is neither held up nor closing

	fd      int32 // -1 once closed
	ignored int32 // bytes read while closing
	state   state
	answer  answer

	opened    bool // Opened was reported
	dismissed bool // the room has closed it and hears no more messages
	reported  bool // Closed was reported
	said      bool // the close frame was sent
	listed    bool // in Poller.due or again
	timed     bool // in Poller.timed
	readable  bool // the kernel may have bytes of it
	ending    bool // those end: read on until the end
	blocked   bool // the kernel takes nothing for now
}

// extra is what few links need at a time.
type extra struct {
	early    []byte // to be parsed before the next read: what came with the handshake, or more frames than a Poll takes
	tail     []byte // of a message that the kernel has taken a part of, and the close frame
	pong     []byte // payload of the newest ping that could not be answered, nil if there is none
	deadline time.Time
	err      error // why it closes; the first reason counts
	broken   error // of a send: nothing more can be sent, and what was received is still read
}

// nothing is the extra of a link that has none. It is not written to.
var nothing extra

// has gives what c has besides, to be read.
func (c *link) has() *extra {
	if c.extra == nil {
		return &nothing
	}
	return c.extra
}

// with gives the same to be written.
func (c *link) with() *extra {
	if c.extra == nil {
		c.extra = new(extra)
	}
	return c.extra
}

// shed gives back the extra of a link that needs none any more.
func (c *link) shed() {
	if x := c.extra; x != nil && len(x.early)+len(x.tail) == 0 && x.pong == nil && x.deadline.IsZero() && x.err == nil && x.broken == nil {
		c.extra = nil
	}
}

func (c *link) sends() bool { return c.state == stateOpen && c.has().broken == nil }

// free reports whether nothing is held and the kernel has not refused.
func (c *link) free() bool { return !c.blocked && len(c.has().tail) == 0 }

// drop closes the socket.
func (c *link) drop() {
	if c.fd < 0 {
		return
	}
	_ = syscall.Close(int(c.fd)) // there is nobody to tell
	c.fd = -1
	if c.held != nil {
		_ = c.held.Close() // likewise
		c.held = nil
	}
}

// end closes the socket. why counts if nothing else has ended the connection before. Closed is reported by the Poll that runs or by
// the next one that looks at c.
func (t *Poller) end(c *link, why error) {
	if c.state == stateEnded {
		return
	}
	if c.has().err == nil {
		c.with().err = why
	}
	c.state = stateEnded
	t.set.remove(int(c.fd))
	c.drop()
	c.extra, c.parser = &extra{err: c.extra.err}, nil
}

// within gives c that long to take what is held.
func (t *Poller) within(c *link, d time.Duration) {
	c.with().deadline = time.Now().Add(d)
	if !c.timed {
		c.timed = true
		t.timed = append(t.timed, c)
	}
}

// push sends as much of b as the kernel takes.
func (t *Poller) push(c *link, b []byte) (n int) {
	n, errno := sendNow(int(c.fd), b)
	switch {
	case errno == 0:
		c.blocked = n < len(b)
	case errno == syscall.EAGAIN:
		c.blocked = true
	default:
		c.with().broken = lost(errno)
		c.readable = true // the next read ends it, also where the kernel has no event to tell
		t.touch(c)
	}
	return n
}

// flush sends what is held, and does what comes after the close frame when that is sent.
func (t *Poller) flush(c *link) {
	x := c.extra
	if x == nil || c.state == stateEnded {
		return
	}
	for len(x.tail) > 0 && !c.blocked && x.broken == nil {
		if x.tail = x.tail[t.push(c, x.tail):]; len(x.tail) > 0 {
			continue
		}
		x.tail = nil
		if c.state == stateOpen {
			x.deadline = time.Time{}
		}
	}
	if x.pong != nil && c.sends() && c.free() {
		pong := x.pong
		x.pong = nil
		t.sendPong(c, pong)
	}
	if c.state != stateClosing || len(x.tail) > 0 || c.said {
		return
	}
	c.said = true
	switch c.answer {
	case answerNone:
		t.end(c, nil)
	case answerEOF:
		// Half closed, the client ends its side after reading the close frame, and not only after CloseTimeout.
		_ = syscall.Shutdown(int(c.fd), syscall.SHUT_WR)
	}
}

// sendPong answers a ping now, or as soon as the kernel takes something.
func (t *Poller) sendPong(c *link, payload []byte) {
	t.pong = appendPong(t.pong[:0], payload)
	n := 0
	if c.free() {
		n = t.push(c, t.pong)
	}
	switch {
	case n == len(t.pong) || !c.sends():
	case n == 0:
		c.with().pong = append(make([]byte, 0, 1+len(payload)), payload...) // not nil, even if empty
	default:
		c.with().tail = bytes.Clone(t.pong[n:])
		t.within(c, t.cfg.WriteTimeout)
	}
}

// beginClose says goodbye after what is held. From here all of it has CloseTimeout.
func (t *Poller) beginClose(c *link, goodbye []byte, a answer, why error) {
	if !c.sends() {
		return
	}
	c.state, c.answer = stateClosing, a
	x := c.with()
	x.err, x.pong = why, nil
	x.tail = append(x.tail, goodbye...)
	t.within(c, t.cfg.CloseTimeout)
	t.flush(c)
}

// read takes what has arrived: first what waits here, then one read of the socket.
func (t *Poller) read(c *link, h Handler) {
	t.in.frames = 0
	if x := c.extra; x != nil && len(x.early) > 0 {
		early := x.early
		x.early = nil
		t.hold(c, t.parse(c, early, t.now, h))
	}
	if c.state == stateEnded || !c.readable || len(c.has().early) > 0 {
		return
	}
	n, at, errno := t.in.receive(int(c.fd), t.polled)
	broken := c.has().broken
	switch {
	case errno == syscall.EAGAIN && broken == nil:
		c.readable = false
	case errno != 0:
		t.end(c, cmp.Or(broken, lost(errno)))
	case n == 0:
		t.peerEnded(c)
	default:
		// A read that does not fill the buffer has emptied the socket, and bytes that follow are a new event. Not so its end.
		if n < len(t.in.buf) && !c.ending && broken == nil {
			c.readable = false
		} else {
			t.touch(c)
		}
		t.hold(c, bytes.Clone(t.parse(c, t.in.buf[:n], at, h)))
		t.mayIgnore(c, n)
	}
}

// hold keeps what a Poll had no place for until the next.
func (t *Poller) hold(c *link, rest []byte) {
	if len(rest) > 0 && c.state != stateEnded {
		c.with().early = rest
		t.touch(c)
	}
}

// parse works through data until its end, or until c has brought as many frames as one Poll takes, and returns what is left then.
// Every frame counts, also one that leaves nothing: so a flood of pings or of empty fragments costs a tick no more than messages do.
func (t *Poller) parse(c *link, data []byte, at time.Time, h Handler) (rest []byte) {
	t.work = work{link: c, rest: data, at: at}
	parser := c.parser
	if parser == nil {
		parser = &t.parser
	}
	pinged := false
	for len(t.work.rest) > 0 && t.in.frames < t.cfg.InboxMessages && c.state != stateEnded {
		f, rest, broken := parser.Next(t.work.rest)
		t.work.rest = rest
		if broken != nil {
			t.violated(c, broken)
			break
		}
		t.in.frames++
		switch f.Kind {
		case KindMessage:
			if !c.dismissed && c.state == stateOpen {
				h.Message(c.id, at, f.Data)
			}
		case KindPing:
			// RFC 6455 5.5.3 lets an endpoint answer only the newest of several pings.
			t.ping, pinged = append(t.ping[:0], f.Data...), true
		case KindClose:
			t.peerClosed(c, f)
			t.work.rest = nil
		}
	}
	if pinged && c.sends() {
		t.sendPong(c, t.ping)
	}
	switch {
	case c.state == stateEnded || parser.between():
		c.parser = nil
	case c.parser == nil:
		c.parser, t.parser = new(t.parser), Parser{Limit: t.cfg.MaxMessage}
	}
	rest, t.work.rest = t.work.rest, nil
	return rest
}

// violated closes the connection with the code in broken. It is read on: a client that still sends would get a reset instead of the
// close frame if its bytes were left unread.
func (t *Poller) violated(c *link, broken *CloseError) {
	t.beginClose(c, appendClose(nil, broken.Code, broken.Reason), answerEOF, broken)
	c.answer = answerEOF // also if the room is closing already: the client's close frame will not be understood
}

// peerClosed answers the client's close frame, if it is not the answer to ours.
func (t *Poller) peerClosed(c *link, f Frame) {
	t.beginClose(c, appendClose(nil, f.Code, ""), answerNone, &CloseError{Code: f.Code, Reason: f.Reason, ByPeer: true})
	c.answer = answerNone
	if c.said {
		t.end(c, nil)
	}
}

// peerEnded is told that the client sends no more. One that has only ended its own side still gets the close frame that is due.
func (t *Poller) peerEnded(c *link) {
	if c.state == stateClosing && !c.said && c.has().broken == nil {
		c.answer, c.readable = answerNone, false
		return
	}
	t.end(c, cmp.Or(c.has().broken, lost(io.EOF)))
}

// mayIgnore bounds what is read of a closing connection in the hope of the client's answer.
func (t *Poller) mayIgnore(c *link, n int) {
	if c.state != stateClosing {
		return
	}
	if c.ignored += int32(n); c.ignored > ignoreLimit {
		t.end(c, nil)
	}
}
