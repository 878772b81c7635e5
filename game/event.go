package game

import (
	"unsafe"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Event tells clients that something happened, exactly once and in the order of the Emits, whatever happens to their
// connections. Make it a field of the game and give it to the function Emit. Use it from the game's methods only. A client
// that has left 2048 events unacknowledged, which takes it about a round trip, is closed and comes back without them: what
// happens hundreds of times a second belongs into a table.
type Event[T any] struct {
	typ *eventType
}

// Emit tells all clients. v is encoded before Emit returns. Strings longer than their field's max are cut.
func (e *Event[T]) Emit(v T) { e.emit(everybody, unsafe.Pointer(&v)) }

// EmitTo tells p alone; to the others there is no trace of it. A player that has left is told nothing.
func (e *Event[T]) EmitTo(p *Player, v T) { e.emit(p.ID, unsafe.Pointer(&v)) }

func (e *Event[T]) emit(to PlayerID, v unsafe.Pointer) {
	if e.typ == nil || e.typ.out == nil {
		panic("game: Event.Emit outside a room: declare the event with game.Emit and use it from the game's methods")
	}
	e.typ.out.emit(e.typ, to, v)
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
	list []emitted
}

// emitted is one event of a tick.
type emitted struct {
	end int      // in outgoing.buf, where the one before it has ended
	to  PlayerID // or everybody
}

// everybody is the audience of most events.
const everybody PlayerID = 0

func (o *outgoing) emit(t *eventType, to PlayerID, v unsafe.Pointer) {
	o.enc.Reset(o.buf)
	o.enc.BeginEvent(msg.EventHead{Event: t.id, Tick16: uint16(o.tick), Args: len(t.layout.Fields)})
	t.layout.EncodeArgs(o.enc, v)
	o.buf = o.enc.Bytes()
	o.list = append(o.list, emitted{len(o.buf), to})
}

// texts emits string table entries: pairs of id and text.
func (o *outgoing) texts(entries []textEntry) {
	o.buf = appendTexts(o.enc, o.buf, o.tick, entries)
	o.list = append(o.list, emitted{len(o.buf), everybody})
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

func (o *outgoing) reset(tick uint32) { o.tick, o.buf, o.list = tick, o.buf[:0], o.list[:0] }
