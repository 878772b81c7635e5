package conn

import (
	"errors"
	"os"
	"time"

	"github.com/gobwas/ws"
)

// errand is what the writer sends next.
type errand uint8

const (
	errandNone    errand = iota // nothing more: end
	errandSlot                  // the held message
	errandPong                  // the answer to a ping
	errandGoodbye               // the close frame and what goes before it
)

// write is the writer goroutine. It ends when the socket fails or the close frame is written.
func (c *peer) write() {
	defer c.leave()
	pong := make([]byte, 0, 2+ws.MaxControlFramePayloadSize)
	for {
		what, data := c.next(pong)
		if what == errandNone {
			return
		}
		if _, err := c.nc.Write(data); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				err = ErrTooSlow
			} else {
				err = lost(err)
			}
			c.end(err)
			return
		}
		c.wrote(what)
	}
}

// next waits for something to send. A pong overtakes nothing that is being written, because one goroutine writes.
func (c *peer) next(pong []byte) (errand, []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.state == stateOpen && !c.held && c.nPong == noPong {
		c.work.Wait()
	}
	if c.state == stateOpen {
		_ = c.nc.SetWriteDeadline(time.Now().Add(c.t.cfg.WriteTimeout)) // fails only if nc is closed; then Write does too
	}
	switch {
	case c.state == stateEnded || c.said:
		return errandNone, nil
	case c.nPong != noPong && c.state == stateOpen:
		pong = appendPong(pong, c.pong[:c.nPong])
		c.nPong = noPong
		return errandPong, pong
	case c.held:
		return errandSlot, c.slot
	}
	return errandGoodbye, c.goodbye
}

func (c *peer) wrote(what errand) {
	if what == errandPong {
		return
	}
	c.mu.Lock()
	if what == errandSlot {
		c.held = false
		c.mu.Unlock()
		return
	}
	c.said = true
	wait, why := c.answer, c.err
	c.mu.Unlock()
	switch wait {
	case answerNone:
		c.end(why)
	case answerEOF:
		// Half closed, the client ends its side after reading the close frame, and not only after CloseTimeout.
		if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	}
}
