package lobby

import (
	"context"
	"slices"
	"strings"

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

// vacant are the places of a match that nobody has, by team, each with its role: those that it was made with, and of a free-for-all as
// many as the mode allows.
func vacant(o match.Order, taken []TakenPlace) [][]string {
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
	for _, t := range taken {
		if t.Team < 1 || t.Team > teams {
			continue
		}
		if at := slices.Index(free[t.Team-1], t.Role); at >= 0 {
			free[t.Team-1] = slices.Delete(free[t.Team-1], at, at+1)
		}
	}
	return free
}
