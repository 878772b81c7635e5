package bot

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/arena"
	"github.com/skirmish-dev/skirmish/game/draughts"
	"github.com/skirmish-dev/skirmish/netcode/client"
)

// watcher is a driver that notes values of a table's field before the real one steers.
type watcher struct {
	Driver
	table, field string
	seen         *sync.Map
}

func (w watcher) Tick(c *client.Core) {
	if t, i := c.Schema.Find(w.table); t != nil {
		for j := range c.State.Len(i) {
			w.seen.Store(c.State.At(i, j).Row[t.Index(w.field)], true)
		}
	}
	w.Driver.Tick(c)
}

func TestBotsPlayArena(t *testing.T) {
	t.Parallel()
	w := newWorld(t, arena.Def)
	var hp sync.Map
	r := w.run(Config{Clients: 16, Check: true, Duration: 3 * time.Second, Drivers: map[string]func() Driver{
		"arena": func() Driver { return watcher{new(arenaDriver), "ship", "hp", &hp} },
	}})
	if r.Connected != 16 || r.Disconnects != 0 || r.Desyncs != 0 || len(r.Errors) != 0 {
		t.Errorf("%+v", r)
	}
	// How many there are is the machine's affair; most of those that the server sent are counted.
	if heard := r.SnapshotsPerClientS * 16 * 3; heard < float64(w.host.Metrics().Snapshots.Load())/2 {
		t.Errorf("%.0f snapshots heard of %d sent", heard, w.host.Metrics().Snapshots.Load())
	}
	if r.SnapshotsPerClientS > 33 || r.BytesPerSnapshot < 10 || r.BytesPerClientS < r.BytesPerSnapshot {
		t.Errorf("%+v", r)
	}
	if r.GapMS.P50 <= 0 || r.GapMS.Max < r.GapMS.P99 || r.RTTMS.P50 <= 0 || r.InputToEffectMS.P50 <= 0 {
		t.Errorf("%+v", r)
	}
	hits := 0
	hp.Range(func(v, _ any) bool {
		if v := v.(uint32); v > 0 && v < arena.FullHP {
			hits++
		}
		return true
	})
	if hits == 0 {
		t.Error("nobody was hit")
	}
}

func TestFlippedBitsAreDesyncs(t *testing.T) {
	t.Parallel()
	def, err := arena.Def.WithTickRate(60)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, def)
	r := w.run(Config{Clients: 30, Check: true, Duration: 3 * time.Second, Tap: func(n uint64, message []byte) {
		if n%1000 == 0 {
			message[rand.IntN(len(message))] ^= 1 << rand.IntN(8)
		}
	}})
	if r.Desyncs == 0 || r.Disconnects != 0 || r.Connected != 30 {
		t.Errorf("%+v", r)
	}
	causes := 0
	for kind, n := range r.Errors {
		if !strings.HasPrefix(kind, "desync: ") {
			t.Errorf("%d x %s", n, kind)
		}
		causes += n
	}
	if causes != r.Desyncs {
		t.Errorf("%d desyncs, %d causes", r.Desyncs, causes)
	}
}

func TestBotsPlayDraughtsByTicket(t *testing.T) {
	t.Parallel()
	def, err := draughts.Def.WithTickRate(60)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, def)
	var turns sync.Map
	r := w.run(Config{Clients: 4, Check: true, Duration: 4 * time.Second, Drivers: map[string]func() Driver{
		"draughts": func() Driver { return watcher{new(draughtsDriver), "match", "turn", &turns} },
	}})
	if r.Connected != 4 || r.Disconnects != 0 || r.Desyncs != 0 || len(r.Errors) != 0 {
		t.Errorf("%+v", r)
	}
	for _, side := range []uint32{draughtsBlack, draughtsWhite} {
		if _, ok := turns.Load(side); !ok {
			t.Errorf("side %d was never to move", side)
		}
	}
}

// mill is a game that no driver knows.
type mill struct{ wheels game.Table[wheel] }

type wheel struct {
	Speed  int8  `net:"speed"`
	Jolts  uint8 `net:"jolts"`
	PlayID game.PlayerID
}

type millInput struct {
	Speed int8 `net:"speed,range=-3..3"`
}

type jolt struct {
	By uint8 `net:"by,range=1..5"`
}

