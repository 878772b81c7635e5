package game

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// RoomConfig configures one Room.
type RoomConfig struct {
	Def       *Def
	Transport conn.Transport
	// ID names the room in logs and results.
	ID string
	// Mode is what the lobby calls the kind of match that the room is for; the result says it. Zero means it is for no match.
	Mode string
	// Seed of the game's random source.
	Seed uint64
	// Options for the game, a JSON object. Zero means its defaults.
	Options json.RawMessage
	// Now is the clock that message arrivals and steps are stamped with. Zero means time.Now.
	Now func() time.Time
	// Linger is how long a room stays open after Finish. Zero means 10 s.
	Linger time.Duration
	// OnResult takes the result of a finished match and returns false to be asked again next step, also after the room has ended. It
	// runs in the step and must not block. Zero means nobody wants it.
	OnResult func(MatchResult) bool
	// Left is told when a seat is free: its socket is gone, and no player is kept for the socket to come back, or it has come
	// back on another seat. It is called in the step, once per seat. Zero means nobody wants to know.
	Left func(*Seat)
	// Current says whether a seat whose socket is opened is still its account's newest. Zero means always.
	Current func(*Seat) bool
	// ResumeSeat appends the token with which the client of a seat can come back on a socket of its own, whose Seat then has p in
	// Resume: the player, or the number of a spectator. It is called in the step and must not block. No token, and zero, mean there
	// is none.
	ResumeSeat func(dst []byte, s *Seat, p PlayerID) []byte
	// Background begins what a game does with Go, or says with an error that it cannot now. Zero means each piece of work has a
	// goroutine of its own.
	Background func(work func()) error
	// Recorder is given the commands of each tick, for Replay of a room that was equal before it. It is called in the step. Zero means
	// nothing is recorded.
	Recorder func(tick uint32, commands []byte)
	// Metrics counts. Zero means a set of its own.
	Metrics *Metrics
	// Log takes what an operator must know. Zero means nothing is logged.
	Log *zap.Logger
}

// MatchResult is a Result as the lobby gets it: accounts instead of players.
type MatchResult struct {
	Room      string            `json:"room"`
	Game      string            `json:"game"`
	Mode      string            `json:"mode"` // as in RoomConfig
	Tick      uint32            `json:"tick"`
	Standings []AccountStanding `json:"standings"`
}

// AccountStanding is one account's place in a MatchResult.
type AccountStanding struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	Rank    int    `json:"rank"`
	Score   int64  `json:"score"`
	Team    int    `json:"team,omitempty"` // as in Standing
	// Played is above 0 up to 1.
	Played float64 `json:"played"`
}

// Seat is the tag of a socket given to a room's transport: who sits there.
type Seat struct {
	Account string // lobby account
	Name    string // 1..64 bytes
	Team    int    // Player.Team; 0: none, 1 is the first
	Role    string // Player.Role, without a zero byte
	// Spectator is set for a socket that only watches: it is no player, and the game does not hear of it.
	Spectator bool
	// Resume is the player whose place the socket takes up again, or with Spectator the number of one; it still has its place, or
	// the socket is closed. Zero means a new one. The caller has made sure that it is the same client.
	Resume PlayerID

	// Guarded by the mu of the Host.
	session uint64 // what its resume seats say
	resumes *Seat  // the one before, until this one has taken its place
	room    *hosted
	next    *Seat    // of Host.sitting
	number  PlayerID // of the player, or of the spectator, for a resume seat; in Host.resumable only
	newest  bool     // the account plays, or watches, on its socket, which may be lost
	claimed bool     // a resume seat of it, by a socket that has not taken the place yet; nobody else can until that has failed
	kicked  bool     // its account was sent away while it was in use

	// Owned by the room.
	taken bool // the place of resumes
}

// Room runs one instance of a game. It owns no loop and no goroutine: whoever owns the Room calls Step. Only Ended and
// Seated may be called from elsewhere.
type Room struct {
	// Static after construction.
	cfg    RoomConfig
	def    *Def
	period time.Duration
	start  time.Time // of the room's clock
	wire   *netcode.Room
	log    *zap.Logger

	// Owned by the goroutine that calls Step.
	inst     *instance
	asleep   bool      // the newest Step has run no tick, because nobody is there
	opened   bool      // Open was called, or the room was restored
	random   *rand.PCG // of tick.Rand
	tick     Tick
	due      time.Time // of the step in progress
	order    []*client // by id, which is the order in which they have come
	speaking int       // where in order the last message came from
	received uint64    // bytes of clients that Metrics does not have yet
	players  []*Player // ascending ids
	turn     int       // where player has looked last
	nextID   PlayerID
	absent   []*client // spectators whose socket is lost and who may come back
	watchers PlayerID  // the newest spectator's number
	queue    commands
	inputRow []uint32
	out      outgoing
	texts    texts
	sender   netcode.Sender
	sights   sights
	buf      []byte
	seatBuf  []byte // of resumeSeat
	sent     uint64 // bytes to clients
	finished bool
	result   *MatchResult // not yet taken by OnResult
	closeAt  time.Time    // zero: not finished
	crashed  bool         // the game has panicked and is not called again
	parting  bool         // everybody is told to leave
	work     background

	// Read from anywhere.
	ended  atomic.Bool
	over   atomic.Bool // finished or ended: takes nobody any more
	seated atomic.Int32
}

