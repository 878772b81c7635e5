package gametest

import (
	"errors"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/netsim"
)

// settled makes a World of one client with that network, some seconds old.
func settled(t *testing.T, cfg netsim.Config) (*World, *Client) {
	t.Helper()
	w := New(t, def, Options{Seed: 1, Link: &cfg})
	c := w.Join("ann")
	w.StepFor(5 * time.Second)
	return w, c
}

func TestLinkDelaysWhatAClientHolds(t *testing.T) {
	w, c := settled(t, netsim.Config{Latency: 250 * time.Millisecond}) // two and a half ticks
	if got, want := c.core.State.Tick(), w.Tick()-3; got != want {
		t.Errorf("the client holds tick %d at tick %d, want %d", got, w.Tick(), want)
	}
	if rtt := c.core.Stats.RTT; rtt < 499*time.Millisecond || rtt > 600*time.Millisecond {
		t.Errorf("the client has measured a round trip of %v, it is 500 ms and at most a tick", rtt)
	}
}

func TestInputsOfADistantClientAreInTime(t *testing.T) {
	w, c := settled(t, netsim.Config{Latency: 150 * time.Millisecond, Jitter: 20 * time.Millisecond})
	x := func() int16 { return Rows[dot](c, "dot")[0].Value.X }
	c.SetInput(push{By: 1})
	w.StepFor(10 * time.Second) // its clock finds the margin
	start := x()
	w.StepFor(10 * time.Second)
	// dots counts fresh inputs only: one that came late or was repeated would be missing.
	if moved := x() - start; moved < 99 || moved > 101 {
		t.Errorf("the client has moved %d steps in 100 ticks", moved)
	}
}

func TestPartitionedClientCatchesUp(t *testing.T) {
	w, c := settled(t, netsim.Config{Latency: 20 * time.Millisecond})
	held := c.core.State.Tick()
	c.Partition(2 * time.Second)
	w.StepFor(2 * time.Second)
	if c.core.State.Tick() > held+1 {
		t.Fatalf("something came through the partition: tick %d after %d", c.core.State.Tick(), held)
	}
	w.StepFor(time.Second)
	if behind := w.Tick() - c.core.State.Tick(); behind > 2 {
		t.Errorf("a second after the partition the client is %d ticks behind", behind)
	}
}

func TestNarrowLinkSkipsSnapshots(t *testing.T) {
	w, c := settled(t, netsim.Config{Bandwidth: 100, Queue: 60})
	before := c.Snapshots()
	w.StepFor(10 * time.Second)
	if got := c.Snapshots() - before; got < 20 || got > 80 {
		t.Errorf("%d of 100 snapshots came over a link too narrow for all", got)
	}
	if behind := w.Tick() - c.core.State.Tick(); behind > 15 {
		t.Errorf("the client is %d ticks behind: something queues", behind)
	}
}

func TestLostClientIsReplacedWhenItsPlayerComesBack(t *testing.T) {
	w, c := settled(t, netsim.Config{Latency: 50 * time.Millisecond})
	w.Lose(c)
	w.Step(3)
	if _, _, closed := c.Closed(); closed {
		t.Error("the room knows of the loss")
	}
	again := w.Join("ann")
	w.StepFor(time.Second)
	if code, _, closed := c.Closed(); !closed || code == 1000 {
		t.Errorf("the lost connection is closed: %v, with %d", closed, code)
	}
	if len(Rows[dot](again, "dot")) != 1 {
		t.Error("the player has not taken its own place")
	}
}

