//go:build linux

package load

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/bench/world"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// newPlayer is a player of arena100 that has had FULL of tick 100 at start.
func newPlayer(t *testing.T, start time.Time) *player {
	t.Helper()
	s := &Skirmish{Schema: world.Arena100.Schema(), Rate: 20}
	p := s.Session(3).(*player)
	full := append(msg.AppendFullHeader(nil, 100), 0xc4, 0)
	if seen, err := p.Receive(start, full); err != nil || !seen.Snapshot || seen.Tick != 100 {
		t.Fatalf("FULL of tick 100 is %+v, %v", seen, err)
	}
	return p
}

// said reads the one INPUT in an outbox.
func said(t *testing.T, o *Outbox) msg.Input {
	t.Helper()
	const head = 6 // of a short masked frame
	body := o.buf[head:]
	for i := range body {
		body[i] ^= mask[i%4]
	}
	m, err := msg.ReadInput(body)
	if err != nil {
		t.Fatal(err)
	}
	*o = Outbox{}
	return m
}

func TestInputIsForTheNextTickThatItReaches(t *testing.T) {
	start := time.Unix(1_000_000_000, 0)
	for after, want := range map[time.Duration]uint32{
		0: 101, 25 * time.Millisecond: 101, 48 * time.Millisecond: 101, 49500 * time.Microsecond: 102, 120 * time.Millisecond: 103,
	} {
		p, out := newPlayer(t, start), Outbox{}
		label := p.Play(start.Add(after), &out)
		m := said(t, &out)
		if label != want || m.FirstTick != want || m.AckTick != 100 || m.Count != 1 {
			t.Errorf("%v after tick 100 the input is for %d: %+v", after, label, m)
		}
	}
}

func TestLabelCountsOnce(t *testing.T) {
	start := time.Unix(1_000_000_000, 0)
	p, out := newPlayer(t, start), Outbox{}
	first := p.Play(start.Add(10*time.Millisecond), &out)
	out = Outbox{}
	second := p.Play(start.Add(20*time.Millisecond), &out)
	if first != 101 || second != 0 || out.n != 0 {
		t.Errorf("two inputs in one tick are for %d and %d", first, second)
	}
}

// A client whose moment is where one tick ends to be reached says something now for this tick and now for the next.
func TestClientAtTheEdgeOfATickStaysWithIt(t *testing.T) {
	start := time.Unix(1_000_000_000, 0)
	p, random := newPlayer(t, start), rand.New(rand.NewPCG(1, 2))
	for tick := range 1000 {
		out := Outbox{}
		edge := start.Add(time.Duration(tick)*p.period + p.period - p.guard)
		now := edge.Add(time.Duration(random.IntN(4000)-2000) * time.Microsecond)
		label := p.Play(now, &out)
		if reach := p.reachable(now); label != 0 && label != reach {
			t.Fatalf("in the tick %d the input is for %d, and %d is reached", tick, label, reach)
		}
	}
}

// A server that leaves time out would else take its clients for ones behind slow links, and send them less.
func TestClientAcknowledgesWhileItsInputsAreEnough(t *testing.T) {
	start := time.Unix(1_000_000_000, 0)
	p, out := newPlayer(t, start), Outbox{}
	p.label = 1000 // of a time before the server left some out
	acks, last := 0, start
	for now := start; now.Before(start.Add(2 * time.Second)); now = now.Add(50 * time.Millisecond) {
		if label := p.Play(now, &out); label != 0 {
			t.Fatalf("it says another input, for %d", label)
		}
		if out.n == 0 {
			continue
		}
		if m := said(t, &out); m.Count != 0 || m.AckTick != 100 || now.Sub(last) > 250*time.Millisecond {
			t.Errorf("after %v it says %+v", now.Sub(last), m)
		}
		acks, last = acks+1, now
	}
	if acks != 8 {
		t.Errorf("%d acknowledgements in 2 s", acks)
	}
}

func TestDeltaIsTheTickAfterTheLast(t *testing.T) {
	start := time.Unix(1_000_000_000, 0)
	p := newPlayer(t, start)
	p.arrived(start, 65_535)
	delta := append(msg.AppendDeltaHeader(nil, msg.Delta{Tick: 65_538, Lag: 3}, false), 0xc4, 0)
	if seen, err := p.Receive(start, delta); err != nil || !seen.Snapshot || seen.Tick != 65_538 {
		t.Errorf("the delta is %+v, %v", seen, err)
	}
	fresh := (&Skirmish{Schema: world.Arena100.Schema(), Rate: 20}).Session(0)
	if _, err := fresh.Receive(start, delta); err == nil {
		t.Error("a DELTA before FULL is taken")
	}
}

func TestWatcherOnlyAcknowledges(t *testing.T) {
	start := time.Unix(1_000_000_000, 0)
	p, out := newPlayer(t, start), Outbox{}
	p.watches = true
	if label := p.Play(start.Add(10*time.Millisecond), &out); label != 0 {
		t.Errorf("a spectator's input is for %d", label)
	}
	if m := said(t, &out); m.Count != 0 || m.AckTick != 100 {
		t.Errorf("a spectator says %+v", m)
	}
	p.Play(start.Add(60*time.Millisecond), &out)
	if out.n != 0 {
		t.Error("it says more within 250 ms")
	}
}

func FuzzReceive(f *testing.F) {
	f.Add(append(msg.AppendFullHeader(nil, 7), 0xc4, 0))
	f.Add(append(msg.AppendDeltaHeader(nil, msg.Delta{Tick: 8, Lag: 1}, false), 0xc4, 0))
	f.Add([]byte{0x98, 2})
	f.Add([]byte{0x93, 3, 1, 0x90})
	f.Fuzz(func(t *testing.T, b []byte) {
		p := newPlayer(t, time.Unix(1_000_000_000, 0))
		before := p.tick
		if seen, err := p.Receive(time.Unix(1_000_000_001, 0), b); err == nil && seen.Snapshot && seen.Tick != p.tick || err != nil && p.tick != before {
			t.Errorf("%x gives %+v, %v and leaves tick %d", b, seen, err, p.tick)
		}
	})
}
