package game

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// ErrWork is what Room.Save answers while something begun with Go is under way, or not delivered yet: ask after a later tick.
var ErrWork = errors.New("game: work of game.Go is under way; save the room after a later tick")

// savedRoom is what a room is besides its texts, players, tables and States.
type savedRoom struct {
	game     string
	schema   [8]byte
	options  []byte
	tick     uint32
	nextID   PlayerID
	random   []byte
	finished bool
	result   *MatchResult
}

// savedPlayer is a Player without its connection.
type savedPlayer struct {
	id      PlayerID
	name    string
	account string
	team    int
	role    string
	bot     bool

	entity  EntityID
	groups  uint64
	row     EntityID
	text    Text
	kicked  string
	dropped bool
	look    view // what the game has set; a viewpoint that follows the entity is found again
	input   savedInput
}

type savedInput struct {
	rows, labels, current, edges, played []uint32
	views                                []Moment
	edge, fresh                          uint32
	state                                InputState
	view                                 Moment
}

// Save gives all that the game of a room is, for RestoreRoom: tables with their resting slots and their past, shared rows, States,
// players with the inputs they have sent ahead, texts and the random source. Two rooms that go on in the same way have the same bytes.
// What is not in it belongs to connections: events under way and what each client has been sent. Errors: ErrWork; a room that
// has not begun or has ended; fields of the game that were not registered with State, by name. Call it between two steps.
func (r *Room) Save() ([]byte, error) {
	switch {
	case !r.opened || r.ended.Load():
		return nil, errors.New("game: a room is saved between its first step and its end")
	case r.work.running > 0:
		return nil, ErrWork
	}
	if fields := uncovered(r.inst.game, r.inst.covered); fields != "" {
		return nil, fmt.Errorf("game %s: %s would be lost: register it with game.State", r.def.name, fields)
	}
	random, err := r.random.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("game: save the random source: %w", err)
	}
	w := &plainWriter{}
	head := savedRoom{
		game: r.def.name, schema: r.wire.Hash, options: r.cfg.Options, tick: r.tick.N, nextID: r.nextID, random: random,
		finished: r.finished, result: r.result,
	}
	body := &plainWriter{}
	put(body, &r.texts.entries)
	put(body, &r.texts.known)
	put(body, &r.texts.uses)
	put(body, &r.texts.resting)
	for _, t := range r.inst.tables {
		t.save(body)
	}
	for _, s := range r.inst.states {
		body.value(s.t, s.p)
	}
	r.savePast(body)

	put(w, &head)
	saved := make([]savedPlayer, len(r.players))
	for i, p := range r.players {
		saved[i] = p.save()
	}
	put(w, &saved)
	gone := make([]savedPlayer, len(body.gone))
	for i, p := range body.gone {
		gone[i] = savedPlayer{id: p.ID, name: p.Name, account: p.account, team: p.team, role: p.role, bot: p.bot != nil}
	}
	put(w, &gone)
	return append(w.buf, body.buf...), nil
}

func (p *Player) save() savedPlayer {
	b := &p.input
	s := savedPlayer{
		id: p.ID, name: p.Name, account: p.account, team: p.team, role: p.role, bot: p.bot != nil,
		entity: p.Entity, groups: p.Groups, row: p.row, text: p.text, kicked: p.kicked, dropped: p.dropped,
		input: savedInput{b.rows, b.labels, b.current, b.edges, b.played, b.views, b.edge, b.fresh, b.state, b.view},
	}
	if p.view.set {
		s.look = p.view
	}
	return s
}

// savePast writes the rows of the ticks that are kept.
func (r *Room) savePast(w *plainWriter) {
	h := r.sender.History
	for tick := h.Tick() - min(h.Tick(), uint32(h.Depth())) + 1; tick <= h.Tick(); tick++ {
		for i, t := range r.inst.tables {
			_, slots := t.owned()
			for slot := range slots {
				if row, generation, ok := h.Row(tick, i, uint16(slot)); ok {
					w.uint(uint64(slot) + 1)
					w.uint(uint64(generation))
					for _, word := range row {
						w.uint(uint64(word))
					}
				}
			}
			w.uint(0)
		}
	}
}

