package game

import (
	"slices"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Text is an entry of the room's string table, in a row or an event; 0 is the empty string. Clients see the string. Tick.Text makes
// one.
type Text uint32

// NetKind makes Text a field type for `net:` tags.
func (Text) NetKind() schema.Kind { return schema.Text }

// MaxTexts is how many strings a game may have in its room's string table, those released a second ago or less included.
const MaxTexts = 1024

// Text puts s into the room's string table, cut to 64 bytes, for use in rows and events: clients are told it once. The same s gives
// the same Text, and each call is a use of it that Release ends; a Text that is kept as long as the room needs no Release. With
// MaxTexts strings in the table a new one gives 0.
func (t *Tick) Text(s string) Text {
	return t.room.texts.use(s, t.N, uint32(t.room.sender.History.Depth()))
}

// Release ends one use of x. After the last one its rows must not show x any more: the entry is used again, though not
// within the second for which clients may be behind.
func (t *Tick) Release(x Text) { t.room.texts.release(x, t.N) }

type textEntry struct {
	id   Text
	text string
}

// texts is the string table: strings do not ride in rows, which have a fixed size, but are told once as event 0. Ids
// are used again, smallest first; the event that sets an id anew comes before the first row that has it.
type texts struct {
	entries []textEntry // in use, ascending ids
	added   []textEntry // since the last tick

	// Those of the game.
	known   map[string]Text
	uses    map[Text]int
	resting []restingText // oldest first
}

// restingText is an id that is not used again for a while: a client that is some snapshots behind still holds rows with it.
type restingText struct {
	id    Text
	since uint32
}

// add stores s, cut to msg.MaxText bytes, under an id of its own.
func (t *texts) add(s string) Text {
	s = schema.Truncate(s, msg.MaxText)
	id, at := Text(1), 0
	for ; at < len(t.entries) && t.entries[at].id == id || t.rests(id); id++ {
		if !t.rests(id) {
			at++
		}
	}
	e := textEntry{id, s}
	t.entries = slices.Insert(t.entries, at, e)
	t.added = append(t.added, e)
	return id
}

func (t *texts) rests(id Text) bool {
	return slices.ContainsFunc(t.resting, func(r restingText) bool { return r.id == id })
}

// use gives the id of a string of the game, which counts its uses.
func (t *texts) use(s string, now, rest uint32) Text {
	s = schema.Truncate(s, msg.MaxText)
	if s == "" {
		return 0
	}
	id, ok := t.known[s]
	if !ok {
		awake := 0
		for awake < len(t.resting) && now-t.resting[awake].since > rest {
			awake++
		}
		t.resting = slices.Delete(t.resting, 0, awake)
		if len(t.known)+len(t.resting) >= MaxTexts {
			return 0
		}
		if t.known == nil {
			t.known, t.uses = map[string]Text{}, map[Text]int{}
		}
		id = t.add(s)
		t.known[s] = id
	}
	t.uses[id]++
	return id
}

// release ends a use of a string of the game.
func (t *texts) release(id Text, now uint32) {
	if t.uses[id] == 0 {
		return // 0, or released too often
	}
	if t.uses[id]--; t.uses[id] > 0 {
		return
	}
	delete(t.uses, id)
	for _, e := range t.entries {
		if e.id == id {
			delete(t.known, e.text)
		}
	}
	t.remove(id)
	t.resting = append(t.resting, restingText{id, now})
}

// all gives the entries in use, for a client that knows none yet. What this tick adds comes again as an event to everybody,
// which changes nothing.
func (t *texts) all() []textEntry { return t.entries }

// remove frees an id.
func (t *texts) remove(id Text) {
	t.entries = slices.DeleteFunc(t.entries, func(e textEntry) bool { return e.id == id })
}
