package match

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var t0 = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

// drawer is a Keeper in memory.
type drawer struct {
	mu   sync.Mutex
	rows map[string]Kept
	fail error
}

func (d *drawer) PutTicket(_ context.Context, k Kept) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return d.fail
	}
	for id, o := range d.rows {
		if slices.ContainsFunc(o.Members, func(m Member) bool {
			return slices.ContainsFunc(k.Members, func(n Member) bool { return n.Player == m.Player })
		}) {
			delete(d.rows, id)
		}
	}
	d.rows[k.ID] = k
	return nil
}

func (d *drawer) MoveTickets(_ context.Context, list []Moved) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return d.fail
	}
	for _, m := range list {
		if k, ok := d.rows[m.ID]; ok {
			k.Placement, k.ExpiresAt = m.Placement, m.ExpiresAt
			d.rows[m.ID] = k
		}
	}
	return nil
}

func (d *drawer) DropTickets(_ context.Context, ids []string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return d.fail
	}
	for _, id := range ids {
		delete(d.rows, id)
	}
	return nil
}

func (d *drawer) Tickets(context.Context) ([]Kept, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []Kept
	for _, k := range d.rows {
		list = append(list, k)
	}
	return list, d.fail
}

// hall is a queue with a clock, rooms that fail on demand and steps that the test makes.
type hall struct {
	*Queue
	t      testing.TB
	cfg    Config
	now    time.Time
	rooms  map[string]Order
	made   int
	fail   error
	hook   func() // runs while a room is made
	told   []string
	drawer *drawer
	skills map[string]float64
}

