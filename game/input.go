package game

import (
	"time"
	"unsafe"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// InputState says where a player's input of a tick comes from.
type InputState uint8

const (
	// Missing: nothing was received for longer than 250 ms, or never. The input is zero.
	Missing InputState = iota
	// Repeated: none came for this tick; it is the last one, its edge fields cleared.
	Repeated
	// Fresh: sent for this tick.
	Fresh
)

// Inputs has the players' inputs of one tick. It is valid during Tick.
type Inputs[In any] struct {
	layout *schema.Layout
}

// Of returns the input of p for this tick. Each field is within the bounds of its tag, whatever the client has sent.
func (in Inputs[In]) Of(p *Player) (In, InputState) {
	var v In
	if len(p.input.current) > 0 {
		in.layout.Unpack(unsafe.Pointer(&v), p.input.current)
	}
	return v, p.input.state
}

const (
	// inputHold is how long a missing input is replaced by the last one, and how late a one-shot field still counts.
	inputHold = 250 * time.Millisecond
	// leastAhead is how many ticks ahead an input may be when a second has fewer: the largest margin that a client aims at, and the
	// tick that it is in.
	leastAhead = 4
)

// inputBuffer is the jitter buffer of one player: inputs by the tick they are meant for. One is consumed per tick,
// whatever arrives, so nobody acts faster than time.
type inputBuffer struct {
	layout  *schema.Layout
	hold    uint32 // inputHold in ticks, at least 1
	ahead   uint32 // how far in the future an input may be, in ticks
	words   int
	rows    []uint32 // by label % len(labels): as many as from hold ago to ahead
	labels  []uint32 // label of each row, 0: none
	views   []Moment // what was being looked at, of each row
	current []uint32 // consumed in this tick
	edges   []uint32 // one-shot fields that came late, for the next input
	edge    uint32   // label of the newest of them, 0: none
	state   InputState
	fresh   uint32 // label of the newest input consumed, 0: none
	view    Moment // what the player was looking at with the newest input that is not in the future, 0: unknown
	pace    pace
	played  []uint32 // what a bot does in every tick, nil: nothing yet, or no bot
}

func (b *inputBuffer) init(l *schema.Layout, tickRate int) {
	*b = inputBuffer{layout: l, words: l.Words(), ahead: max(leastAhead, uint32(tickRate))}
	b.pace.half = max(time.Second/2, 2*time.Second/time.Duration(tickRate))
	b.hold = max(1, uint32(inputHold*time.Duration(tickRate)/time.Second))
	if b.words == 0 {
		return
	}
	slots := int(b.hold + b.ahead + 1)
	rows := make([]uint32, (slots+2)*b.words)
	b.rows, rows = rows[:slots*b.words], rows[slots*b.words:]
	b.current, b.edges = rows[:b.words], rows[b.words:]
	b.labels, b.views = make([]uint32, slots), make([]Moment, slots)
	l.Zero(b.current)
	l.Zero(b.edges)
}

// play makes the struct at p, of the input's type, the input of every tick.
func (b *inputBuffer) play(p unsafe.Pointer) {
	if b.played == nil {
		b.played = make([]uint32, b.words)
	}
	b.layout.Pack(b.played, p)
}

// inputVerdict says what became of an input.
type inputVerdict uint8

const (
	inputKept inputVerdict = iota
	inputLate
	inputEarly
	inputTwice
	inputVerdicts // how many there are
)

// put stores an input meant for tick label, made while looking at view, before tick next runs. A label counts once, so that a
// one-shot cannot be sent again as a late one.
func (b *inputBuffer) put(label, next uint32, row []uint32, view Moment) inputVerdict {
	late := label < next
	switch {
	case b.words == 0, late && (label == 0 || next-label > b.hold):
		return inputLate
	case !late && label-next > b.ahead:
		return inputEarly
	}
	i := int(label % uint32(len(b.labels)))
	if b.labels[i] == label {
		return inputTwice
	}
	b.labels[i] = label
	if late {
		if b.layout.MergeEdges(b.edges, row) {
			b.edge = max(b.edge, label)
		}
		b.view = max(b.view, view)
		return inputLate
	}
	copy(b.rows[i*b.words:(i+1)*b.words], row)
	b.views[i] = view
	return inputKept
}

// consume takes the input for tick.
func (b *inputBuffer) consume(tick uint32) {
	if b.words == 0 {
		return
	}
	if b.played != nil {
		copy(b.current, b.played)
		b.fresh, b.state = tick, Fresh
		return
	}
	i := int(tick % uint32(len(b.labels)))
	switch {
	case b.labels[i] == tick:
		copy(b.current, b.rows[i*b.words:(i+1)*b.words])
		b.fresh, b.state = tick, Fresh
		b.view = max(b.view, b.views[i])
	case b.fresh != 0 && tick-b.fresh <= b.hold:
		b.layout.ClearEdges(b.current)
		b.state = Repeated
	default:
		b.layout.Zero(b.current)
		b.state = Missing
	}
	if b.edge == 0 || b.state == Missing && tick-b.edge <= b.hold {
		return
	}
	if tick-b.edge <= b.hold {
		b.layout.MergeEdges(b.current, b.edges)
	}
	b.layout.Zero(b.edges)
	b.edge = 0
}

// pace is the least arrival margin of the last second, or of four ticks when they are longer: the minimum over two halves of that, so
// that it needs no list. Inputs that come
// in a burst, because the network or the room was held up, say nothing about the client's clock: of those that arrive before one
// step, the ones meant for more than a tick before the newest do not count.
type pace struct {
	half       time.Duration // length of a half
	since      time.Duration // start of the current one, room clock
	last, this int32         // least margin of the half before and of this one; noMargin when none came
	any        bool

	// What has arrived since the last step.
	arrived bool
	newest  uint32   // label
	margins [2]int32 // least of the newest label and of the one before
}

const (
	noMargin = 1 << 30
	farLabel = 256 // ticks away: beyond every margin that counts
)

// arrive takes an input that came early before the step of tick next is due.
func (p *pace) arrive(label, next uint32, early, period time.Duration) {
	// No margin of a label further away is told from this one.
	ticks := min(max(int32(label-next), -farLabel), farLabel)
	margin := 16*ticks + int32(16*early/period)
	switch d := int32(label - p.newest); {
	case !p.arrived || d > 1:
		p.newest, p.margins, p.arrived = label, [2]int32{margin, noMargin}, true
	case d == 1:
		p.newest, p.margins = label, [2]int32{margin, p.margins[0]}
	case d == 0 || d == -1:
		p.margins[-d] = min(p.margins[-d], margin)
	}
}

// settle counts what has arrived before a step, at the given time of the room.
func (p *pace) settle(clock time.Duration) {
	if p.arrived {
		p.note(clock, min(p.margins[0], p.margins[1]))
		p.arrived = false
	}
}

// note takes a margin in 1/16 ticks.
func (p *pace) note(clock time.Duration, margin int32) {
	p.turn(clock)
	p.this = min(p.this, margin)
}

func (p *pace) turn(clock time.Duration) {
	switch gone := clock - p.since; {
	case !p.any || gone >= 2*p.half:
		p.last, p.this, p.since, p.any = noMargin, noMargin, clock, true
	case gone >= p.half:
		p.last, p.this, p.since = p.this, noMargin, p.since+p.half
	}
}

// least returns the margin clamped to what DELTA can carry; ok is false when no input came in that time.
func (p *pace) least(clock time.Duration) (margin int8, ok bool) {
	if !p.any {
		return 0, false
	}
	p.turn(clock)
	m := min(p.last, p.this)
	if m == noMargin {
		return 0, false
	}
	return int8(min(max(m, -128), 127)), true
}
