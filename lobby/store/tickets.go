package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"
)

// Ticket is a ticket of matchmaking.
type Ticket struct {
	ID       string
	Mode     string
	Party    string // empty for a single player
	Members  []TicketMember
	Shared   json.RawMessage // what it says for all members
	QueuedAt time.Time       // millisecond precision
	Expires  time.Time       // likewise
	TicketPlace
}

// TicketPlace is where a ticket plays; all is empty while it waits.
type TicketPlace struct {
	Room   string
	Region string
	Team   int
	Roles  []string        // of each member in turn; nil where there are none
	Lineup json.RawMessage // who was matched together
}

// TicketMember is a player of a ticket.
type TicketMember struct {
	Account string
	Skill   float64
	Roles   json.RawMessage
}

// PutTicket stores a ticket whole, in place of what there is of it and of other tickets of its members.
func (s *Store) PutTicket(ctx context.Context, t Ticket) error {
	return s.inTx(ctx, "put ticket", func(ctx context.Context, tx *sql.Tx) error {
		old := []any{t.ID}
		var rows []any
		for i, m := range t.Members {
			old = append(old, m.Account)
			rows = append(rows, m.Account, t.ID, i, len(t.Members), t.Mode, t.Party, m.Skill, string(m.Roles), string(t.Shared),
				millis(t.QueuedAt), millis(t.Expires), "")
		}
		_, err := tx.ExecContext(ctx, `delete from ticket_members where ticket_id = $1 or ticket_id in (
			select ticket_id from ticket_members where account_id in (`+placeholders(2, len(t.Members))+`))`, old...)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `insert into ticket_members
			(account_id, ticket_id, number, members, mode, party, skill, roles, shared, queued_at, expires_at, room_id)
			values `+valueRows(len(t.Members), 12), rows...)
		if err != nil || t.Room == "" {
			return err
		}
		return moveTicket(ctx, tx, TicketRoom{t.ID, t.Expires, t.TicketPlace})
	})
}

// TicketRoom is a stored ticket's room.
type TicketRoom struct {
	ID      string
	Expires time.Time   // millisecond precision
	Place   TicketPlace // empty when it waits again
}

// MoveTickets notes where tickets play, of all or of none; those that are not there are left out and no error. Unlike PutTicket it
// removes no other ticket: by the time a room is noted, a player may have taken the place and queued again.
func (s *Store) MoveTickets(ctx context.Context, list []TicketRoom) error {
	return s.inTx(ctx, "move tickets", func(ctx context.Context, tx *sql.Tx) error {
		for _, t := range list {
			if err := moveTicket(ctx, tx, t); err != nil {
				return err
			}
		}
		return nil
	})
}

func moveTicket(ctx context.Context, tx *sql.Tx, t TicketRoom) error {
	p := &t.Place
	_, err := tx.ExecContext(ctx, `update ticket_members set room_id = $2, expires_at = $3, region = $4, team = $5, role = '',
		lineup = case when number = 0 then cast($6 as text) else '' end where ticket_id = $1`,
		t.ID, p.Room, millis(t.Expires), p.Region, p.Team, string(p.Lineup))
	for number, role := range p.Roles {
		if err != nil {
			break
		}
		_, err = tx.ExecContext(ctx, `update ticket_members set role = $3 where ticket_id = $1 and number = $2`, t.ID, number, role)
	}
	return err
}

// DropTickets removes tickets; those that are not there are no error.
func (s *Store) DropTickets(ctx context.Context, ids []string) error {
	return s.inTx(ctx, "drop tickets", func(ctx context.Context, tx *sql.Tx) error {
		for _, id := range ids {
			if _, err := tx.ExecContext(ctx, `delete from ticket_members where ticket_id = $1`, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Tickets returns all tickets, the longest waiting first. One that has lost a member, whose account was deleted, is left out.
func (s *Store) Tickets(ctx context.Context) ([]Ticket, error) {
	var list []Ticket
	size := map[string]int{}
	err := s.do(ctx, "tickets", func(ctx context.Context) error {
		rows, err := s.read.QueryContext(ctx, `select account_id, ticket_id, number, members, mode, party, skill, roles, shared, queued_at,
			expires_at, room_id, region, team, role, lineup from ticket_members order by queued_at, ticket_id, number`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var (
				t               Ticket
				m               TicketMember
				number, members int
				roles, shared   string
				role, lineup    string
				queued, expires int64
			)
			if err := rows.Scan(&m.Account, &t.ID, &number, &members, &t.Mode, &t.Party, &m.Skill, &roles, &shared, &queued, &expires,
				&t.Room, &t.Region, &t.Team, &role, &lineup); err != nil {
				return err
			}
			m.Roles = json.RawMessage(roles)
			if len(list) == 0 || list[len(list)-1].ID != t.ID {
				t.Shared, t.QueuedAt, t.Expires = json.RawMessage(shared), fromMillis(queued), fromMillis(expires)
				if lineup != "" {
					t.Lineup = json.RawMessage(lineup)
				}
				size[t.ID] = members
				list = append(list, t)
			}
			last := &list[len(list)-1]
			last.Members = append(last.Members, m)
			if role != "" {
				last.Roles = append(last.Roles, role)
			}
		}
		return rows.Err()
	})
	return slices.DeleteFunc(list, func(t Ticket) bool { return len(t.Members) != size[t.ID] }), err
}