func mode(t testing.TB, name, rules string) Mode {
	t.Helper()
	m, err := ParseMode([]byte(fmt.Sprintf(`{"mode": %q, "game": "draughts", "rules": %s}`, name, rules)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newHall(t testing.TB, modes ...Mode) *hall {
	t.Helper()
	h := &hall{t: t, now: t0, rooms: map[string]Order{}, drawer: &drawer{rows: map[string]Kept{}}, skills: map[string]float64{}}
	ids := 0
	h.cfg = Config{
		Modes: modes, Keeper: h.drawer, Clock: func() time.Time { return h.now },
		NewID: func() string { ids++; return fmt.Sprintf("t%d", ids) },
		NewRoom: func(ctx context.Context, o Order) (string, error) {
			if h.hook != nil {
				h.hook()
			}
			if h.fail != nil {
				return "", h.fail
			}
			h.made++
			room := fmt.Sprintf("%s-%d", o.Mode.Name, h.made)
			h.rooms[room] = o
			return room, nil
		},
		Runs: func(_ context.Context, room string) (bool, error) { _, ok := h.rooms[room]; return ok, nil },
		Skills: func(_ context.Context, r SkillsOf) ([]float64, error) {
			var list []float64
			for _, p := range r.Players {
				list = append(list, h.skills[p])
			}
			return list, nil
		},
		Notify: func(player string, k Ticket) { h.told = append(h.told, player+" "+string(k.State)) },
	}
	h.restart()
	return h
}

// restart makes the queue anew from what is stored, as after SIGKILL.
func (h *hall) restart() {
	h.t.Helper()
	q, err := New(context.Background(), h.cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	h.Queue = q
}

func alone(mode, player string) Request {
	return Request{Mode: mode, Members: []Member{{Player: player}}}
}

func (h *hall) add(mode string, players ...string) Ticket {
	h.t.Helper()
	r := Request{Mode: mode}
	if len(players) > 1 {
		r.Party = "party-" + players[0]
	}
	for _, p := range players {
		r.Members = append(r.Members, Member{Player: p})
	}
	got, fresh, err := h.Add(context.Background(), r)
	if err != nil || !fresh {
		h.t.Fatalf("%s: fresh=%t, %v", players, fresh, err)
	}
	return got
}

func (h *hall) steps(n int, d time.Duration) {
	for range n {
		h.step(context.Background())
		h.now = h.now.Add(d)
	}
}

func (h *hall) is(k Ticket, s State) Ticket {
	h.t.Helper()
	got, err := h.Get(k.ID, k.Player)
	if err != nil || got.State != s {
		h.t.Fatalf("ticket of %s is %+v, %v; want it %s", k.Player, got, err, s)
	}
	return got
}

func TestLongestWaitingAreMatchedFirst(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2), mode(t, "trio", `{"teams": 3, "size": 1}`))
	a, b, c := h.add("draughts", "ann"), h.add("draughts", "bob"), h.add("draughts", "cat")
	d := h.add("trio", "dan")
	if a.Position != 1 || c.Position != 3 || d.Position != 1 {
		t.Errorf("positions %d %d %d", a.Position, c.Position, d.Position)
	}
	h.steps(1, 0)
	if a = h.is(a, Matched); a.Room != "draughts-1" || !a.ExpiresAt.Equal(t0.Add(30*time.Second)) {
		t.Errorf("%+v", a)
	}
	h.is(b, Matched)
	h.is(d, Queued)
	if c = h.is(c, Queued); c.Position != 1 || c.Reason.Cause != ByPlayers || c.Reason.Found != 1 || c.Reason.Needed != 2 {
		t.Errorf("who is left: %+v", c)
	}
	if o := h.rooms["draughts-1"]; o.Teams != 2 || len(o.Players) != 2 || o.Players[0].Team != 1 || o.Mode.Name != "draughts" {
		t.Errorf("room for %+v", o)
	}
}

func TestPlayerHasOneOpenTicketOverAllModes(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2), mode(t, "trio", `{"teams": 3, "size": 2}`))
	a := h.add("draughts", "ann")
	again, fresh, err := h.Add(t.Context(), alone("draughts", "ann"))
	if err != nil || fresh || again.ID != a.ID {
		t.Errorf("asked twice: %+v, %t, %v", again, fresh, err)
	}
	var queued *QueuedError
	if _, _, err := h.Add(t.Context(), alone("trio", "ann")); !errors.As(err, &queued) || queued.Player != "ann" {
		t.Errorf("another mode: %v", err)
	}
	party := Request{Mode: "trio", Party: "p", Members: []Member{{Player: "bob"}, {Player: "ann"}}}
	if _, _, err := h.Add(t.Context(), party); !errors.As(err, &queued) || queued.Player != "ann" {
		t.Errorf("in a party: %v", err)
	}
	h.steps(3, time.Second)
	if h.made != 0 {
		t.Error("a player was matched alone")
	}
}

func TestTicketOfSomeoneElseDoesNotExist(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2))
	a := h.add("draughts", "ann")
	_, err1 := h.Get(a.ID, "eve")
	_, err2 := h.Cancel(a.ID, "eve")
	_, err3 := h.Wait(t.Context(), a.ID, "eve", Until{At: time.Hour})
	_, err4 := h.Lost(a.ID, "eve")
	_, err5 := h.Accept(a.ID, "eve")
	_, err6 := h.Decline(a.ID, "eve")
	_, err7 := h.Open("eve")
	for i, err := range []error{err1, err2, err3, err4, err5, err6, err7, h.Claim(a.ID, "eve")} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("call %d: %v, want ErrNotFound", i, err)
		}
	}
	h.is(a, Queued)
}

func TestTicketThatCannotBeMatchedIsRefused(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2))
	var refused *TicketError
	_, _, err := h.Add(t.Context(), Request{Mode: "draughts", Members: []Member{{Player: "ann"}, {Player: "bob"}}})
	if !errors.As(err, &refused) {
		t.Errorf("a party in a duel: %v", err)
	}
	if _, _, err := h.Add(t.Context(), alone("chess", "ann")); !errors.Is(err, ErrNoMode) {
		t.Errorf("no such mode: %v", err)
	}
}

