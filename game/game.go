// Package game is the seam between Skirmish and the rules of a game.
//
// A game is one value made by Define: tagged structs in typed tables, an input type, and three methods. Skirmish steps
// it at a fixed rate, packs its tables once per tick, and sends each client what changed. The game never sees a socket,
// a byte or a goroutine: its methods are all called from the one goroutine that steps its room.
//
// What a game is made of:
//
//   - [Replicate] makes a [Table] of rows, [Share] a single row that everybody sees.
//   - [Emit] makes an [Event], for all players, for one or for who is near, [Handle] a call; the input is the type given to [Define].
//   - [Go] does what is too slow for a tick.
//   - [State] registers what else the game keeps, so that a room can be saved and restored: today by the Restore of a gametest.World, which
//     finds what depends on anything else. A server does not move its rooms yet.
//   - [Builder.Asset] registers what clients fetch once beside the socket, such as a map.
//   - [Options] is what whoever makes a room may choose.
//   - [Timer], by [Tick.After], is when something is due; [Table.Near] and [Circle] are what rules ask of space,
//     [Sin] and [Cos] are sines that the browser has to the last bit.
//   - [Tick.AddBot] seats a player that the game itself plays, with [SetInput].
//   - [Tick.Text] puts a string into rows: they have a fixed size, and hold a [Text].
//
// A game author needs besides them Config, Game, Inputs, Player, Tick and Result. Room runs one instance of a game and Host all
// rooms of a process; they are for the program around it. The package sits on netcode and knows nothing of the lobby.
//
// # Tags
//
// Fields with a `net:` tag go over the wire, others stay on the server:
//
//	net:"name,option,..."   an empty name is the field's in lower case
//
// A name has letters, digits and _, and begins with no digit. In events it cannot be tick and in rows not entityId: the browser adds these
// two itself.
//
//	q=STEP       float32: sent in steps of STEP, such as 1/32 or 0.5
//	bits=N       float32: its range in N bits, 1 to 32
//	range=A..B   integers, or float32 with q or bits; both ends belong to it, values outside are clamped
//	wrap         float32 with bits: the values form a circle; without range it is 0 to 2 pi
//	lerp         rows: drawn on a line between two snapshots, and predicted on the wire
//	hermite      rows: drawn on a curve through the snapshots instead, for what moves smoothly and is sent seldom
//	snap         rows: drawn as in one snapshot until the next, which is also without the option what is neither of these two
//	once         rows: sent as it is at the end of the tick in which the row is spawned; later changes are sent to nobody
//	owneronly    rows: sent to the player in the row's first PlayerID field that is tagged once, and to nobody else
//	pri=N        rows: weight when not everything fits a snapshot, 1 to 15; without it 1
//	edge         inputs: a one-shot such as a trigger; it counts once, even if it comes a little late
//	max=N        strings: at most N bytes, 1 to 512; without it 64
//
// A float32 without q or bits goes over the wire as it is, all 32 bits of it, whenever it has changed: exact, but some four times the
// bytes of one with a step, and with nothing to predict it by.
//
// Types are bool, int8 to int32, uint8 to uint32, float32, PlayerID, EntityID and ID; in events and calls also string. A row is
// plain data throughout: no pointer, slice, map or string, tagged or not.
package game

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Game is what every game implements. In is its input: one command per player and tick, a struct with `net:` tags.
// Optional abilities are the interfaces Opener, Admitter, Dropper, Resumer and Closer.
type Game[In any] interface {
	// Join: a player has taken a seat. Called before the tick's Tick.
	Join(p *Player)
	// Leave: the player is gone. p is not valid afterwards.
	Leave(p *Player)
	// Tick advances the world by one step. in has each player's input for this tick.
	Tick(t *Tick, in Inputs[In])
}

// Opener is a game that prepares its world. Open is called once, before anything else; events emitted in it reach nobody.
type Opener interface{ Open(t *Tick) }

// Admitter is a game that may refuse a player. Admit is called before Join; an error sends the player away with its text.
type Admitter interface{ Admit(p *Player) error }