var millDef = game.Define("mill", game.Config{TickRate: 60}, func(b *game.Builder) game.Game[millInput] {
	m := new(mill)
	game.Replicate(b, "wheel", &m.wheels)
	game.Handle(b, "jolt", func(p *game.Player, j jolt) error {
		m.wheels.Get(p.Entity).Jolts += j.By
		return nil
	})
	return m
})

func (m *mill) Join(p *game.Player)  { p.Entity = m.wheels.Spawn(wheel{}) }
func (m *mill) Leave(p *game.Player) { m.wheels.Despawn(p.Entity) }
func (m *mill) Tick(t *game.Tick, in game.Inputs[millInput]) {
	for p := range t.Players() {
		i, _ := in.Of(p)
		m.wheels.Get(p.Entity).Speed = i.Speed
	}
}

func TestUnknownGameIsPlayedAtRandom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, millDef)
	var speeds sync.Map
	r := w.run(Config{Clients: 12, Check: true, Duration: 2 * time.Second, Drivers: map[string]func() Driver{
		"mill": func() Driver { return watcher{new(randomDriver), "wheel", "speed", &speeds} },
	}})
	if r.Disconnects != 0 || r.Desyncs != 0 || len(r.Errors) != 0 {
		t.Errorf("%+v", r)
	}
	n := 0
	speeds.Range(func(_, _ any) bool { n++; return true })
	if n < 4 {
		t.Errorf("%d speeds of 7 were seen", n)
	}
}

func TestRoomsAreSpreadEvenly(t *testing.T) {
	w := newWorld(t, arena.Def)
	r := w.run(Config{Clients: 6, Rooms: 3, Duration: 200 * time.Millisecond})
	if r.Connected != 6 || len(r.Errors) != 0 {
		t.Errorf("%+v", r)
	}
	if joins := slices.Collect(maps.Values(w.joins)); len(w.made) != 3 || !slices.Equal(joins, []int{2, 2, 2}) {
		t.Errorf("%d rooms made, joined %v times", len(w.made), joins)
	}
}

func TestLostServerIsADisconnect(t *testing.T) {
	w := newWorld(t, arena.Def)
	var once sync.Once
	r := w.run(Config{Clients: 5, Tap: func(n uint64, _ []byte) {
		if n > 200 {
			once.Do(func() { go w.drain() })
		}
	}})
	if r.Connected != 5 || r.Disconnects != 5 || r.Errors["closed with 4100"] != 5 || r.Errors["http 503"] == 0 || r.Desyncs != 0 {
		t.Errorf("%+v", r)
	}
}

func TestLostConnectionIsResumedWithoutTheLobby(t *testing.T) {
	w := newWorld(t, arena.Def)
	var once sync.Once
	r := w.run(Config{Clients: 5, Rooms: 1, Check: true, Tap: func(n uint64, _ []byte) {
		if n > 200 {
			once.Do(w.cut)
		}
	}})
	if r.Disconnects != 5 || r.Resumed != 5 || r.Desyncs != 0 || r.Errors["closed with 1006"] != 5 || len(r.Errors) != 1 {
		t.Errorf("%+v", r)
	}
	for room, n := range w.joins {
		if n != 5 {
			t.Errorf("room %s was joined %d times by 5 bots", room, n)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	w := newWorld(t, arena.Def)
	ctx, cancel := context.WithCancel(t.Context())
	var once sync.Once
	r, err := Run(ctx, Config{URL: w.URL, Clients: 3, Duration: time.Hour, Tap: func(n uint64, _ []byte) {
		if n > 50 {
			once.Do(cancel)
		}
	}})
	if err != nil || r.Connected != 3 || r.Disconnects != 0 || len(r.Errors) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestRunSaysWhatItNeeds(t *testing.T) {
	w := newWorld(t, arena.Def)
	for _, c := range []struct {
		cfg  Config
		says string
	}{
		{Config{URL: "127.0.0.1:8080"}, "URL"},
		{Config{URL: w.URL, Clients: -1}, "Clients"},
		{Config{URL: w.URL, Clients: 2, Rooms: 3}, "Rooms"},
		{Config{URL: w.URL, Duration: -1}, "Duration"},
		{Config{URL: w.URL, Name: strings.Repeat("x", 17)}, "Name"},
		{Config{URL: w.URL, Game: "chess"}, "it has: arena"},
		{Config{URL: "http://127.0.0.1:1"}, "is a server running at http://127.0.0.1:1?"},
	} {
		if _, err := Run(t.Context(), c.cfg); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
}
