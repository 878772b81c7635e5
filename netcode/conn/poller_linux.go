//go:build amd64 || arm64

package conn

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
	"syscall"
	"time"
)

// HasPoller says that NewPoller serves sockets on this system.
const HasPoller = true

// slotBits of an ID are the link's slot, the others count the sockets taken in: ids are in the order of attachment.
const slotBits = 24

// Poller is the Transport for plain TCP sockets on Linux: the goroutine that steps the room reads and writes them itself, with one
// epoll set and no goroutine of its own. Once per tick Poll asks which sockets have something and reads each of
// those once; TrySend is one send to the kernel, which takes the frames or does not. An idle connection costs neither time nor a
// buffer, and neither does an idle room: what a Poll reads into is lent to it.
//
// Any goroutine may be the one that steps the room, and another may take over between two steps, as long as the one before has
// happened before the next: nothing here is bound to a thread. File descriptors are closed by that goroutine only, so that no number
// is used for a socket that has taken the place of another.
type Poller struct {
	cfg Config

	// Owned by the goroutine that steps the room.
	set    pollSet
	slots  []*link   // by slot, from being taken in until Closed is reported
	free   []uint32  // slots without a link
	taken  uint64    // sockets taken in
	due    []*link   // what the running Poll looks at
	again  []*link   // what the next one looks at, whatever the kernel says
	timed  []*link   // those with a deadline
	now    time.Time // of the running Poll, by Config.Now
	polled time.Time // of the one before
	clock  time.Time // of the running Poll, as deadlines have it
	in     *receiver // of the running Poll
	parser Parser    // of the link being read, if that is between messages
	ping   []byte    // payload of a ping, while it is answered
	pong   []byte    // the frame that answers it
	work   work

	mu     sync.Mutex
	closed bool
	count  int     // attached and not yet reported as closed
	fresh  []*link // attached and not yet taken in
}

// work is where Poll stands, for the case that a Handler panics.
type work struct {
	link *link     // being reported
	rest []byte    // of what was read from it
	at   time.Time // when that arrived
}

// NewPoller makes a Poller. It panics if cfg does not pass Validate.
func NewPoller(cfg Config) *Poller {
	if err := cfg.Validate(); err != nil {
		panic(err)
	}
	cfg = cfg.withDefaults()
	cfg.MaxConns = min(cfg.MaxConns, 1<<slotBits)
	return &Poller{cfg: cfg, set: pollSet{fd: -1}, parser: Parser{Limit: cfg.MaxMessage}}
}

var _ Transport = (*Poller)(nil)

// Best makes the Transport that serves plain sockets best on this system.
func Best(cfg Config) Transport { return NewPoller(cfg) }

// Attach takes the file descriptor out of s, which is used up then. It fails with ErrNotPollable for a socket under TLS or another
// layer that changes bytes. It is concurrent-safe; the next Poll reports Opened.
func (t *Poller) Attach(s Socket, tag any) error {
	if err := t.reserve(); err != nil {
		return err
	}
	fd, held, err := handOver(s.nc)
	if err != nil {
		t.release()
		return err
	}
	c := &link{fd: int32(fd), held: held, tag: tag}
	if len(s.buffered) > 0 {
		c.with().early = s.buffered
	}
	t.mu.Lock()
	closed := t.closed
	if !closed {
		t.fresh = append(t.fresh, c)
	}
	t.mu.Unlock()
	if closed {
		t.release()
		c.drop()
		return ErrClosed
	}
	return nil
}

// reserve counts a connection in.
func (t *Poller) reserve() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return ErrClosed
	}
	if t.count >= t.cfg.MaxConns {
		return ErrFull
	}
	t.count++
	return nil
}

func (t *Poller) release() {
	t.mu.Lock()
	t.count--
	t.mu.Unlock()
}

// Poll reads once from each socket that has something; see Transport.
func (t *Poller) Poll(h Handler) {
	t.polled, t.now, t.clock = t.now, t.cfg.Now(), time.Now()
	t.in = borrowReceiver(t.cfg.InboxBytes)
	t.in.begin(t.now, t.clock)
	t.due, t.again = t.again, t.due
	t.takeIn()
	t.harvest()
	t.expire()
	slices.SortFunc(t.due, func(a, b *link) int { return cmp.Compare(a.id, b.id) })
	done := 0
	defer func() {
		t.abandon()
		t.in.giveBack()
		t.in = nil
		for _, c := range t.due[done:] { // a Handler that panics leaves the others to the next Poll
			c.listed = false
			t.touch(c)
		}
		clear(t.due) // do not keep closed connections alive
		t.due = t.due[:0]
	}()
	for _, c := range t.due {
		done++
		c.listed = false
		t.report(c, h)
	}
}

