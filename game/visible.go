package game

import (
	"slices"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// tableBits is where the table begins in an EntityID; below are generation and slot.
const tableBits = 26

// view is the viewpoint of a player.
type view struct {
	set          bool    // by Player.View
	known        bool    // x and y mean something
	x, y, radius float32 // what the game has set, or where the entity was last
}

// View says what the player looks at in tables that are Near: the circle of that radius around x, y, until the next call.
// A radius that is not positive goes back to the default: around the row of Entity, if its table is Near, with
// Config.ViewRadius; when that row is gone, around where it was last. A player that never had either sees nothing there.
func (p *Player) View(x, y, radius float32) {
	if !(radius > 0) {
		p.view.set = false
		return
	}
	p.view = view{set: true, known: true, x: x, y: y, radius: radius}
}

// sights is what the tables that not everybody sees have in common.
type sights struct {
	tick    uint32     // that they are ready for
	watched [][]uint16 // what spectators see; see Room.watched
	nobody  [][]uint16 // what somebody sees who is no player: by table, nil where everybody sees all
}

// seen is what a player may see, by table.
type seen struct {
	tick        uint32 // for which now was computed
	now, before [][]uint16
}

// beginSights prepares a new room for tables that not everybody sees.
func (r *Room) beginSights() {
	restricted := false
	r.sights.nobody = make([][]uint16, len(r.inst.tables))
	for i, t := range r.inst.tables {
		if t.seenBy() != nil {
			restricted, r.sights.nobody[i] = true, []uint16{}
		}
	}
	if restricted {
		r.sender.Visible = r.visible
	}
}

// visible gives the slots that a player may see after the newest step, by table, ascending; nil for a table that everybody
// sees. They are valid until the next step. 0 stands for spectators.
func (r *Room) visible(id uint32) [][]uint16 {
	if r.sights.tick != r.tick.N {
		r.sights.tick = r.tick.N
		for _, t := range r.inst.tables {
			if s := t.seenBy(); s != nil {
				s.begin(r.def.config.ViewRadius)
			}
		}
	}
	if id == 0 {
		return r.watched()
	}
	p := r.player(PlayerID(id))
	if p == nil {
		return r.sights.nobody
	}
	if p.seen.tick != r.tick.N {
		p.seen.tick = r.tick.N
		r.look(p)
	}
	return p.seen.now
}

// viewpoint is what p looks at now. It is valid until the game goes on.
func (r *Room) viewpoint(p *Player) *view {
	if p.view.set {
		return &p.view
	}
	if mine := int(p.Entity >> tableBits); mine < len(r.inst.tables) {
		if s, ok := r.inst.tables[mine].seenBy().(placer); ok {
			if x, y, ok := s.place(p.Entity); ok {
				p.view = view{known: true, x: x, y: y}
			}
		}
	}
	p.view.radius = r.def.config.ViewRadius
	return &p.view
}

// look computes what p sees now.
func (r *Room) look(p *Player) {
	if p.seen.now == nil {
		p.seen.now, p.seen.before = make([][]uint16, len(r.sights.nobody)), make([][]uint16, len(r.sights.nobody))
		for i, none := range r.sights.nobody {
			if none != nil {
				p.seen.now[i], p.seen.before[i] = []uint16{}, []uint16{}
			}
		}
	}
	r.viewpoint(p)
	p.seen.now, p.seen.before = p.seen.before, p.seen.now
	for i, t := range r.inst.tables {
		s := t.seenBy()
		if s == nil {
			continue
		}
		before, slots := p.seen.before[i], p.seen.now[i]
		if cap(slots) < len(before)+len(before)/4 { // by much: with thousands of players one would be too small in every tick
			slots = make([]uint16, 0, 3*len(before))
		}
		slots = s.append(slots[:0], before, p)
		if slot, ok := t.live(p.Entity); ok {
			if at, found := slices.BinarySearch(slots, slot); !found {
				slots = slices.Insert(slots, at, slot)
			}
		}
		p.seen.now[i] = slots
	}
}

func (t *Table[T]) seenBy() sight { return t.sight }

// live gives the slot of a row that is in this tick's snapshot.
func (t *Table[T]) live(id EntityID) (slot uint16, ok bool) {
	slot, ok = t.slot(id)
	return slot, ok && t.state[slot] == slotLive
}

// keepOwners makes pack note whose each row is. It reports false when rows of this type have no owner.
func (t *Table[T]) keepOwners() bool {
	of := schema.Table{Record: schema.Record{Fields: t.layout.Fields}}
	t.owner, t.owners = of.Owner(), []PlayerID{}
	return t.owner >= 0
}

// owned gives the owner of each slot and what is there.
func (t *Table[T]) owned() ([]PlayerID, []slotState) { return t.owners, t.state }
