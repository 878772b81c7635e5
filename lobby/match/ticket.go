package match

import (
	"cmp"
	"slices"
	"time"
)

const (
	keepFinal = time.Minute     // how long a final ticket can still be read
	tellEvery = 2 * time.Second // how often a waiting ticket's progress is told
	tellMost  = 512             // waiting tickets whose progress one pass tells, in turn
)

// ticket is one ticket in the queue. Queue.mu guards it; lane, waiting and the fields of who asked never change.
type ticket struct {
	lane    *lane
	waiting Waiting
	number  uint64 // counts tickets, for an order among those of one moment
	party   string

	state    State
	ended    string
	storing  bool      // until its row is stored it is in no match
	away     bool      // read back after a restart: in no match until one of its players asks for it
	proposal *proposal // the match that it is in while Ready, or while its room is being made
	accepted []bool    // of each member, while Ready
	claimed  []bool    // of each member, while Matched
	place    Placement // while Matched
	expires  time.Time
	gone     time.Time // when a ticket about which nothing more will be said is forgotten

	position int
	reason   Reason
	told     Cause // of the reason that was told last
	toldAt   time.Time

	version uint64
	changed chan struct{} // closed, and replaced, when version grows
}

// lane is the waiting tickets of one mode, and what is known about it.
type lane struct {
	mode     Mode
	waiting  []*ticket // the longest waiting first; none that is in a proposal
	dirty    bool      // something has changed since the last pass
	passed   time.Time // when the last pass began
	rest     time.Time // no pass before this
	failed   int       // matches in a row for which no room could be made
	telling  int       // where telling progress goes on
	waits    [64]time.Duration
	matched  int // tickets ever, the last of them in waits
	estimate time.Duration
}

// proposal is a match that Pass has found, from then until its tickets are matched or wait again.
type proposal struct {
	lane    *lane
	tickets []*ticket // of each place in match
	match   Match
	room    string    // to backfill; empty for a new one
	until   time.Time // when the answers have to be there; zero once all are, or when nobody is asked
}

func (t *ticket) final() bool { return t.state == Cancelled || t.state == Expired }

// over says whether a ticket cannot be read any more.
func (t *ticket) over(now time.Time) bool { return !t.gone.IsZero() && !now.Before(t.gone) }

// member is the index of a player, -1 when it is not theirs.
func (t *ticket) member(player string) int {
	return slices.IndexFunc(t.waiting.Members, func(m Member) bool { return m.Player == player })
}

func (t *ticket) players() []string {
	list := make([]string, len(t.waiting.Members))
	for i, m := range t.waiting.Members {
		list[i] = m.Player
	}
	return list
}

// older orders tickets by how long they have waited.
func older(a, b *ticket) int {
	return cmp.Or(a.waiting.Since.Compare(b.waiting.Since), cmp.Compare(a.number, b.number))
}

// enter puts a ticket among the waiting, at the place of its age.
func (l *lane) enter(t *ticket) {
	i, found := slices.BinarySearchFunc(l.waiting, t, older)
	if !found {
		l.waiting = slices.Insert(l.waiting, i, t)
	}
	t.state, t.proposal, t.reason, t.position = Queued, nil, Reason{}, i+1
	t.expires = t.waiting.Since.Add(l.life())
	l.dirty = true
}

// leave takes a ticket from among the waiting, if it is there.
func (l *lane) leave(t *ticket) {
	if i, found := slices.BinarySearchFunc(l.waiting, t, older); found {
		l.waiting = slices.Delete(l.waiting, i, i+1)
		l.dirty = true
	}
}

// life is how long a ticket is queued.
func (l *lane) life() time.Duration { return time.Duration(l.mode.Rules.Wait) * time.Second }

// waited notes how long a ticket has waited for its match. The estimate is the median of the last ones.
func (l *lane) waited(d time.Duration) {
	l.waits[l.matched%len(l.waits)] = d
	l.matched++
	if l.matched < 4 {
		return // too few to say anything
	}
	last := slices.Clone(l.waits[:min(l.matched, len(l.waits))])
	slices.Sort(last)
	l.estimate = last[len(last)/2]
}

// snapshot is the ticket as one of its players sees it.
func (t *ticket) snapshot(member int, now time.Time) Ticket {
	out := Ticket{
		ID: t.waiting.ID, Version: t.version, Player: t.waiting.Members[0].Player, Players: t.players(), Party: t.party,
		Mode: t.lane.mode.Name, Game: t.lane.mode.Game, State: t.state, Ended: t.ended,
		CreatedAt: t.waiting.Since, ExpiresAt: t.expires,
	}
	switch t.state {
	case Queued:
		out.Position, out.Reason = t.position, t.reason
		if t.lane.estimate > 0 {
			out.Estimate = max(t.lane.estimate-now.Sub(t.waiting.Since), time.Second)
		}
	case Ready:
		out.Answer.Given = t.accepted[member]
		for _, o := range t.proposal.tickets {
			out.Answer.Players += len(o.accepted)
			for _, yes := range o.accepted {
				if yes {
					out.Answer.Accepted++
				}
			}
		}
	case Matched:
		out.Room, out.Region, out.Team, out.Lineup = t.place.Room, t.place.Region, t.place.Team, t.place.Lineup
		out.Claimed = t.claimed[member]
		out.Role = roleOf(t.place.Roles, member)
	}
	return out
}

// kept is the ticket as it is stored.
func (t *ticket) kept() Kept {
	return Kept{
		ID: t.waiting.ID, Mode: t.lane.mode.Name, Party: t.party, Members: t.waiting.Members, Latency: t.waiting.Latency,
		Attributes: t.waiting.Attributes, Since: t.waiting.Since, ExpiresAt: t.expires, Placement: t.place,
	}
}
