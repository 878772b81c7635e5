package dig_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/dig"
	"github.com/skirmish-dev/skirmish/game/gametest"
	"github.com/skirmish-dev/skirmish/netcode"
)

// hunt is a room in which ann (team 1, at the left end) and ben (team 2, at the right end) have their clues.
func hunt(t *testing.T, o any) (w *gametest.World, ann, ben *gametest.Client) {
	t.Helper()
	w = gametest.New(t, dig.Def, gametest.Options{Seed: 3, Room: o})
	ann, ben = w.Join("ann"), w.Join("ben")
	w.Step(2)
	return w, ann, ben
}

func me(c *gametest.Client) dig.Digger {
	return gametest.Find(c, "digger", func(d dig.Digger) bool { return d.Owner == c.ID() }).Value
}

func round(c *gametest.Client) dig.Round { return gametest.Rows[dig.Round](c, "round")[0].Value }

// walk takes a digger to a place and lets it do something there.
func walk(w *gametest.World, c *gametest.Client, x, y int16, there dig.Input) {
	toward := func(from, to int16) int8 { return int8(min(max(to-from, -1), 1)) }
	for at := me(c); at.X != x || at.Y != y; at = me(c) {
		c.SetInput(dig.Input{DX: toward(at.X, x), DY: toward(at.Y, y)})
		w.Step(1)
	}
	c.SetInput(there)
	w.Step(1)
	c.SetInput(dig.Input{})
}

func TestTheOtherTeamIsSeenInTheLightOfALamp(t *testing.T) {
	w, ann, ben := hunt(t, nil)
	cid := w.Join("cid")
	w.Step(2)
	if a, b, c := me(ann), me(ben), me(cid); a.Team != 1 || b.Team != 2 || c.Team != 1 || a.X != 0 || b.X != dig.Size-1 {
		t.Fatalf("they begin as %+v, %+v, %+v", a, b, c)
	}
	if n := len(gametest.Rows[dig.Digger](ann, "digger")); n != 2 {
		t.Errorf("ann sees %d diggers of her team", n)
	}
	if n := len(gametest.Rows[dig.Digger](ben, "digger")); n != 1 {
		t.Errorf("ben sees %d diggers, the others are far away in the dark", n)
	}
	walk(w, ann, dig.Size-1-dig.Lamp, me(ben).Y, dig.Input{})
	if n := len(gametest.Rows[dig.Digger](ben, "digger")); n != 2 {
		t.Errorf("ben sees %d diggers, ann is in the light", n)
	}
	if n := len(gametest.Rows[dig.Digger](cid, "digger")); n != 3 {
		t.Errorf("cid sees %d diggers: what one of a team sees, all see", n)
	}
	walk(w, ann, dig.Size-2-dig.Lamp, me(ben).Y, dig.Input{})
	if n := len(gametest.Rows[dig.Digger](ben, "digger")); n != 1 {
		t.Errorf("ben sees %d diggers, ann is out of the light", n)
	}
}

func TestTreasureIsFoundByAClueThatNobodyElseHas(t *testing.T) {
	w, ann, ben := hunt(t, nil)
	hers, his := gametest.Rows[dig.Clue](ann, "clue"), gametest.Rows[dig.Clue](ben, "clue")
	if len(hers) != 2 || len(his) != 2 {
		t.Fatalf("ann has clues %+v, ben %+v", hers, his)
	}
	for _, c := range append(hers, his...) {
		if (c.Value.Owner == ann.ID()) != (c == hers[0] || c == hers[1]) {
			t.Errorf("a clue of %d is in the wrong hands", c.Value.Owner)
		}
	}
	at := hers[0].Value
	walk(w, ann, at.X, at.Y, dig.Input{Dig: true})
	if found := gametest.Events[dig.Found](ann, "found"); len(found) != 1 || found[0].Value != (dig.Found{X: at.X, Y: at.Y}) {
		t.Errorf("ann was told %+v", found)
	}
	if found := gametest.Events[dig.Found](ben, "found"); len(found) != 0 {
		t.Errorf("ben was told %+v", found)
	}
	if r := round(ben); r.Left != dig.Treasures-1 || r.Score != [2]uint16{1, 0} {
		t.Errorf("ben knows of the round %+v", r)
	}
	if n := len(gametest.Rows[dig.Clue](ann, "clue")); n != 1 {
		t.Errorf("ann has %d clues left, one was used", n)
	}
	walk(w, ann, at.X, at.Y, dig.Input{Dig: true})
	if r := round(ann); r.Score[0] != 1 {
		t.Errorf("dug twice it is worth %d", r.Score[0])
	}
}

func TestDiggingIsHeardAndSeenNearby(t *testing.T) {
	w, ann, ben := hunt(t, nil)
	walk(w, ann, dig.Size-1-dig.Lamp, me(ben).Y, dig.Input{Dig: true})
	walk(w, ann, dig.Size-2-dig.Lamp, me(ben).Y, dig.Input{Dig: true})
	for c, want := range map[*gametest.Client]int{ann: 2, ben: 1} {
		if heard := gametest.Events[dig.Heard](c, "heard"); len(heard) != want {
			t.Errorf("%s has heard %+v, want %d", c.Name, heard, want)
		}
		if holes := gametest.Rows[dig.Hole](c, "hole"); len(holes) != want {
			t.Errorf("%s sees %+v, want %d", c.Name, holes, want)
		}
	}
}