// takeIn makes what Attach has left part of the set.
func (t *Poller) takeIn() {
	t.mu.Lock()
	fresh := t.fresh
	t.fresh = nil
	t.mu.Unlock()
	for _, c := range fresh {
		slot := uint32(len(t.slots))
		if last := len(t.free) - 1; last >= 0 {
			slot, t.free = t.free[last], t.free[:last]
			t.slots[slot] = c
		} else {
			t.slots = append(t.slots, c)
		}
		t.taken++
		c.id = ID(t.taken<<slotBits | uint64(slot))
		if err := t.set.add(int(c.fd), slot); err != nil {
			t.end(c, lost(err))
		}
		c.listed = true
		t.due = append(t.due, c)
	}
}

// harvest asks the kernel which sockets have something.
func (t *Poller) harvest() {
	// The kernel tells of as many as there is place for, and goes on with the others when it is asked again. What happens meanwhile it
	// may tell as well: one turn for each place that the sockets need, or those that are quick could hold up the tick.
	for range len(t.slots)/len(t.in.events) + 1 {
		events := t.set.wait(t.in.events[:])
		for _, e := range events {
			t.happened(t.slots[e.Fd], e.Events)
		}
		if len(events) < len(t.in.events) {
			return
		}
	}
}

// happened notes what the kernel has told of c.
func (t *Poller) happened(c *link, events uint32) {
	if events&(syscall.EPOLLIN|pollEnd) != 0 {
		c.readable = true
	}
	if events&pollEnd != 0 {
		c.ending = true
	}
	if events&(syscall.EPOLLOUT|pollEnd) != 0 {
		c.blocked = false
	}
	if !c.listed {
		c.listed = true
		t.due = append(t.due, c)
	}
}

// expire lists those whose deadline has passed, and forgets those that have none any more.
func (t *Poller) expire() {
	t.timed = slices.DeleteFunc(t.timed, func(c *link) bool {
		if c.state == stateEnded || c.has().deadline.IsZero() {
			c.timed = false
			return true
		}
		if !t.clock.Before(c.extra.deadline) && !c.listed {
			c.listed = true
			t.due = append(t.due, c)
		}
		return false
	})
}

// report tells h what c has to say.
func (t *Poller) report(c *link, h Handler) {
	if c.reported {
		return
	}
	t.work.link = c
	if !c.opened {
		c.opened = true
		h.Opened(c.id, c.tag)
	}
	t.flush(c)
	t.read(c, h)
	if d := c.has().deadline; c.state != stateEnded && !d.IsZero() && !t.clock.Before(d) {
		t.end(c, ErrTooSlow)
	}
	if c.state == stateEnded {
		c.reported = true
		slot := uint32(c.id & (1<<slotBits - 1))
		t.slots[slot] = nil
		t.free = append(t.free, slot)
		t.release()
		h.Closed(c.id, c.extra.err)
	}
	c.shed()
	t.work.link = nil
}

// abandon puts the link at which a Handler panicked in order: what was read from it is taken without telling anybody, so that its
// stream goes on where the next read begins.
func (t *Poller) abandon() {
	c := t.work.link
	if c == nil {
		return
	}
	dismissed := c.dismissed
	c.dismissed = true
	t.hold(c, bytes.Clone(t.parse(c, t.work.rest, t.work.at, nil)))
	c.dismissed = dismissed
	t.work.link = nil
	t.touch(c)
}

// touch makes the next Poll look at c.
func (t *Poller) touch(c *link) {
	if !c.listed {
		c.listed = true
		t.again = append(t.again, c)
	}
}

// link finds a connection that has not been reported as closed.
func (t *Poller) link(id ID) *link {
	slot := id & (1<<slotBits - 1)
	if slot >= ID(len(t.slots)) {
		return nil
	}
	if c := t.slots[slot]; c != nil && c.id == id {
		return c
	}
	return nil
}

// Ready reports whether TrySend would take a message now.
func (t *Poller) Ready(id ID) bool {
	c := t.link(id)
	return c != nil && c.sends() && c.free()
}

// TrySend gives frames to the kernel. What it does not take of a message that it has begun is kept and goes first.
func (t *Poller) TrySend(id ID, frames []byte) Result {
	c := t.link(id)
	switch {
	case c == nil || !c.sends():
		return Gone
	case !c.free():
		return Behind
	}
	n := t.push(c, frames)
	switch {
	case n == len(frames):
		return Sent
	case !c.sends():
		return Gone
	case n == 0:
		return Behind
	}
	c.with().tail = bytes.Clone(frames[n:])
	t.within(c, t.cfg.WriteTimeout)
	return Sent
}

// Close begins to close a connection; see Transport. Only the first call for a connection counts.
func (t *Poller) Close(id ID, last []byte, code uint16, reason string) {
	c := t.link(id)
	if c == nil {
		return
	}
	c.dismissed = true
	goodbye := appendClose(append([]byte(nil), last...), code, reason)
	t.beginClose(c, goodbye, answerClose, &CloseError{Code: code, Reason: reason})
}

// Shutdown ends all connections; see Transport. There is no goroutine to wait for.
func (t *Poller) Shutdown() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.takeIn()
	t.again = append(t.again, t.due...) // those that takeIn has listed
	t.due = t.due[:0]
	for _, c := range t.slots {
		if c != nil {
			t.end(c, ErrClosed)
			t.touch(c)
		}
	}
	t.set.close()
}
