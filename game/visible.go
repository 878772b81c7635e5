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
	lists   sightLists
}

// seen is what a player may see.
type seen struct {
	tick   uint32     // for which it was computed
	tables [][]uint16 // in the room's sightLists; nil for tables that everybody sees
}

// sightLists is the memory of all that players see of tables that not everybody sees: one stretch for what is computed now, and one
// that still has what was computed the last time. How much one player sees varies from tick to tick, and a list for each would once in a
// while be too small, for as long as the room runs; what all of them see together hardly varies.
type sightLists struct {
	now, before []uint16
}

// turn begins a stretch for players who see about as much as the last time.
func (l *sightLists) turn() {
	l.now, l.before = l.before[:0], l.now
	if used := len(l.before); cap(l.now) < used+used/4+1 {
		l.now = make([]uint16, 0, 2*used+1)
	}
}

// keep takes over to what was computed the last time what was so before.
func (l *sightLists) keep(tables [][]uint16) {
	for i, slots := range tables {
		if slots != nil {
			from := len(l.now)
			l.now = append(l.now, slots...)
			tables[i] = l.now[from:len(l.now):len(l.now)]
		}
	}
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
		r.turnSights()
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
	return p.seen.tables
}

// turnSights makes the sights ready for the newest step. Whom nothing was computed for the last time keeps what was before: at the edge
// of its view that decides.
func (r *Room) turnSights() {
	last, s := r.sights.tick, &r.sights
	for _, p := range r.players {
		if p.seen.tick != last {
			s.lists.keep(p.seen.tables)
		}
	}
	s.lists.turn()
	s.tick = r.tick.N
	for _, t := range r.inst.tables {
		if s := t.seenBy(); s != nil {
			s.begin(r.def.config.ViewRadius)
		}
	}
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

// turnEyes takes each player's view along with its row, also of those that nothing can be sent to: when the row goes meanwhile, what they
// see once they are back is around where it was last.
func (r *Room) turnEyes() {
	if r.sender.Visible == nil {
		return // everybody sees all
	}
	for _, p := range r.players {
		r.viewpoint(p)
	}
}

// look computes what p sees now.
func (r *Room) look(p *Player) {
	if p.seen.tables == nil {
		p.seen.tables = slices.Clone(r.sights.nobody)
	}
	all := r.sights.lists.now
	for i, t := range r.inst.tables {
		s := t.seenBy()
		if s == nil {
			continue
		}
		from := len(all)
		all = s.append(all, p.seen.tables[i], p)
		if slot, ok := t.live(p.Entity); ok {
			if at, found := slices.BinarySearch(all[from:], slot); !found {
				all = slices.Insert(all, from+at, slot)
			}
		}
		p.seen.tables[i] = all[from:len(all):len(all)]
	}
	r.sights.lists.now = all
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
