package netsim

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const biggest = 900 // message

var start = time.Unix(1_000_000_000, 0)

// configs draws any link that is valid.
func configs(t *rapid.T) Config {
	ms := func(most int, what string) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(t, what)) * time.Millisecond
	}
	return Config{
		Latency:    ms(400, "latency"),
		Jitter:     ms(100, "jitter"),
		Loss:       rapid.SampledFrom([]float64{0, 0, 0.01, 0.05, 0.5}).Draw(t, "loss"),
		Retransmit: ms(500, "retransmit"),
		Bandwidth:  rapid.SampledFrom([]int{0, 0, 1000, 8000, 100_000}).Draw(t, "bandwidth"),
		Queue:      rapid.SampledFrom([]int{0, 1, 500}).Draw(t, "queue"),
	}
}

// numbered makes a message that says which it is.
func numbered(n, size int) []byte {
	return binary.BigEndian.AppendUint32(make([]byte, 0, size+4), uint32(n))[:size+4]
}

// trip is one message that has come through.
type trip struct {
	n, size       int
	sent, arrived time.Time
}

// drain receives until now and notes what has come.
func drain(l *Link, now time.Time, trips []trip, got int) int {
	for {
		data, at, ok := l.Receive(now)
		if !ok {
			return got
		}
		if n := int(binary.BigEndian.Uint32(data)); n == got && len(data) == trips[got].size {
			trips[got].arrived = at
		}
		got++
	}
}

// travel sends messages at random times through a link of cfg and returns them all, arrived.
func travel(t *rapid.T, cfg Config, cuts bool) []trip {
	l := New(cfg, rapid.Uint64().Draw(t, "seed"))
	now, got := start, 0
	var trips []trip
	for range rapid.IntRange(1, 200).Draw(t, "steps") {
		now = now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "wait ms")) * time.Millisecond)
		got = drain(l, now, trips, got)
		if cuts && rapid.IntRange(0, 20).Draw(t, "cut") == 0 {
			l.Cut(now, now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "cut ms"))*time.Millisecond))
		}
		size := rapid.IntRange(0, biggest-4).Draw(t, "size")
		if m := numbered(len(trips), size); l.Send(now, m) {
			trips = append(trips, trip{n: len(trips), size: len(m), sent: now})
		}
		if w := l.Waiting(now); w >= cfg.queue()+biggest {
			t.Fatalf("%d bytes wait, the queue is %d", w, cfg.queue())
		}
	}
	got = drain(l, now.Add(time.Hour), trips, got)
	if _, ok := l.Next(); ok || got != len(trips) || l.Waiting(now.Add(time.Hour)) != 0 {
		t.Fatalf("%d of %d messages have come after an hour, %d bytes wait", got, len(trips), l.Waiting(now))
	}
	return trips
}

func TestNothingIsLostDoubledOrOvertaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		last := start
		for i, m := range travel(t, configs(t), true) {
			if m.arrived.IsZero() {
				t.Fatalf("message %d was lost, or another has come in its place", i)
			}
			if m.arrived.Before(last) {
				t.Fatalf("message %d arrived %v before the one before it", i, last.Sub(m.arrived))
			}
			last = m.arrived
		}
	})
}

func TestDelayIsWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := configs(t)
		free := start
		for i, m := range travel(t, cfg, false) {
			free = latest(free, m.sent).Add(cfg.serialise(m.size))
			if d := m.arrived.Sub(free); d < cfg.Latency || d > cfg.MaxDelay() {
				t.Fatalf("message %d took %v from leaving to arriving, want %v to %v", i, d, cfg.Latency, cfg.MaxDelay())
			}
		}
	})
}

func TestBandwidthIsNotExceeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := configs(t)
		cfg.Bandwidth, cfg.Loss = rapid.IntRange(500, 20_000).Draw(t, "bandwidth"), 0
		trips := travel(t, cfg, false)
		for i := range trips {
			bytes := 0
			for j := i + 1; j < len(trips); j++ {
				bytes += trips[j].size
				// Jitter may bring what left apart closer together.
				if span := trips[j].arrived.Sub(trips[i].arrived) + cfg.Jitter + time.Microsecond; cfg.serialise(bytes) > span {
					t.Fatalf("%d bytes came in %v over a link of %d B/s", bytes, span, cfg.Bandwidth)
				}
			}
		}
	})
}

