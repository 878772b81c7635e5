package game

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/skirmish-dev/skirmish/game/interest"
)

// This file has the Options that say which rows of a table a player may see. A table has one of them; a row that a player
// may not see is not in any message to it. Whatever they say, a player sees the row of Player.Entity.

// Everyone is the Option of tables that every player sees whole. It is the default.
func Everyone(o *tableOptions) { o.see("Everyone", nil) }

// OwnerOnly is the Option of tables whose rows only their owners see: the player in the row's first field of type PlayerID
// that is tagged `once`. The table must have one.
func OwnerOnly(o *tableOptions) {
	o.see("OwnerOnly", func(t table) (sight, error) {
		if !t.keepOwners() {
			return nil, errors.New("its rows have no owner: tag a field of type game.PlayerID with `net:\",once\"`")
		}
		return &ownSight{t: t, first: map[PlayerID]int32{}}, nil
	})
}

// Near is the Option of tables of things in a plane: a player sees the rows near its viewpoint, which is its entity or what
// Player.View says. A row comes into sight at the view's radius and leaves it at 1.1 times that, so that it does not come
// and go at the edge. position gives where a row is, in the unit of Config.ViewRadius; a row whose position is NaN or
// infinite is near nobody.
func Near[T any](position func(row *T) (x, y float32)) Option {
	return func(o *tableOptions) {
		o.see("Near", func(t table) (sight, error) {
			typed, err := tableOf[T](t)
			return &nearSight[T]{position: position, t: typed}, err
		})
	}
}

// Groups is the Option of tables whose rows belong to groups, one per bit: teams, squads, parts of a map uncovered in the fog.
// A player sees the rows that have a group in common with Player.Groups.
func Groups[T any](of func(row *T) uint64) Option {
	return func(o *tableOptions) {
		o.see("Groups", func(t table) (sight, error) {
			typed, err := tableOf[T](t)
			return &groupSight[T]{of: of, t: typed}, err
		})
	}
}

// Visible is the Option of tables whose rows are shown by a rule of the game's own. ok is called for every player and row in
// every tick: where Near, Groups or OwnerOnly say the same they cost much less. It must not change anything.
func Visible[T any](ok func(p *Player, row *T) bool) Option {
	return func(o *tableOptions) {
		o.see("Visible", func(t table) (sight, error) {
			typed, err := tableOf[T](t)
			return &ruleSight[T]{ok: ok, t: typed}, err
		})
	}
}

// sight decides who sees which rows of one table of one room.
type sight interface {
	// begin is called once per tick, when the rows are what clients will be told.
	begin(viewRadius float32)
	// append adds the slots that p sees, ascending. before is what it gave for p last time; it shares no memory with dst.
	append(dst, before []uint16, p *Player) []uint16
}

// tableOf gives t its row type.
func tableOf[T any](t table) (*Table[T], error) {
	typed, ok := t.(*Table[T])
	if !ok {
		return nil, fmt.Errorf("its function takes rows of type %v, but this is a %T", reflect.TypeFor[T](), t)
	}
	return typed, nil
}

// placer is a sight that knows where a row is.
type placer interface {
	place(id EntityID) (x, y float32, ok bool)
}

// ownSight is OwnerOnly: a list of rows per owner.
type ownSight struct {
	t     table
	first map[PlayerID]int32 // the lowest slot of each owner
	next  []int32            // by slot: the owner's next one, -1: none
}

func (s *ownSight) begin(float32) {
	clear(s.first)
	owners, state := s.t.owned()
	for len(s.next) < len(state) {
		s.next = append(s.next, -1)
	}
	for slot := len(state) - 1; slot >= 0; slot-- { // from the end, so that each list ascends
		if state[slot] != slotLive || owners[slot] == 0 {
			continue
		}
		next, ok := s.first[owners[slot]]
		if !ok {
			next = -1
		}
		s.next[slot], s.first[owners[slot]] = next, int32(slot)
	}
}

func (s *ownSight) append(dst, _ []uint16, p *Player) []uint16 {
	slot, ok := s.first[p.ID]
	for ; ok && slot >= 0; slot = s.next[slot] {
		dst = append(dst, uint16(slot))
	}
	return dst
}

// nearSight is Near.
type nearSight[T any] struct {
	position func(*T) (x, y float32)
	t        *Table[T]
	grid     *interest.Grid
}

func (s *nearSight[T]) begin(viewRadius float32) {
	if s.grid == nil {
		s.grid = interest.New(viewRadius / 2)
	}
	s.grid.Reset()
	for slot, state := range s.t.state {
		if state == slotLive {
			x, y := s.position(s.t.at(uint16(slot)))
			s.grid.Add(uint16(slot), x, y)
		}
	}
}

func (s *nearSight[T]) append(dst, before []uint16, p *Player) []uint16 {
	if !p.view.known {
		return dst
	}
	return s.grid.Query(dst, before, p.view.x, p.view.y, p.view.radius)
}

func (s *nearSight[T]) place(id EntityID) (x, y float32, ok bool) {
	row := s.t.Get(id)
	if row == nil {
		return 0, 0, false
	}
	x, y = s.position(row)
	return x, y, true
}

// groupSight is Groups: the rows' groups are asked for once per tick, then it is one AND per player and row.
type groupSight[T any] struct {
	of     func(*T) uint64
	t      *Table[T]
	slots  []uint16
	groups []uint64 // of slots
}

func (s *groupSight[T]) begin(float32) {
	s.slots, s.groups = s.slots[:0], s.groups[:0]
	for slot, state := range s.t.state {
		if state == slotLive {
			s.slots, s.groups = append(s.slots, uint16(slot)), append(s.groups, s.of(s.t.at(uint16(slot))))
		}
	}
}

func (s *groupSight[T]) append(dst, _ []uint16, p *Player) []uint16 {
	for i, g := range s.groups {
		if g&p.Groups != 0 {
			dst = append(dst, s.slots[i])
		}
	}
	return dst
}

// ruleSight is Visible.
type ruleSight[T any] struct {
	ok func(*Player, *T) bool
	t  *Table[T]
}

func (s *ruleSight[T]) begin(float32) {}

func (s *ruleSight[T]) append(dst, _ []uint16, p *Player) []uint16 {
	for slot, state := range s.t.state {
		if state == slotLive && s.ok(p, s.t.at(uint16(slot))) {
			dst = append(dst, uint16(slot))
		}
	}
	return dst
}
