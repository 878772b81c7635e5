package game_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// watcher is a spectator in a rig.
type watcher struct {
	*conn.MemoryConn
	core    *client.Core
	heard   []uint32
	replies []msg.Reply
}

func (r *rig) watch(account string) *watcher {
	w := &watcher{MemoryConn: r.memory.Dial(&game.Seat{Account: account, Name: account, Spectator: true})}
	w.core = client.NewCore(client.Options{
		Check:   true,
		OnEvent: func(e client.Event) { w.heard = append(w.heard, e.Words[0]) },
		OnReply: func(m msg.Reply) { w.replies = append(w.replies, m) },
	})
	return w
}

// follow runs ticks in which the spectator acknowledges and takes what there is.
func (r *rig) follow(t *testing.T, w *watcher, ticks int) {
	t.Helper()
	for range ticks {
		w.core.Outgoing(r.now, func(m []byte) {
			if kind, err := msg.PeekType(m); err != nil || kind != msg.TypeInput { // it has no inputs; acknowledged below
				w.Send(m)
			}
		})
		if w.core.State != nil {
			ack := w.core.State.Tick()
			w.Send(msg.AppendInput(nil, msg.Input{AckTick: ack, ViewTick: 16 * uint64(ack)}))
		}
		r.step(1)
		for _, m := range w.Recv() {
			if err := w.core.Receive(r.now, m); err != nil {
				t.Fatalf("tick %d: %v", r.room.Tick(), err)
			}
		}
	}
}

func TestSpectatorSeesTheRoomAndIsNoPlayer(t *testing.T) {
	var told []string
	r := newRig(probeDef(probe{
		admit: func(p *game.Player) error { told = append(told, "admit "+p.Name); return nil },
		join:  func(p *game.Player) { told = append(told, "join "+p.Name) },
		leave: func(p *game.Player) { told = append(told, "leave "+p.Name) },
		tick: func(p *probe, tk *game.Tick, _ game.Inputs[probeInput]) {
			p.beeps.Emit(beep{tk.N})
			if ann := tk.Player(1); ann != nil {
				p.beeps.EmitTo(ann, beep{1000})
			}
		},
	}))
	r.join("ann")
	r.step(2)
	w := r.watch("eve")
	r.follow(t, w, 1)
	r.join("ben")
	r.follow(t, w, 3)
	if w.core.State.Tick() != r.room.Tick() || w.core.State.Hash() != r.room.StateHash() {
		t.Errorf("it holds tick %d of %d, or another state", w.core.State.Tick(), r.room.Tick())
	}
	if w.core.Player != 0 || r.room.Seated() != 2 || w.core.State.Len(0) != 2 {
		t.Errorf("it is player %d of %d, and sees %d", w.core.Player, r.room.Seated(), w.core.State.Len(0))
	}
	for i, name := range []string{"ann", "ben"} {
		if got := w.core.Text(w.core.State.At(0, i).Row[1]); got != name {
			t.Errorf("it calls %s %q", name, got)
		}
	}
	if want := []uint32{3, 4, 5, 6}; !slices.Equal(w.heard, want) {
		t.Errorf("it heard %v, want %v", w.heard, want)
	}
	w.Leave()
	r.step(2)
	if want := []string{"admit ann", "join ann", "admit ben", "join ben"}; !slices.Equal(told, want) {
		t.Errorf("the game was told %v, want %v", told, want)
	}
}

func TestSpectatorThatSendsInputsIsClosed(t *testing.T) {
	var p *probe
	r := newRig(probeDef(probe{tick: func(g *probe, _ *game.Tick, _ game.Inputs[probeInput]) { p = g }}))
	ann, w := r.join("ann"), r.watch("eve")
	r.follow(t, w, 2)
	w.Send(inputs(r.room.Tick()+1, 1, 1, true))
	r.step(1)
	if err := closedWith(w.MemoryConn, netcode.CloseBadMessage); err != nil {
		t.Error(err)
	}
	for _, row := range p.rows.All() {
		if row.Moved != 0 || row.Shots != 0 {
			t.Errorf("its input has moved a player: %+v", row)
		}
	}
	if _, _, closed := ann.CloseInfo(); closed {
		t.Error("the player was hurt")
	}
}

func TestCallOfASpectatorIsRefused(t *testing.T) {
	calls := 0
	r := newRig(probeDef(probe{call: func(*game.Player, string) error { calls++; return nil }}))
	r.join("ann")
	w := r.watch("eve")
	r.follow(t, w, 2)
	id, err := w.core.Call("call", nil, "hi")
	if err != nil {
		t.Fatal(err)
	}
	r.follow(t, w, 2)
	if len(w.replies) != 1 || w.replies[0].ID != id || w.replies[0].Status != msg.StatusNoMethod || calls != 0 {
		t.Errorf("answered %+v; %d calls reached the game", w.replies, calls)
	}
	if _, _, closed := w.CloseInfo(); closed {
		t.Error("it was closed")
	}
}

