package lobby

import (
	"context"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/lobby/match"
)

// openings are the running rooms of a mode that have places left. It asks the directory and not the listing, which may be older than the
// last places that were taken.
func (m *matchmaking) openings(ctx context.Context, mode match.Mode) ([]match.Opening, error) {
	rooms, err := m.lobby.cfg.Directory.Rooms(ctx, mode.Game)
	if err != nil {
		return nil, err
	}
	running := make(map[string]Room, len(rooms))
	for _, r := range rooms {
		running[r.ID] = r
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []match.Opening
	for id, o := range m.rooms {
		if o.Mode.Name != mode.Name {
			continue
		}
		r, ok := running[id]
		if !ok {
			delete(m.rooms, id)
			continue
		}
		// With somebody there whose place is not known, none is known to be free.
		if r.State == roomOpen && len(r.Taken) == r.Players {
			list = append(list, match.Opening{
				Room: id, Region: o.Region, Skill: o.Skill, Attributes: o.Attributes, Places: vacant(o, r.Taken),
			})
		}
	}
	slices.SortFunc(list, func(a, b match.Opening) int { return strings.Compare(a.Room, b.Room) })
	return list, nil
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
func capacity(o match.Order) map[TakenPlace]int {
	n := map[TakenPlace]int{}
	for team, roles := range places(o) {
		for _, role := range roles {
			n[TakenPlace{team + 1, role}]++
		}
	}
	return n
}

// vacant are the places of a match that nobody has.
func vacant(o match.Order, taken []TakenPlace) [][]string {
	free := places(o)
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

// letIn notes that somebody has a place in the room of a match, from which on those who have left that place have none: it is not theirs to
// come back to. Who is there is asked of the directory; when it does not answer, nobody is struck off, and the room counts its places still.
func (l *Lobby) letIn(ctx context.Context, room string, p match.Placed) {
	if is, _ := l.notes.of(room); is.players[p.Player] == p {
		return
	}
	rooms, err := l.cfg.Directory.Rooms(ctx, "")
	if err != nil {
		l.log.Warn("who is in the room of a match is not known", zap.Error(err))
		l.notes.match(room, p)
		return
	}
	if at := slices.IndexFunc(rooms, func(r Room) bool { return r.ID == room }); at >= 0 {
		l.notes.replace(room, p, rooms[at].Seated)
	}
}
