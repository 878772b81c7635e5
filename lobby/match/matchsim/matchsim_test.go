package matchsim

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/match"
)

func rulesOf(t *testing.T, blob string) *match.Rules {
	t.Helper()
	r, err := match.ParseRules([]byte(blob))
	if err != nil {
		t.Fatal(err)
	}
	return &r
}

func TestEveryTicketIsMatchedOrExpires(t *testing.T) {
	r := rulesOf(t, FullRules)
	r.Wait = 100
	arrivals, err := Generate(Population{Rules: r, Tickets: 800, Rate: 10, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	q, err := Simulate(Config{Rules: r, Arrivals: arrivals})
	if err != nil {
		t.Fatal(err)
	}
	if q.Matched+q.Expired != q.Tickets || q.Matched < q.Tickets*6/10 {
		t.Errorf("of %d tickets %d were matched and %d expired", q.Tickets, q.Matched, q.Expired)
	}
	if q.Gap.Max > 10 || q.LatencyMS.Max > 210 || q.Spread.Max > 25 || q.WaitS.Max > 101 {
		t.Errorf("limits of the widest step are broken: %+v", q)
	}
	again, err := Simulate(Config{Rules: r, Arrivals: arrivals})
	if err != nil || !reflect.DeepEqual(again, q) {
		t.Errorf("the same tickets gave %+v, then %+v (%v)", q, again, err)
	}
}

func TestTightRulesMakeCloserMatchesAndLongerWaits(t *testing.T) {
	run := func(rules string) Quality {
		r := rulesOf(t, rules)
		arrivals, err := Generate(Population{Rules: r, Tickets: 500, Rate: 2, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		q, err := Simulate(Config{Rules: r, Arrivals: arrivals})
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	loose, tight := run(`{"teams": 2, "size": 1, "skill": 20}`), run(`{"teams": 2, "size": 1, "skill": 1}`)
	if tight.Spread.P90 >= loose.Spread.P90 || tight.WaitS.P90 <= loose.WaitS.P90 {
		t.Errorf("tight: %+v, loose: %+v", tight, loose)
	}
}

// A quiet hour is not walked through second by second, and ends on time.
func TestNobodyWaitsForTheNextOneToCome(t *testing.T) {
	r := rulesOf(t, `{"teams": 2, "size": 1, "wait_s": 30}`)
	arrivals := []Arrival{{At: 0.5, ID: "a", Members: []Member{{Skill: 1}}}, {At: 1e6, ID: "b", Members: []Member{{Skill: 1}}}}
	q, err := Simulate(Config{Rules: r, Arrivals: arrivals})
	if err != nil || q.Expired != 2 || q.Minutes < 1e6/60 || q.Minutes > 1e6/60+1 {
		t.Errorf("got %+v, %v", q, err)
	}
}

func TestReadNamesTheLineThatIsWrong(t *testing.T) {
	r := rulesOf(t, `{"teams": 2, "size": 1, "skill": 5}`)
	says := func(in, want string) {
		t.Helper()
		if _, err := Read(strings.NewReader(in), r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q in it", in, err, want)
		}
	}
	says(`{"at": 1, "members": [{"skill": 3}]}`+"\n{", "line 2")
	says(`{"at": -1, "members": [{"skill": 3}]}`, "line 1: at")
	says(`{"at": 1, "members": []}`, "party of 0")
	says(`{"at": 1, "members": [{"skill": 3}, {"skill": 3}]}`, "party of 2")
	says(strings.Repeat(" ", maxLine+1), "too long")
}

func TestReadGivesBackWhatWasGenerated(t *testing.T) {
	r := rulesOf(t, FullRules)
	arrivals, err := Generate(Population{Rules: r, Tickets: 200, Rate: 5, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for _, a := range arrivals {
		blob, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(blob, '\n'))
	}
	back, err := Read(strings.NewReader(lines.String()), r)
	if err != nil || !reflect.DeepEqual(back, arrivals) {
		t.Errorf("read %d of %d tickets back: %v", len(back), len(arrivals), err)
	}
}

func TestMeasureSaysWhatAPassCosts(t *testing.T) {
	r := rulesOf(t, FullRules)
	arrivals, err := Generate(Population{Rules: r, Tickets: 2000, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(0, 0)
	b, err := Measure(BenchConfig{Rules: r, Arrivals: arrivals, Runs: 3, Clock: func() time.Time { now = now.Add(time.Millisecond); return now }})
	if err != nil || b.PassMS != 1 || b.Matched < 1000 || b.Matches == 0 || b.Players < b.Tickets {
		t.Errorf("got %+v, %v", b, err)
	}
	if b.Allocs > 200 {
		t.Errorf("%d allocations for %d matches: each match has some of its own", b.Allocs, b.Matches)
	}
}

// A shape that measures something else than it says would make its figure a wrong one.
func TestShapesAreWhatTheySay(t *testing.T) {
	for _, s := range Shapes() {
		cfg, err := Load(s.Name, 3000, 1)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Runs, cfg.Clock = 1, time.Now
		b, err := Measure(cfg)
		if err != nil {
			t.Fatal(s.Name, err)
		}
		switch s.Name {
		case "roleless", "uneven":
			if b.Matched != 0 {
				t.Errorf("%s: %d tickets are matched, want none", s.Name, b.Matched)
			}
		case "duels":
			if b.Matched != b.Tickets {
				t.Errorf("%s: %d of %d tickets are matched, want all", s.Name, b.Matched, b.Tickets)
			}
		default:
			if b.Matched == 0 {
				t.Errorf("%s: nobody is matched", s.Name)
			}
		}
	}
}
