package match

import (
	"context"
	"slices"

	"go.uber.org/zap"
)

// openings are the rooms that a pass may fill, with the places that are free for tickets that wait.
func (q *Queue) openings(ctx context.Context, m Mode) []Opening {
	limited, cancel := context.WithTimeout(ctx, roomTime)
	defer cancel()
	list, err := q.cfg.Open(limited, m)
	if err != nil {
		q.cfg.Log.Warn("rooms to backfill are not known; new ones are made", zap.String("mode", m.Name), zap.Error(err))
	}
	q.promised(list)
	return list
}

// promised takes out of the openings the places of those who are on their way: a room knows of nobody who has not asked for the way in
// yet, nor of those who are asked whether they are ready.
func (q *Queue) promised(list []Opening) {
	if len(list) == 0 {
		return
	}
	rooms := make(map[string]*Opening, len(list))
	for i := range list {
		rooms[list[i].Room] = &list[i]
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, t := range q.tickets {
		switch p := t.proposal; {
		case p != nil && rooms[p.room] != nil:
			place := &p.match.Places[slices.Index(p.tickets, t)]
			for i := range t.waiting.Members {
				rooms[p.room].fill(place.Team, roleOf(place.Roles, i))
			}
		case t.state == Matched && rooms[t.place.Room] != nil:
			for i, claimed := range t.claimed {
				if !claimed {
					rooms[t.place.Room].fill(t.place.Team-1, roleOf(t.place.Roles, i))
				}
			}
		}
	}
}

// fill takes out one place of a team.
func (o *Opening) fill(team int, role string) {
	if team >= len(o.Places) {
		return
	}
	if at := slices.Index(o.Places[team], role); at >= 0 {
		o.Places[team] = slices.Delete(o.Places[team], at, at+1)
	}
}

// roleOf is the role of a member, empty in modes without roles.
func roleOf(roles []string, member int) string {
	if len(roles) == 0 {
		return ""
	}
	return roles[member]
}