// Dropper is a game that wants to know when a player's socket is lost. The player stays seated for Config.Grace, its input is
// missing, and events are kept for it. It comes back (Resume) or leaves (Leave).
type Dropper interface{ Drop(p *Player) }

// Resumer is a game that wants to know when a player whose socket was lost is back. A player who changes from a socket that is
// open to another was not lost.
type Resumer interface{ Resume(p *Player) }

// Closer is a game that has something to do when its room ends, such as to say with Finish how a match stands that the server cuts
// short. Close is called once, as the last method; the players that were still seated have left before. What is emitted in it reaches
// nobody. It is not called when the game has panicked.
type Closer interface{ Close(t *Tick) }

// NoInput is the input type of games that are played with calls alone.
type NoInput struct{}

// Config is what a game says about itself.
type Config struct {
	// TickRate is ticks per second, 1..128. Zero means 30.
	TickRate int
	// SendEvery is how many ticks lie between two snapshots, 1..8 and at most TickRate: the simulation runs every tick, clients are told
	// at ticks that are a multiple of it, and draw what lies between. Zero means 1: every tick is sent.
	SendEvery int
	// MaxPlayers in one room, 1..4096. Zero means 16.
	MaxPlayers int
	// Rewind is how far back Tick.SeenBy goes, up to a second. Zero means 400 ms; negative: it does not.
	Rewind time.Duration
	// RunEmpty lets the room's ticks run also while it has no client and keeps no place for one, from when it is made until it ends. Zero:
	// its time stands still then, and bots alone do not wake it; a world that goes on without anybody must ask for it, and whoever may
	// make rooms can have the server run them for nobody.
	RunEmpty bool
	// MatchSize is how many players a matchmaking ticket brings together, 2..MaxPlayers, where no file of --modes names the game; one
	// that does says it itself, and MatchSize is not looked at. Zero: without such a file the game takes no tickets.
	MatchSize int
	// MaxSpectators in one room, up to 16384. Zero means four times MaxPlayers; negative: nobody may watch.
	MaxSpectators int
	// WatchNear shows spectators, in tables that are Near, what the first player sees, in the moment that it does: a friend who watches
	// can tell the other players. Zero: spectators see nothing of such tables, but all that every player sees anyway.
	WatchNear bool
	// Grace is how long a player whose socket is lost stays seated and can come back, up to 10 minutes. Zero means 20 s;
	// negative: it leaves at once.
	Grace time.Duration
	// ViewRadius is how far players see in tables that are Near, in the unit of the rows' positions; Player.View may say
	// otherwise. Zero means 1000.
	ViewRadius float32
	// SnapshotBytes is how many bytes each client may be sent per second, at least 1024; what does not fit comes later, the
	// longest waiting and highest `pri` first. Zero means 65536: half a megabit per second, which a poor mobile link carries,
	// and three times what a full room of the arena game with everybody shooting takes.
	SnapshotBytes int
}

func (c Config) withDefaults() Config {
	if c.TickRate == 0 {
		c.TickRate = 30
	}
	if c.SendEvery == 0 {
		c.SendEvery = 1
	}
	if c.MaxPlayers == 0 {
		c.MaxPlayers = 16
	}
	if c.MaxSpectators == 0 {
		c.MaxSpectators = 4 * c.MaxPlayers
	}
	if c.Grace == 0 {
		c.Grace = 20 * time.Second
	}
	if c.ViewRadius == 0 {
		c.ViewRadius = 1000
	}
	if c.SnapshotBytes == 0 {
		c.SnapshotBytes = 64 << 10
	}
	if c.Rewind == 0 {
		c.Rewind = defaultRewind
	}
	return c
}