func TestNothingArrivesDuringACut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := configs(t)
		l := New(cfg, rapid.Uint64().Draw(t, "seed"))
		for i := range 20 {
			l.Send(start.Add(time.Duration(i)*10*time.Millisecond), numbered(i, 20))
		}
		now := start.Add(200 * time.Millisecond)
		for {
			if _, _, ok := l.Receive(now); !ok {
				break
			}
		}
		until := now.Add(time.Duration(rapid.IntRange(1, 5000).Draw(t, "cut ms")) * time.Millisecond)
		l.Cut(now, until)
		l.Send(now, numbered(99, 20))
		if at, ok := l.Next(); ok && at.Before(until) {
			t.Fatalf("a message arrives %v before the cut ends", until.Sub(at))
		}
	})
}

func TestSenderIsToldToWait(t *testing.T) {
	l := New(Config{Bandwidth: 1000, Queue: 500}, 1)
	if !l.Send(start, make([]byte, 300), make([]byte, 300)) {
		t.Fatal("an idle link takes nothing")
	}
	if l.Ready(start) || l.Send(start, nil) {
		t.Error("a link with 600 bytes waiting and a queue of 500 takes more")
	}
	if later := start.Add(300 * time.Millisecond); !l.Ready(later) || l.Waiting(later) != 300 {
		t.Errorf("after the first message has left %d bytes wait, want 300", l.Waiting(later))
	}
	l.Cut(start.Add(300*time.Millisecond), start.Add(10*time.Second))
	if at := start.Add(9 * time.Second); l.Waiting(at) != 300 {
		t.Errorf("%d bytes wait in a cut, want the 300 there were", l.Waiting(at))
	}
	if at := start.Add(10300 * time.Millisecond); l.Waiting(at) != 0 {
		t.Errorf("%d bytes wait after the cut", l.Waiting(at))
	}
}

func TestLostMessageHoldsUpTheOnesBehindIt(t *testing.T) {
	l := New(Config{Latency: 10 * time.Millisecond, Loss: 0.3, Retransmit: 250 * time.Millisecond}, 3)
	var arrivals []time.Duration
	for i := range 100 {
		l.Send(start.Add(time.Duration(i)*10*time.Millisecond), numbered(i, 1))
	}
	for {
		_, at, ok := l.Receive(start.Add(time.Minute))
		if !ok {
			break
		}
		arrivals = append(arrivals, at.Sub(start))
	}
	together := 0
	for i := 1; i < len(arrivals); i++ {
		if arrivals[i] == arrivals[i-1] {
			together++
		}
	}
	if len(arrivals) != 100 || together < 30 {
		t.Errorf("%d messages have come, %d of them together with the one before", len(arrivals), together)
	}
}

func TestSameSeedIsTheSameNetwork(t *testing.T) {
	run := func(seed uint64) (all []time.Time) {
		l := New(Config{Jitter: 50 * time.Millisecond, Loss: 0.1}, seed)
		for i := range 200 {
			l.Send(start.Add(time.Duration(i)*time.Millisecond), numbered(i, 1))
		}
		for {
			_, at, ok := l.Receive(start.Add(time.Hour))
			if !ok {
				return all
			}
			all = append(all, at)
		}
	}
	if !slices.Equal(run(7), run(7)) || slices.Equal(run(7), run(8)) {
		t.Error("the seed alone must decide")
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, bad := range []Config{{Latency: -1}, {Jitter: -1}, {Retransmit: -1}, {Loss: -0.1}, {Loss: 1}, {Bandwidth: -1}, {Queue: -1}} {
		if bad.Validate() == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
	if err := (Config{Loss: 0.9}).Validate(); err != nil {
		t.Error(err)
	}
}
