// Package party keeps players together who want to play together. It owns the parties, who leads them, and the codes to join them.
//
// The lobby's routes call it. It knows no HTTP, no queue and no store, and imports nothing else of this module: what follows from a
// change, such as that a party's ticket ends, is for Config.Changed.
//
// Parties live in memory. A restart of the server ends them all: friends who are there again make one in two clicks, and one that came
// back without half of its members would only be in the way.
package party

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Party is a snapshot of one party.
type Party struct {
	ID      string
	Version uint64 // grows with each change
	Code    string // to join it
	Leader  string
	Members []Member // in the order in which they came
}

// Member is a player of a party, with what they want to play by.
type Member struct {
	Player  string
	Name    string
	Ready   bool
	Roles   []string       // those that the player would take; empty means any
	Latency map[string]int // round trip to each region in milliseconds
}

// Ready says whether all members are.
func (p Party) Ready() bool {
	return !slices.ContainsFunc(p.Members, func(m Member) bool { return !m.Ready })
}

// Has says whether a player is in the party.
func (p Party) Has(player string) bool { return p.index(player) >= 0 }

func (p Party) index(player string) int {
	return slices.IndexFunc(p.Members, func(m Member) bool { return m.Player == player })
}

// Errors that callers tell apart.
var (
	ErrNone      = errors.New("party: the player is in no party")
	ErrIn        = errors.New("party: the player is in a party")
	ErrCode      = errors.New("party: no party has this code")
	ErrFull      = errors.New("party: the party is full")
	ErrNotLeader = errors.New("party: the player does not lead the party")
	ErrNoMember  = errors.New("party: no such member")
	ErrTooMany   = errors.New("party: too many parties")
)

// Config is what New needs.
type Config struct {
	NewID   func() string    // makes ids; required
	NewCode func() string    // makes codes of at least 40 random bits; required
	Size    int              // members of a party; zero means 8
	Parties int              // at a time; zero means 10 000
	Idle    time.Duration    // after which a party that nobody has asked for or changed is over; zero means 6 h
	Clock   func() time.Time // zero means time.Now
	// Changed is told of each change, in order, with who has left by it. A party that is over has no members. It must not wait, nor call
	// back. Zero means nobody is told.
	Changed func(p Party, left []string)
}

