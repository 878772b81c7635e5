package match

import (
	"fmt"
	"testing"
	"time"
)

// crowded are tickets for rules with a bit of everything, as alike as those of a busy mode.
func crowded(t *testing.T, n int) (*Rules, []Waiting) {
	t.Helper()
	r := mustRules(t, `{"teams": 2, "size": 3, "skill": 6, "balance": 4, "regions": ["eu", "us"], "latency_ms": 80,
		"roles": [{"name": "tank", "count": 1}, {"name": "damage", "count": 2}],
		"attributes": [{"name": "map", "match": "common", "values": ["ice", "lava"]}, {"name": "input", "match": "equal"}],
		"widen": [{"after_s": 15, "skill": 9}]}`)
	tickets := make([]Waiting, n)
	for i := range tickets {
		w := single(fmt.Sprint(i), float64(i*37%400)/10, time.Duration(n-i)*time.Millisecond)
		for range i % 3 {
			w.Members = append(w.Members, Member{Player: w.ID, Skill: w.Members[0].Skill, Roles: []string{"damage"}})
		}
		w.Latency = map[string]int{"eu": i * 7 % 80, "us": i * 11 % 120}
		w.Attributes = map[string][]string{"map": {[]string{"ice", "lava"}[i%2]}, "input": {[]string{"pad", "mouse"}[i/2%2]}}
		if err := r.Check(&w); err != nil {
			t.Fatal(err)
		}
		tickets[i] = w
	}
	return r, tickets
}

func TestPassZeroAlloc(t *testing.T) {
	r, tickets := crowded(t, 2000)
	var m Matcher
	matched := 0
	if n := testing.AllocsPerRun(5, func() { matched = len(m.Pass(r, tickets, nil, noon).Matches) }); n > 0 || matched < 100 {
		t.Errorf("%v allocations in a pass that makes %d matches, want none, and at least 100", n, matched)
	}
}

// A queue keeps matches that it has asked for, or whose rooms are being made, while more passes are made.
func TestClonedMatchOutlivesTheNextPass(t *testing.T) {
	r, tickets := crowded(t, 200)
	var m Matcher
	out := m.Pass(r, tickets, nil, noon)
	kept := out.Matches[0].Clone()
	want := fmt.Sprintf("%+v", kept)
	m.Pass(r, tickets[100:], nil, noon)
	if got := fmt.Sprintf("%+v", kept); got != want {
		t.Errorf("got %s, want %s as it was", got, want)
	}
}
