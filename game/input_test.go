package game

import (
	"reflect"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

type bufferInput struct {
	Go   int8 `net:"go,range=-3..3"`
	Fire bool `net:"fire,edge"`
}

type buffer struct {
	inputBuffer
	t *testing.T
}

// newBuffer is for 20 ticks per second: an input is held for 5 ticks, and may come 20 early.
func newBuffer(t *testing.T) *buffer { return newBufferAt(t, 20) }

func newBufferAt(t *testing.T, tickRate int) *buffer {
	l, err := schema.Compile(reflect.TypeFor[bufferInput](), schema.UseInput)
	if err != nil {
		t.Fatal(err)
	}
	b := &buffer{t: t}
	b.init(l, tickRate)
	return b
}

func (b *buffer) send(label, next uint32, in bufferInput, want inputVerdict) {
	b.t.Helper()
	row := make([]uint32, b.words)
	b.layout.Pack(row, unsafe.Pointer(&in))
	if got := b.put(label, next, row, 0); got != want {
		b.t.Errorf("input for tick %d before tick %d: verdict %d, want %d", label, next, got, want)
	}
}

func (b *buffer) want(tick uint32, want bufferInput, state InputState) {
	b.t.Helper()
	b.consume(tick)
	p := &Player{input: b.inputBuffer}
	if got, s := (Inputs[bufferInput]{layout: b.layout}).Of(p); got != want || s != state {
		b.t.Errorf("tick %d: input %+v, state %d, want %+v, state %d", tick, got, s, want, state)
	}
}

func TestOneInputIsConsumedPerTick(t *testing.T) {
	b := newBuffer(t)
	for label := uint32(1); label <= 5; label++ {
		b.send(label, 1, bufferInput{Go: int8(label - 3)}, inputKept)
	}
	for tick := uint32(1); tick <= 5; tick++ {
		b.want(tick, bufferInput{Go: int8(tick - 3)}, Fresh)
	}
}

func TestMissingInputIsRepeatedWithoutItsEdgesForAQuarterSecond(t *testing.T) {
	b := newBuffer(t)
	b.want(1, bufferInput{}, Missing)
	b.send(2, 2, bufferInput{Go: 2, Fire: true}, inputKept)
	b.want(2, bufferInput{Go: 2, Fire: true}, Fresh)
	for tick := uint32(3); tick <= 7; tick++ {
		b.want(tick, bufferInput{Go: 2}, Repeated)
	}
	b.want(8, bufferInput{}, Missing)
}

func TestLateEdgeCountsOnceInTheNextInput(t *testing.T) {
	b := newBuffer(t)
	b.send(1, 1, bufferInput{Go: 1}, inputKept)
	b.want(1, bufferInput{Go: 1}, Fresh)
	b.want(2, bufferInput{Go: 1}, Repeated)
	b.send(2, 3, bufferInput{Go: -3, Fire: true}, inputLate)
	b.send(2, 3, bufferInput{Go: -3, Fire: true}, inputTwice)
	b.want(3, bufferInput{Go: 1, Fire: true}, Repeated)
	b.want(4, bufferInput{Go: 1}, Repeated)
}

func TestEdgeThatIsTooLateIsLost(t *testing.T) {
	b := newBuffer(t)
	b.send(9, 9, bufferInput{}, inputKept)
	b.want(9, bufferInput{}, Fresh)
	b.send(4, 10, bufferInput{Fire: true}, inputLate)
	b.send(0, 10, bufferInput{Fire: true}, inputLate)
	b.want(10, bufferInput{}, Repeated)
	b.send(6, 11, bufferInput{Fire: true}, inputLate)
	b.want(11, bufferInput{Fire: true}, Repeated)
}

// An edge that comes in time but finds no input to be applied in does not wait for one for ever.
func TestLateEdgeDoesNotOutliveAQuarterSecond(t *testing.T) {
	for fresh, fires := range map[uint32]bool{13: true, 14: false} {
		b := newBuffer(t)
		b.send(8, 10, bufferInput{Fire: true}, inputLate)
		for tick := uint32(10); tick < fresh; tick++ {
			b.want(tick, bufferInput{}, Missing)
		}
		b.send(fresh, fresh, bufferInput{Go: 1}, inputKept)
		b.want(fresh, bufferInput{Go: 1, Fire: fires}, Fresh)
	}
}

// The view is that of the newest input whose tick has come, late or not, and never goes backwards.
func TestViewIsThatOfTheNewestInput(t *testing.T) {
	b := newBuffer(t)
	put := func(label, next uint32, view Moment) {
		b.put(label, next, []uint32{0, 0}, view)
	}
	expect := func(tick uint32, want Moment) {
		t.Helper()
		if b.consume(tick); b.view != want {
			t.Errorf("tick %d: view %d, want %d", tick, b.view, want)
		}
	}
	put(5, 5, 40)
	put(6, 5, 56)
	expect(5, 40)
	expect(6, 56)
	expect(7, 56) // missing: the last one stands
	put(7, 8, 70)
	expect(8, 70) // late
	put(9, 9, 60)
	expect(9, 70) // backwards
	put(10, 10, 90)
	put(10, 10, 500) // a second input for the tick
	expect(10, 90)
	put(40, 11, 500) // too early
	put(2, 11, 500)  // too late
	expect(11, 90)
}

func TestInputThatWasConsumedGivesNoLateEdge(t *testing.T) {
	b := newBuffer(t)
	b.send(1, 1, bufferInput{Fire: true}, inputKept)
	b.want(1, bufferInput{Fire: true}, Fresh)
	b.send(1, 2, bufferInput{Fire: true}, inputTwice)
	b.want(2, bufferInput{}, Repeated)
}

func TestSecondInputForATickIsRefused(t *testing.T) {
	b := newBuffer(t)
	b.send(1, 1, bufferInput{Go: 1}, inputKept)
	b.send(1, 1, bufferInput{Go: 3}, inputTwice)
	b.want(1, bufferInput{Go: 1}, Fresh)
}

func TestInputMoreThanASecondEarlyIsRefused(t *testing.T) {
	b := newBuffer(t)
	b.send(21, 1, bufferInput{Go: 1}, inputKept)
	b.send(22, 1, bufferInput{Go: 1}, inputEarly)
	b.send(1<<32-1, 1, bufferInput{Go: 1}, inputEarly)
}

// As many inputs are kept as there are labels within reach, and none takes the place of another.
func TestEveryLabelWithinReachHasItsPlace(t *testing.T) {
	for rate := 1; rate <= 128; rate++ {
		b := newBufferAt(t, rate)
		const next = 1000
		for label := next + b.ahead; label >= next; label-- {
			b.send(label, next, bufferInput{Go: int8(label % 3)}, inputKept)
		}
		for label := next - b.hold; label < next; label++ {
			b.send(label, next, bufferInput{}, inputLate)
			b.send(label, next, bufferInput{}, inputTwice)
		}
		for tick := uint32(next); tick <= next+b.ahead; tick++ {
			b.want(tick, bufferInput{Go: int8(tick % 3)}, Fresh)
		}
	}
}

// However inputs are labelled, sent again and delayed: no edge counts more often than it was sent under a label of its own, and
// there is at most one per tick.
func TestNoEdgeCountsTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBuffer(t)
		sent, fired := map[uint32]bool{}, 0
		for tick := uint32(1); tick < 60; tick++ {
			for range rapid.IntRange(0, 4).Draw(rt, "messages") {
				label := tick + uint32(rapid.IntRange(-8, 24).Draw(rt, "margin"))
				row := []uint32{0, uint32(rapid.IntRange(0, 1).Draw(rt, "fire"))}
				if b.put(label, tick, row, 0); row[1] == 1 {
					sent[label] = true
				}
			}
			b.consume(tick)
			if b.current[1] == 1 {
				fired++
			}
		}
		if fired > len(sent) {
			rt.Fatalf("%d shots from %d labels", fired, len(sent))
		}
	})
}

