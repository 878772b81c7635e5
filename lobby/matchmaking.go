package lobby

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/lobby/match"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// kindTicket is the kind of the events that say how a ticket stands.
const kindTicket = "ticket"

// matchmaking joins the queue to what it needs of the lobby: rooms, ratings, the store and the events.
type matchmaking struct {
	*match.Queue
	lobby *Lobby
	stop  context.CancelFunc
	ended sync.WaitGroup
}

// startQueue makes the queue with the tickets that the store has, and runs it until Close.
func (l *Lobby) startQueue() (*matchmaking, error) {
	modes, err := modesOf(l.games, l.cfg.Modes)
	if err != nil {
		return nil, err
	}
	m := &matchmaking{lobby: l}
	ctx, stop := context.WithCancel(context.Background())
	m.Queue, err = match.New(ctx, match.Config{
		Modes: modes, NewRoom: m.newRoom, Runs: m.runs, Open: m.openings, Skills: m.skills, Notify: m.tell,
		NewID: func() string { return strings.ToLower(rand.Text()) }, Keeper: keeper{l.cfg.Store},
		Tickets: l.cfg.Limits.Tickets, Waiters: l.cfg.Limits.Waiters, Wait: l.cfg.Limits.TicketWait, Claim: l.cfg.Limits.TicketClaim,
		Clock: l.cfg.Clock, Log: l.log,
	})
	if err != nil {
		stop()
		return nil, err
	}
	m.stop = stop
	m.ended.Go(func() { m.Run(ctx) })
	return m, nil
}

// close ends the waits and the goroutine. Tickets stay in the store.
func (m *matchmaking) close() {
	m.Queue.Close()
	m.stop()
	m.ended.Wait()
}

// modesOf is the modes given and, for each game that brings players together and has none, the one of its match size.
func modesOf(games []Game, given []match.Mode) ([]match.Mode, error) {
	modes := slices.Clone(given)
	for _, m := range given {
		if !slices.ContainsFunc(games, func(g Game) bool { return g.Name == m.Game }) {
			var known []string
			for _, g := range games {
				known = append(known, g.Name)
			}
			return nil, fmt.Errorf("%s: game is %q, want one of those that are here: %s", m.Where(), m.Game, strings.Join(known, ", "))
		}
	}
	for _, g := range games {
		if g.MatchSize > 0 && !slices.ContainsFunc(given, func(m match.Mode) bool { return m.Game == g.Name }) {
			modes = append(modes, match.DefaultMode(g.Name, g.MatchSize))
		}
	}
	for _, m := range modes {
		i := slices.IndexFunc(games, func(g Game) bool { return g.Name == m.Game })
		if most := m.Rules.Teams.Max * m.Rules.Size.Max; most > games[i].MaxPlayers {
			return nil, fmt.Errorf("%s: rules.teams and rules.size allow matches of %d players, and a room of %s takes %d; "+
				"make them smaller, or the game's Config.MaxPlayers larger", m.Where(), most, m.Game, games[i].MaxPlayers)
		}
	}
	return modes, nil
}

// newRoom makes the room of a match: unlisted, and closed to everybody else, so that nobody chooses whom to play a ranked match with, or
// sees for a player what the others do, unless the mode lets everybody watch.
func (m *matchmaking) newRoom(ctx context.Context, o match.Order) (string, error) {
	has := places(o)
	is := note{Private: true, Match: &madeMatch{Mode: o.Mode.Name, Skill: o.Skill, Attributes: o.Attributes, Places: has, Players: o.Players}}
	text, err := is.encode()
	if err != nil {
		return "", err
	}
	room, err := m.lobby.cfg.Allocator.Create(ctx, CreateRoom{
		Game: o.Mode.Game, Mode: o.Mode.Name, Private: true, Region: o.Region, Options: o.Mode.Options, Places: capacity(has),
		Unwatched: !o.Mode.Watched, Note: text,
	})
	if err == nil {
		m.lobby.noteNew(ctx, room.ID, is)
	}
	return room.ID, err
}

func (m *matchmaking) runs(ctx context.Context, room string) (bool, error) {
	r, err := m.lobby.cfg.Directory.Room(ctx, room)
	if errors.Is(err, ErrNoRoom) {
		return false, nil
	}
	return r.State == roomOpen, err
}

// skills are what the queue compares: the middle of what is believed of each player: the ratings of the mode, or those of a new player.
func (m *matchmaking) skills(ctx context.Context, r match.SkillsOf) ([]float64, error) {
	known, err := m.lobby.cfg.Store.Skills(ctx, r.Mode.Name, r.Players)
	if err != nil {
		return nil, err
	}
	list := make([]float64, len(r.Players))
	for i, player := range r.Players {
		list[i] = skills.New().Mu
		if s, ok := known[player]; ok {
			list[i] = s.Mu
		}
	}
	return list, nil
}

