package game_test

import (
	"slices"
	"testing"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/gametest"
	"github.com/skirmish-dev/skirmish/netcode/client"
)

// Events for one and for all keep their order, and nobody gets those of somebody else.
func TestEventForOneReachesNobodyElse(t *testing.T) {
	w := gametest.New(t, probeDef(probe{tick: func(p *probe, tk *game.Tick, _ game.Inputs[probeInput]) {
		if tk.N != 3 {
			return
		}
		ann, ben := tk.Player(1), tk.Player(2)
		p.beeps.Emit(beep{1})
		p.beeps.EmitTo(ann, beep{2})
		p.beeps.EmitTo(ben, beep{3})
		p.beeps.Emit(beep{4})
		p.beeps.EmitTo(ann, beep{5})
	}}), gametest.Options{})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(5)
	heard := func(c *gametest.Client) (list []uint32) {
		for _, e := range gametest.Events[beep](c, "beep") {
			list = append(list, e.Value.N)
		}
		return list
	}
	if got := heard(ann); !slices.Equal(got, []uint32{1, 2, 4, 5}) {
		t.Errorf("ann was told %v, want 1, 2, 4, 5", got)
	}
	if got := heard(ben); !slices.Equal(got, []uint32{1, 3, 4}) {
		t.Errorf("ben was told %v, want 1, 3, 4", got)
	}
}

// Not even the numbers of events show that somebody else was told something.
func TestEventsOfOthersLeaveNoGap(t *testing.T) {
	r := newRig(probeDef(probe{tick: func(p *probe, tk *game.Tick, _ game.Inputs[probeInput]) {
		if other := tk.Player(2); other != nil {
			p.beeps.EmitTo(other, beep{9})
		}
		p.beeps.Emit(beep{tk.N})
	}}))
	ann, _ := r.join("ann"), r.join("ben")
	var seqs []uint64
	core := client.NewCore(client.Options{OnEvent: func(e client.Event) { seqs = append(seqs, e.Seq) }})
	for range 6 {
		r.step(1)
		for _, m := range ann.Recv() {
			core.Outgoing(r.now, func([]byte) {}) // before HELLO it is the JOIN that was sent already
			if err := core.Receive(r.now, m); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The first one apart: after it come the names of the tick in which both have joined.
	if want := []uint64{2, 4, 5, 6, 7, 8}; !slices.Equal(seqs, want) {
		t.Errorf("ann's events are numbered %v, want %v", seqs, want)
	}
}

func TestEventForAPlayerWhoHasLeftReachesNobody(t *testing.T) {
	var gone *game.Player
	w := gametest.New(t, probeDef(probe{
		leave: func(p *game.Player) { gone = p },
		tick: func(p *probe, _ *game.Tick, _ game.Inputs[probeInput]) {
			if gone != nil {
				p.beeps.EmitTo(gone, beep{1})
			}
		},
	}), gametest.Options{})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(1)
	w.Leave(ann)
	w.Step(3)
	if n := len(gametest.Events[beep](ben, "beep")); n != 0 || gone == nil {
		t.Errorf("ben was told %d events of ann, who has left", n)
	}
}