func TestTicketsEndAndAreForgotten(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2))
	a := h.add("draughts", "ann")
	if got, err := h.Cancel(a.ID, "ann"); err != nil || got.State != Cancelled || got.Ended != EndCancelled {
		t.Fatal(got, err)
	}
	b := h.add("draughts", "bob")
	h.steps(1, 10*time.Minute)
	if got := h.is(b, Expired); got.Ended != EndTime {
		t.Errorf("%+v", got)
	}
	h.steps(2, keepFinal)
	if len(h.tickets) != 0 || len(h.open) != 0 || len(h.last) != 0 || len(h.drawer.rows) != 0 {
		t.Errorf("%d tickets, %d open, %d last, %d stored", len(h.tickets), len(h.open), len(h.last), len(h.drawer.rows))
	}
	for range 100 { // queueing and cancelling in turn fills nothing
		if _, err := h.Cancel(h.add("draughts", "ann").ID, "ann"); err != nil {
			t.Fatal(err)
		}
	}
	if len(h.tickets) != 1 {
		t.Errorf("%d tickets", len(h.tickets))
	}
}

func TestUnclaimedMatchExpires(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2))
	a, b := h.add("draughts", "ann"), h.add("draughts", "bob")
	h.steps(1, 0)
	if err := h.Claim(b.ID, "bob"); err != nil {
		t.Fatal(err)
	}
	h.is(b, Matched) // can be read again: the answer may have been lost
	again := h.add("draughts", "bob")
	h.steps(2, 30*time.Second)
	if got := h.is(a, Expired); got.Ended != EndUnclaimed {
		t.Errorf("%+v", got)
	}
	if _, err := h.Get(b.ID, "bob"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the claimed ticket: %v", err)
	}
	h.is(again, Queued)
}

func TestLostRoomQueuesAgainWithAge(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2))
	a := h.add("draughts", "ann")
	h.now = h.now.Add(time.Minute)
	h.add("draughts", "bob")
	h.steps(1, 0)
	if got, err := h.Lost(a.ID, "ann"); err != nil || got.State != Queued || !got.CreatedAt.Equal(t0) || got.Room != "" {
		t.Errorf("%+v, %v", got, err)
	}
	h.add("draughts", "cat")
	h.steps(1, 0)
	if got := h.is(a, Matched); got.Room != "draughts-2" {
		t.Errorf("%+v", got)
	}
}

func TestBusyServerKeepsTheTicketsQueued(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2))
	a, b := h.add("draughts", "ann"), h.add("draughts", "bob")
	h.fail = errors.New("busy")
	h.steps(1, 0)
	h.is(a, Queued)
	h.fail = nil
	h.steps(1, roomRetry) // not at once
	h.is(a, Queued)
	h.steps(1, 0)
	h.is(a, Matched)
	h.is(b, Matched)
}

// Players who accept a match that gets no room are told why they wait again, and are not asked again and again.
func TestMatchWithoutARoomSaysSoAndPausesItsMode(t *testing.T) {
	h := newHall(t, mode(t, "duel", `{"teams": 2, "size": 1, "ready_s": 60}`))
	a, b := h.add("duel", "ann"), h.add("duel", "bob")
	h.fail = errors.New("busy")
	accept := func(tickets ...Ticket) {
		t.Helper()
		for _, k := range tickets {
			h.is(k, Ready)
			if _, err := h.Accept(k.ID, k.Player); err != nil {
				t.Fatal(err)
			}
		}
		h.steps(1, 0)
	}
	h.steps(1, 0)
	for _, pause := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
		accept(a, b)
		if got := h.is(a, Queued); got.Reason.Cause != ByRoom || got.Reason.Found != 2 || got.Reason.Needed != 2 {
			t.Errorf("without a room the reason is %+v", got.Reason)
		}
		h.now = h.now.Add(pause*time.Second - 1)
		h.steps(1, 1)
		h.is(a, Queued)
		h.steps(1, 0)
	}
	h.fail = nil
	accept(a, b)
	h.is(a, Matched)
	a, b = h.add("duel", "cat"), h.add("duel", "dan")
	h.fail = errors.New("busy")
	h.steps(1, 0)
	accept(a, b)
	h.now = h.now.Add(roomRetry)
	h.steps(1, 0)
	h.is(a, Ready) // a room in between: the pause begins small again
}

