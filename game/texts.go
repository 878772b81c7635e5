package game

import (
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// textID is an entry of the room's string table, 0 the empty string.
type textID uint32

// NetKind makes textID a field type for `net:` tags.
func (textID) NetKind() schema.Kind { return schema.Text }

type textEntry struct {
	id   textID
	text string
}

// texts is the string table: strings do not ride in rows, which have a fixed size, but are told once as event 0. Ids
// are used again, smallest first; the event that sets an id anew comes before the first row that has it.
type texts struct {
	entries []textEntry // in use, ascending ids
	added   []textEntry // since the last tick
}

// add stores s, cut to msg.MaxText bytes, under an id of its own.
func (t *texts) add(s string) textID {
	s = schema.Truncate(s, msg.MaxText)
	at, id := 0, textID(1)
	for at < len(t.entries) && t.entries[at].id == id {
		at, id = at+1, id+1
	}
	e := textEntry{id, s}
	t.entries = append(t.entries, textEntry{})
	copy(t.entries[at+1:], t.entries[at:])
	t.entries[at] = e
	t.added = append(t.added, e)
	return id
}

// all gives the entries in use, for a client that knows none yet. What this tick adds comes again as an event to everybody,
// which changes nothing.
func (t *texts) all() []textEntry { return t.entries }

// remove frees an id.
func (t *texts) remove(id textID) {
	for i := range t.entries {
		if t.entries[i].id == id {
			t.entries = append(t.entries[:i], t.entries[i+1:]...)
			return
		}
	}
}