func TestTrapIsKnownToWhoLaidItAndToWhoIsCaught(t *testing.T) {
	w, ann, ben := hunt(t, nil)
	home := me(ben)
	walk(w, ann, home.X-1, home.Y, dig.Input{Lay: true})
	if n := len(gametest.Rows[dig.Trap](ann, "trap")); n != 1 || me(ann).Traps != dig.Bag-1 || me(ann).Caught != 0 {
		t.Errorf("ann sees %d traps and is %+v", n, me(ann))
	}
	if n := len(gametest.Rows[dig.Trap](ben, "trap")); n != 0 {
		t.Errorf("ben sees %d traps", n)
	}
	ben.SetInput(dig.Input{DX: -1})
	w.Step(2)
	if traps := gametest.Rows[dig.Trap](ben, "trap"); len(traps) != 1 || traps[0].Value.Caught != ben.ID() {
		t.Errorf("ben is in a trap and sees %+v", traps)
	}
	if at := me(ben); at.X != home.X-1 {
		t.Errorf("ben went on to %+v", at)
	}
	w.StepFor(dig.Caught)
	if at := me(ben); at.X > home.X-2 {
		t.Errorf("ben is still in it: %+v", at)
	}
}

// Who leaves and comes back is no better off: it has the traps and the clues that it had.
func TestWhoComesBackHasNoMoreThanBefore(t *testing.T) {
	w, ann, _ := hunt(t, nil)
	home := me(ann)
	for range 2 {
		walk(w, ann, home.X+1, home.Y, dig.Input{Lay: true})
	}
	clue := gametest.Rows[dig.Clue](ann, "clue")[0].Value
	walk(w, ann, clue.X, clue.Y, dig.Input{Dig: true})
	for range 3 {
		w.Leave(ann)
		w.Step(1)
		ann = w.Join("ann")
		w.Step(2)
		if n := len(gametest.Rows[dig.Clue](ann, "clue")); me(ann).Traps != dig.Bag-2 || n != 1 {
			t.Errorf("ann is back with %d traps and %d clues", me(ann).Traps, n)
		}
	}
	cid := w.Join("cid")
	w.Step(2)
	if n := len(gametest.Rows[dig.Clue](cid, "clue")); me(cid).Traps != dig.Bag || n != 2 {
		t.Errorf("cid, who is new, has %d traps and %d clues", me(cid).Traps, n)
	}
}

func TestScoutSeesFartherAndLaysNoTraps(t *testing.T) {
	w := gametest.New(t, dig.Def, gametest.Options{Seed: 3})
	scout := w.JoinWith("ann", gametest.ClientOptions{Team: 1, Role: dig.Scout})
	other := w.JoinWith("ben", gametest.ClientOptions{Team: 2})
	w.Step(2)
	if me(scout).Traps != 0 {
		t.Errorf("the scout has %d traps", me(scout).Traps)
	}
	walk(w, scout, me(other).X-dig.Lantern, me(other).Y, dig.Input{})
	w.Step(1)
	if a, b := len(gametest.Rows[dig.Digger](scout, "digger")), len(gametest.Rows[dig.Digger](other, "digger")); a != 2 || b != 1 {
		t.Errorf("the scout sees %d diggers, the other one %d", a, b)
	}
	w.Leave(other)
	w.Step(1)
	w.Leave(scout)
	w.Step(1)
	back := w.JoinWith("ann", gametest.ClientOptions{Team: 1, Role: dig.Scout})
	w.Step(2)
	if me(back).Traps != 0 {
		t.Errorf("the scout has taken %d traps of a bag that was left", me(back).Traps)
	}
}

// Names come and go with the rounds, and give their places in the room's string table up: a room that runs for long would have none left.
func TestRoundNamesWhoHasFoundTheMost(t *testing.T) {
	w := gametest.New(t, dig.Def, gametest.Options{Seed: 3, Room: dig.Options{Seconds: 20}})
	const ticks = 20 * 5 // of a round
	named := 0
	for n := range 60 {
		name := fmt.Sprint("ann", n)
		c := w.Join(name)
		w.Step(2)
		if best := c.Text(round(c).Best); best != "" && best != fmt.Sprint("ann", n-1) {
			t.Fatalf("%s finds %q as the best", name, best)
		}
		clues := gametest.Rows[dig.Clue](c, "clue")
		if len(clues) > 0 {
			walk(w, c, clues[0].Value.X, clues[0].Value.Y, dig.Input{Dig: true})
			if best := c.Text(round(c).Best); best != name {
				t.Fatalf("%s has found a treasure, and the best is %q", name, best)
			}
			if id := round(c).Best; id > 8 {
				t.Fatalf("after %d names the newest is number %d in the table", named, id)
			}
			named++
		}
		w.Leave(c)
		w.Step(ticks - int(w.Tick())%ticks + 2) // the next one comes into the next round
	}
	if named < 50 {
		t.Errorf("%d were named: the test shows too little", named)
	}
}

