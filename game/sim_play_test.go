package game_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/arena"
	"github.com/skirmish-dev/skirmish/game/crowd"
	"github.com/skirmish-dev/skirmish/game/dig"
	"github.com/skirmish-dev/skirmish/game/draughts"
	"github.com/skirmish-dev/skirmish/game/gametest"
	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/netsim"
)

// sim is one seed: a room, its players and their bad luck.
type sim struct {
	rng     *rand.Rand
	log     func(string, ...any)
	def     *game.Def
	play    func(*simPlayer)
	refuses bool // the game sends some players away
	w       *gametest.World
	players []*simPlayer
	elapsed time.Duration
	period  time.Duration
}

// simPlayer is somebody who plays, goes away and comes back.
type simPlayer struct {
	sim       *sim
	name      string
	link      bool             // has a network; the others have an ideal one
	watches   bool             // is a spectator this time
	c         *gametest.Client // nil: away
	cut       *gametest.Client // has lost its connection and will resume
	back      int              // ticks until it comes back
	stalled   int              // ticks until it takes messages again
	condition netsim.Config
	calls     []*gametest.Reply // to "say"
	said      int               // how often it has heard itself
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 2)) }

func newSim(seed uint64, log func(string, ...any)) *sim {
	s := &sim{rng: newRand(seed), log: log}
	switch n := s.rng.IntN(40); {
	case n < 15:
		s.def, s.play = arena.Def, playArena
	case n < 16: // it is large, and so takes long
		s.def, s.play = crowd.Def, playCrowd
	case n < 24:
		s.def, s.play, s.refuses = draughts.Def, playDraughts, true
	case n < 32:
		s.def, s.play = sceneDef, playScene
	case n < 36:
		s.def, s.play = narrowDef, playScene
	case n < 38:
		s.def, s.play = seldomDef, playScene
	default:
		s.def, s.play = dig.Def, playDig
	}
	for i := range 2 + s.rng.IntN(7) {
		p := &simPlayer{sim: s, name: fmt.Sprintf("player%d", i), link: s.chance(0.85), back: s.rng.IntN(20)}
		p.condition = s.network()
		s.players = append(s.players, p)
	}
	s.open()
	return s
}

// open begins with an empty room.
func (s *sim) open() {
	o := gametest.Options{Seed: s.rng.Uint64(), Linger: time.Second, Room: s.options()}
	s.w = gametest.New(simTB{}, s.def, o)
	s.period = s.w.Period()
	s.log("a room of %s with the options %+v", s.def.Name(), o.Room)
}

// options chooses a room: half of them as the game likes it.
func (s *sim) options() any {
	if s.chance(0.5) {
		return nil
	}
	switch s.def {
	case draughts.Def:
		return draughts.Options{Computer: true}
	case dig.Def:
		return dig.Options{Seconds: 10, Fill: s.rng.IntN(10)}
	case sceneDef, narrowDef, seldomDef:
		return sceneOptions{Beasts: s.rng.IntN(100), Bots: s.rng.IntN(6)}
	}
	return nil
}

func (s *sim) chance(p float64) bool { return s.rng.Float64() < p }

func (s *sim) ticks(most time.Duration) int { return 1 + s.rng.IntN(int(most/s.period)) }

// network draws a network from perfect to hopeless.
func (s *sim) network() netsim.Config {
	pick := func(values ...int) int { return values[s.rng.IntN(len(values))] }
	return netsim.Config{
		Latency:   time.Duration(s.rng.IntN(pick(1, 30, 150, 300))) * time.Millisecond,
		Jitter:    time.Duration(s.rng.IntN(pick(1, 10, 100))) * time.Millisecond,
		Loss:      float64(pick(0, 0, 1, 5, 20)) / 100,
		Bandwidth: pick(0, 0, 0, 16_000, 8000, 2000),
		Queue:     pick(0, 0, 1, 500),
	}
}

// step is one tick.
func (s *sim) step() {
	if s.w.Ended() {
		for _, p := range s.players {
			p.c = nil
			p.away(false)
		}
		s.open()
	}
	for _, p := range s.players {
		p.act()
	}
	s.w.Step(1)
	s.elapsed += s.period
}