func TestWhoLeavesWhileTheRoomIsMadeLeavesTheOthersQueued(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2))
	a := h.add("draughts", "ann")
	h.now = h.now.Add(time.Second)
	b := h.add("draughts", "bob")
	h.hook = func() {
		if _, err := h.Cancel(b.ID, "bob"); err != nil {
			t.Error(err)
		}
	}
	h.steps(1, 0)
	h.hook = nil
	h.is(b, Cancelled)
	h.is(a, Queued)
	h.add("draughts", "cat")
	h.steps(1, 0)
	h.is(a, Matched)
}

func TestReadyCheck(t *testing.T) {
	h := newHall(t, mode(t, "pairs", `{"teams": 2, "size": 2, "ready_s": 20}`))
	party, bob, cat := h.add("pairs", "ann", "amy"), h.add("pairs", "bob"), h.add("pairs", "cat")
	h.steps(1, 0)
	if got := h.is(party, Ready); got.Answer != (Answer{Players: 4}) || !got.ExpiresAt.Equal(t0.Add(20*time.Second)) {
		t.Fatalf("%+v", got)
	}
	accept := func(k Ticket, player string) {
		t.Helper()
		if _, err := h.Accept(k.ID, player); err != nil {
			t.Fatal(err)
		}
	}
	accept(party, "ann")
	accept(party, "ann")
	accept(bob, "bob")
	if got, err := h.Get(party.ID, "amy"); err != nil || got.Answer != (Answer{Accepted: 2, Players: 4}) {
		t.Errorf("%+v, %v", got, err)
	}
	h.steps(1, 5*time.Second)
	if h.made != 0 {
		t.Fatal("a room was made although somebody has not answered")
	}
	// Cat says no: the others wait again, with their age.
	if got, err := h.Decline(cat.ID, "cat"); err != nil || got.State != Cancelled || got.Ended != EndDeclined {
		t.Fatal(got, err)
	}
	if got := h.is(party, Queued); got.Position != 1 || !got.CreatedAt.Equal(t0) {
		t.Errorf("%+v", got)
	}
	dan := h.add("pairs", "dan")
	h.steps(1, 0)
	accept(party, "ann")
	accept(bob, "bob")
	accept(dan, "dan")
	// Amy does not answer: her party goes, the others wait again.
	h.now = h.now.Add(20 * time.Second)
	h.steps(1, 0)
	if got := h.is(party, Cancelled); got.Ended != EndNoAnswer {
		t.Errorf("%+v", got)
	}
	h.is(bob, Queued)
	eve, fay := h.add("pairs", "eve"), h.add("pairs", "fay")
	h.steps(1, 0)
	for _, k := range []Ticket{bob, dan, eve, fay} {
		accept(k, k.Player)
	}
	h.steps(1, 0)
	for _, k := range []Ticket{bob, dan, eve, fay} {
		h.is(k, Matched)
	}
	if _, err := h.Accept(bob.ID, "bob"); err != nil {
		t.Errorf("an accept whose answer was lost: %v", err)
	}
	if o := h.rooms["pairs-1"]; o.Teams != 2 || len(o.Players) != 4 || o.Players[1].Team != 1 || o.Players[2].Team != 2 {
		t.Errorf("teams %v", o.Players)
	}
}