func TestRoundGoesByWhileNobodyIsThere(t *testing.T) {
	w, ann, ben := hunt(t, dig.Options{Seconds: 10, Fill: 4})
	w.Leave(ann)
	w.Leave(ben)
	w.StepFor(35 * time.Second)
	cid := w.Join("cid")
	w.Step(1)
	if r := round(cid); r.N != 4 || r.Score != [2]uint16{} {
		t.Errorf("after 35 s the round is %+v: bots play with players, and not alone", r)
	}
}

func TestRoundEndsInTimeAndEverythingBeginsAnew(t *testing.T) {
	w, ann, ben := hunt(t, dig.Options{Seconds: 10})
	home := me(ann)
	walk(w, ann, home.X+3, home.Y, dig.Input{Dig: true, Lay: true})
	clue := gametest.Rows[dig.Clue](ann, "clue")[0].Value
	w.StepFor(10*time.Second - w.Period()*time.Duration(w.Tick()))
	for _, c := range []*gametest.Client{ann, ben} {
		if over := gametest.Events[dig.Over](c, "over"); len(over) != 1 || over[0].Value.N != 1 {
			t.Errorf("%s was told %+v", c.Name, over)
		}
	}
	w.Step(1)
	if r := round(ann); r.N != 2 || r.Left != dig.Treasures || r.Score != [2]uint16{} {
		t.Errorf("the new round is %+v", r)
	}
	if n := len(gametest.Rows[dig.Hole](ann, "hole")) + len(gametest.Rows[dig.Trap](ann, "trap")); n != 0 {
		t.Errorf("%d holes and traps of the old round are left", n)
	}
	if clues := gametest.Rows[dig.Clue](ann, "clue"); len(clues) != 2 || clues[0].Value == clue {
		t.Errorf("ann has clues %+v", clues)
	}
	if at := me(ann); at.X != home.X || at.Traps != dig.Bag {
		t.Errorf("ann begins as %+v", at)
	}
}

// Bots that fill her place, and give way when she is back, have no part in what she left.
func TestBotsTakeNothingOfWhatAPlayerLeft(t *testing.T) {
	w, ann, _ := hunt(t, dig.Options{Seconds: 600, Fill: 2})
	home := me(ann)
	for range dig.Bag {
		walk(w, ann, home.X+1, home.Y, dig.Input{Lay: true})
	}
	for range 3 {
		w.Leave(ann)
		w.StepFor(2 * time.Second)
		ann = w.Join("ann")
		w.StepFor(2 * time.Second)
		if n := me(ann).Traps; n != 0 {
			t.Errorf("ann, who had laid all her traps, is back with %d", n)
		}
	}
}

func TestBotsPlayAndGiveWay(t *testing.T) {
	w := gametest.New(t, dig.Def, gametest.Options{Seed: 3, Room: dig.Options{Seconds: 600, Fill: 4}})
	ann := w.Join("ann")
	w.StepFor(2 * time.Second)
	count := func() int {
		return len(gametest.Rows[struct {
			ID   game.PlayerID `net:"id,once"`
			Name game.Text     `net:"name"`
		}](ann, "players"))
	}
	if n := count(); n != 4 {
		t.Fatalf("%d play, want ann and three bots", n)
	}
	w.StepFor(30 * time.Second)
	if r := round(ann); r.Score[0]+r.Score[1] < 4 {
		t.Errorf("the bots have found %v", r.Score)
	}
	for i := range 4 {
		w.Join(fmt.Sprint("more", i))
	}
	w.StepFor(2 * time.Second)
	if n := count(); n != 5 || ann.NameOf(2) != "" {
		t.Errorf("%d play, one of them a bot: %q", n, ann.NameOf(2))
	}
}

func TestPlayerWhoIsAwayGivesItsPlaceUp(t *testing.T) {
	w, ann, ben := hunt(t, nil)
	ben.SetInput(dig.Input{}) // is there, and does nothing
	w.StepFor(dig.Idle + time.Second)
	if code, reason, closed := ann.Closed(); !closed || code != netcode.CloseKicked || reason != "you were away" {
		t.Errorf("ann: closed %v with %d %q", closed, code, reason)
	}
	if _, _, closed := ben.Closed(); closed {
		t.Error("ben was sent away")
	}
}

func TestOptionsThatDoNotFitAreRefused(t *testing.T) {
	for _, o := range []dig.Options{{Seconds: 9}, {Seconds: 3601}, {Seconds: 60, Fill: -1}, {Seconds: 60, Fill: 17}} {
		if o.Validate() == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

func TestDigIsTheSameForTheSameSeed(t *testing.T) {
	run := func() uint32 {
		w := gametest.New(t, dig.Def, gametest.Options{Seed: 5, Room: dig.Options{Seconds: 20, Fill: 6}})
		w.Join("ann").SetInput(dig.Input{DX: 1, Dig: true})
		w.StepFor(time.Minute)
		return w.StateHash()
	}
	if a, b := run(), run(); a != b {
		t.Errorf("two runs end with %#08x and %#08x", a, b)
	}
}
