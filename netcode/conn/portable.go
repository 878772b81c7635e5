package conn

import (
	"cmp"
	"slices"
	"sync"
)

// Portable is the Transport for every operating system and for TLS: a reader and a writer goroutine per connection, hidden behind
// Poll and TrySend. No method waits for a socket except Shutdown.
type Portable struct {
	cfg Config
	wg  sync.WaitGroup // the goroutines of all connections

	// Owned by the goroutine that steps the room.
	conns map[ID]*peer // from Opened until Closed
	batch []*peer      // what Poll works through
	spare inbox        // changes places with the inbox being reported

	mu     sync.Mutex // taken after a peer's mu, never before it
	closed bool
	lastID ID
	count  int     // attached and not yet reported as closed
	dirty  []*peer // those with something to report; an idle connection costs Poll nothing
}

// NewPortable makes a Portable. It panics if cfg does not pass Validate.
func NewPortable(cfg Config) *Portable {
	if err := cfg.Validate(); err != nil {
		panic(err)
	}
	return &Portable{cfg: cfg.withDefaults(), conns: map[ID]*peer{}}
}

var _ Transport = (*Portable)(nil)

// Attach starts to serve s; the next Poll reports Opened. It is concurrent-safe.
func (t *Portable) Attach(s Socket, tag any) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return ErrClosed
	}
	if t.count >= t.cfg.MaxConns {
		return ErrFull
	}
	t.lastID++
	t.count++
	c := newPeer(t, t.lastID, s, tag)
	t.dirty = append(t.dirty, c)
	t.wg.Go(c.read)
	t.wg.Go(c.write)
	return nil
}

// Poll reports what has arrived since the last call; see Transport.
func (t *Portable) Poll(h Handler) {
	t.mu.Lock()
	t.batch = append(t.batch, t.dirty...)
	clear(t.dirty) // do not keep closed connections alive
	t.dirty = t.dirty[:0]
	t.mu.Unlock()
	slices.SortFunc(t.batch, func(a, b *peer) int { return cmp.Compare(a.id, b.id) })
	done := 0
	defer func() { t.batch = slices.Delete(t.batch, 0, done) }() // a Handler that panics leaves the others to the next Poll
	for _, c := range t.batch {
		t.report(c, h)
		done++
	}
}

func (t *Portable) report(c *peer, h Handler) {
	if c.reported { // listed again after a Handler panicked at it
		return
	}
	if !c.opened {
		c.opened = true
		t.conns[c.id] = c
		h.Opened(c.id, c.tag)
	}
	t.spare.reset()
	gone, err := c.drain(&t.spare)
	t.spare.report(h, c.id, &c.dismissed)
	if !gone {
		return
	}
	c.reported = true
	delete(t.conns, c.id)
	t.mu.Lock()
	t.count--
	t.mu.Unlock()
	h.Closed(c.id, err)
}

// Ready reports whether TrySend would take a message now.
func (t *Portable) Ready(id ID) bool {
	c := t.conns[id]
	return c != nil && c.ready()
}

// TrySend copies frames into the connection's slot for its writer.
func (t *Portable) TrySend(id ID, frames []byte) Result {
	c := t.conns[id]
	if c == nil {
		return Gone
	}
	return c.trySend(frames)
}

// Close begins to close a connection; see Transport. Only the first call for a connection counts.
func (t *Portable) Close(id ID, last []byte, code uint16, reason string) {
	c := t.conns[id]
	if c == nil {
		return
	}
	c.dismissed = true
	c.close(last, code, reason)
}

// Shutdown ends all connections and waits for their goroutines; see Transport.
func (t *Portable) Shutdown() {
	t.mu.Lock()
	t.closed = true
	listed := slices.Clone(t.dirty)
	t.mu.Unlock()
	for _, c := range listed {
		c.end(ErrClosed)
	}
	for _, c := range t.batch {
		c.end(ErrClosed)
	}
	for _, c := range t.conns {
		c.end(ErrClosed)
	}
	t.wg.Wait()
}

// markDirty makes the next Poll look at c.
func (t *Portable) markDirty(c *peer) {
	t.mu.Lock()
	t.dirty = append(t.dirty, c)
	t.mu.Unlock()
}
