package game

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/internal/alarm"
	"github.com/skirmish-dev/skirmish/internal/cpuwork"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/conn"
)

// What a Host answers when it cannot do as asked.
var (
	ErrUnknownGame = errors.New("game: no such game")
	ErrNoRoom      = errors.New("game: no such room")
	ErrRoomFull    = errors.New("game: the room is full")
	ErrUnwatched   = errors.New("game: nobody may watch this room")
	ErrPlaysHere   = errors.New("game: who plays in a room may not watch it")
	ErrTooMany     = errors.New("game: this server runs as many rooms as it may")
	ErrDraining    = errors.New("game: this server is going down")
	ErrOverloaded  = errors.New("game: ticks run late, so that nobody new is taken")
)

// HostConfig configures a Host.
type HostConfig struct {
	// Games that rooms can be made of.
	Games []*Def
	// Signer and Verifier make and check first seats. Both are needed.
	Signer   *token.Signer
	Verifier *token.Verifier
	// Loops is how many goroutines step rooms. Zero means one per processor but one, at least one.
	Loops int
	// HangAfter is how long a step may take before its room is given up, and the other rooms of its loop go on with another. Zero
	// means 1 s; it is noticed up to a half later.
	HangAfter time.Duration
	// AdmitLateness is how late ticks may begin (99th percentile, over three of five seconds) before no new room is made and nobody new
	// is given a seat, until five seconds were half as late. Who plays, and who comes back to a room, is not refused. Zero means that
	// lateness turns nobody away.
	AdmitLateness time.Duration
	// OnOverrun is told of steps that took longer than their room's period, or began so late. It is called by the goroutine that steps the
	// room and must not block. Zero means nobody is told.
	OnOverrun func(Overrun)
	// RealTime makes steps run before everything else on the machine that is not real-time itself, so that other programs make no tick
	// late. It needs a right (CAP_SYS_NICE, or RLIMIT_RTPRIO), without which NewHost fails, and a machine with processors to spare:
	// loops that are overloaded leave nothing to the rest of the process.
	RealTime bool
	// GoTimers makes the loops sleep with Go's timers also where the system has something more exact, for virtual time
	// (testing/synctest).
	GoTimers bool
	// MaxRooms at a time. Zero means 1000.
	MaxRooms int
	// EmptyFor is how long a room without players stays. Zero means 10 s.
	EmptyFor time.Duration
	// SeatTTL is how long a seat can be claimed. Zero means 30 s, which is also the most.
	SeatTTL time.Duration
	// Upgrade bounds WebSocket handshakes.
	Upgrade conn.UpgradeConfig
	// NewTransport makes the transport of a room, with places for its players and spectators and as many whose socket is still
	// closing. Zero means conn.Best, which does not serve TLS everywhere.
	NewTransport func(conn.Config) conn.Transport
	// OnResult stores the result of a match. It runs on a goroutine of its own and is tried again after an error that does not
	// wrap ErrPermanent, up to
	// ten minutes. Zero means results are only logged.
	OnResult func(ctx context.Context, id string, r MatchResult) error
	// Now is the clock. Zero means time.Now.
	Now func() time.Time
	// Log takes what an operator must know. Zero means nothing is logged.
	Log *zap.Logger
}