func TestClientResumesAsTheSamePlayer(t *testing.T) {
	for _, link := range []*netsim.Config{nil, {Latency: 50 * time.Millisecond}} {
		w := New(t, def, Options{Seed: 2, Link: link})
		ann, ben := w.Join("ann"), w.Join("ben")
		w.StepFor(2 * time.Second)
		id := ann.ID()
		for _, end := range []func(){func() { w.Break(ann) }, func() { w.Lose(ann) }, func() {}} {
			heard := len(Events[note](ann, "note"))
			end()
			w.Step(2)
			ben.Call("note", note{N: 7})
			w.StepFor(2 * time.Second)
			ann.Resume()
			w.StepFor(2 * time.Second)
			if got := Events[note](ann, "note"); len(got) != 1 || heard != 0 || ann.LostEvents() != 0 {
				t.Errorf("while it was away one thing was said, the client heard %d times: %v", len(got), got)
			}
			if _, _, closed := ann.Closed(); closed || ann.ID() != id || len(Rows[dot](ann, "dot")) != 2 {
				t.Errorf("closed: %v, player %d after %d", closed, ann.ID(), id)
			}
		}
	}
}

func TestSpectatorSeesWhatPlayersDo(t *testing.T) {
	for _, link := range []*netsim.Config{nil, {Latency: 50 * time.Millisecond}} {
		w := New(t, def, Options{Seed: 2, Link: link})
		ann, eve := w.Join("ann"), w.JoinWith("eve", ClientOptions{Spectator: true})
		ann.SetInput(push{By: 1})
		eve.SetInput(push{By: 1})
		call := eve.Call("note", note{N: 1})
		w.StepFor(5 * time.Second)
		if code, reason, closed := eve.Closed(); closed {
			t.Fatalf("the spectator was closed with %d: %s", code, reason)
		}
		if dots := Rows[dot](eve, "dot"); len(dots) != 1 || dots[0].Value.X == 0 || eve.ID() != 0 {
			t.Errorf("the spectator is player %d and sees %+v", eve.ID(), dots)
		}
		if call.Err() == nil || errors.Is(call.Err(), ErrPending) {
			t.Errorf("the call of a spectator was answered with %v", call.Err())
		}
	}
}

func TestSameSeedIsTheSameWorld(t *testing.T) {
	run := func(seed uint64) (uint32, uint32) {
		w := New(t, def, Options{Seed: seed, Link: &netsim.Config{Latency: 30 * time.Millisecond, Jitter: 90 * time.Millisecond, Loss: 0.1}})
		c := w.JoinWith("ann", ClientOptions{Codecs: msg.OfferPlain, Unchecked: true})
		c.SetInput(push{By: 3})
		w.StepFor(10 * time.Second)
		return w.StateHash(), c.core.State.Tick()
	}
	hash, tick := run(4)
	if again, at := run(4); again != hash || at != tick {
		t.Error("two runs with one seed differ")
	}
	if other, _ := run(5); other == hash {
		t.Error("two seeds give the same run")
	}
}

// Four seconds without a network, and the socket is lost: within two round trips of the new one being open the client has the state
// and the room has an input of it that came in time. What a tick and the sending once per tick add is not the network's.
func TestClientPlaysAgainWithinTwoRoundTripsOfItsNewSocket(t *testing.T) {
	fast, err := def.WithTickRate(30)
	if err != nil {
		t.Fatal(err)
	}
	for _, ms := range []int{0, 50, 150, 300} {
		rtt := time.Duration(ms) * time.Millisecond
		w := New(t, fast, Options{Seed: 1})
		ann, ben := w.JoinWith("ann", ClientOptions{Link: &netsim.Config{Latency: rtt / 2}}), w.Join("ben")
		ann.SetInput(push{By: 1})
		w.StepFor(5 * time.Second)
		ann.Partition(4 * time.Second)
		w.StepFor(2 * time.Second)
		w.Break(ann)
		w.StepFor(2 * time.Second)
		at := func() int16 { return Find(ben, "dot", func(d dot) bool { return d.Owner == ann.ID() }).Value.X }
		before := at()
		// The handshake is over: the next that is said is JOIN.
		ann.Resume()
		open := w.Now()
		for at() == before || ann.Tick() == 0 {
			w.Step(1)
			if took := w.Now().Sub(open); took > 2*rtt+3*w.Period() {
				t.Fatalf("round trip %v: %v after the socket was open: tick %d held, moved %d", rtt, took, ann.Tick(), at()-before)
			}
		}
		t.Logf("round trip %v: plays after %v", rtt, w.Now().Sub(open))
	}
}