// While its players are asked, a match is nobody else's: passes of this and other modes go on.
func TestMatchIsTheSameAfterItsPlayersWereAsked(t *testing.T) {
	h := newHall(t, mode(t, "asked", `{"teams": 2, "size": 2, "ready_s": 20,
		"roles": [{"name": "healer", "count": 1}, {"name": "tank", "count": 1}]}`), mode(t, "ffa", `{"teams": 4, "size": 1}`))
	party, bob, cat := h.add("asked", "ann", "amy"), h.add("asked", "bob"), h.add("asked", "cat")
	h.add("asked", "hal") // is left over
	h.steps(1, time.Second)
	for _, p := range []string{"dan", "eve", "fay", "gil"} {
		h.add("ffa", p)
	}
	h.steps(2, time.Second)
	if h.made != 1 {
		t.Fatalf("%d rooms, want that of ffa", h.made)
	}
	for _, k := range []Ticket{party, bob, cat} {
		for _, p := range k.Players {
			if _, err := h.Accept(k.ID, p); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.steps(1, 0)
	roles := map[string]int{}
	for _, p := range h.is(bob, Matched).Lineup {
		roles[fmt.Sprint(p.Team, " ", p.Role)]++
	}
	if got := h.is(party, Matched); got.Team != 1 || h.is(bob, Matched).Team != 2 || h.is(cat, Matched).Team != 2 || len(roles) != 4 {
		t.Errorf("%+v, roles %v: want the party against the two, and each role once in a team", got, roles)
	}
}

func TestLeavingThePartyEndsItsTicket(t *testing.T) {
	h := newHall(t, mode(t, "pairs", `{"teams": 2, "size": 2}`))
	party := h.add("pairs", "ann", "amy")
	h.LeaveParty("another", "amy")
	h.is(party, Queued)
	h.LeaveParty("party-ann", "amy")
	if got := h.is(party, Cancelled); got.Ended != EndParty {
		t.Errorf("%+v", got)
	}
}

func TestSkillsAreThoseOfTheRatings(t *testing.T) {
	h := newHall(t, mode(t, "close", `{"teams": 2, "size": 1, "skill": 2, "widen": [{"after_s": 10, "skill": 20}]}`))
	h.skills = map[string]float64{"ann": 10, "bob": 20, "cat": 11}
	a, b := h.add("close", "ann"), h.add("close", "bob")
	h.steps(1, 0)
	if got := h.is(a, Queued); got.Reason.Cause != BySkill || !got.Reason.Widens.Equal(t0.Add(10*time.Second)) {
		t.Errorf("%+v", got.Reason)
	}
	c := h.add("close", "cat")
	h.steps(1, 0)
	h.is(a, Matched)
	h.is(c, Matched)
	h.is(b, Queued)
}

func TestEstimateComesFromTheLastMatches(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2))
	for i := range 3 {
		h.add("draughts", fmt.Sprint("a", i))
		h.now = h.now.Add(10 * time.Second)
		h.add("draughts", fmt.Sprint("b", i))
		h.steps(1, 0)
	}
	a := h.add("draughts", "ann") // half of the six have waited for ten seconds
	if a.Estimate != 10*time.Second {
		t.Errorf("estimate %s", a.Estimate)
	}
	h.now = h.now.Add(time.Minute)
	if got := h.is(a, Queued); got.Estimate != time.Second {
		t.Errorf("after a minute %s", got.Estimate)
	}
}

func TestBackfillFillsRunningRooms(t *testing.T) {
	h := newHall(t)
	h.cfg.Modes = []Mode{mode(t, "ffa", `{"teams": {"min": 2, "max": 8}, "size": 1, "backfill": true}`)}
	h.cfg.Open = func(context.Context, Mode) ([]Opening, error) {
		return []Opening{{Room: "running", Places: [][]string{{""}}}}, nil
	}
	h.restart()
	a, b := h.add("ffa", "ann"), h.add("ffa", "bob")
	h.steps(1, 0)
	if got := h.is(a, Matched); got.Room != "running" || h.made != 0 {
		t.Errorf("%+v", got)
	}
	h.is(b, Queued)
}

