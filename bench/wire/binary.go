package main

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// viewer is the player id of the client that is measured. It owns no entity.
const viewer = 1

// binaryLink is the server's and the client's end of the protocol with one of its codecs.
type binaryLink struct {
	w        *workload
	codec    snapshot.Codec
	history  *snapshot.History
	view     snapshot.View
	encoder  snapshot.Encoder
	decoder  *snapshot.Decoder
	feedback *rand.Rand
	delta    msg.Delta // the header of the next one
}

func newBinaryLink(w *workload, codec snapshot.Codec) *binaryLink {
	return &binaryLink{
		w: w, codec: codec, history: snapshot.NewHistory(w.schema, depth),
		decoder:  snapshot.NewDecoder(w.schema, codec, viewer),
		feedback: rand.New(rand.NewPCG(1, 1)),
	}
}

func (l *binaryLink) fill(i int) {
	number := uint32(i + 1)
	l.history.Begin(number)
	for p := range uint32(l.w.players) {
		row := l.history.Put(playersTable, uint16(p), 1)
		row[0], row[1] = viewer+p, viewer+p
	}
	for _, r := range l.w.ticks[i].rows {
		copy(l.history.Put(entityTable, r.slot, r.gen), r.words)
	}
	// A client that plays has its input for nearly every tick there, a quarter to one tick early; now and then one is missing.
	l.delta = msg.Delta{Tick: number, Lag: 1, HasAck: true, HasPace: true, Pace: int8(4 + l.feedback.IntN(13))}
	if l.feedback.IntN(50) == 0 {
		l.delta.Ack, l.delta.Pace = 1, -l.delta.Pace
	}
}

func (l *binaryLink) append(dst []byte, i int) []byte {
	o := snapshot.Options{Codec: l.codec, Full: l.view.NeedsFull(l.history), Player: viewer}
	if o.Full {
		dst = msg.AppendFullHeader(dst, l.history.Tick())
	} else {
		dst = msg.AppendDeltaHeader(dst, l.delta, false)
	}
	dst = l.encoder.AppendBody(dst, l.history, &l.view, o)
	l.view.Commit()
	return dst
}

func (l *binaryLink) check(message []byte, i int) error {
	if err := l.apply(message); err != nil {
		return err
	}
	rows := l.w.ticks[i].rows
	if l.decoder.Len(entityTable) != len(rows) || l.decoder.Len(playersTable) != l.w.players {
		return fmt.Errorf("%d entities and %d players decoded, %d and %d are live",
			l.decoder.Len(entityTable), l.decoder.Len(playersTable), len(rows), l.w.players)
	}
	for j, r := range rows {
		e := l.decoder.At(entityTable, j)
		if e.ID != snapshot.EntityID(entityTable, r.gen, r.slot) || !slices.Equal(e.Row, r.words) {
			return fmt.Errorf("entity %d: decoded as %#x %v, is %v in slot %d", r.entity, e.ID, e.Row, r.words, r.slot)
		}
	}
	return nil
}

func (l *binaryLink) apply(message []byte) error {
	kind, err := msg.PeekType(message)
	if err != nil {
		return err
	}
	if kind == msg.TypeFull {
		m, err := msg.ReadFull(message)
		if err != nil {
			return err
		}
		return l.decoder.ApplyFull(m.Tick, m.Body)
	}
	m, err := msg.ReadDelta(message, l.decoder.Tick())
	if err != nil {
		return err
	}
	return l.decoder.ApplyDelta(uint16(m.Tick), uint32(m.Lag), m.Body)
}