// Validate reports the first missing or unusable field.
func (c Config) Validate() error {
	if c.NewID == nil || c.NewCode == nil {
		return errors.New("party: Config.NewID or Config.NewCode is missing")
	}
	if c.Size < 0 || c.Parties < 0 || c.Idle < 0 {
		return fmt.Errorf("party: Config.Size is %d, Parties %d and Idle %s, want none negative", c.Size, c.Parties, c.Idle)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Size == 0 {
		c.Size = 8
	}
	if c.Parties == 0 {
		c.Parties = 10_000
	}
	if c.Idle == 0 {
		c.Idle = 6 * time.Hour
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Changed == nil {
		c.Changed = func(Party, []string) {}
	}
	return c
}

// held is a party in the book.
type held struct {
	Party
	used time.Time
}

// Book is all parties. It is concurrent-safe and has no goroutine.
type Book struct {
	cfg Config

	mu    sync.Mutex
	of    map[string]*held // by player
	codes map[string]*held
	swept time.Time
}

// New checks cfg and returns an empty book.
func New(cfg Config) (*Book, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Book{cfg: cfg.withDefaults(), of: map[string]*held{}, codes: map[string]*held{}}, nil
}

// Create makes a party that the player leads. Errors: ErrIn, ErrTooMany.
func (b *Book) Create(player, name string) (Party, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	if b.of[player] != nil {
		return Party{}, ErrIn
	}
	if len(b.codes) >= b.cfg.Parties {
		return Party{}, ErrTooMany
	}
	p := &held{Party: Party{ID: b.cfg.NewID(), Code: b.cfg.NewCode(), Leader: player, Members: []Member{{Player: player, Name: name}}}}
	b.of[player], b.codes[p.Code] = p, p
	return b.changed(p), nil
}

// Of returns the party that a player is in. Errors: ErrNone.
func (b *Book) Of(player string) (Party, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.find(player)
	if err != nil {
		return Party{}, err
	}
	return p.copy(), nil
}

// Join takes the player into the party with a code. Errors: ErrIn, ErrCode, ErrFull.
func (b *Book) Join(code, player, name string) (Party, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	p := b.codes[code]
	switch {
	case p == nil:
		return Party{}, ErrCode
	case b.of[player] == p:
		return p.copy(), nil // an answer that was lost
	case b.of[player] != nil:
		return Party{}, ErrIn
	case len(p.Members) >= b.cfg.Size:
		return Party{}, ErrFull
	}
	p.Members = append(p.Members, Member{Player: player, Name: name})
	b.of[player] = p
	return b.changed(p), nil
}

// Leave takes the player out of the party. Who has been there longest leads it then. Errors: ErrNone.
func (b *Book) Leave(player string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.find(player)
	if err != nil {
		return err
	}
	b.remove(p, player)
	return nil
}

// Kick takes another player out, and gives the party a new code: the old one is known to who was sent away. Errors: ErrNone,
// ErrNotLeader, ErrNoMember.
func (b *Book) Kick(leader, player string) (Party, error) {
	return b.lead(leader, func(p *held) (Party, error) {
		if player == leader || !p.Has(player) {
			return Party{}, ErrNoMember
		}
		b.recode(p)
		return b.remove(p, player), nil
	})
}

// Lead hands the party over. Errors: ErrNone, ErrNotLeader, ErrNoMember.
func (b *Book) Lead(leader, next string) (Party, error) {
	return b.lead(leader, func(p *held) (Party, error) {
		if !p.Has(next) {
			return Party{}, ErrNoMember
		}
		p.Leader = next
		return b.changed(p), nil
	})
}

// Recode gives the party a new code; the old one is void. Errors: ErrNone, ErrNotLeader.
func (b *Book) Recode(leader string) (Party, error) {
	return b.lead(leader, func(p *held) (Party, error) {
		b.recode(p)
		return b.changed(p), nil
	})
}

// Say notes whether the player is ready, and what for; the Player and Name of m do not count. Errors: ErrNone.
func (b *Book) Say(player string, m Member) (Party, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.find(player)
	if err != nil {
		return Party{}, err
	}
	own := &p.Members[p.index(player)]
	own.Ready, own.Roles, own.Latency = m.Ready, m.Roles, m.Latency
	return b.changed(p), nil
}

// lead does something that only the leader may. The errors of others come first: they must not tell who is a member.
func (b *Book) lead(leader string, do func(*held) (Party, error)) (Party, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.find(leader)
	if err != nil {
		return Party{}, err
	}
	if p.Leader != leader {
		return Party{}, ErrNotLeader
	}
	return do(p)
}

// find returns the party of a player. b.mu is held, here and below.
func (b *Book) find(player string) (*held, error) {
	p := b.of[player]
	if p == nil {
		return nil, ErrNone
	}
	p.used = b.cfg.Clock()
	return p, nil
}

func (b *Book) remove(p *held, player string) Party {
	p.Members = slices.DeleteFunc(slices.Clone(p.Members), func(m Member) bool { return m.Player == player })
	delete(b.of, player)
	if len(p.Members) == 0 {
		delete(b.codes, p.Code)
	} else if p.Leader == player {
		p.Leader = p.Members[0].Player
	}
	return b.changed(p, player)
}

func (b *Book) recode(p *held) {
	delete(b.codes, p.Code)
	p.Code = b.cfg.NewCode()
	b.codes[p.Code] = p
}

func (b *Book) changed(p *held, left ...string) Party {
	p.Version++
	p.used = b.cfg.Clock()
	now := p.copy()
	b.cfg.Changed(now, left)
	return now
}

func (p *held) copy() Party {
	c := p.Party
	c.Members = slices.Clone(c.Members)
	return c
}

// sweep ends the parties that nobody uses any more.
func (b *Book) sweep() {
	now := b.cfg.Clock()
	if since := now.Sub(b.swept); since >= 0 && since < time.Minute {
		return
	}
	b.swept = now
	for code, p := range b.codes {
		if now.Sub(p.used) < b.cfg.Idle {
			continue
		}
		var left []string
		for _, m := range p.Members {
			left = append(left, m.Player)
			delete(b.of, m.Player)
		}
		delete(b.codes, code)
		p.Members = nil
		b.changed(p, left...)
	}
}
