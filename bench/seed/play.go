package seed

import (
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/skirmish-dev/skirmish/bench/world"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// play is what a player of arena100 sees: 100 entities that all move, 20 times a second. Its deltas are FULL and DELTA of our protocol
// with the codec packed, which the client acknowledges every 250 ms; inputs, which every channel would have to carry, are left out.
func play(cfg Config) *workload {
	const rate, entities, players, viewer, depth = 20, 100, 50, 1, 32
	random := rand.New(rand.NewPCG(cfg.Seed, 3))
	w := &workload{name: "play", what: "100 entities that all move at 20 Hz, polled every 50 ms", poll: time.Second / rate}
	s := world.Arena100.Schema()
	history, encoder := snapshot.NewHistory(s, depth), snapshot.Encoder{}
	var view snapshot.View
	ships := make([]ship, entities)
	for i := range ships {
		ships[i] = ship{random.Float64() * side, random.Float64() * side, 2 * math.Pi * random.Float64()}
	}
	for i := range int(cfg.Duration.Seconds()*rate) + 1 {
		if i > 0 {
			w.changes = append(w.changes, time.Duration(i)*time.Second/rate)
		}
		for j := range ships {
			if j < players {
				ships[j].angle += 0.15 + 0.2*random.NormFloat64()
			}
			ships[j].fly(1.0 / rate)
		}
		tick := uint32(i + 1)
		fill(history, s, tick, players, ships)
		o := snapshot.Options{Codec: snapshot.Packed, Full: view.NeedsFull(history), Player: viewer}
		var b []byte
		if o.Full {
			b = msg.AppendFullHeader(b, tick)
		} else {
			b = msg.AppendDeltaHeader(b, msg.Delta{Tick: tick, Lag: 1, HasAck: true, HasPace: true, Pace: 8}, false)
		}
		w.deltas = append(w.deltas, encoder.AppendBody(b, history, &view, o))
		view.Commit()
		w.states = append(w.states, drawn(tick, ships))
	}
	w.ackEvery = 250 * time.Millisecond
	w.ack = func(version int) []byte {
		tick := uint32(version + 1)
		return msg.AppendInput(nil, msg.Input{FirstTick: tick + 1, AckTick: tick, ViewTick: 16 * uint64(tick)})
	}
	return w
}

const side = 4000

// ship is one entity.
type ship struct{ x, y, angle float64 }

// fly moves as bench/world does, in double precision: what it costs to show does not depend on the last bits.
func (s *ship) fly(dt float64) {
	sin, cos := math.Sincos(s.angle)
	x, y := s.x+world.Speed*dt*cos, s.y+world.Speed*dt*sin
	s.x, s.y = min(max(x, 0), side), min(max(y, 0), side)
	if x != s.x {
		s.angle = math.Pi - s.angle
	}
	if y != s.y {
		s.angle = -s.angle
	}
	s.angle = math.Mod(s.angle+4*math.Pi, 2*math.Pi)
}

// fill puts a tick of all rows into the history.
func fill(h *snapshot.History, s *schema.Schema, tick uint32, players int, ships []ship) {
	const playersTable, shipTable, full = 0, 1, 100
	h.Begin(tick)
	for p := range players {
		row := h.Put(playersTable, uint16(p), 1)
		row[0], row[1] = uint32(p+1), uint32(p+1)
	}
	f := s.Tables[shipTable].Fields
	for i, v := range ships {
		row := h.Put(shipTable, uint16(i), 1)
		row[0], row[1], row[2], row[3] = word(&f[0], v.x), word(&f[1], v.y), word(&f[2], v.angle), full
	}
}

// word is a number as the wire has it.
func word(f *schema.Field, v float64) uint32 {
	i := math.Floor((v-f.Base)/f.Step + 0.5)
	if !f.Wrap {
		i = min(max(i, float64(f.Lo)), float64(f.Hi))
	}
	return f.Reduce(int64(i))
}

// drawn is the state as JSON with two decimals, which is what 1/16 of a unit needs.
func drawn(tick uint32, ships []ship) []byte {
	b := append(make([]byte, 0, 5000), `{"tick":`...)
	b = append(strconv.AppendUint(b, uint64(tick), 10), `,"ships":[`...)
	for i, s := range ships {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendInt(append(b, `{"id":`...), int64(i+1), 10), `,"x":`...)
		b = append(strconv.AppendFloat(b, s.x, 'f', 2, 64), `,"y":`...)
		b = append(strconv.AppendFloat(b, s.y, 'f', 2, 64), `,"angle":`...)
		b = append(strconv.AppendFloat(b, s.angle, 'f', 2, 64), `,"hp":100}`...)
	}
	return append(b, "]}"...)
}
