//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// searched are searches in which so many were carried and 50 more were not.
func searched(carried ...int) (list []found) {
	for _, n := range carried {
		list = append(list, found{interval{n, n + 50}, []trial{
			{Clients: n, Carried: true, Result: &result{Clients: n}}, {Clients: n + 50, Result: &result{Clients: n + 50}},
		}})
	}
	return list
}

func TestSearchesThatAreComparedGoRoundByRound(t *testing.T) {
	of := func(name string, searches int) *contestant {
		return &contestant{row: &compared{Name: name}, searches: searches}
	}
	var got []string
	for _, turn := range schedule([]*contestant{of("A", 3), of("x", 1), of("B", 3), of("y", 0), of("C", 3)}) {
		got = append(got, fmt.Sprint(turn.row.Name, turn.search))
	}
	if want := "A0 B0 C0 A1 B1 C1 A2 B2 C2 A3 B3 C3 x0 x1 y0"; strings.Join(got, " ") != want {
		t.Errorf("the turns are\n%s, want\n%s", got, want)
	}
}

// TestContestFindsTheRatioOnAMachineThatDrifts plays servers that carry a fixed number of clients times how fast the machine is, which
// changes slowly from try to try, so that a search alone misses by as much as the machine has changed.
func TestContestFindsTheRatioOnAMachineThatDrifts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		theirs := rapid.IntRange(300, 3000).Draw(t, "theirs")
		ratio := rapid.Float64Range(0.5, 8).Draw(t, "ratio")
		speed, tries := 1.0, 0
		server := func(name string, limit float64, bar float64) *contestant {
			c := &contestant{
				row: &compared{Scenario: "arena100", Name: name, Bar: bar}, searches: searches, part: fine, unit: 10, rate: 20,
				repeat: func(context.Context) ([]result, error) {
					r := result{Clients: few, CPUPerSnapshot: 1e6 / (20 * limit)}
					return []result{r, r}, nil
				},
				try: func(_ context.Context, n int) (trial, error) {
					tries++
					speed = min(max(speed*(1+0.01*(2*rnd.Float64()-1)), 0.8), 1.2)
					r := result{Clients: n}
					r.Detail.ServerCPU = min(100, 100*float64(n)/(limit*speed))
					return trial{Clients: n, Carried: float64(n) <= limit*speed, Result: &r}, nil
				},
			}
			c.verify = c.try
			return c
		}
		list := []*contestant{server("Skirmish, packed", ratio*float64(theirs), 0), server("other", float64(theirs), 2)}
		if err := (&bench{told: io.Discard}).play(t.Context(), schedule(list)); err != nil {
			t.Fatal(err)
		}
		c := comparison{Servers: []compared{*list[0].row, *list[1].row}}
		relate(c.Servers)
		// What the machine may change by within a round, and the intervals' widths.
		got := c.Servers[1].MedianTimes()
		if got < ratio*0.8 || got > ratio*1.25 || len(c.Servers[1].Times) != searches || tries > 80 {
			t.Errorf("they are said to carry %v times as many, and it is %v, after %d tries", c.Servers[1].Times, ratio, tries)
		}
		for _, s := range c.Servers {
			for i, f := range s.Searches {
				if before := (compared{Searches: s.Searches[:i]}); i > 0 && f.Tries[0].Clients != before.Most() {
					t.Errorf("%s: search %d begins with %d, and not where those before ended: %d", s.Name, i+1, f.Tries[0].Clients, before.Most())
				}
				if f.at().Clients != f.Carried || f.Carried >= f.TooMuch || len(f.Tries) < 2 {
					t.Errorf("%s: %+v", s.Name, f)
				}
			}
		}
		if v := c.verdicts(); len(v) != 1 || v[0].Pass != (got >= 2) {
			t.Errorf("%+v", v)
		}
	})
}

func TestContestantThatFailsTakesNoMoreTurnsAndTheOthersGoOn(t *testing.T) {
	calls := map[string]int{}
	server := func(name string, fail error) *contestant {
		c := &contestant{
			row: &compared{Scenario: "crowd", Name: name}, searches: searches, part: fine, unit: 10, rate: 20,
			repeat: func(context.Context) ([]result, error) {
				calls[name]++
				return []result{{}, {}}, fail
			},
			try: func(_ context.Context, n int) (trial, error) {
				calls[name]++
				return trial{Clients: n, Carried: n <= 400, Result: &result{}}, nil
			},
		}
		c.verify = c.try
		return c
	}
	list := []*contestant{server("broken", errors.New("no such server")), server("good", nil)}
	if err := (&bench{told: io.Discard}).play(t.Context(), schedule(list)); err != nil {
		t.Fatal(err)
	}
	if calls["broken"] != 1 || list[0].row.Error == "" || len(list[1].row.Searches) != searches {
		t.Errorf("%v %+v", calls, list[0].row)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := (&bench{told: io.Discard}).play(stopped, schedule(list)); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped, it says %v", err)
	}
}

func TestRatiosAreOfSearchesOfTheSameRound(t *testing.T) {
	list := []compared{
		{Scenario: "arena100", Name: "Skirmish, packed", Searches: searched(4000, 3000, 5000)},
		{Scenario: "arena100", Name: "a", Searches: searched(2000, 1000, 2000)}, {Scenario: "arena100", Name: "once", Searches: searched(1000)},
		{Scenario: "arena100", Name: "failed", Error: "no"}, {Scenario: "crowd", Name: "alone", Searches: searched(100)},
	}
	relate(list)
	for i, want := range [][]float64{nil, {2, 3, 2.5}, {4}, nil, nil} {
		if !slices.Equal(list[i].Times, want) {
			t.Errorf("%s: %v, want %v", list[i].Name, list[i].Times, want)
		}
	}
	if got := list[1].Ratio(); got != "2.50 x (2.00 to 3.00)" || list[1].Most() != 2000 {
		t.Errorf("%s, %d clients", got, list[1].Most())
	}
	list[1].Searches[1].Tries[1].Result.Detail.Limit = limitOf(85, 97)
	list[1].Searches[2].Tries[1].Result.Detail.Limit = limitOf(99, 98)
	if got := list[1].Each(); got != "2000 1000+ 2000~" {
		t.Errorf("what the limits were is shown as %s", got)
	}
	few := compared{Few: result{Clients: 400}}
	if few.Largest().Clients != 400 || list[1].Largest().Clients != 2000 {
		t.Error("the row shows another run than that with the most clients")
	}
}

func TestTimeLeftFollowsHowLongTriesTook(t *testing.T) {
	one := &contestant{row: &compared{}, searches: searches, part: fine}
	turns := schedule([]*contestant{one, one})
	l := newLeft(turns)
	if got := l.minutes(l.start); got != 10 {
		t.Errorf("at the start %d minutes are left", got)
	}
	l.took(turns[0])
	l.took(turns[1])
	if got := l.minutes(l.start.Add(time.Minute)); got != 16 {
		t.Errorf("after 2 of 34 tries in a minute %d minutes are left", got)
	}
	for _, turn := range turns[2:] {
		l.took(turn)
	}
	if got := l.minutes(l.start.Add(time.Hour)); got != 0 {
		t.Errorf("at the end %d minutes are left", got)
	}
}

func TestSearchBeginsWhereTheCostOfFewPointsTo(t *testing.T) {
	for us, want := range map[float64]int{0: few, 20: 2500} {
		if got := likely(result{CPUPerSnapshot: us}, 20); got != want {
			t.Errorf("at %v us the search begins with %d, want %d", us, got, want)
		}
	}
}