// act is what a player and its network do before a tick.
func (p *simPlayer) act() {
	s := p.sim
	if p.c == nil {
		if p.back--; p.back >= 0 {
			return
		}
		if p.cut == nil {
			p.join()
			return
		}
		s.log("tick %d: %s resumes", s.w.Tick(), p.name)
		p.c, p.cut = p.cut, nil
		p.c.Resume()
		return
	}
	if code, reason, closed := p.c.Closed(); closed {
		if !s.expected(code) {
			s.fail("%s was closed with %d: %s", p.name, code, reason)
		}
		s.log("tick %d: %s was closed with %d: %s", s.w.Tick(), p.name, code, reason)
		p.away(netcode.MayResume(code))
		return
	}
	if p.stalled > 0 {
		if p.stalled--; p.stalled == 0 {
			p.c.Stall(false)
		}
	}
	switch n := s.rng.Float64(); {
	case n < 0.002:
		s.log("tick %d: %s leaves", s.w.Tick(), p.name)
		s.w.Leave(p.c)
		p.away(false)
		return
	case n < 0.004:
		s.log("tick %d: %s is lost", s.w.Tick(), p.name)
		s.w.Lose(p.c)
		p.away(s.chance(0.7))
		return
	case n < 0.006:
		s.log("tick %d: the connection of %s breaks", s.w.Tick(), p.name)
		s.w.Break(p.c)
	case n < 0.007 && p.greeted():
		s.log("tick %d: %s resumes without need", s.w.Tick(), p.name)
		p.c.Resume()
		p.stalled = 0
	case n < 0.011 && p.stalled == 0:
		p.stalled = s.ticks(3 * time.Second)
		s.log("tick %d: %s takes nothing for %d ticks", s.w.Tick(), p.name, p.stalled)
		p.c.Stall(true)
	case n < 0.015 && p.link:
		d := time.Duration(s.ticks(4*time.Second)) * s.period
		s.log("tick %d: %s is cut off for %v", s.w.Tick(), p.name, d)
		p.c.Partition(d)
	case n < 0.023 && p.link:
		p.condition = s.network()
		s.log("tick %d: %s has the network %+v", s.w.Tick(), p.name, p.condition)
		p.c.SetLink(p.condition)
	}
	s.play(p)
}

func (p *simPlayer) join() {
	s := p.sim
	p.watches = s.chance(0.1)
	if !p.watches && !s.w.HasPlace(p.name) {
		p.back = s.rng.IntN(40)
		return
	}
	o := gametest.ClientOptions{Codecs: uint8(1 + s.rng.IntN(3)), Unchecked: s.chance(0.5), Spectator: p.watches}
	if p.link {
		o.Link = &p.condition
	}
	s.log("tick %d: %s joins with codecs %b, spectator %v, link %v %+v", s.w.Tick(), p.name, o.Codecs, p.watches, p.link, p.condition)
	account := p.name
	if p.watches {
		account += " watches" // its own room it could not
	}
	p.c = s.w.JoinWith(account, o)
}

// away ends what the player has to do with its connection. Who resumes goes on with the same client, if that has ever been said
// hello to.
func (p *simPlayer) away(resumes bool) {
	if resumes && p.greeted() {
		p.cut = p.c
	} else {
		p.cut, p.calls, p.said = nil, nil, 0
	}
	p.c, p.stalled, p.back = nil, 0, p.sim.rng.IntN(40)
}

// greeted reports whether the client has been said hello to, and so can resume.
func (p *simPlayer) greeted() bool { return p.c.ID() != 0 || p.watches && p.c.Tick() != 0 }

// lost says what a player that is up to date should have heard and has not, or "".
func (p *simPlayer) lost() string {
	p.listen()
	accepted, unknown := 0, 0
	for _, r := range p.calls {
		switch {
		case errors.Is(r.Err(), gametest.ErrPending):
			return p.name + " waits for an answer"
		case errors.Is(r.Err(), gametest.ErrNoAnswer):
			unknown++
		case r.Err() == nil:
			accepted++
		}
	}
	if n := p.c.LostEvents(); n > 0 {
		return fmt.Sprintf("%s has lost %d events; ten seconds of play have fewer than a room keeps", p.name, n)
	}
	if p.said < accepted || p.said > accepted+unknown {
		return fmt.Sprintf("%s has said %d to %d things and heard itself %d times", p.name, accepted, accepted+unknown, p.said)
	}
	for _, o := range p.sim.players {
		if o.c == nil || o.c.ID() == 0 || o.gone() {
			continue
		}
		if name := p.c.NameOf(o.c.ID()); name != o.name {
			return fmt.Sprintf("%s knows %s as %q", p.name, o.name, name)
		}
	}
	return ""
}

