package match

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// chaos does random operations on a queue, and knows of every ticket what must have become of it.
type chaos struct {
	*hall
	rand *rand.Rand
	ops  int
	// live are the tickets that were given out, and neither ended nor were claimed: none of them may be missing, ever.
	live map[string]*known
	// flow counts what has happened: a run in which something never does shows nothing.
	flow map[string]int
}

type known struct {
	Ticket
	room    string          // of the match it is in
	claimed map[string]bool // by player
}

// Whatever players do, at whatever moment, also while a pass runs and while a room is made, and through crashes: every ticket is waiting,
// in one match, or ended, and no player is in two matches by one ticket.
func TestNoTicketIsLostOrMatchedTwice(t *testing.T) {
	const seed = 20261124
	c := &chaos{rand: rand.New(rand.NewPCG(seed, 1)), live: map[string]*known{}, flow: map[string]int{}}
	c.hall = newHall(t,
		DefaultMode("draughts", 2),
		mode(t, "asked", `{"teams": 2, "size": 2, "ready_s": 10, "wait_s": 60, "skill": 3, "widen": [{"after_s": 5, "skill": 30}]}`),
		mode(t, "ffa", `{"teams": {"min": 3, "max": 6}, "size": 1, "backfill": true, "ready_s": 4, "widen": [{"after_s": 3, "teams_min": 2}]}`),
	)
	for i := range 90 {
		c.skills[player(i)] = float64(i % 12)
	}
	var rooms []string
	c.cfg.NewRoom = func(_ context.Context, o Order) (string, error) {
		c.meddle(4)
		if c.rand.IntN(12) == 0 {
			return "", errors.New("busy")
		}
		c.made++
		room := fmt.Sprint("room-", c.made)
		c.checkOrder(o)
		if rooms = append(rooms, room); len(rooms) > 8 {
			delete(c.rooms, rooms[0])
			rooms = rooms[1:]
		}
		c.rooms[room] = o
		return room, nil
	}
	c.cfg.Open = func(context.Context, Mode) ([]Opening, error) {
		c.meddle(2) // between the copy that a pass looks at and what comes of it
		var list []Opening
		for room, o := range c.rooms {
			if o.Mode.Name == "ffa" && c.rand.IntN(6) == 0 {
				list = append(list, Opening{Room: room, Places: [][]string{{""}}})
			}
		}
		return list, nil
	}
	c.cfg.Notify = c.hear
	c.restart()
	for c.ops < randomOps {
		switch n := c.rand.IntN(1000); {
		case n < 100:
			c.step(t.Context())
		case n < 101:
			c.crash()
		case n < 140:
			c.now = c.now.Add(time.Duration(c.rand.IntN(1500)) * time.Millisecond)
		default:
			c.meddle(1)
		}
		if c.ops++; c.ops%40 == 0 {
			c.check()
		}
	}
	c.check()
	for _, what := range []string{
		"added", "refused", "cancelled", "accepted", "declined", "claimed", "lost", "party", "matched", "crashed", "expired",
		"no_answer", "unclaimed", "not stored", "in a pass or a room",
	} {
		if c.flow[what] < randomOps/10_000 {
			t.Errorf("%q has happened %d times in %d operations", what, c.flow[what], c.ops)
		}
	}
	t.Logf("%d operations, seed %d: %v", c.ops, seed, c.flow)
}

func player(i int) string { return fmt.Sprint("p", i) }

// meddle is up to n things that players do.
func (c *chaos) meddle(n int) {
	for range 1 + c.rand.IntN(n) {
		if n > 1 {
			c.ops++
			c.flow["in a pass or a room"]++
		}
		who := player(c.rand.IntN(90))
		if c.rand.IntN(3) == 0 {
			c.request(who)
			continue
		}
		c.mu.Lock()
		t := c.open[who]
		c.mu.Unlock()
		if t != nil {
			c.act(t.waiting.ID, who)
		}
	}
}

func (c *chaos) request(who string) {
	r := Request{Mode: []string{"draughts", "asked", "ffa"}[c.rand.IntN(3)], Members: []Member{{Player: who}}}
	if r.Mode == "asked" && c.rand.IntN(2) == 0 {
		if other := player(c.rand.IntN(90)); other != who {
			r.Party = "party-" + who
			r.Members = append(r.Members, Member{Player: other})
		}
	}
	if c.rand.IntN(50) == 0 {
		c.drawer.fail = errors.New("stopped")
		defer func() { c.drawer.fail = nil }()
	}
	t, fresh, err := c.Add(context.Background(), r)
	var queued *QueuedError
	switch {
	case errors.As(err, &queued):
		c.flow["refused"]++
	case err != nil && c.drawer.fail != nil:
		c.flow["not stored"]++
	case err != nil:
		c.t.Fatalf("add %+v: %v", r, err)
	case fresh:
		c.flow["added"]++
		c.live[t.ID] = &known{Ticket: t, claimed: map[string]bool{}}
	case c.live[t.ID] == nil:
		c.t.Fatalf("an old ticket that nobody knows: %+v", t)
	}
}