// Validate reports the first value that is out of range.
func (c Config) Validate() error {
	c = c.withDefaults()
	switch {
	case c.TickRate < 1 || c.TickRate > 128:
		return fmt.Errorf("game: TickRate %d: 1 to 128 ticks per second fit", c.TickRate)
	case c.SendEvery < 1 || c.SendEvery > schema.MaxGap || c.SendEvery > c.TickRate:
		return fmt.Errorf("game: SendEvery %d: 1 to %d ticks fit, and at least one snapshot per second (TickRate %d)",
			c.SendEvery, schema.MaxGap, c.TickRate)
	case c.MaxPlayers < 1 || c.MaxPlayers > 4096:
		return fmt.Errorf("game: MaxPlayers %d: 1 to 4096 fit", c.MaxPlayers)
	case c.Rewind > time.Second:
		return fmt.Errorf("game: Rewind %v: a second is what a room remembers", c.Rewind)
	case c.MaxSpectators > 4*4096:
		return fmt.Errorf("game: MaxSpectators %d: at most %d fit", c.MaxSpectators, 4*4096)
	case c.Grace > maxGrace:
		return fmt.Errorf("game: Grace %v: at most %v fit", c.Grace, maxGrace)
	case c.MatchSize != 0 && (c.MatchSize < 2 || c.MatchSize > c.MaxPlayers):
		return fmt.Errorf("game: MatchSize %d: 2 to MaxPlayers (%d) fit, 0 for no tickets", c.MatchSize, c.MaxPlayers)
	case !(c.ViewRadius > 0):
		return fmt.Errorf("game: ViewRadius %g: a positive length fits", c.ViewRadius)
	case c.SnapshotBytes < 1024:
		return fmt.Errorf("game: SnapshotBytes %d: at least 1024 bytes per second fit", c.SnapshotBytes)
	}
	return nil
}

// maxGrace leaves the resume seats, which live a little longer, well within what a token may.
const maxGrace = 10 * time.Minute

// Def is a game ready to be run. It is immutable and concurrent-safe.
type Def struct {
	name   string
	config Config
	schema *schema.Schema
	assets []*Asset
	input  reflect.Type
	make   func() *instance
}

// Define registers a game under name (a-z, 0-9, -, _, at most 32 bytes). build makes one fresh instance per room: it
// declares the tables, events and calls with Replicate, Emit and Handle, and returns the game. It must declare the same
// each time.
//
// Define runs build to compile the field tables. A mistake in them is a programmer's error: it panics and names
// the type and the field.
func Define[In any](name string, cfg Config, build func(b *Builder) Game[In]) *Def {
	if !validName(name, 32) {
		panic(fmt.Sprintf("game: Define(%q): a name has 1 to 32 of a-z, 0-9, - and _", name))
	}
	if err := cfg.Validate(); err != nil {
		panic(fmt.Sprintf("game: Define(%q): %v", name, err))
	}
	if build == nil {
		panic(fmt.Sprintf("game: Define(%q): build is nil", name))
	}
	d := &Def{name: name, config: cfg.withDefaults(), input: reflect.TypeFor[In]()}
	layouts := newLayouts()
	d.make = func() *instance {
		b := newBuilder(name, layouts)
		input := b.layout(reflect.TypeFor[In](), schema.UseInput, "input")
		g := build(b)
		if g == nil {
			panic(fmt.Sprintf("game: Define(%q): build returned nil", name))
		}
		return newInstance(b, g, input)
	}
	in := d.make()
	d.schema, d.assets = in.schema, in.assets
	// Each room builds the game anew: what differs the second time, or is shared with the first, fails here and not then.
	_, first, _ := d.schema.Encode()
	in = d.make()
	if _, second, _ := in.schema.Encode(); first != second || !slices.Equal(d.assets, in.assets) {
		panic(fmt.Sprintf("game: Define(%q): build must declare the same tables, events, calls and assets each time", name))
	}
	return d
}

// Name is the name given to Define.
func (d *Def) Name() string { return d.name }

// Config is the configuration with its defaults filled in.
func (d *Def) Config() Config { return d.config }

// Schema is what clients of the game decode with. It must not be changed.
func (d *Def) Schema() *schema.Schema { return d.schema }

// InputType is the struct that a player sends once per tick: the type that Define was given.
func (d *Def) InputType() reflect.Type { return d.input }

// WithTickRate is the same game at another tick rate, for tests and benchmarks.
func (d *Def) WithTickRate(rate int) (*Def, error) {
	cfg := d.config
	cfg.TickRate = rate
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	other := *d
	other.config = cfg
	return &other, nil
}

func validName(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