// What an account does twice, the newest socket does.
func TestNewestSpectatorOfAnAccountWins(t *testing.T) {
	r := newRig(probeDef(probe{}))
	first := r.watch("eve")
	r.follow(t, first, 2)
	second := r.watch("eve")
	r.follow(t, second, 2)
	if err := closedWith(first.MemoryConn, netcode.CloseReplaced); err != nil {
		t.Error(err)
	}
}

func TestPlayerDoesNotWatchItsOwnRoom(t *testing.T) {
	r := newRig(probeDef(probe{}))
	before := r.watch("ann")
	r.follow(t, before, 2)
	ann := r.join("ann")
	r.step(1)
	if err := closedWith(before.MemoryConn, netcode.CloseReplaced); err != nil {
		t.Errorf("who watched before it played: %v", err)
	}
	after := r.watch("ann")
	r.step(2)
	if err := closedWith(after.MemoryConn, netcode.CloseKicked); err != nil {
		t.Errorf("who plays and would watch: %v", err)
	}
	ann.Leave() // its place is kept
	r.step(2)
	away := r.watch("ann")
	r.step(2)
	if err := closedWith(away.MemoryConn, netcode.CloseKicked); err != nil {
		t.Errorf("who has lost the connection for a moment and would watch: %v", err)
	}
	if r.room.Seated() != 1 {
		t.Error("watching has ended the player")
	}
	eve := r.watch("eve")
	r.follow(t, eve, 2)
	if _, _, closed := eve.CloseInfo(); closed {
		t.Error("somebody else may not watch")
	}
}

// sheep is a row of a game in which not everybody sees everything.
type sheep struct {
	Owner  game.PlayerID `net:"owner,once"`
	X      float32       `net:"x,q=1/16,lerp"`
	Secret uint8         `net:"secret,owneronly"`
}

type note2 struct {
	Owner game.PlayerID `net:"owner,once"`
	N     uint8         `net:"n"`
}

type meadow struct {
	sheep game.Table[sheep]
	notes game.Table[note2]
}

func (m *meadow) Join(p *game.Player) {
	x := float32(p.ID-1) * 1000
	p.Entity = m.sheep.Spawn(sheep{Owner: p.ID, X: x, Secret: 7})
	m.sheep.Spawn(sheep{X: x + 10, Secret: 9}) // nobody's
	m.notes.Spawn(note2{p.ID, 5})
}
func (m *meadow) Leave(*game.Player)                         {}
func (m *meadow) Tick(*game.Tick, game.Inputs[game.NoInput]) {}

func meadowDef(watchNear bool) *game.Def {
	return game.Define("meadow", game.Config{TickRate: 20, ViewRadius: 100, WatchNear: watchNear}, func(b *game.Builder) game.Game[game.NoInput] {
		m := new(meadow)
		game.Replicate(b, "sheep", &m.sheep, game.Near(func(s *sheep) (x, y float32) { return s.X, 0 }))
		game.Replicate(b, "note", &m.notes, game.OwnerOnly)
		return m
	})
}

// What is near one player is nothing that the others may know: unless the game wants it, who watches is nobody's eyes.
func TestSpectatorSeesNothingOfAPlane(t *testing.T) {
	r := newRig(meadowDef(false))
	w := r.watch("eve")
	r.join("ann")
	r.join("ben")
	r.follow(t, w, 3)
	if n := w.core.State.Len(1) + w.core.State.Len(2); n != 0 || w.core.State.Len(0) != 2 {
		t.Errorf("it sees %d rows that not everybody sees, and %d players; want 0 and 2", n, w.core.State.Len(0))
	}
}

// What only some players may know is not for spectators; with WatchNear they see of a plane what is near the first player.
func TestSpectatorSeesWhatIsForEverybody(t *testing.T) {
	r := newRig(meadowDef(true))
	w := r.watch("eve")
	r.follow(t, w, 1)
	if n := w.core.State.Len(1) + w.core.State.Len(2); n != 0 {
		t.Errorf("%d rows in an empty room", n)
	}
	r.join("ann")
	r.join("ben")
	r.follow(t, w, 3)
	var seen []string
	for i := range w.core.State.Len(1) {
		row := w.core.State.At(1, i).Row
		seen = append(seen, fmt.Sprintf("%d at %d: %d", row[0], row[1]/16, row[2]))
	}
	if want := []string{"1 at 0: 0", "0 at 10: 0"}; !slices.Equal(seen, want) {
		t.Errorf("it sees sheep %q, want %q without their secrets", seen, want)
	}
	if n := w.core.State.Len(2); n != 0 {
		t.Errorf("it sees %d notes that are for their owners only", n)
	}
}
