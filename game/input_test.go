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
func newBuffer(t *testing.T) *buffer {
	l, err := schema.Compile(reflect.TypeFor[bufferInput](), schema.UseInput)
	if err != nil {
		t.Fatal(err)
	}
	b := &buffer{t: t}
	b.init(l, 20)
	return b
}

func (b *buffer) send(label, next uint32, in bufferInput, want inputVerdict) {
	b.t.Helper()
	row := make([]uint32, b.words)
	b.layout.Pack(row, unsafe.Pointer(&in))
	if got := b.put(label, next, row); got != want {
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

// A late trigger waits for the next input, but not for ever.
func TestLateEdgeDoesNotOutliveAQuarterSecond(t *testing.T) {
	b := newBuffer(t)
	b.send(1, 2, bufferInput{Fire: true}, inputLate)
	for tick := uint32(2); tick < 20; tick++ {
		b.want(tick, bufferInput{}, Missing)
	}
	b.send(20, 20, bufferInput{Go: 1}, inputKept)
	b.want(20, bufferInput{Go: 1}, Fresh)
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
				if b.put(label, tick, row); row[1] == 1 {
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

func TestPaceIsTheLeastMarginOfTheLastSecond(t *testing.T) {
	var p pace
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