// listen takes the events that have come.
func (p *simPlayer) listen() {
	if p.sim.def != arena.Def {
		return
	}
	for _, e := range gametest.Events[arena.Said](p.c, "said") {
		if e.Value.Player == p.c.ID() {
			p.said++
		}
	}
	gametest.Events[arena.Hit](p.c, "hit")
	gametest.Events[arena.Kill](p.c, "kill")
}

func (p *simPlayer) gone() bool {
	_, _, closed := p.c.Closed()
	return closed
}

func (s *sim) fail(format string, args ...any) {
	simTB{}.Fatalf("tick %d: %s", s.w.Tick(), fmt.Sprintf(format, args...))
}

// expected reports whether a well-behaved client may be closed with code.
func (s *sim) expected(code uint16) bool {
	switch code {
	case netcode.CloseBehind, netcode.CloseSilent, netcode.CloseNoJoin, netcode.CloseNoPlace, 1006:
		return true
	case netcode.CloseKicked, netcode.CloseOver:
		return s.refuses
	}
	return false
}

// settle gives everybody a good network and waits until all are up to date, as they must be soon: each row that a player sees, it has been
// sent since.
func (s *sim) settle() {
	for _, p := range s.players {
		if p.c == nil {
			continue
		}
		p.c.Stall(false)
		if p.link {
			p.c.SetLink(netsim.Config{Latency: 10 * time.Millisecond})
		}
	}
	const patience = 15 * time.Second
	var last string
	begin := s.w.Tick()
	for range int(patience / s.period) {
		if last = s.behind(begin); last == "" || s.w.Ended() {
			return
		}
		s.w.Step(1)
	}
	s.fail("%v with a good network, and %s", patience, last)
}

// behind says who is not up to date, or "". What was sent by the tick begin does not count.
func (s *sim) behind(begin uint32) string {
	for _, p := range s.players {
		if p.c == nil {
			continue
		}
		if code, reason, closed := p.c.Closed(); closed {
			if !s.expected(code) {
				s.fail("%s was closed with %d: %s", p.name, code, reason)
			}
			continue
		}
		if p.c.ID() == 0 && !p.watches || p.c.Tick()+2 < s.w.Tick() {
			return fmt.Sprintf("%s holds tick %d", p.name, p.c.Tick())
		}
		if oldest := p.c.Oldest(); oldest <= begin {
			return fmt.Sprintf("%s waits for a row since tick %d", p.name, oldest)
		}
		if lost := p.lost(); lost != "" {
			return lost
		}
	}
	return ""
}

// playArena flies about and shoots.
func playArena(p *simPlayer) {
	rng := p.sim.rng
	if rng.IntN(10) == 0 {
		p.c.SetInput(arena.Input{Turn: int8(rng.IntN(3) - 1), Thrust: rng.IntN(2) == 0, Fire: rng.IntN(3) > 0})
	}
	if rng.IntN(60) == 0 {
		p.calls = append(p.calls, p.c.Call("say", arena.Say{Text: "hello"}))
	}
	if rng.IntN(100) == 0 {
		p.listen()
	}
}

// playDraughts tries moves, most of them good ones.
func playDraughts(p *simPlayer) {
	rng := p.sim.rng
	switch rng.IntN(10) {
	case 0, 1, 2:
		pieces := gametest.Rows[draughts.Piece](p.c, "piece")
		if len(pieces) == 0 {
			return
		}
		piece := pieces[rng.IntN(len(pieces))]
		for range 20 {
			if piece.Value.Moves != 0 {
				break
			}
			piece = pieces[rng.IntN(len(pieces))]
		}
		p.c.Call("move", draughts.Move{Piece: game.ID[draughts.Piece](piece.ID), Dir: draughts.Dir(rng.IntN(4))})
	case 3:
		if rng.IntN(200) == 0 {
			p.c.Call("resign", draughts.Resign{})
		}
	}
}
