// Package events carries what the lobby has to say to a player: ticket progress, party changes, results. It owns the last events
// of each account, their cursors and who reads them.
//
// The lobby's parts call Publish; the routes of /v1/events read with Subscribe, as a stream or as a long poll. It knows no HTTP and
// no store, and imports nothing of this module.
//
// Events live in memory, the last ones of each account. Who comes back within them misses nothing and reads nothing twice; who
// comes back later, or after a restart of the server, is told to start over: to ask REST for the state and go on from the cursor
// that this event has. A reader is a position in the ring, not a queue: a slow one costs nothing and is told to start over as well.
package events

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// StartOver is the kind of the event for a reader that has missed some. Its data is null.
const StartOver = "start-over"

// Event is one thing said to an account.
type Event struct {
	Cursor string          // where to go on after it
	Kind   string          // such as "ticket" or "party"
	Data   json.RawMessage // one JSON value
}

// Config is what New needs.
type Config struct {
	Ring     int              // events kept for an account; zero means 256
	Bytes    int              // the same in bytes of data; zero means 64 KiB
	Accounts int              // accounts with kept events at a time, the longest unused go first; zero means 50 000
	Readers  int              // streams and polls of one account at a time; zero means 12
	Keep     time.Duration    // how long events are kept after the account last read or got one; zero means 5 min
	Clock    func() time.Time // zero means time.Now
}

// Validate reports the first unusable field.
func (c Config) Validate() error {
	if c.Ring < 0 || c.Bytes < 0 || c.Accounts < 0 || c.Readers < 0 || c.Keep < 0 {
		return errors.New("events: a limit in Config is negative")
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Ring == 0 {
		c.Ring = 256
	}
	if c.Bytes == 0 {
		c.Bytes = 64 << 10
	}
	if c.Accounts == 0 {
		c.Accounts = 50_000
	}
	if c.Readers == 0 {
		c.Readers = 12
	}
	if c.Keep == 0 {
		c.Keep = 5 * time.Minute
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

// Errors that callers tell apart.
var (
	ErrClosed   = errors.New("events: the server is shutting down")
	ErrReplaced = errors.New("events: a newer reader of the account has taken the place of this one")
	ErrEnded    = errors.New("events: the account has signed out")
)

// Hub is the events of all accounts. It is concurrent-safe and has no goroutine.
type Hub struct {
	cfg   Config
	epoch string // of this process: cursors of another are not known

	mu       sync.Mutex
	seq      uint64 // of the newest event, counted over all accounts: a cursor older than its ring is seen to be so
	accounts map[string]*ring
	oldest   list // rings in the order of their last use
	closed   bool
}

// New checks cfg and returns an empty hub.
func New(cfg Config) (*Hub, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	h := &Hub{cfg: cfg.withDefaults(), epoch: strings.ToLower(rand.Text()[:10]), accounts: map[string]*ring{}}
	h.oldest.init()
	return h, nil
}

// Publish says something to an account. Nobody needs to be reading. The payload must marshal to JSON of less than Config.Bytes;
// an error says that it does not.
func (h *Hub) Publish(account, kind string, payload any) error {
	data, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("events: payload of %q: %w", kind, err)
	}
	if len(data) >= h.cfg.Bytes {
		return fmt.Errorf("events: payload of %q has %d bytes, want less than %d: let it be fetched", kind, len(data), h.cfg.Bytes)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return ErrClosed
	}
	h.seq++
	h.use(account).push(stored{seq: h.seq, kind: kind, data: data}, &h.cfg)
	return nil
}

// End cuts all readers of an account off with ErrEnded and forgets its events, because it has signed out.
func (h *Hub) End(account string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.accounts[account]; r != nil {
		r.end(ErrEnded)
		h.drop(r)
	}
}

// Close cuts all readers off with ErrClosed. Later calls of Publish and Subscribe answer it too.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, r := range h.accounts {
		r.end(ErrClosed)
	}
}

// Subscribe begins to read after a cursor; an empty one means from now on. A cursor that is not known makes the first event a
// StartOver. Too many readers of an account end its oldest one with ErrReplaced. Close the reader in the end. Errors: ErrClosed.
func (h *Hub) Subscribe(account, cursor string) (*Reader, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	r := h.use(account)
	for len(r.readers) >= h.cfg.Readers {
		r.readers[0].over = ErrReplaced
		r.readers = r.readers[1:]
		r.wake()
	}
	reader := &Reader{hub: h, ring: r, at: h.seq}
	if cursor != "" {
		at, known := h.position(cursor)
		reader.at, reader.missed = at, !known || at < r.floor
	}
	r.readers = append(r.readers, reader)
	return reader, nil
}

// position is the sequence number of a cursor of this process.
func (h *Hub) position(cursor string) (seq uint64, known bool) {
	epoch, number, ok := strings.Cut(cursor, "-")
	if !ok || epoch != h.epoch {
		return 0, false
	}
	seq, err := strconv.ParseUint(number, 10, 64)
	return seq, err == nil && seq <= h.seq
}

func (h *Hub) cursor(seq uint64) string { return h.epoch + "-" + strconv.FormatUint(seq, 10) }

// Reader is one stream or poll of an account. One goroutine reads.
type Reader struct {
	hub    *Hub
	ring   *ring
	at     uint64 // everything up to it was read; guarded by hub.mu
	missed bool   // likewise
	over   error  // why there is no more; likewise
}

// Next returns the events that the reader has not seen, at least one; it waits for it. The events are the reader's. Errors: that
// of ctx, ErrClosed, ErrReplaced, ErrEnded.
func (r *Reader) Next(ctx context.Context) ([]Event, error) {
	for {
		events, changed, err := r.take()
		if err != nil || len(events) > 0 {
			return events, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Cursor is where a reader goes on that has read all that Next has returned.
func (r *Reader) Cursor() string {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	return r.hub.cursor(r.at)
}

// Close ends the reader.
func (r *Reader) Close() {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	r.ring.remove(r)
}

// take returns what is new, or a channel that is closed when something is.
func (r *Reader) take() (events []Event, changed <-chan struct{}, err error) {
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.over != nil {
		return nil, nil, r.over
	}
	h.touch(r.ring)
	if r.missed || r.at < r.ring.floor {
		r.missed, r.at = false, h.seq
		return []Event{{Cursor: h.cursor(r.at), Kind: StartOver, Data: json.RawMessage("null")}}, nil, nil
	}
	for _, e := range r.ring.after(r.at) {
		events = append(events, Event{Cursor: h.cursor(e.seq), Kind: e.kind, Data: e.data})
		r.at = e.seq
	}
	return events, r.ring.changed, nil
}
