package events

import (
	"slices"
	"sort"
	"time"
)

// stored is one event of an account.
type stored struct {
	seq  uint64
	kind string
	data []byte
}

// ring is what is kept for one account; Hub.mu guards it.
type ring struct {
	account string
	events  []stored
	bytes   int
	floor   uint64        // events up to it are not known any more
	changed chan struct{} // closed, and replaced, when there is something for the readers
	readers []*Reader     // the oldest first
	used    time.Time

	prev, next *ring // in Hub.oldest
}

// push adds an event and lets go of those that are too many.
func (r *ring) push(e stored, cfg *Config) {
	r.events = append(r.events, e)
	r.bytes += len(e.data)
	for len(r.events) > cfg.Ring || r.bytes > cfg.Bytes {
		r.floor = r.events[0].seq
		r.bytes -= len(r.events[0].data)
		r.events = slices.Delete(r.events, 0, 1)
	}
	r.wake()
}

// after returns the events after a number.
func (r *ring) after(seq uint64) []stored {
	return r.events[sort.Search(len(r.events), func(i int) bool { return r.events[i].seq > seq }):]
}

func (r *ring) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// end cuts all readers off.
func (r *ring) end(why error) {
	for _, reader := range r.readers {
		reader.over = why
	}
	r.readers = nil
	r.wake()
}

func (r *ring) remove(reader *Reader) {
	r.readers = slices.DeleteFunc(r.readers, func(o *Reader) bool { return o == reader })
}

// use returns the ring of an account, making it when there is none, and lets go of those that nobody has used for long.
func (h *Hub) use(account string) *ring {
	r := h.accounts[account]
	if r == nil {
		// What was said before is not known: it may have been kept once and let go.
		r = &ring{account: account, floor: h.seq, changed: make(chan struct{})}
		h.accounts[account] = r
		h.oldest.push(r)
	}
	h.touch(r)
	h.sweep()
	return r
}

func (h *Hub) touch(r *ring) {
	r.used = h.cfg.Clock()
	h.oldest.remove(r)
	h.oldest.push(r)
}

// sweep drops the rings that are out of time or too many. One that is being read is in use.
func (h *Hub) sweep() {
	now := h.cfg.Clock()
	for range 2 { // each call that may add one removes up to two: the number falls without a long walk
		r := h.oldest.first()
		if r == nil || len(h.accounts) <= h.cfg.Accounts && now.Sub(r.used) < h.cfg.Keep {
			return
		}
		if len(r.readers) > 0 && len(h.accounts) <= h.cfg.Accounts {
			h.touch(r)
			continue
		}
		r.end(ErrReplaced)
		h.drop(r)
	}
}

func (h *Hub) drop(r *ring) {
	h.oldest.remove(r)
	delete(h.accounts, r.account)
}

// list is the rings in the order of their last use.
type list struct{ root ring }

func (l *list) init() { l.root.prev, l.root.next = &l.root, &l.root }

func (l *list) push(r *ring) {
	r.prev, r.next = l.root.prev, &l.root
	r.prev.next, r.next.prev = r, r
}

func (l *list) remove(r *ring) {
	if r.prev != nil {
		r.prev.next, r.next.prev = r.next, r.prev
		r.prev, r.next = nil, nil
	}
}

func (l *list) first() *ring {
	if l.root.next == &l.root {
		return nil
	}
	return l.root.next
}