func TestPaceIgnoresWhatABurstHeldUp(t *testing.T) {
	const period = 50 * time.Millisecond
	for _, c := range []struct {
		name   string
		labels []uint32 // that arrive 25 ms before the step of tick 100
		want   int8
	}{
		{"one in time", []uint32{101}, 24},
		{"one late", []uint32{96}, -56},
		{"two of a burst", []uint32{100, 101}, 8},
		{"older than a tick", []uint32{94, 95, 96, 97, 98, 99, 100, 101}, 8},
		{"with a gap", []uint32{94, 95, 101}, 24},
		{"in another order", []uint32{101, 94, 100}, 8},
		{"far ahead", []uint32{1 << 31}, 127},
		{"far behind", []uint32{1<<31 + 100}, -128},
	} {
		p := pace{half: time.Second / 2}
		for _, l := range c.labels {
			p.arrive(l, 100, period/2, period)
		}
		p.settle(time.Second)
		if got, ok := p.least(time.Second); got != c.want || !ok {
			t.Errorf("%s: pace %d (there: %v), want %d", c.name, got, ok, c.want)
		}
	}
	p := pace{half: time.Second / 2}
	p.arrive(97, 100, 0, period)
	p.settle(time.Second)
	p.arrive(101, 101, 0, period)
	p.settle(time.Second + period)
	if got, _ := p.least(time.Second + period); got != -48 {
		t.Errorf("pace %d: an input that came late before another step counts", got)
	}
}

