//go:build linux

package load

import (
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// nap is how long the thread sleeps at most: by so much the time at which a snapshot came may be wrong.
const nap = 250 * time.Microsecond

// run is the thread. It wakes by the clock and never by what comes, so that a server's send wakes nobody: to wake a thread costs who
// sends more than the rest of the call, and a client elsewhere does not cost that.
func (g *Generator) run() {
	defer close(g.done)
	runtime.LockOSThread()
	for !g.ending {
		g.rest(g.play())
		if g.posted.Load() {
			g.mu.Lock()
			posts := g.posts
			g.posts = nil
			g.posted.Store(false)
			g.mu.Unlock()
			for _, f := range posts {
				f()
			}
		}
	}
	for c := range g.all() {
		_ = syscall.Close(c.fd) // nothing is lost with it
	}
	_ = syscall.Close(g.epoll)
}

// rest sleeps until the next turn is due, or for a nap.
func (g *Generator) rest(due time.Time) {
	if d := min(time.Until(due), nap); d > 0 {
		rawSleep(d)
	}
}

// now is the time as arrivals have it.
func (g *Generator) now() time.Duration { return time.Since(g.start) }

// watch has look tell when something comes for a client. It tells once for each arrival: what has been noted is not asked for again.
func (g *Generator) watch(c *peer) error {
	const edge = 1 << 31 // EPOLLET, which package syscall has as a negative number
	e := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | edge, Fd: int32(c.fd)}
	return syscall.EpollCtl(g.epoll, syscall.EPOLL_CTL_ADD, c.fd, &e)
}

// look notes when something has come for a client, and leaves it where it is until the client's moment: to touch a socket once per tick
// for all that it has and says costs much less than twice, because nearly all of that time is spent in waiting for its memory.
func (g *Generator) look() {
	for n := len(g.events); n == len(g.events); {
		var e syscall.Errno
		if n, e = rawEpoll(g.epoll, g.events); e != 0 && e != syscall.EINTR {
			panic(fmt.Sprintf("load: epoll_wait: %v", e)) // the set is this thread's own
		}
		now := g.now()
		for _, e := range g.events[:max(n, 0)] {
			if c := g.clients[e.Fd]; c != nil {
				c.came.note(now)
			}
		}
	}
}

// receive reads what has come for a client.
func (g *Generator) receive(c *peer) error {
	for more := c.came.n > 0 && !c.deaf; more; {
		n, err := recv(c.fd, g.buf)
		if err == nil {
			err = g.frames(c, g.buf[:n])
		}
		if err != nil {
			return err
		}
		more = n == len(g.buf)
	}
	return nil
}

// receiveAll reads what has come for anybody, so that a window begins and ends with nothing unread.
func (g *Generator) receiveAll() {
	g.look()
	for c := range g.all() {
		if err := g.receive(c); err != nil {
			g.drop(c, err)
		}
	}
}

// frames takes what was read behind what is carried.
func (g *Generator) frames(c *peer, read []byte) error {
	b := read
	if len(c.carry) > 0 {
		c.carry = append(c.carry, read...)
		b = c.carry
	}
	whole := countFrames(b)
	for now := g.now(); c.came.n < min(whole, len(c.came.at)); { // what came after the last look, or together with what was noted
		c.came.note(now)
	}
	for i := 0; ; i++ {
		op, payload, rest, ok, err := nextFrame(b)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		switch op {
		case opText, opBinary:
			err = g.message(c, g.start.Add(c.came.of(i, whole)), payload)
		case opPing:
			g.out.frame(opPong, payload)
			err = g.flush(c)
		case opClose:
			err = closeError{closeCode(payload)}
		}
		if err != nil {
			return err
		}
		b = rest
	}
	c.carry = append(c.carry[:0], b...)
	if whole > 0 {
		c.came.n = 0
	}
	return nil
}

func (g *Generator) message(c *peer, now time.Time, b []byte) error {
	seen, err := c.session.Receive(now, b)
	if err != nil {
		return err
	}
	if !seen.Snapshot {
		return nil
	}
	if !c.joined {
		c.joined = true
		g.playing.Add(1)
		g.arrived.Add(1)
	}
	if c.visits {
		g.out.close()
		if err := g.flush(c); err != nil {
			return err
		}
		return errLeft
	}
	if g.window != nil && c.counts {
		g.window.snapshot(c, now, seen.Tick, len(b))
	} else {
		c.seen = max(c.seen, seen.Tick)
	}
	return nil
}

// play lets the clients have their say whose moment has come, and returns when the next one comes. Turns that were missed altogether
// are left out: nobody plays twice in a tick.
func (g *Generator) play() (next time.Time) {
	turn := int64(time.Since(g.start) * slots * time.Duration(g.cfg.Rate) / time.Second)
	g.turn = max(g.turn, turn-slots)
	for g.look(); g.turn < turn; g.look() {
		due := g.due(g.turn + 1)
		for _, c := range g.wheel[g.turn%slots] {
			if err := g.say(c, due); err != nil {
				defer g.drop(c, err) // the slot is being walked
			}
		}
		g.turn++
	}
	return g.due(g.turn + 1)
}

// due is when a turn ends.
func (g *Generator) due(turn int64) time.Time {
	return g.start.Add(time.Duration(turn) * time.Second / time.Duration(slots*g.cfg.Rate))
}

// say is a client's moment: it takes what has come, and says what is due.
func (g *Generator) say(c *peer, due time.Time) error {
	if err := g.receive(c); err != nil {
		return err
	}
	now := time.Now()
	label := c.session.Play(now, &g.out)
	if g.window != nil && g.out.n > 0 {
		g.window.said(c, now, now.Sub(due), label, &g.out)
	}
	return g.flush(c)
}

// flush writes the outbox and empties it.
func (g *Generator) flush(c *peer) error {
	if len(g.out.buf) == 0 {
		return nil
	}
	err := c.write(g.out.buf)
	g.out = Outbox{buf: g.out.buf[:0]}
	return err
}
