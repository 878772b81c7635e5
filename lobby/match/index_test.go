package match

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever was taken, and however often the gaps were closed: from each ticket that is left, the walks through a list come by those of
// its group and region that are left, in the order of skill.
func TestIndexWalksTheTicketsThatAreLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := mustRules(&testing.T{}, `{"teams": 2, "size": 1, "regions": ["eu", "us"], "latency_ms": 50,
			"attributes": [{"name": "input", "match": "equal"}]}`)
		tickets := make([]Waiting, rapid.IntRange(1, 150).Draw(t, "tickets"))
		for i := range tickets {
			tickets[i] = single("t", float64(rapid.IntRange(0, 20).Draw(t, "skill")), time.Second)
			tickets[i].Latency = map[string]int{"eu": rapid.IntRange(0, 80).Draw(t, "eu"), "us": rapid.IntRange(0, 80).Draw(t, "us")}
			tickets[i].Attributes = map[string][]string{"input": {rapid.SampledFrom([]string{"pad", "mouse"}).Draw(t, "input")}}
		}
		x := new(index)
		x.reset(r, tickets, noon)
		for range rapid.IntRange(0, len(tickets)).Draw(t, "taken") {
			n := int32(rapid.IntRange(0, len(tickets)-1).Draw(t, "which"))
			if !x.taken[n] {
				x.take(n)
			}
			if rapid.IntRange(0, 9).Draw(t, "packs") == 0 {
				x.pack()
			}
		}
		for ticket := range x.facts {
			if x.taken[ticket] {
				continue
			}
			for region := range 2 {
				if x.facts[ticket].regions>>region&1 != 0 {
					checkWalk(t, x, int32(ticket), region)
				}
			}
		}
	})
}

func checkWalk(t *rapid.T, x *index, from int32, region int) {
	var want, got []int32
	is := &x.facts[from]
	for i := range x.ranks {
		n := x.ranks[i].ticket
		if f := &x.facts[n]; f.group == is.group && f.regions>>region&1 != 0 && !x.taken[n] {
			want = append(want, n)
		}
	}
	l := x.lists[x.listOf(is, region)]
	for at := x.down(x.at(from, region), l); at >= 0; at = x.down(at, l) {
		got = append(got, x.entries[at].ticket)
	}
	slices.Reverse(got)
	for at := x.at(from, region); at >= 0; at = x.up(at, l) {
		got = append(got, x.entries[at].ticket)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("from ticket %d in region %d: %v, want %v", from, region, got, want)
	}
}