// A running match asks for one healer of its second team. Who is asked whether it is ready, and who is matched and not there yet, has
// the place as if it were there; who does not come gives it back.
func TestPlaceOfARunningMatchIsGivenToOneAtATime(t *testing.T) {
	h := newHall(t)
	h.cfg.Modes = []Mode{mode(t, "duo", `{"teams": 2, "size": 2, "backfill": true, "ready_s": 5,
		"roles": [{"name": "healer", "count": 1}, {"name": "tank", "count": 1}]}`)}
	h.cfg.Open = func(context.Context, Mode) ([]Opening, error) {
		return []Opening{{Room: "running", Places: [][]string{{}, {"healer"}}}}, nil
	}
	h.restart()
	ann, bob := h.add("duo", "ann"), h.add("duo", "bob")
	h.steps(1, 0)
	h.is(ann, Ready)
	h.is(bob, Queued)
	h.steps(3, time.Second)
	h.is(bob, Queued)
	if _, err := h.Accept(ann.ID, "ann"); err != nil {
		t.Fatal(err)
	}
	h.steps(3, time.Second)
	if got := h.is(ann, Matched); got.Room != "running" || got.Team != 2 || got.Role != "healer" {
		t.Errorf("%+v, want the healer of team 2", got)
	}
	h.is(bob, Queued)
	h.steps(1, 30*time.Second) // ann does not come
	h.steps(2, time.Second)
	h.is(bob, Ready)
}

func TestQueueIsBounded(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2))
	h.cfg.Tickets = 2
	h.restart()
	h.add("draughts", "ann")
	h.add("draughts", "bob")
	var full *FullError
	if _, _, err := h.Add(t.Context(), alone("draughts", "cat")); !errors.As(err, &full) || full.RetryAfter <= 0 {
		t.Errorf("%v", err)
	}
}

func TestTicketIsNotQueuedUnlessItIsStored(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2))
	h.drawer.fail = errors.New("disk full")
	if _, _, err := h.Add(t.Context(), alone("draughts", "ann")); !errors.Is(err, h.drawer.fail) {
		t.Fatal(err)
	}
	h.drawer.fail = nil
	h.add("draughts", "bob")
	h.steps(2, time.Second)
	if h.made != 0 || len(h.tickets) != 1 || len(h.drawer.rows) != 1 {
		t.Errorf("%d rooms, %d tickets, %d stored", h.made, len(h.tickets), len(h.drawer.rows))
	}
	h.add("draughts", "ann")
}

func TestChangesTheKeeperDoesNotTakeAreTriedAgain(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2))
	a, b := h.add("draughts", "ann"), h.add("draughts", "bob")
	c := h.add("draughts", "cat")
	h.drawer.fail = errors.New("stopped")
	if _, err := h.Cancel(c.ID, "cat"); err != nil {
		t.Fatal(err)
	}
	h.steps(2, 0)
	h.drawer.fail = nil
	h.steps(1, 0)
	if got := h.drawer.rows; len(got) != 2 || got[a.ID].Room != "draughts-1" || got[b.ID].Room != "draughts-1" {
		t.Errorf("%+v", got)
	}
}

func TestRestartQueuesAgainWithAge(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2), mode(t, "pairs", `{"teams": 2, "size": 2}`))
	a := h.add("draughts", "ann")
	h.now = h.now.Add(time.Minute)
	b := h.add("draughts", "bob")
	party := h.add("pairs", "cat", "cid")
	h.steps(1, 0)
	h.is(a, Matched)
	h.is(b, Matched)
	h.rooms = map[string]Order{} // they ended with the process
	h.restart()
	h.steps(1, 0)
	if h.made != 1 {
		t.Fatal("players who have not come back are matched")
	}
	if got := h.is(a, Queued); !got.CreatedAt.Equal(t0) {
		t.Errorf("%+v", got)
	}
	h.is(b, Queued)
	if got := h.is(party, Queued); !slices.Equal(got.Players, []string{"cat", "cid"}) || got.Party != "party-cat" {
		t.Errorf("%+v", got)
	}
	h.steps(1, 0)
	h.is(a, Matched)
	h.restart() // and this room runs
	if got := h.is(a, Matched); got.Room != "draughts-2" {
		t.Errorf("%+v", got)
	}
}

