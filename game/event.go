package game

import (
	"unsafe"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Event tells every client that something happened, exactly once and in the order of the Emits. Make it a field of the
// game and give it to the function Emit. Use it from the game's methods only. A client that has left 2048 events
// unacknowledged, which takes it about a round trip, is closed and comes back without them: what happens hundreds of times
// a second belongs into a table.
type Event[T any] struct {
	typ *eventType
}

// Emit tells the clients. v is encoded before Emit returns. Strings longer than their field's max are cut.
func (e *Event[T]) Emit(v T) {
	if e.typ == nil || e.typ.out == nil {
		panic("game: Event.Emit outside a room: declare the event with game.Emit and use it from the game's methods")
	}
	e.typ.out.emit(e.typ, unsafe.Pointer(&v))
}

// eventType is an Event without its type.
type eventType struct {
	id     uint32 // from 1; 0 is the string table
	layout *schema.Layout
	out    *outgoing
}

// outgoing collects a tick's events, encoded, in order.
type outgoing struct {
	enc  *msg.Encoder
	tick uint32
	buf  []byte
	ends []int
}

func (o *outgoing) emit(t *eventType, v unsafe.Pointer) {
	o.enc.Reset(o.buf)
	o.enc.BeginEvent(msg.EventHead{Event: t.id, Tick16: uint16(o.tick), Args: len(t.layout.Fields)})
	t.layout.EncodeArgs(o.enc, v)
	o.buf = o.enc.Bytes()
	o.ends = append(o.ends, len(o.buf))
}

// texts emits string table entries: pairs of id and text.
func (o *outgoing) texts(entries []textEntry) {
	o.buf = appendTexts(o.enc, o.buf, o.tick, entries)
	o.ends = append(o.ends, len(o.buf))
}

func appendTexts(enc *msg.Encoder, dst []byte, tick uint32, entries []textEntry) []byte {
	enc.Reset(dst)
	enc.BeginEvent(msg.EventHead{Event: msg.EventStrings, Tick16: uint16(tick), Args: 2 * len(entries)})
	for _, e := range entries {
		enc.Uint(uint64(e.id))
		enc.String(e.text)
	}
	return enc.Bytes()
}

func (o *outgoing) reset(tick uint32) { o.tick, o.buf, o.ends = tick, o.buf[:0], o.ends[:0] }