func TestPaceIsTheLeastMarginOfTheLastSecond(t *testing.T) {
	p := pace{half: time.Second / 2}
	if _, ok := p.least(0); ok {
		t.Error("a margin without an input")
	}
	at := func(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }
	expect := func(ms int, want int8) {
		t.Helper()
		if got, ok := p.least(at(ms)); !ok || got != want {
			t.Errorf("at %d ms: %d (there: %v), want %d", ms, got, ok, want)
		}
	}
	p.note(at(10), 4)
	p.note(at(20), -2)
	p.note(at(30), 300)
	expect(40, -2)
	p.note(at(600), 7)
	expect(600, -2)
	p.note(at(1100), 9)
	expect(1100, 7)
	p.note(at(1200), 1000)
	expect(1700, 9)
	if got, ok := p.least(at(9000)); ok {
		t.Errorf("margin %d of an input of long ago", got)
	}
	p.note(at(9000), 1000)
	expect(9001, 127)
}

func TestPaceOfLongTicksCoversFourOfThem(t *testing.T) {
	b := newBufferAt(t, 1)
	b.pace.note(1*time.Second, -2)
	for second := 2; second <= 5; second++ {
		b.pace.note(time.Duration(second)*time.Second, 8)
		want := int8(-2)
		if second == 5 {
			want = 8
		}
		if got, ok := b.pace.least(time.Duration(second) * time.Second); got != want || !ok {
			t.Errorf("at %d s: %d (there: %v), want %d", second, got, ok, want)
		}
	}
	if got, ok := b.pace.least(8 * time.Second); got != 8 || !ok {
		t.Errorf("after three ticks without an input: %d (there: %v), want 8", got, ok)
	}
}

// Three ticks is the most that a client aims to be early, and its input is for the tick after the one that it is in.
func TestInputsMayBeFourLongTicksAhead(t *testing.T) {
	b := newBufferAt(t, 1)
	row := make([]uint32, b.words)
	for ahead, want := range []inputVerdict{inputKept, inputKept, inputKept, inputKept, inputKept, inputEarly} {
		if got := b.put(100+uint32(ahead), 100, row, 0); got != want {
			t.Errorf("%d ticks ahead: verdict %d, want %d", ahead, got, want)
		}
	}
}