// Between the match and the join the lobby alone is made anew: the ticket says what it said, and so does everything that is told of it.
func TestRestartKeepsTheTeamRoleAndLineupOfAMatch(t *testing.T) {
	h := newHall(t, mode(t, "duo", `{"teams": 2, "size": 2, "regions": ["eu"], "latency_ms": 50,
		"roles": [{"name": "healer", "count": 1}, {"name": "tank", "count": 1}]}`))
	h.skills["ann"] = 9 // the strongest single player is in a team with nobody of the party
	var ids []string
	for _, players := range [][]string{{"pam", "pat"}, {"ann"}, {"bob"}} {
		r := Request{Mode: "duo", Latency: map[string]int{"eu": 20}}
		for _, p := range players {
			r.Members = append(r.Members, Member{Player: p})
		}
		got, _, err := h.Add(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, got.ID)
	}
	h.steps(2, 0)
	said := func() (list []Ticket) {
		for i, player := range []string{"pam", "ann", "bob", "pat"} {
			got, err := h.Get(ids[i%3], player)
			if err != nil || got.State != Matched || got.Region != "eu" || got.Team == 0 || got.Role == "" || len(got.Lineup) != 4 {
				t.Fatalf("%s: %+v, %v", player, got, err)
			}
			got.Version = 0 // counts from the start of the queue
			list = append(list, got)
		}
		return list
	}
	before := said()
	h.restart()
	if after := said(); !reflect.DeepEqual(after, before) {
		t.Errorf("%+v\nwant %+v", after, before)
	}
}

// A row that says where a ticket plays and not as whom, of whatever origin, is that of a ticket that waits.
func TestStoredTicketWithoutItsPlaceWaitsAgain(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2))
	a, b := h.add("draughts", "ann"), h.add("draughts", "bob")
	h.steps(2, 0)
	for i, spoil := range []func(*Kept){func(k *Kept) { k.Team = 0 }, func(k *Kept) { k.Roles = []string{"one", "too many"} }} {
		id := []string{a.ID, b.ID}[i]
		k := h.drawer.rows[id]
		spoil(&k)
		h.drawer.rows[id] = k
	}
	h.restart()
	h.is(a, Queued)
	h.is(b, Queued)
}

// A match is made, and before it is stored one of its players has taken the place and queued again: the ticket of the match must not be
// stored in place of the new one.
func TestAMatchIsNotStoredInPlaceOfTheNextTicketOfItsPlayer(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2), mode(t, "pairs", `{"teams": 2, "size": 2}`))
	party := h.add("pairs", "ann", "amy")
	h.add("pairs", "bob", "bea")
	h.add("pairs", "cat", "cid")
	h.add("pairs", "dan", "dee")
	var next Ticket
	h.hook = func() {
		if h.made == 1 { // the first match is made, the second is on its way
			if err := h.Claim(party.ID, "ann"); err != nil {
				t.Fatal(err)
			}
			next = h.add("draughts", "ann")
		}
	}
	h.steps(1, 0)
	h.restart()
	if next.ID == "" || h.tickets[next.ID] == nil {
		t.Errorf("the ticket %q is lost in a crash; stored are %v", next.ID, h.drawer.rows)
	}
}

func TestRestartWithOtherModesDropsTheirTickets(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2), mode(t, "pairs", `{"teams": 2, "size": 2}`))
	h.add("draughts", "ann")
	h.add("pairs", "bob", "bea")
	h.add("pairs", "cat")
	h.cfg.Modes = []Mode{mode(t, "pairs", `{"teams": 2, "size": 1}`)}
	h.restart()
	h.steps(1, 0)
	if len(h.tickets) != 1 || len(h.drawer.rows) != 1 {
		t.Errorf("%d tickets, %d stored", len(h.tickets), len(h.drawer.rows))
	}
}

