package lobby

import (
	"context"
	"slices"
	"strings"

	"github.com/skirmish-dev/skirmish/lobby/match"
)

// openings are the running rooms of a mode that have places left. It asks the directory and not the listing, which may be older than the
// last places that were taken, and the rooms themselves what they were made for: a lobby that was started after them knows no less.
func (m *matchmaking) openings(ctx context.Context, mode match.Mode) ([]match.Opening, error) {
	rooms, err := m.lobby.cfg.Directory.Rooms(ctx, mode.Game)
	if err != nil {
		return nil, err
	}
	var list []match.Opening
	for _, r := range rooms {
		is := m.lobby.notes.meet(r).Match
		// With somebody there whose place is not known, none is known to be free.
		if is != nil && is.Mode == mode.Name && is.suits(&mode.Rules) && r.State == roomOpen && len(r.Taken) == r.Players {
			list = append(list, match.Opening{
				Room: r.ID, Region: r.Region, Skill: is.Skill, Attributes: is.Attributes, Places: vacant(is.Places, r.Taken),
			})
		}
	}
	slices.SortFunc(list, func(a, b match.Opening) int { return strings.Compare(a.Room, b.Room) })
	return list, nil
}

// suits says whether players of a mode can fill the places of a match: the mode may have other rules since the match was made.
func (m *madeMatch) suits(rules *match.Rules) bool {
	for _, team := range m.Places {
		for _, role := range team {
			if len(rules.Roles) == 0 && role != "" ||
				len(rules.Roles) > 0 && !slices.ContainsFunc(rules.Roles, func(r match.Role) bool { return r.Name == role }) {
				return false
			}
		}
	}
	return true
}

// places are those of a match, by team, each with its role: those that it was made with, and of a free-for-all as many as the mode allows.
func places(o match.Order) [][]string {
	rules := &o.Mode.Rules
	teams, size := o.Teams, len(o.Players)/o.Teams
	if rules.Size.Max == 1 {
		teams = rules.Teams.Max
	}
	free := make([][]string, teams)
	for i := range free {
		for _, role := range rules.Roles {
			free[i] = append(free[i], slices.Repeat([]string{role.Name}, role.Count)...)
		}
		if len(rules.Roles) == 0 {
			free[i] = make([]string, size)
		}
	}
	return free
}

// capacity counts the places of a match for the room, which keeps more from coming.
func capacity(places [][]string) map[TakenPlace]int {
	n := map[TakenPlace]int{}
	for team, roles := range places {
		for _, role := range roles {
			n[TakenPlace{team + 1, role}]++
		}
	}
	return n
}

// vacant are the places of a match that nobody has.
func vacant(places [][]string, taken []TakenPlace) [][]string {
	free := make([][]string, len(places))
	for team := range places {
		free[team] = slices.Clone(places[team])
	}
	for _, t := range taken {
		if t.Team < 1 || t.Team > len(free) {
			continue
		}
		if at := slices.Index(free[t.Team-1], t.Role); at >= 0 {
			free[t.Team-1] = slices.Delete(free[t.Team-1], at, at+1)
		}
	}
	return free
}

// noteNew keeps the note of a new room. Of a server whose rooms nobody lists, it is what looks from time to time which have ended: there are
// never many more notes than rooms.
func (l *Lobby) noteNew(ctx context.Context, room string, is note) {
	l.notes.put(room, is)
	if l.notes.crowded() {
		_, _ = l.listings.get(ctx) // the room is there whatever comes of it; the next one looks again
	}
}

// noteOf is the note of a room that runs, which this lobby may not have met yet. Errors: ErrNoRoom, those of the directory.
func (l *Lobby) noteOf(ctx context.Context, room string) (note, error) {
	if is, known := l.notes.of(room); known {
		return is, nil
	}
	r, err := l.cfg.Directory.Room(ctx, room)
	if err != nil {
		return note{}, err
	}
	return l.notes.meet(r), nil
}

// letIn notes that somebody has a place in the room of a match, from which on who has left that place has none: it is not theirs to
// come back to. The room keeps it before it counts, so that no restart of the lobby takes it back. Errors: ErrNoRoom, also of a room that is
// of no match or whose note cannot be read, so that the ticket waits again; those of the game side. Then nothing has changed, and the next
// who asks for the player's ticket tries again.
func (l *Lobby) letIn(ctx context.Context, room string, p match.Placed) error {
	select { // one at a time, or the notes that the room is given could come in another order than they were made
	case l.letting <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-l.letting }()
	is, err := l.noteOf(ctx, room)
	if err != nil {
		return err
	}
	if is.Match == nil || is.unread() {
		return ErrNoRoom
	}
	if had, _ := is.takes(p.Player); had == p {
		return nil
	}
	r, err := l.cfg.Directory.Room(ctx, room)
	if err != nil {
		return err
	}
	is = is.letIn(p, r.Seated)
	text, err := is.encode()
	if err != nil {
		return err
	}
	if err := l.cfg.Allocator.Note(ctx, room, text); err != nil {
		return err
	}
	l.notes.put(room, is)
	return nil
}
