package match

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Tickets that say the same are served in the order in which they came, whatever is in a match besides them.
func TestEqualTicketsAreFirstComeFirstServed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRules(t)
		same := anyTicket(t, r, 0)
		tickets := make([]Waiting, rapid.IntRange(0, 40).Draw(t, "tickets"))
		for i := range tickets {
			tickets[i] = same
			tickets[i].Since = noon.Add(-time.Duration(len(tickets)-i) * time.Millisecond)
			if err := r.Check(&tickets[i]); err != nil {
				t.Fatal(err)
			}
		}
		waits := false
		for i, reason := range Pass(r, tickets, nil, noon).Reasons {
			if waits && reason.Cause == NotWaiting {
				t.Fatalf("ticket %d is matched, and one that came before it and says the same is not", i)
			}
			waits = waits || reason.Cause != NotWaiting
		}
	})
}

// Where two tickets are a match, two that could be one never both wait on: so a ticket is matched as soon as there is anybody for it whom
// nobody older has got.
func TestPassLeavesNoPairBehind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRules(t)
		r.Teams, r.Size, r.Roles, r.Backfill = Span{2, 2}, Span{1, 1}, nil, false
		for i := range r.Widen {
			r.Widen[i].Teams = 0
		}
		var tickets []Waiting
		for i := range rapid.IntRange(0, looked*2).Draw(t, "tickets") {
			w := anyTicket(t, r, i)
			if err := r.Check(&w); err != nil {
				t.Fatal(err)
			}
			tickets = append(tickets, w)
		}
		out := Pass(r, tickets, nil, noon)
		for a := range tickets {
			for b := range a {
				if out.Reasons[a].Cause != NotWaiting && out.Reasons[b].Cause != NotWaiting && areMatch(r, tickets[a], tickets[b]) {
					t.Fatalf("tickets %d and %d both wait, and are a match: %+v", b, a, out.Reasons)
				}
			}
		}
	})
}

// areMatch says whether two single players are a match by the rules alone, in any region.
func areMatch(r *Rules, a, b Waiting) bool {
	regions := r.Regions
	if len(regions) == 0 {
		regions = []string{""}
	}
	return slices.ContainsFunc(regions, func(region string) bool {
		m := Match{Opening: -1, Region: region, Teams: 2, Places: []Place{{Ticket: 0}, {Ticket: 1, Team: 1}}}
		return broken(r, []Waiting{a, b}, nil, noon, Outcome{Matches: []Match{m}, Reasons: make([]Reason, 2)}) == nil
	})
}

// However many younger ones are nearer to one another: the one that has waited longest is matched if there is any match for it.
func TestLongestWaitingIsNeverPassedOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(2, 6).Draw(t, "size")
		r := &Rules{Teams: Span{size, size}, Size: Span{1, 1}, Skill: rapid.Float64Range(1, 10).Draw(t, "window")}
		var tickets []Waiting
		var skills []float64
		for i := range rapid.IntRange(1, 40).Draw(t, "tickets") {
			skill := rapid.Float64Range(0, 30).Draw(t, "skill")
			tickets, skills = append(tickets, single(fmt.Sprint(i), skill, time.Duration(99-i)*time.Millisecond)), append(skills, skill)
		}
		first := skills[0]
		slices.Sort(skills)
		could := false
		for i := 0; i+size <= len(skills); i++ {
			lo, hi := skills[i], skills[i+size-1]
			could = could || lo <= first && first <= hi && hi-lo <= r.Skill
		}
		if reason := Pass(r, tickets, nil, noon).Reasons[0]; could != (reason.Cause == NotWaiting) {
			t.Fatalf("the first of %v: %+v; there is a match for it: %t", skills, reason, could)
		}
	})
}

// A ticket that is given up while a pass looks at its copy is in no match, nor is the next one of its player; those who were to play with
// it wait on, with their age.
func TestWhoLeavesDuringAPassIsInNoMatchOfIt(t *testing.T) {
	h := newHall(t, mode(t, "duel", `{"teams": 2, "size": 1, "backfill": true}`))
	var again Ticket
	var during func()
	h.cfg.Open = func(context.Context, Mode) ([]Opening, error) { // is asked between the copy and what comes of it
		if during != nil {
			during()
		}
		during = nil
		return nil, nil
	}
	h.restart()
	ann, bob := h.add("duel", "ann"), h.add("duel", "bob")
	during = func() {
		if _, err := h.Cancel(ann.ID, "ann"); err != nil {
			t.Error(err)
		}
		again = h.add("duel", "ann")
	}
	h.steps(1, time.Second)
	if h.made != 0 {
		t.Fatalf("a room for %+v", h.rooms)
	}
	if got := h.is(bob, Queued); got.Position != 1 || !got.CreatedAt.Equal(t0) {
		t.Errorf("%+v", got)
	}
	h.is(again, Queued)
	h.steps(1, time.Second)
	if a, b := h.is(again, Matched), h.is(bob, Matched); a.Room != b.Room || h.made != 1 {
		t.Errorf("%q and %q of %d rooms", a.Room, b.Room, h.made)
	}
}