func (c HostConfig) withDefaults() HostConfig {
	if c.Loops == 0 {
		c.Loops = max(1, runtime.GOMAXPROCS(0)-1)
	}
	if c.HangAfter == 0 {
		c.HangAfter = time.Second
	}
	if c.MaxRooms == 0 {
		c.MaxRooms = 1000
	}
	if c.EmptyFor == 0 {
		c.EmptyFor = 10 * time.Second
	}
	if c.SeatTTL == 0 {
		c.SeatTTL = token.MaxSeatTTL
	}
	if c.NewTransport == nil {
		c.NewTransport = conn.Best
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	return c
}

// newAlarm makes what a loop sleeps with. A goroutine that sleeps in the kernel keeps its processor for some time: where the loops are
// as many as there are, the sockets would wait for it.
func (c HostConfig) newAlarm() alarm.Alarm {
	if c.GoTimers || c.Loops >= runtime.GOMAXPROCS(0) {
		return alarm.NewTimer()
	}
	return alarm.New()
}

// Validate reports a missing or senseless value.
func (c HostConfig) Validate() error {
	switch {
	case len(c.Games) == 0:
		return errors.New("game: a Host needs at least one game")
	case c.Signer == nil || c.Verifier == nil:
		return errors.New("game: a Host needs a Signer and a Verifier for seats")
	case c.Loops < 0 || c.MaxRooms < 0 || c.EmptyFor < 0 || c.HangAfter < 0 || c.AdmitLateness < 0:
		return errors.New("game: Loops, MaxRooms, EmptyFor, HangAfter and AdmitLateness cannot be negative")
	case c.SeatTTL < 0 || c.SeatTTL > token.MaxSeatTTL:
		return fmt.Errorf("game: SeatTTL %v: at most %v", c.SeatTTL, token.MaxSeatTTL)
	}
	seen := map[string]bool{}
	for _, d := range c.Games {
		if seen[d.name] {
			return fmt.Errorf("game: two games are called %q", d.name)
		}
		seen[d.name] = true
	}
	return c.Upgrade.Validate()
}

// Host runs the rooms of one process and the door to them. It is concurrent-safe.
type Host struct {
	// Static after construction.
	cfg       HostConfig
	games     map[string]*Def
	assets    map[string]*Asset // by hash, in hexadecimal digits
	node      string            // boot id: seats of an earlier process are refused
	metrics   Metrics
	admission admission
	resumes   *token.Resumes
	results   *resultQueue
	work      *cpuwork.Pool          // of game.Go
	quick     map[string]*sync.Mutex // by game: held while QuickJoin makes a room, for which others wait

	watchStop, watchDone chan struct{}

	mu      sync.Mutex
	loops   []*loop // one per slot; the watchdog replaces one that hangs
	started []*loop // and all that there ever were
	rooms   map[string]*hosted
	making  int                // rooms that count already, and are not there yet
	seats   map[string]*hosted // outstanding seat of an account -> its room
	seatIDs map[string]string  // outstanding seat of an account -> its id
	sitting map[string]*Seat   // by account, the seats in use: linked by Seat.next
	// The connections whose resume seats are good, by Seat.session.
	resumable map[uint64]*Seat
	sessions  uint64
	draining  bool
	drained   chan struct{} // made by the first Drain, closed when all has ended
	epochs    uint64
}

// NewHost starts a Host. Close it.
func NewHost(cfg HostConfig) (*Host, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	h := &Host{
		cfg: cfg, games: map[string]*Def{}, quick: map[string]*sync.Mutex{}, assets: assetsByHash(cfg.Games), node: randomID(),
		resumes: token.NewResumes(cfg.Now),
		rooms:   map[string]*hosted{}, seats: map[string]*hosted{}, seatIDs: map[string]string{},
		sitting:   map[string]*Seat{},
		resumable: map[uint64]*Seat{}, watchStop: make(chan struct{}), watchDone: make(chan struct{}),
	}
	h.admission.bound = cfg.AdmitLateness
	for _, d := range cfg.Games {
		h.games[d.name], h.quick[d.name] = d, new(sync.Mutex)
	}
	var err error
	if h.work, err = cpuwork.New(cpuwork.Config{Workers: hostWorkers, Queue: hostWork}); err != nil {
		return nil, err
	}
	if cfg.RealTime {
		if err := mayBeUrgent(); err != nil {
			return nil, err
		}
	}
	h.results = newResultQueue(cfg.OnResult, cfg.Log)
	for range cfg.Loops {
		l := newLoop(cfg.Now, cfg.newAlarm())
		l.urgent = cfg.RealTime
		h.loops = append(h.loops, l)
		go l.run()
	}
	h.started = slices.Clone(h.loops)
	go h.watch(len(h.loops))
	return h, nil
}

// RoomInfo is what can be told about a room.
type RoomInfo struct {
	ID         string
	Game       string
	Name       string
	Private    bool
	Players    int // in the game, or with a seat and on their way
	MaxPlayers int
	Spectators int    // watching, or on their way
	Region     string // as in RoomOptions
	// Taken has, for each of Players that has a team, its place, in any order.
	Taken     []TakenPlace `json:",omitempty"`
	Seated    []string     `json:"-"` // of each of Taken, whose it is: account ids
	State     string       // "open", "finished"
	CreatedAt time.Time
	Note      []byte `json:"-"` // of RoomOptions or SetNote. Not to be changed
}

// TakenPlace is a place that matchmaking has given a player, as in Seat.
type TakenPlace struct {
	Team int
	Role string
}

// RoomOptions ask for a room.
type RoomOptions struct {
	Game    string
	Name    string
	Mode    string // as in RoomConfig
	Private bool   // never chosen by QuickJoin
	// Places are how many of each there are in the room of a match, which then takes nobody to whom none of them was given. Nil means
	// that MaxPlayers is the only bound.
	Places    map[TakenPlace]int
	Unwatched bool            // nobody may watch
	Spare     bool            // ErrTooMany comes when a tenth of MaxRooms is left, which then stays free for QuickJoin and matches
	Options   json.RawMessage // for the game, as it declares with Options; empty: its defaults
	Region    string          // where its players want it, for whoever runs Hosts in several places; a Host only says it again
	// Note is what the maker of the room wants to read again as long as it runs, such as who may join. The Host does not look into it, and
	// tells it to nobody but the callers of Rooms and Room. Not to be changed afterwards.
	Note []byte
}

// Games returns the games of the host.
func (h *Host) Games() []*Def { return slices.Clone(h.cfg.Games) }

// Metrics are the counters of all rooms.
func (h *Host) Metrics() *Metrics { return &h.metrics }

// Rooms returns what there is, oldest first.
func (h *Host) Rooms() []RoomInfo {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]RoomInfo, 0, len(h.rooms))
	for _, r := range h.rooms {
		list = append(list, h.describe(r))
	}
	slices.SortFunc(list, func(a, b RoomInfo) int {
		if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// Room returns one of them. Errors: ErrNoRoom.
func (h *Host) Room(id string) (RoomInfo, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, ok := h.rooms[id]
	if !ok {
		return RoomInfo{}, ErrNoRoom
	}
	return h.describe(r), nil
}

// SetNote replaces the note of a room, which must not be changed afterwards. Errors: ErrNoRoom.
func (h *Host) SetNote(id string, note []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, ok := h.rooms[id]
	if !ok {
		return ErrNoRoom
	}
	r.note = note
	return nil
}

func (h *Host) describe(r *hosted) RoomInfo {
	info := r.info
	info.Note = r.note
	now := h.cfg.Now()
	info.Players, info.Spectators = r.places(now), r.count(now, true)
	info.Taken, info.Seated = r.takenPlaces(now)
	info.State = "open"
	if r.room.closed() {
		info.State = "finished"
	}
	return info
}

// sockets is what the transport of a room of d is made with.
func (d *Def) sockets(now func() time.Time) conn.Config {
	return conn.Config{MaxConns: 2 * (d.config.MaxPlayers + max(d.config.MaxSpectators, 0)), Now: now}
}

// idlest is the loop with the least to do. mu is held.
func (h *Host) idlest() *loop {
	best, least := h.loops[0], math.Inf(1)
	for _, l := range h.loops {
		if load := l.load(); load < least {
			best, least = l, load
		}
	}
	return best
}

// Drain ends all rooms: nobody is taken in any more, every client is told to come back after retry, and Drain returns
// when their sockets are closed or ctx is done.
func (h *Host) Drain(ctx context.Context, retry time.Duration) error {
	h.mu.Lock()
	first := !h.draining
	if first {
		h.draining, h.drained = true, make(chan struct{})
		h.results.takeAll()
		for _, r := range h.rooms {
			r.post(func(room *Room) { room.End(netcode.CloseGoingDown, "the server is going down", retry) })
		}
	}
	h.mu.Unlock()
	if first {
		go func() {
			h.closeLoops()
			h.work.Close() // the rooms have told it that nobody waits for it
			h.results.close()
			close(h.drained)
		}()
	}
	select {
	case <-h.drained:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("game: drain: %w", ctx.Err())
	}
}

// closeLoops ends the loops, those included that the watchdog starts meanwhile, and then the watchdog.
func (h *Host) closeLoops() {
	for i := 0; ; i++ {
		h.mu.Lock()
		if i == len(h.started) {
			h.mu.Unlock()
			break
		}
		l := h.started[i]
		h.mu.Unlock()
		l.close()
	}
	close(h.watchStop)
	<-h.watchDone
}

// randomID makes an id of 80 random bits, which is also the secret that a private room is joined with.
func randomID() string {
	var b [10]byte
	rand.Read(b[:])
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

func randomSeed() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:])
}