// RestoreRoom makes a room that goes on where the saved one was. cfg is as for NewRoom, of the same game; its Seed and Options do not
// count. Replay steps it by what the saved room was told.
//
// It is a copy to be compared with, not a room to be played in: its players have no connections and get none. No seat of theirs is known,
// neither a first nor a resume seat, so that an account which joins is a new player beside its old one, and the old ones are not sent away
// when Config.Grace is over. What each client had been sent, and its events, is not in it either. No Host makes such rooms.
func RestoreRoom(cfg RoomConfig, saved []byte) (*Room, error) {
	in := &plainReader{Reader: msg.NewReader(saved)}
	var head savedRoom
	take(in, &head)
	cfg.Options = json.RawMessage(head.options)
	r, err := NewRoom(cfg)
	if err != nil {
		return nil, err
	}
	if in.Err() != nil || head.game != r.def.name || head.schema != r.wire.Hash {
		return nil, fmt.Errorf("game: restore a room of %s: it was saved by another game, or another version of it", r.def.name)
	}
	r.tick.N, r.nextID, r.finished, r.result = head.tick, head.nextID, head.finished, head.result
	if r.finished {
		r.over.Store(true)
		r.closeAt = r.cfg.Now().Add(r.cfg.Linger)
	}
	if err := r.random.UnmarshalBinary(head.random); err != nil {
		return nil, fmt.Errorf("game: restore the random source: %w", err)
	}
	r.opened = true
	var seated, gone []savedPlayer
	take(in, &seated)
	take(in, &gone)
	known := map[PlayerID]*Player{}
	for i, s := range append(seated, gone...) {
		p := r.restored(s)
		known[p.ID] = p
		if p.gone = i >= len(seated); p.gone {
			continue
		}
		r.players = append(r.players, p)
		if p.bot == nil {
			r.seated.Add(1)
		}
	}
	in.player = func(id PlayerID) *Player { return known[id] }
	take(in, &r.texts.entries)
	take(in, &r.texts.known)
	take(in, &r.texts.uses)
	take(in, &r.texts.resting)
	for _, t := range r.inst.tables {
		t.load(in, r.sender.History)
	}
	for _, s := range r.inst.states {
		in.value(s.t, s.p)
	}
	r.loadPast(in)
	if err := in.Done(); err != nil {
		return nil, fmt.Errorf("game: restore a room of %s: %w", r.def.name, err)
	}
	return r, nil
}

// restored makes a player of what was saved of it.
func (r *Room) restored(s savedPlayer) *Player {
	p := &Player{ID: s.id, Name: s.name, account: s.account, team: s.team, role: s.role}
	p.Entity, p.Groups, p.row, p.text = s.entity, s.groups, s.row, s.text
	p.kicked, p.dropped, p.view = s.kicked, s.dropped, s.look
	if s.bot {
		p.bot = r
	}
	b, in := &p.input, s.input
	b.init(r.inst.input, r.def.config.TickRate)
	for _, part := range []struct{ to, from []uint32 }{{b.rows, in.rows}, {b.labels, in.labels}, {b.current, in.current}, {b.edges, in.edges}} {
		copy(part.to, part.from)
	}
	copy(b.views, in.views)
	if len(in.played) > 0 {
		b.played = in.played
	}
	b.edge, b.fresh, b.state, b.view = in.edge, in.fresh, in.state, in.view
	return p
}

func (r *Room) loadPast(in *plainReader) {
	h := r.sender.History
	for tick := r.tick.N - min(r.tick.N, uint32(h.Depth())) + 1; tick <= r.tick.N && in.Err() == nil; tick++ {
		h.Begin(tick)
		for i := range r.inst.tables {
			last := uint64(0)
			for slot := in.Uint(MaxRows); slot != 0 && in.Err() == nil; slot = in.Uint(MaxRows) {
				generation := uint16(in.Uint(1<<10 - 1))
				if slot <= last || generation == 0 {
					in.Fail(errSavedKind)
					return
				}
				row := h.Put(i, uint16(slot-1), generation)
				for k := range row {
					row[k] = uint32(in.Uint(math.MaxUint32))
				}
				last = slot
			}
		}
	}
}

func (t *Table[T]) save(w *plainWriter) {
	resting := t.free[t.freeAt:]
	put(w, &t.gens)
	put(w, &t.state)
	put(w, &resting)
	for slot, s := range t.state {
		if s != slotFree {
			put(w, t.at(uint16(slot)))
		}
	}
}

func (t *Table[T]) load(r *plainReader, past *snapshot.History) {
	take(r, &t.gens)
	take(r, &t.state)
	take(r, &t.free)
	if len(t.gens) != len(t.state) || len(t.gens) > MaxRows || slices.ContainsFunc(t.free, func(f freeSlot) bool { return int(f.slot) >= len(t.gens) }) {
		r.Fail(errSavedKind)
		return
	}
	t.freeAt, t.rows, t.past = 0, 0, past
	for slot, s := range t.state {
		if slot/pageRows == len(t.pages) {
			t.pages = append(t.pages, new([pageRows]T))
		}
		if s != slotFree {
			take(r, t.at(uint16(slot)))
			t.rows++
		}
	}
}

func (s *shared[T]) save(w *plainWriter) {
	s.Table.save(w)
	put(w, s.value)
}

func (s *shared[T]) load(r *plainReader, past *snapshot.History) {
	s.Table.load(r, past)
	take(r, s.value)
}

// Replay runs one tick on commands that a Recorder was given: it is what the tick of the recorded room was, if the two were equal
// before. An error is a panic of the game, or commands that are none. Transports and times play no part in it.
func (r *Room) Replay(commands []byte) (err error) {
	in := &plainReader{Reader: msg.NewReader(bytes.Clone(commands))}
	take(in, &r.queue)
	if err := in.Done(); err != nil {
		return fmt.Errorf("game: replay: %w", err)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("game: the game panicked in tick %d of a replay: %v", r.tick.N, p)
		}
	}()
	r.simulate()
	r.texts.added = r.texts.added[:0] // there is nobody to be told
	return nil
}

// record hands the tick's commands to the Recorder.
func (r *Room) record() {
	if r.cfg.Recorder == nil {
		return
	}
	w := plainWriter{}
	put(&w, &r.queue)
	r.cfg.Recorder(r.tick.N, w.buf)
}