// tell publishes how a ticket stands to one of its players. What cannot be published can be asked for. A place that is promised is no longer
// that of who has left it, also before the player asks for the way in.
func (m *matchmaking) tell(player string, t match.Ticket) {
	if t.State == match.Matched && !t.Claimed {
		err := m.lobby.letIn(context.Background(), t.Room, match.Placed{Player: player, Team: t.Team, Role: t.Role})
		if err != nil && !errors.Is(err, ErrNoRoom) {
			m.lobby.log.Warn("the room of a match could not be told of a player; it is tried again when the player asks", zap.Error(err))
		}
	}
	if err := m.lobby.events.Publish(player, kindTicket, ticketInfo(t)); err != nil {
		m.lobby.log.Debug("a ticket's state is not published", zap.Error(err))
	}
}

// keeper stores tickets in the database.
type keeper struct{ db *store.Store }

// shared is what a stored ticket says for all its members.
type shared struct {
	Latency    map[string]int      `json:"latency_ms,omitempty"`
	Attributes map[string][]string `json:"attributes,omitempty"`
}

// PutTicket stores a ticket.
func (k keeper) PutTicket(ctx context.Context, t match.Kept) error {
	text, err := json.Marshal(shared{t.Latency, t.Attributes})
	if err != nil {
		return fmt.Errorf("lobby: ticket: %w", err)
	}
	at, err := placeRow(t.Placement)
	if err != nil {
		return err
	}
	row := store.Ticket{
		ID: t.ID, Mode: t.Mode, Party: t.Party, Shared: text, QueuedAt: t.Since, Expires: t.ExpiresAt, TicketPlace: at,
	}
	for _, m := range t.Members {
		roles, err := json.Marshal(m.Roles)
		if err != nil {
			return fmt.Errorf("lobby: ticket: %w", err)
		}
		row.Members = append(row.Members, store.TicketMember{Account: m.Player, Skill: m.Skill, Roles: roles})
	}
	return k.db.PutTicket(ctx, row)
}

// placeRow is where a ticket plays, as it is stored.
func placeRow(p match.Placement) (store.TicketPlace, error) {
	at := store.TicketPlace{Room: p.Room, Region: p.Region, Team: p.Team, Roles: p.Roles}
	if p.Lineup == nil {
		return at, nil
	}
	lineup, err := json.Marshal(lineupOf(p.Lineup))
	if err != nil {
		return at, fmt.Errorf("lobby: lineup: %w", err)
	}
	at.Lineup = lineup
	return at, nil
}

// placement is what placeRow has made.
func placement(at store.TicketPlace) (match.Placement, error) {
	p := match.Placement{Room: at.Room, Region: at.Region, Team: at.Team, Roles: at.Roles}
	if at.Lineup == nil {
		return p, nil
	}
	var list []TicketPlace
	err := json.Unmarshal(at.Lineup, &list)
	for _, is := range list {
		p.Lineup = append(p.Lineup, match.Placed{Player: is.PlayerID, Team: is.Team, Role: is.Role})
	}
	return p, err
}

// MoveTickets notes where tickets play.
func (k keeper) MoveTickets(ctx context.Context, list []match.Moved) error {
	rows := make([]store.TicketRoom, len(list))
	for i, m := range list {
		at, err := placeRow(m.Placement)
		if err != nil {
			return err
		}
		rows[i] = store.TicketRoom{ID: m.ID, Expires: m.ExpiresAt, Place: at}
	}
	return k.db.MoveTickets(ctx, rows)
}

// DropTickets removes tickets.
func (k keeper) DropTickets(ctx context.Context, ids []string) error {
	return k.db.DropTickets(ctx, ids)
}

// Tickets returns all that is stored.
func (k keeper) Tickets(ctx context.Context) ([]match.Kept, error) {
	rows, err := k.db.Tickets(ctx)
	if err != nil {
		return nil, err
	}
	var list []match.Kept
	for _, r := range rows {
		var s shared
		at, err := placement(r.TicketPlace)
		err = errors.Join(err, json.Unmarshal(r.Shared, &s))
		t := match.Kept{
			ID: r.ID, Mode: r.Mode, Party: r.Party, Latency: s.Latency, Attributes: s.Attributes, Since: r.QueuedAt,
			ExpiresAt: r.Expires, Placement: at,
		}
		for _, m := range r.Members {
			member := match.Member{Player: m.Account, Skill: m.Skill}
			err = errors.Join(err, json.Unmarshal(m.Roles, &member.Roles))
			t.Members = append(t.Members, member)
		}
		if err != nil {
			return nil, fmt.Errorf("lobby: stored ticket %s: %w", r.ID, err)
		}
		list = append(list, t)
	}
	return list, nil
}

// millis is how times are shown.
func millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