// NewRoom makes a room, and the game in it, which may take its time here; its first Step opens the game. The error is an OptionsError,
// or a panic of the game.
func NewRoom(cfg RoomConfig) (*Room, error) {
	if cfg.Def == nil || cfg.Transport == nil {
		return nil, errors.New("game: NewRoom needs Def and Transport")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Linger == 0 {
		cfg.Linger = 10 * time.Second
	}
	if cfg.Metrics == nil {
		cfg.Metrics = new(Metrics)
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	rate := cfg.Def.config.TickRate
	r := &Room{
		cfg: cfg, def: cfg.Def, period: time.Second / time.Duration(rate), start: cfg.Now(),
		wire: netcode.NewRoom(cfg.Def.schema, rate),
		log:  cfg.Log.With(zap.String("room", cfg.ID), zap.String("game", cfg.Def.name)),
	}
	r.wire.SnapshotBytes, r.wire.SendEvery = cfg.Def.config.SnapshotBytes, cfg.Def.config.SendEvery
	r.wire.Assets = cfg.Def.wireAssets()
	r.random = rand.NewPCG(cfg.Seed, 0)
	r.tick = Tick{Delta: 1 / float32(rate), Rand: rand.New(r.random), room: r}
	enc := msg.NewEncoder()
	r.sender = netcode.Sender{History: snapshot.NewHistory(cfg.Def.schema, historyDepth(cfg.Def.config)), Payload: enc}
	r.out.enc, r.out.hearers = enc, r.hearers
	if err := r.prepare(); err != nil {
		return nil, err
	}
	return r, nil
}

// historyDepth is how many ticks a room remembers: what Rewind may ask for, a second at most, with the rows before it that a
// curve begins in, and what a client that is a little behind still holds.
func historyDepth(c Config) int { return max(32, c.TickRate+3*c.SendEvery) }

// Period is the time between two steps.
func (r *Room) Period() time.Duration { return r.period }

// Ended reports whether the room is over: Step does nothing any more. Safe from any goroutine.
func (r *Room) Ended() bool { return r.ended.Load() }

// Seated is the number of players in the game, bots left out. Safe from any goroutine.
func (r *Room) Seated() int { return int(r.seated.Load()) }

// StateHash is the checksum of all replicated rows after the newest step, as PROTOCOL.md section 7 defines it: that of
// a client which sees everything. Two runs with the same seed and the same commands give the same sequence. Call it
// from the goroutine that calls Step.
func (r *Room) StateHash() uint32 { return r.sender.History.Hash() }

// Tick is the number of the newest step. Call it from the goroutine that calls Step.
func (r *Room) Tick() uint32 { return r.tick.N }

// closed reports whether the room takes nobody any more. Safe from any goroutine.
func (r *Room) closed() bool { return r.over.Load() }

// Drained reports whether the room is over, its last socket closed and its result taken. Call it from the goroutine that calls Step.
func (r *Room) Drained() bool { return r.ended.Load() && len(r.order) == 0 && r.result == nil }

// Step runs one tick that was due at due: take what has arrived, let the game advance, send each client what changed. A
// panic of the game ends the room and nothing else. Unless Config.RunEmpty, a room without a client, and without a place kept for one,
// runs no tick. When the room has ended, Step only waits for the last sockets to close, and for somebody to take its result.
func (r *Room) Step(due time.Time) {
	r.due = due
	if r.ended.Load() {
		r.poll() // the last sockets close
		r.reportResult()
		return
	}
	defer func() {
		if p := recover(); p != nil {
			r.crash(p)
		}
	}()
	if !r.opened {
		r.open()
	}
	asked := r.cfg.Now()
	r.poll()
	now := r.cfg.Now()
	r.dropOverdue(now)
	r.leaveOverdue(now)
	r.forgetOverdue(now)
	if r.asleep = r.mayRest(); r.asleep {
		return
	}
	r.simulate()
	r.send(asked, now)
	if !r.closeAt.IsZero() && !now.Before(r.closeAt) && r.result == nil {
		r.End(netcode.CloseOver, "the match is over", 0)
	}
}

// mayRest reports whether there is no tick to run: nobody is there to see it. A room that has finished must still end.
func (r *Room) mayRest() bool {
	return !r.def.config.RunEmpty && !r.finished && r.Seated() == 0 && len(r.order) == 0 && len(r.absent) == 0 && len(r.queue.list) == 0
}

func (r *Room) open() {
	r.opened = true
	if o, ok := r.inst.game.(Opener); ok {
		r.out.reset(0)
		o.Open(&r.tick)
	}
}

// prepare makes the game, before anything happens in it.
func (r *Room) prepare() (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.logPanic(p)
			err = fmt.Errorf("game: the game panicked while it was made: %v", p)
		}
	}()
	r.inst = r.def.make()
	if err := r.inst.choose(r.cfg.Options); err != nil {
		return err
	}
	for _, e := range r.inst.events {
		e.out = &r.out
	}
	r.inputRow = make([]uint32, r.inst.input.Words())
	r.beginSights()
	r.beginTables()
	return nil
}

// simulate runs the game for one tick and packs its tables.
func (r *Room) simulate() {
	r.tick.N++
	r.tick.Now = time.Duration(r.tick.N) * r.period
	r.out.reset(r.tick.N)
	r.beginTables()
	r.apply()
	for _, p := range r.players {
		p.input.pace.settle(r.due.Sub(r.start))
		p.input.consume(r.tick.N)
	}
	r.work.deliver(&r.tick)
	r.inst.tick(&r.tick)
	r.kick()
	h := r.sender.History
	h.Begin(r.tick.N)
	for _, t := range r.inst.tables {
		t.endTick()
		t.pack(h)
	}
	r.turnEyes()
	r.reportResult()
	r.cfg.Metrics.Ticks.Add(1)
}

func (r *Room) beginTables() {
	for _, t := range r.inst.tables {
		t.beginTick(r.tick.N, uint32(r.sender.History.Depth()), uint32(r.def.config.SendEvery))
	}
}
