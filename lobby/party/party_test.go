package party

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// hall is a book with a clock and a record of what was told.
type hall struct {
	*Book
	now  time.Time
	told []string
}

func newHall(t interface{ Fatal(...any) }, cfg Config) *hall {
	h := &hall{now: time.Unix(1e9, 0)}
	n := 0
	id := func() string { n++; return fmt.Sprint("id-", n) }
	cfg.NewID, cfg.NewCode, cfg.Clock = id, id, func() time.Time { return h.now }
	cfg.Changed = func(p Party, left []string) {
		h.told = append(h.told, fmt.Sprintf("%s %d %v", p.ID, len(p.Members), left))
	}
	b, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.Book = b
	return h
}

func must(t *testing.T) func(Party, error) Party {
	return func(p Party, err error) Party {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

func names(p Party) (list []string) {
	for _, m := range p.Members {
		list = append(list, m.Name)
	}
	return list
}

func TestPartyLivesFromFirstToLastMember(t *testing.T) {
	h, ok := newHall(t, Config{}), must(t)
	p := ok(h.Create("ann", "Ann"))
	ok(h.Join(p.Code, "bob", "Bob"))
	p = ok(h.Join(p.Code, "cat", "Cat"))
	if p.Leader != "ann" || !slices.Equal(names(p), []string{"Ann", "Bob", "Cat"}) || p.Ready() || p.Version != 3 {
		t.Fatalf("%+v", p)
	}
	if again := ok(h.Join(p.Code, "cat", "Cat")); again.Version != p.Version {
		t.Errorf("joined twice: %+v", again)
	}
	for _, who := range []string{"ann", "bob", "cat"} {
		p = ok(h.Say(who, Member{Player: "eve", Ready: true, Roles: []string{"tank"}, Latency: map[string]int{"eu": 20}}))
	}
	if !p.Ready() || p.Members[2].Player != "cat" || p.Members[2].Roles[0] != "tank" || p.Members[2].Latency["eu"] != 20 {
		t.Errorf("%+v", p)
	}
	p = ok(h.Lead("ann", "cat"))
	if err := h.Leave("cat"); err != nil {
		t.Fatal(err)
	}
	if p = ok(h.Of("bob")); p.Leader != "ann" || !slices.Equal(names(p), []string{"Ann", "Bob"}) {
		t.Errorf("after the leader left: %+v", p)
	}
	err1, err2 := h.Leave("ann"), h.Leave("bob")
	if _, err := h.Join(p.Code, "dan", "Dan"); err1 != nil || err2 != nil || !errors.Is(err, ErrCode) {
		t.Errorf("after the last left: %v %v %v", err1, err2, err)
	}
	if last := h.told[len(h.told)-1]; last != "id-1 0 [bob]" {
		t.Errorf("told last %q", last)
	}
}

func TestOnlyTheLeaderLeads(t *testing.T) {
	h, ok := newHall(t, Config{}), must(t)
	p := ok(h.Create("ann", "Ann"))
	ok(h.Join(p.Code, "bob", "Bob"))
	ok(h.Create("eve", "Eve"))
	for _, c := range []struct {
		who  string
		want error
	}{{"bob", ErrNotLeader}, {"nobody", ErrNone}} {
		_, err1 := h.Kick(c.who, "ann")
		_, err2 := h.Lead(c.who, c.who)
		_, err3 := h.Recode(c.who)
		if !errors.Is(err1, c.want) || !errors.Is(err2, c.want) || !errors.Is(err3, c.want) {
			t.Errorf("%s: %v, %v, %v", c.who, err1, err2, err3)
		}
	}
	_, err1 := h.Kick("eve", "ann")
	_, err2 := h.Lead("eve", "ann")
	_, err3 := h.Kick("ann", "ann")
	if !errors.Is(err1, ErrNoMember) || !errors.Is(err2, ErrNoMember) || !errors.Is(err3, ErrNoMember) {
		t.Errorf("members of another party: %v, %v; oneself: %v", err1, err2, err3)
	}
}

func TestWhoWasSentAwayDoesNotComeBackByTheOldCode(t *testing.T) {
	h, ok := newHall(t, Config{}), must(t)
	p := ok(h.Create("ann", "Ann"))
	ok(h.Join(p.Code, "eve", "Eve"))
	kicked := ok(h.Kick("ann", "eve"))
	if _, err := h.Join(p.Code, "eve", "Eve"); !errors.Is(err, ErrCode) || kicked.Code == p.Code {
		t.Errorf("%v, code %s", err, kicked.Code)
	}
	ok(h.Join(kicked.Code, "bob", "Bob"))
	if fresh := ok(h.Recode("ann")); fresh.Code == kicked.Code {
		t.Errorf("%+v", fresh)
	}
}

func TestPartiesAreBounded(t *testing.T) {
	h, ok := newHall(t, Config{Size: 2, Parties: 2, Idle: time.Hour}), must(t)
	p := ok(h.Create("ann", "Ann"))
	ok(h.Join(p.Code, "bob", "Bob"))
	if _, err := h.Join(p.Code, "cat", "Cat"); !errors.Is(err, ErrFull) {
		t.Errorf("third of two: %v", err)
	}
	ok(h.Create("cat", "Cat"))
	if _, err := h.Create("dan", "Dan"); !errors.Is(err, ErrTooMany) {
		t.Errorf("third party of two: %v", err)
	}
	h.now = h.now.Add(59 * time.Minute)
	ok(h.Of("cat"))
	h.now = h.now.Add(time.Minute)
	ok(h.Create("dan", "Dan")) // the first has not been used for an hour
	if _, err := h.Of("bob"); !errors.Is(err, ErrNone) {
		t.Errorf("bob: %v", err)
	}
	ok(h.Of("cat"))
}

func TestSnapshotIsNotChangedByWhatFollows(t *testing.T) {
	h, ok := newHall(t, Config{}), must(t)
	p := ok(h.Create("ann", "Ann"))
	two := ok(h.Join(p.Code, "bob", "Bob"))
	ok(h.Say("bob", Member{Ready: true}))
	ok(h.Kick("ann", "bob"))
	if !slices.Equal(names(two), []string{"Ann", "Bob"}) || two.Members[1].Ready {
		t.Errorf("%+v", two)
	}
}

// Whatever players do, each is in one party at most, each party has a leader of its own, and its code leads to it.
func TestBookAgreesWithItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHall(t, Config{Size: 3, Parties: 3, Idle: time.Hour})
		player := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"})
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			who, other := player.Draw(t, "who"), player.Draw(t, "other")
			code := "none"
			if p := h.of[other]; p != nil {
				code = p.Code
			}
			switch rapid.IntRange(0, 7).Draw(t, "step") {
			case 0:
				_, _ = h.Create(who, who)
			case 1, 2:
				_, _ = h.Join(code, who, who)
			case 3:
				_ = h.Leave(who)
			case 4:
				_, _ = h.Kick(who, other)
			case 5:
				_, _ = h.Lead(who, other)
			case 6:
				_, _ = h.Say(who, Member{Ready: true})
			case 7:
				h.now = h.now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "minutes")) * time.Minute)
			}
			members := 0
			for code, p := range h.codes {
				if p.Code != code || !p.Has(p.Leader) || len(p.Members) < 1 || len(p.Members) > 3 {
					t.Fatalf("party %+v by code %s", p.Party, code)
				}
				for _, m := range p.Members {
					members++
					if h.of[m.Player] != p {
						t.Fatalf("%s is in %+v and the book says otherwise", m.Player, p.Party)
					}
				}
			}
			if members != len(h.of) || len(h.codes) > 3 {
				t.Fatalf("%d members, %d players, %d parties", members, len(h.of), len(h.codes))
			}
		}
	})
}