// act does something with the open ticket of a player.
func (c *chaos) act(id, who string) {
	var err error
	n := c.rand.IntN(100)
	switch {
	case n < 60:
		_, err = c.Accept(id, who)
		if err == nil {
			c.flow["accepted"]++
		}
	case n < 63:
		if _, err = c.Cancel(id, who); err == nil {
			c.ended(id, "cancelled")
		}
	case n < 68:
		if _, err = c.Decline(id, who); err == nil {
			c.ended(id, "declined")
		}
	case n < 70:
		c.LeaveParty("party-"+who, who)
		if t, err := c.Get(id, who); err == nil && t.Ended == EndParty {
			c.ended(id, "party")
		}
	case n < 74:
		var t Ticket
		if t, err = c.Lost(id, who); err == nil && t.State == Queued && c.live[id].room != "" {
			c.flow["lost"]++
			c.live[id].room = ""
		} else if err == nil && t.State == Expired {
			c.ended(id, "expired")
		}
	default:
		if err = c.Claim(id, who); err == nil {
			c.flow["claimed"]++
			if k := c.live[id]; k != nil {
				if k.claimed[who] = true; len(k.claimed) == len(k.Players) {
					delete(c.live, id)
				}
			}
		}
	}
	if err != nil && !errors.Is(err, ErrNotAsked) && !errors.Is(err, ErrNotFound) {
		c.t.Fatal(err)
	}
}

func (c *chaos) ended(id, how string) {
	c.flow[how]++
	delete(c.live, id)
}

// hear is what the queue tells: here tickets end by themselves, and are matched.
func (c *chaos) hear(_ string, t Ticket) {
	k := c.live[t.ID]
	if k == nil {
		return
	}
	switch t.State {
	case Expired, Cancelled:
		if t.Ended == EndTime || t.Ended == EndUnclaimed || t.Ended == EndNoAnswer {
			c.ended(t.ID, map[string]string{EndTime: "expired", EndUnclaimed: "unclaimed", EndNoAnswer: "no_answer"}[t.Ended])
		}
	case Matched:
		if k.room != "" && k.room != t.Room {
			c.t.Fatalf("ticket %s was matched into %s and then into %s", t.ID, k.room, t.Room)
		}
		if k.room == "" {
			c.flow["matched"]++
		}
		k.room = t.Room
	}
}

// crash throws the queue away and makes one from what is stored. Every live ticket waits again, with its age, or still has its room;
// one that ended in the last moment may be back.
func (c *chaos) crash() {
	c.flow["crashed"]++
	clear(c.live)
	before := map[string]*ticket{}
	for id, t := range c.tickets {
		if t.state == Queued || t.state == Ready || t.state == Matched && !slices.Contains(t.claimed, true) && c.now.Before(t.expires) {
			before[id] = t
		}
	}
	c.restart()
	for id, t := range before {
		if now := c.tickets[id]; now == nil && c.now.Before(t.waiting.Since.Add(t.lane.life())) {
			c.t.Fatalf("ticket %s, %s before, is lost in a crash", id, t.state)
		} else if now != nil && !now.waiting.Since.Equal(t.waiting.Since) {
			c.t.Fatalf("ticket %s has lost its age", id)
		}
	}
	for id, t := range c.tickets {
		c.live[id] = &known{Ticket: t.snapshot(0, c.now), room: t.place.Room, claimed: map[string]bool{}}
	}
	for id := range c.tickets { // their players come back
		if _, err := c.Get(id, c.tickets[id].waiting.Members[0].Player); err != nil {
			c.t.Fatal(err)
		}
	}
}

// checkOrder fails if a player has two places in a match.
func (c *chaos) checkOrder(o Order) {
	var all []string
	for _, p := range o.Players {
		all = append(all, p.Player)
	}
	slices.Sort(all)
	if n := len(all); len(slices.Compact(all)) != n || n < 2 {
		c.t.Fatalf("match of %v", o.Players)
	}
}

// check compares the queue's books with each other and with what is known.
func (c *chaos) check() {
	places := map[*ticket]int{}
	for _, l := range c.order {
		if !slices.IsSortedFunc(l.waiting, older) {
			c.t.Fatalf("mode %s is not in the order of age", l.mode.Name)
		}
		for _, t := range l.waiting {
			places[t]++
			if t.state != Queued || t.proposal != nil {
				c.t.Fatalf("ticket %s waits and is %s", t.waiting.ID, t.state)
			}
		}
	}
	for p := range c.asked {
		for _, t := range p.tickets {
			places[t]++
			if t.state != Ready || t.proposal != p {
				c.t.Fatalf("ticket %s is asked and %s", t.waiting.ID, t.state)
			}
		}
	}
	for _, p := range c.agreed {
		for _, t := range p.tickets {
			if t.proposal == p {
				places[t]++
			}
		}
	}
	for id, t := range c.tickets {
		want := 1
		if t.final() || t.state == Matched {
			want = 0
		}
		if places[t] != want {
			c.t.Fatalf("ticket %s is %s and in %d places", id, t.state, places[t])
		}
		for i, m := range t.waiting.Members {
			open := !t.final() && t.gone.IsZero() && !(t.state == Matched && t.claimed[i])
			if (c.open[m.Player] == t) != open {
				c.t.Fatalf("ticket %s of %s is %s; open: %t", id, m.Player, t.state, c.open[m.Player] == t)
			}
		}
		delete(places, t)
	}
	if len(places) > 0 {
		c.t.Fatalf("%d tickets are in the queue and not in its books", len(places))
	}
	telling := map[string]bool{} // it may have ended by itself, and will be heard of
	for t := range c.telling {
		telling[t.waiting.ID] = true
	}
	for id, k := range c.live {
		t := c.tickets[id]
		if telling[id] || t != nil && !t.final() {
			continue
		}
		if len(k.claimed) == 0 {
			c.t.Fatalf("ticket %s of %v is lost", id, k.Players)
		}
		delete(c.live, id) // some of its players had claimed it, and its time is over
	}
}
