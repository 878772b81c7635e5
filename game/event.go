package game

import (
	"math"
	"slices"
	"unsafe"

	"github.com/skirmish-dev/skirmish/game/interest"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Event tells clients that something happened, exactly once and in the order of the Emits, whatever happens to their
// connections. Make it a field of the game and give it to the function Emit. Use it from the game's methods only. A client
// that has left 2048 events unacknowledged, which takes it about a round trip, is closed and comes back without them: what
// happens hundreds of times a second belongs into a table, and what players set off, by a call say, needs a limit for each of them.
//
// Who is told is decided when it is emitted: all by Emit, one player by EmitTo, those who see a place by EmitNear. To everybody else
// there is no trace of it. v is encoded before they return; strings longer than their field's max are cut.
type Event[T any] struct {
	typ *eventType
}

// Emit tells all clients.
func (e *Event[T]) Emit(v T) { e.outgoing().emit(e.typ, everybody, unsafe.Pointer(&v)) }

// EmitTo tells p alone. A player that has left is told nothing.
func (e *Event[T]) EmitTo(p *Player, v T) { e.outgoing().emit(e.typ, p.ID, unsafe.Pointer(&v)) }

// EmitNear tells the players who see the place x, y: those whose view, as for tables with the Option Near, has it at most its
// radius away when EmitNear is called. That view is the circle of Player.View; without one, that of Config.ViewRadius around the
// player's Entity, if its table is Near. A player that has neither is told nothing, and nobody is told of a place that is NaN or
// infinite. A player whose connection is lost still sees, and is told when it is back. Spectators are told what the first player
// is, if the game says Config.WatchNear, and otherwise nothing. It costs a look at each player.
func (e *Event[T]) EmitNear(x, y float32, v T) {
	o := e.outgoing()
	o.hear(x, y)
	o.emit(e.typ, thoseNear, unsafe.Pointer(&v))
}

func (e *Event[T]) outgoing() *outgoing {
	if e.typ == nil || e.typ.out == nil {
		panic("game: Event.Emit outside a room: declare the event with game.Emit and use it from the game's methods")
	}
	return e.typ.out
}

// eventType is an Event without its type.
type eventType struct {
	id     uint32 // from 1; 0 is the string table
	layout *schema.Layout
	out    *outgoing
}

// outgoing collects a tick's events, encoded, in order.
type outgoing struct {
	enc     *msg.Encoder
	hearers func(dst []PlayerID, x, y float32) []PlayerID // appends who sees a place, ascending
	tick    uint32
	buf     []byte
	list    []emitted
	heard   []PlayerID // by whom, of all events for those nearby, one after the other
}

// emitted is one event of a tick. It begins in buf and in heard where the one before it has ended.
type emitted struct {
	end   int // in outgoing.buf
	heard int // end in outgoing.heard
	to    PlayerID
}

// Who is told of an event, if it is not one player.
const (
	everybody PlayerID = 0
	thoseNear PlayerID = math.MaxUint32 // the players in outgoing.heard
)

// spectator stands for all of them where it is asked who is told.
const spectator PlayerID = 0

// hear notes who is told of the next event, which is for those nearby.
func (o *outgoing) hear(x, y float32) { o.heard = o.hearers(o.heard, x, y) }

func (o *outgoing) emit(t *eventType, to PlayerID, v unsafe.Pointer) {
	o.enc.Reset(o.buf)
	o.enc.BeginEvent(msg.EventHead{Event: t.id, Tick16: uint16(o.tick), Args: len(t.layout.Fields)})
	t.layout.EncodeArgs(o.enc, v)
	o.buf = o.enc.Bytes()
	o.add(to)
}

func (o *outgoing) add(to PlayerID) { o.list = append(o.list, emitted{len(o.buf), len(o.heard), to}) }

// each calls f with the events that a player is told, or with id spectator each of those.
func (o *outgoing) each(id PlayerID, f func(event []byte)) {
	start, first := 0, 0
	for _, e := range o.list {
		told := e.to == everybody || e.to == id
		if e.to == thoseNear {
			_, told = slices.BinarySearch(o.heard[first:e.heard], id)
		}
		if told {
			f(o.buf[start:e.end])
		}
		start, first = e.end, e.heard
	}
}

// texts emits string table entries: pairs of id and text.
func (o *outgoing) texts(entries []textEntry) {
	o.buf = appendTexts(o.enc, o.buf, o.tick, entries)
	o.add(everybody)
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

func (o *outgoing) reset(tick uint32) {
	o.tick, o.buf, o.list, o.heard = tick, o.buf[:0], o.list[:0], o.heard[:0]
}

// hearers appends who is told of what happens at a place now: the players who see it, ascending, and before them spectator if those
// are told too.
func (r *Room) hearers(dst []PlayerID, x, y float32) []PlayerID {
	first := true
	for _, p := range r.players {
		if p.gone {
			continue
		}
		v := r.viewpoint(p)
		if v.known && interest.Within(x, y, v.x, v.y, v.radius) {
			if first && r.def.config.WatchNear {
				dst = append(dst, spectator)
			}
			dst = append(dst, p.ID)
		}
		first = false
	}
	return dst
}
