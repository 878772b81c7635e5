package client

import (
	"slices"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

func TestJoinIsSentFirstAndOnce(t *testing.T) {
	core := NewCore(Options{Check: true})
	var sent [][]byte
	for range 3 {
		core.Outgoing(time.Unix(0, 0), func(m []byte) { sent = append(sent, slices.Clone(m)) })
	}
	if len(sent) != 1 {
		t.Fatalf("%d messages before HELLO", len(sent))
	}
	j, err := msg.ReadJoin(sent[0])
	if err != nil || j.Protocol != msg.Version || j.Codecs != msg.OfferPlain|msg.OfferPacked || j.Options != msg.OptionCheck {
		t.Errorf("JOIN is %+v, %v", j, err)
	}
}

func TestEachTickGetsOneInput(t *testing.T) {
	w := newWorld(t, Options{})
	w.core.Input()[0], w.core.Input()[1] = w.core.Schema.Input[0].Reduce(-1), 1
	next := uint32(0)
	for range 400 {
		for _, m := range w.sentOf(msg.TypeInput) {
			in, err := msg.ReadInput(m)
			if err != nil {
				t.Fatal(err)
			}
			if next == 0 {
				next = in.FirstTick
			}
			if in.Count > 0 && in.FirstTick != next {
				t.Fatalf("inputs begin with %d, want %d", in.FirstTick, next)
			}
			next += uint32(in.Count)
			r := msg.NewReader(in.Inputs)
			for range r.ArrayLen(msg.MaxInputs) {
				r.ExactArray(2)
				if turn, fire := r.Int(-1, 1), r.Uint(1); turn != -1 || fire != 1 {
					t.Fatalf("input is %d, %d", turn, fire)
				}
			}
			if err := r.Done(); err != nil {
				t.Fatal(err)
			}
			if in.AckTick != w.core.State.Tick() || in.ViewTick != 16*uint64(in.AckTick) {
				t.Fatalf("acknowledges %d and views %d at tick %d", in.AckTick, in.ViewTick, w.core.State.Tick())
			}
		}
		w.now = w.now.Add(5 * time.Millisecond)
		if w.now.Sub(time.Unix(1000, 0))%(time.Second/testRate) == 0 {
			w.receive(w.server.next())
		}
	}
	if next < 40 || next > 45 {
		t.Errorf("the label is %d after 2 s at %d Hz", next, testRate)
	}
}

// While the server says nothing inputs are of no use; what shows that the client is there goes on.
func TestInputsAreShedWhileTheServerIsSilent(t *testing.T) {
	w := newWorld(t, Options{})
	var inputs, acks [10]int // by second of silence
	for ms := 0; ms < 10_000; ms += 10 {
		for _, m := range w.sentOf(msg.TypeInput) {
			if in, err := msg.ReadInput(m); err != nil {
				t.Fatal(err)
			} else if in.Count > 0 {
				inputs[ms/1000] += in.Count
			} else {
				acks[ms/1000]++
			}
		}
		w.now = w.now.Add(10 * time.Millisecond)
	}
	if inputs[0] < testRate-1 || inputs[5] != 0 || acks[5] < 3 {
		t.Errorf("inputs by second of silence: %v, acknowledgements: %v", inputs, acks)
	}
	w.receive(w.server.next())
	before := w.core.Stats.InputsSent
	for range 100 {
		w.now = w.now.Add(10 * time.Millisecond)
		w.sent()
	}
	if n := w.core.Stats.InputsSent - before; n < testRate-1 || n > testRate+2 {
		t.Errorf("%d inputs in the second after it, at %d Hz", n, testRate)
	}
}

func TestSleepIsNotCaughtUp(t *testing.T) {
	w := newWorld(t, Options{})
	w.sent()
	w.now = w.now.Add(5 * time.Second)
	w.receive(w.server.next())
	var labels, inputs int
	for _, m := range w.sentOf(msg.TypeInput) {
		in, err := msg.ReadInput(m)
		if err != nil {
			t.Fatal(err)
		}
		labels, inputs = int(in.FirstTick), inputs+in.Count
	}
	if inputs != 1 || labels < 5*testRate {
		t.Errorf("%d inputs, the last labelled %d, after 5 s of sleep", inputs, labels)
	}
}

func TestLabelsNeverGoBack(t *testing.T) {
	w := newWorld(t, Options{})
	newest := uint32(0)
	for i := range 400 {
		w.now = w.now.Add(time.Second / testRate)
		if i%100 < 80 { // a server that stops for a second and drops it, again and again
			w.receive(w.server.next())
		}
		for _, m := range w.sentOf(msg.TypeInput) {
			in, err := msg.ReadInput(m)
			if err != nil {
				t.Fatal(err)
			}
			if in.Count == 0 {
				continue
			}
			if in.FirstTick <= newest {
				t.Fatalf("input labelled %d after %d", in.FirstTick, newest)
			}
			newest = in.FirstTick + uint32(in.Count) - 1
		}
	}
	if newest < 320 {
		t.Errorf("labels have come to %d", newest)
	}
}

func TestClientWithoutInputAcknowledges(t *testing.T) {
	s := newServer()
	s.s.Input = nil
	core, now := NewCore(Options{}), time.Unix(1000, 0)
	acks := 0
	count := func() {
		core.Outgoing(now, func(m []byte) {
			if in, err := msg.ReadInput(m); err == nil {
				if in.Count != 0 || in.AckTick != core.State.Tick() {
					t.Errorf("INPUT is %+v", in)
				}
				acks++
			}
		})
	}
	count()
	s.step(1)
	for _, m := range [][]byte{s.hello(), s.full()} {
		if err := core.Receive(now, m); err != nil {
			t.Fatal(err)
		}
	}
	for range 200 {
		count()
		now = now.Add(10 * time.Millisecond)
	}
	if acks != 10 {
		t.Errorf("%d acknowledgements in 2 s, want one each 200 ms", acks)
	}
}

func TestCallIsEncodedAsItsSchemaSays(t *testing.T) {
	var replies []msg.Reply
	w := newWorld(t, Options{OnReply: func(r msg.Reply) { replies = append(replies, r) }})
	if _, err := w.core.Call("sing", nil); err == nil {
		t.Error("a call that is not in the schema was taken")
	}
	if _, err := w.core.Call("say", []uint32{1}); err == nil {
		t.Error("a call without its text was taken")
	}
	first, err1 := w.core.Call("say", []uint32{1}, "hi")
	second, err2 := w.core.Call("say", []uint32{2}, "ho")
	if err1 != nil || err2 != nil || first == second {
		t.Fatal(err1, err2, first, second)
	}
	calls := w.sentOf(msg.TypeCall)
	if len(calls) != 2 {
		t.Fatalf("%d calls sent", len(calls))
	}
	c, err := msg.ReadCall(calls[1])
	if err != nil || c.ID != second || c.Method != 0 || string(c.Args) != "\x92\x02\xa2ho" {
		t.Errorf("CALL is %+v %q, %v", c, c.Args, err)
	}
	if again := w.sentOf(msg.TypeCall); len(again) != 0 {
		t.Errorf("%d calls sent again", len(again))
	}
	w.receive(w.server.enc.AppendReply(nil, msg.Reply{ID: second, Status: msg.StatusRefused, Reason: "no"}))
	if len(replies) != 1 || replies[0].ID != second || replies[0].Reason != "no" {
		t.Errorf("replies are %+v", replies)
	}
}

func TestRoundTripLeavesOutTheServersPart(t *testing.T) {
	w := newWorld(t, Options{})
	pings := w.sentOf(msg.TypePing)
	if len(pings) != 1 {
		t.Fatalf("%d PINGs", len(pings))
	}
	p, err := msg.ReadPing(pings[0])
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(80 * time.Millisecond)
	w.receive(msg.AppendPong(nil, msg.Pong{T0: p.T0, T1: 5_000_000, T2: 5_030_000}))
	if w.core.Stats.RTT != 50*time.Millisecond {
		t.Errorf("round trip is %v", w.core.Stats.RTT)
	}
}

func TestEffectIsTheFirstSnapshotThatConsumedTheInput(t *testing.T) {
	w := newWorld(t, Options{})
	in, err := msg.ReadInput(w.sentOf(msg.TypeInput)[0])
	if err != nil {
		t.Fatal(err)
	}
	label := in.FirstTick
	w.server.step(label)
	w.now = w.now.Add(30 * time.Millisecond)
	w.receive(w.server.delta(msg.Delta{})) // its tick has run, but without the input
	if e := w.core.TakeEffects(); len(e) != 0 {
		t.Errorf("effects %v of an input that was not consumed", e)
	}
	w.server.step(label + 1)
	w.now = w.now.Add(50 * time.Millisecond)
	w.receive(w.server.delta(msg.Delta{HasAck: true, Ack: 1}))
	if e := w.core.TakeEffects(); !slices.Equal(e, []time.Duration{80 * time.Millisecond}) {
		t.Errorf("effects are %v", e)
	}
	w.server.step(label + 2)
	w.receive(w.server.delta(msg.Delta{HasAck: true, Ack: 2}))
	if e := w.core.TakeEffects(); len(e) != 0 {
		t.Errorf("effects %v told twice", e)
	}
}

func TestAckFromAnywhereCostsLittle(t *testing.T) {
	w := newWorld(t, Options{})
	for _, ack := range []int64{-1<<32 + 1, 1<<32 - 1, -5} {
		w.server.step(w.server.h.Tick() + 1)
		w.receive(w.server.delta(msg.Delta{HasAck: true, Ack: ack}))
		if n := len(w.core.TakeEffects()); n > len(w.core.sent) {
			t.Errorf("ack %d: %d effects", ack, n)
		}
	}
}

func TestEventsAreAcknowledged(t *testing.T) {
	w := newWorld(t, Options{})
	if acks := w.sentOf(msg.TypeEventAck); len(acks) != 0 {
		t.Fatalf("%d acknowledgements of nothing", len(acks))
	}
	w.receive(w.server.events(1, said(1, 1, "a"), said(1, 2, "b")))
	w.now = w.now.Add(eventAckEvery)
	acks := w.sentOf(msg.TypeEventAck)
	if len(acks) != 1 {
		t.Fatalf("%d acknowledgements", len(acks))
	}
	if a, err := msg.ReadEventAck(acks[0]); err != nil || a.Seq != 2 {
		t.Errorf("EVENTACK is %+v, %v", a, err)
	}
	w.now = w.now.Add(time.Second)
	if acks := w.sentOf(msg.TypeEventAck); len(acks) != 0 {
		t.Errorf("acknowledged again %d times", len(acks))
	}
}