func TestPlayersAreToldHowTheyStand(t *testing.T) {
	h := newHall(t, DefaultMode("draughts", 2))
	h.add("draughts", "ann")
	h.steps(1, 0)
	h.add("draughts", "bob")
	h.steps(1, 0)
	if want := []string{"ann queued", "ann matched", "bob matched"}; !slices.Equal(h.told, want) {
		t.Errorf("told %q, want %q", h.told, want)
	}
}

// run lets the queue's own goroutine do the steps, in virtual time.
func (h *hall) run(t *testing.T) {
	h.cfg.Clock = time.Now
	h.cfg.Notify = nil
	h.restart()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); h.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
}

func TestWaitAnswersWhenMatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, DefaultMode("draughts", 2))
		h.run(t)
		a := h.add("draughts", "ann")
		time.AfterFunc(3*time.Second, func() { h.add("draughts", "bob") })
		began := time.Now()
		got, err := h.Wait(t.Context(), a.ID, "ann", Until{At: 25 * time.Second})
		if err != nil || got.State != Matched || time.Since(began) != 3*time.Second {
			t.Errorf("after %s: %+v, %v", time.Since(began), got, err)
		}
	})
}

func TestWaitEnds(t *testing.T) {
	ends := func(name string, want time.Duration, change func(*hall, Ticket)) {
		synctest.Test(t, func(t *testing.T) {
			h := newHall(t, DefaultMode("draughts", 2))
			h.cfg.Waiters = 1
			h.run(t)
			a := h.add("draughts", "ann")
			time.AfterFunc(time.Second, func() { change(h, a) })
			began := time.Now()
			got, err := h.Wait(t.Context(), a.ID, "ann", Until{At: 25 * time.Second})
			if err != nil || got.ID != a.ID || time.Since(began) != want {
				t.Errorf("%s: after %s: %+v, %v", name, time.Since(began), got, err)
			}
		})
	}
	ends("nothing happens", 25*time.Second, func(*hall, Ticket) {})
	ends("cancelled", time.Second, func(h *hall, a Ticket) { _, _ = h.Cancel(a.ID, "ann") })
	ends("closed", time.Second, func(h *hall, _ Ticket) { h.Close() })
	ends("too many", 25*time.Second, func(h *hall, a Ticket) {
		if got, err := h.Wait(context.Background(), a.ID, "ann", Until{At: time.Minute}); err != nil || got.State != Queued {
			t.Errorf("the second wait: %+v, %v", got, err)
		}
	})
}

func TestWaitForAnotherVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, mode(t, "asked", `{"teams": 2, "size": 1, "ready_s": 20}`))
		h.run(t)
		a, b := h.add("asked", "ann"), h.add("asked", "bob")
		known := a.Version
		var states []State
		for range 10 {
			got, err := h.Wait(t.Context(), a.ID, "ann", Until{Known: &known, At: 25 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			known = got.Version
			states = append(states, got.State)
			if got.State == Ready && !got.Answer.Given {
				if _, err := h.Accept(a.ID, "ann"); err != nil {
					t.Fatal(err)
				}
			} else if got.State == Ready {
				if _, err := h.Accept(b.ID, "bob"); err != nil {
					t.Fatal(err)
				}
			}
			if got.State == Matched {
				break
			}
		}
		if states[len(states)-1] != Matched || !slices.Contains(states, Ready) {
			t.Errorf("%v", states)
		}
	})
}

func TestLimitsWidenWhileNothingElseHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, mode(t, "close", `{"teams": 2, "size": 1, "skill": 2, "widen": [{"after_s": 10, "skill": 20}]}`))
		h.skills = map[string]float64{"ann": 10, "bob": 20}
		h.run(t)
		a := h.add("close", "ann")
		h.add("close", "bob")
		began := time.Now()
		got, err := h.Wait(t.Context(), a.ID, "ann", Until{At: 25 * time.Second})
		if took := time.Since(began); err != nil || got.State != Matched || took < 10*time.Second || took > 11*time.Second {
			t.Errorf("after %s: %+v, %v", took, got, err)
		}
	})
}
