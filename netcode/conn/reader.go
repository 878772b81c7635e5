package conn

import "time"

const (
	// readSize suits inputs, which are some tens of bytes. Longer messages collect in the Parser.
	readSize = 512
	// ignoreLimit bounds what a closing connection reads and throws away in the hope of the client's answer.
	ignoreLimit = 256 << 10
)

// read is the reader goroutine. It ends when the socket fails or when the client has closed.
func (c *peer) read() {
	defer c.leave()
	if early := c.buffered; len(early) > 0 {
		c.buffered = nil
		if !c.take(early, c.t.cfg.Now()) {
			return
		}
	}
	buf := make([]byte, readSize)
	for {
		n, err := c.nc.Read(buf)
		if n > 0 && !c.take(buf[:n], c.t.cfg.Now()) {
			return
		}
		if err != nil {
			c.stopped(err)
			return
		}
	}
}

// stopped is told why nothing more can be read. A client that has only ended its own side still gets the close frame that is due.
func (c *peer) stopped(cause error) {
	c.mu.Lock()
	due := c.state == stateClosing && !c.said
	if due {
		c.answer = answerNone
	}
	c.mu.Unlock()
	if !due {
		c.end(lost(cause))
	}
}

// take works through data and reports whether the reader shall go on.
func (c *peer) take(data []byte, at time.Time) bool {
	size := len(data)
	for len(data) > 0 {
		f, rest, broken := c.parser.Next(data)
		if broken != nil {
			c.violated(broken)
			break
		}
		if f.Kind == KindClose {
			c.peerClosed(f)
			return false
		}
		if f.Kind != KindMore {
			c.put(f, at)
		}
		data = rest
	}
	return c.mayIgnore(size)
}

// put stores what f brings. Every frame counts against the inbox, also one that leaves nothing in it: so a flood of pings or of
// empty fragments is slowed to what Poll allows. It waits while the inbox is full.
func (c *peer) put(f Frame, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cfg := &c.t.cfg
	for c.state == stateOpen &&
		(c.in.frames >= cfg.InboxMessages || len(c.in.bytes)+len(f.Data) > cfg.InboxBytes) {
		c.touch()
		c.space.Wait()
	}
	if c.state != stateOpen {
		return
	}
	c.in.frames++
	switch f.Kind {
	case KindMessage:
		c.in.put(f.Data, at)
		c.touch()
	case KindPing:
		// RFC 6455 5.5.3 lets an endpoint answer only the newest of several pings.
		c.nPong = copy(c.pong[:], f.Data)
		c.work.Signal()
	}
}

// violated closes the connection with the code in broken. The reader goes on: a client that still sends would get a reset instead
// of the close frame if its bytes were left unread.
func (c *peer) violated(broken *CloseError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beginClose(appendClose(nil, broken.Code, broken.Reason), answerEOF, broken)
	c.answer = answerEOF // also if the room is closing already: the client's close frame will not be understood
}

// peerClosed answers the client's close frame, if it is not the answer to ours.
func (c *peer) peerClosed(f Frame) {
	c.mu.Lock()
	c.beginClose(appendClose(nil, f.Code, ""), answerNone, &CloseError{Code: f.Code, Reason: f.Reason, ByPeer: true})
	c.answer = answerNone
	said, why := c.said, c.err
	c.mu.Unlock()
	if said {
		c.end(why)
	}
}

// mayIgnore counts the bytes that came while closing and reports whether the reader shall go on.
func (c *peer) mayIgnore(n int) bool {
	c.mu.Lock()
	closing, why := c.state == stateClosing, c.err
	c.mu.Unlock()
	if !closing {
		return true
	}
	c.ignored += n
	if c.ignored > ignoreLimit {
		c.end(why)
		return false
	}
	return true
}
