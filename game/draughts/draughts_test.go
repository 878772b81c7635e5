package draughts_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/draughts"
	"github.com/skirmish-dev/skirmish/game/gametest"
)

// table is a match with both players seated, by their sides.
type table struct {
	*gametest.World
	t            *testing.T
	black, white *gametest.Client
}

func sitDown(t *testing.T, seed uint64) *table {
	w := gametest.New(t, draughts.Def, gametest.Options{Seed: seed, Linger: time.Second})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(1)
	m := matchOf(ann)
	if m.Phase != draughts.Playing || m.Turn != draughts.Black {
		t.Fatalf("with two players the match is %+v", m)
	}
	if m.Black == ben.ID() {
		ann, ben = ben, ann
	}
	if m.Black != ann.ID() || m.White != ben.ID() {
		t.Fatalf("sides %d and %d, players %d and %d", m.Black, m.White, ann.ID(), ben.ID())
	}
	return &table{w, t, ann, ben}
}

func matchOf(c *gametest.Client) draughts.Match {
	return gametest.Rows[draughts.Match](c, "match")[0].Value
}

// choices are the moves that the pieces say are legal.
func choices(c *gametest.Client) (list []draughts.Move) {
	for _, p := range gametest.Rows[draughts.Piece](c, "piece") {
		for d := draughts.NorthEast; d <= draughts.SouthWest; d++ {
			if p.Value.Moves.Has(d) {
				list = append(list, draughts.Move{Piece: game.ID[draughts.Piece](p.ID), Dir: d})
			}
		}
	}
	return list
}

func (m *table) toMove() *gametest.Client {
	if matchOf(m.black).Turn == draughts.Black {
		return m.black
	}
	return m.white
}

// on is the piece on a square.
func (m *table) on(square uint8) game.ID[draughts.Piece] {
	p := gametest.Find(m.black, "piece", func(p draughts.Piece) bool { return p.Square == square })
	return game.ID[draughts.Piece](p.ID)
}

// expect calls a move and fails the test unless it is answered with want, "" for yes.
func (m *table) expect(c *gametest.Client, mv draughts.Move, want string) {
	m.t.Helper()
	m.expectAnswer(c.Call("move", mv), want)
}

func (m *table) expectAnswer(r *gametest.Reply, want string) {
	m.t.Helper()
	m.StepFor(200 * time.Millisecond)
	got := ""
	if r.Err() != nil {
		got = r.Err().Error()
	}
	if got != want {
		m.t.Errorf("answer %q, want %q", got, want)
	}
}

// expectResult fails the test unless the match was reported once, and the event told, with that winner ("" for a draw) and reason.
func (m *table) expectResult(winner string, reason draughts.Reason, who *gametest.Client) {
	m.t.Helper()
	m.Step(1)
	results := m.Results()
	if len(results) != 1 || len(results[0].Standings) != 2 {
		m.t.Fatalf("results %+v, want one with two standings", results)
	}
	for _, s := range results[0].Standings {
		rank, score := 2, int64(0)
		if s.Account == winner {
			rank, score = 1, 1
		} else if winner == "" {
			rank = 1
		}
		if s.Rank != rank || s.Score != score {
			m.t.Errorf("%s has rank %d and score %d, want %d and %d", s.Account, s.Rank, s.Score, rank, score)
		}
	}
	if e := gametest.Events[draughts.Ended](who, "over"); len(e) != 1 || e[0].Value.Reason != reason {
		m.t.Errorf("events %+v, want one with reason %d", e, reason)
	}
	var left [2]uint8
	for _, p := range gametest.Rows[draughts.Piece](who, "piece") {
		left[p.Value.Side-draughts.Black]++
	}
	if row := matchOf(who); row.Left != left {
		m.t.Errorf("the match says that %v pieces are left, there are %v", row.Left, left)
	}
	if row := matchOf(who); row.Phase != draughts.Over || (row.Winner == draughts.Both) != (winner == "") {
		m.t.Errorf("the match is %+v", row)
	}
	if len(choices(who)) != 0 {
		m.t.Error("pieces can still move")
	}
}

func TestOnePlayerWaits(t *testing.T) {
	w := gametest.New(t, draughts.Def, gametest.Options{})
	ann := w.Join("ann")
	w.StepFor(30 * time.Second)
	if m := matchOf(ann); m.Phase != draughts.Waiting || len(gametest.Rows[draughts.Piece](ann, "piece")) != 24 || len(choices(ann)) != 0 {
		t.Errorf("alone: %+v with %d moves", m, len(choices(ann)))
	}
	move, resign := ann.Call("move", draughts.Move{}), ann.Call("resign", draughts.Resign{})
	w.Step(1)
	if move.Err() == nil || resign.Err() == nil || move.Err().Error() != "wait for the second player" {
		t.Errorf("answers %v, %v", move.Err(), resign.Err())
	}
	w.Leave(ann)
	w.StepFor(time.Minute)
	if len(w.Results()) != 0 {
		t.Errorf("a match that never began was reported: %+v", w.Results())
	}
}

func TestPlaceOfOneWhoDidNotWaitIsFree(t *testing.T) {
	w := gametest.New(t, draughts.Def, gametest.Options{})
	ann := w.Join("ann")
	w.Step(1)
	w.Leave(ann)
	w.Step(1)
	ben, cat := w.Join("ben"), w.Join("cat")
	w.Step(2)
	if m := matchOf(ben); m.Phase != draughts.Playing || m.Black+m.White != ben.ID()+cat.ID() {
		t.Errorf("the match is %+v", m)
	}
}

func TestNameOfWhoHasLeftIsStillShown(t *testing.T) {
	m := sitDown(t, 1)
	names := [2]string{m.black.Name, m.white.Name}
	m.Leave(m.black)
	m.Step(1)
	if m.white.NameOf(1) != "" && m.white.NameOf(2) != "" {
		t.Fatal("nobody has left")
	}
	for i, x := range matchOf(m.white).Names {
		if got := m.white.Text(x); got != names[i] {
			t.Errorf("side %d is called %q, it is %q", i, got, names[i])
		}
	}
}

// A bot takes no place of the room: with the computer there is one for a third.
func TestThirdPlayerIsSentAway(t *testing.T) {
	w := gametest.New(t, draughts.Def, gametest.Options{Room: draughts.Options{Computer: true}})
	ann, ben := w.Join("ann"), w.Join("ben")
	w.Step(2)
	if code, _, _ := ben.Closed(); code != 4002 {
		t.Errorf("the third player was closed with %d", code)
	}
	if m := matchOf(ann); m.Phase != draughts.Playing || m.Black != ann.ID() && m.White != ann.ID() {
		t.Errorf("the match is %+v", m)
	}
}

func TestSidesAreDrawnByLot(t *testing.T) {
	first := map[bool]int{}
	for seed := range uint64(20) {
		m := sitDown(t, seed)
		first[m.black.ID() == 1]++
	}
	if first[true] == 0 || first[false] == 0 {
		t.Errorf("in 20 matches the first to come was black %d times", first[true])
	}
}

func TestFirstTeamOfAMatchIsBlack(t *testing.T) {
	for seed := range uint64(10) {
		w := gametest.New(t, draughts.Def, gametest.Options{Seed: seed})
		w.JoinWith("ann", gametest.ClientOptions{Team: 2})
		ben := w.JoinWith("ben", gametest.ClientOptions{Team: 1})
		w.Step(1)
		if m := matchOf(ben); m.Black != ben.ID() {
			t.Errorf("seed %d: black is player %d, want %d of the first team", seed, m.Black, ben.ID())
		}
	}
}

func TestMovesAreAnsweredInWords(t *testing.T) {
	m := sitDown(t, 1)
	m.expect(m.white, draughts.Move{Piece: m.on(20), Dir: draughts.NorthEast}, "it is not your turn")
	m.expect(m.black, draughts.Move{Piece: m.on(20), Dir: draughts.NorthEast}, "that is not your piece")
	m.expect(m.black, draughts.Move{Piece: 12345}, "there is no such piece")
	m.expect(m.black, draughts.Move{Piece: m.on(0), Dir: draughts.SouthEast}, "that piece cannot move there")
	m.expect(m.black, draughts.Move{Piece: m.on(8), Dir: draughts.SouthEast}, "")
	m.expect(m.black, draughts.Move{Piece: m.on(9), Dir: draughts.SouthEast}, "it is not your turn")
	m.expect(m.white, choices(m.white)[0], "")
}

// neighbour is the next square in a direction, or 255.
func neighbour(square uint8, d draughts.Dir) uint8 {
	row, col := int(square)/4, 2*(int(square)%4)+1-int(square)/4%2
	by := [4][2]int{{-1, 1}, {-1, -1}, {1, 1}, {1, -1}}[d]
	if row, col = row+by[0], col+by[1]; row < 0 || row > 7 || col < 0 || col > 7 {
		return 255
	}
	return uint8(row*4 + col/2)
}

// Two calls in one tick: the second is for a piece that the first has captured, whose row stays until the tick ends.
func TestPieceCapturedInThisTickCannotMove(t *testing.T) {
	tried := 0
	for seed := range uint64(50) {
		m, rng := sitDown(t, seed), rand.New(rand.NewPCG(seed, 2))
		for range 60 {
			who, other, all := m.toMove(), m.white, choices(m.black)
			if len(all) == 0 {
				break
			}
			if who == m.white {
				other = m.black
			}
			mv := all[rng.IntN(len(all))]
			var victim game.EntityID
			for _, p := range gametest.Rows[draughts.Piece](who, "piece") {
				if game.ID[draughts.Piece](p.ID) == mv.Piece {
					over := neighbour(p.Value.Square, mv.Dir)
					for _, q := range gametest.Rows[draughts.Piece](who, "piece") {
						if q.Value.Square == over {
							victim = q.ID
						}
					}
				}
			}
			move := who.Call("move", mv)
			var again *gametest.Reply
			if victim != 0 {
				again = other.Call("move", draughts.Move{Piece: game.ID[draughts.Piece](victim)})
			}
			m.StepFor(200 * time.Millisecond)
			if move.Err() != nil {
				t.Fatalf("a move that the piece offers was refused: %v", move.Err())
			}
			if again == nil {
				continue
			}
			switch err := again.Err(); {
			case err == nil:
				t.Fatal("a captured piece has moved")
			case err.Error() == "there is no such piece":
				tried++
			}
		}
	}
	if tried == 0 {
		t.Error("no capture was tried in time")
	}
}

func TestResigningLoses(t *testing.T) {
	m := sitDown(t, 1)
	m.expectAnswer(m.white.Call("resign", draughts.Resign{}), "")
	m.expectResult(m.black.Name, draughts.Resigned, m.black)
	m.expectAnswer(m.black.Call("resign", draughts.Resign{}), "the match is over")
	m.expect(m.black, draughts.Move{Piece: m.on(8), Dir: draughts.SouthEast}, "the match is over")
	m.StepFor(time.Second)
	if code, _, _ := m.black.Closed(); code != 4005 || len(m.Results()) != 1 {
		t.Errorf("closed with %d, %d results", code, len(m.Results()))
	}
}

func TestLeavingLoses(t *testing.T) {
	m := sitDown(t, 1)
	m.expect(m.black, choices(m.black)[0], "")
	m.Leave(m.black)
	m.Step(1)
	m.expectResult(m.white.Name, draughts.Left, m.white)
}

func TestLostConnectionIsShownAndLosesOnlyAfterTheGrace(t *testing.T) {
	m := sitDown(t, 1)
	m.Break(m.black)
	m.StepFor(draughts.Grace / 2)
	if got := matchOf(m.white); got.Away != [2]bool{true, false} || got.Phase != draughts.Playing {
		t.Fatalf("while black is away the match is %+v", got)
	}
	m.black.Resume()
	m.Step(2)
	if got := matchOf(m.white); got.Away != [2]bool{} {
		t.Errorf("with black back the match is %+v", got)
	}
	m.expect(m.black, choices(m.black)[0], "")
	m.Break(m.black)
	m.StepFor(draughts.Grace + time.Second)
	m.expectResult(m.white.Name, draughts.Left, m.white)
}

// Nobody has lost a match that the server ends, and it is not forgotten either.
func TestMatchThatTheServerEndsIsADraw(t *testing.T) {
	m := sitDown(t, 1)
	m.expect(m.black, choices(m.black)[0], "")
	m.End()
	r := m.Results()
	if len(r) != 1 || len(r[0].Standings) != 2 {
		t.Fatalf("results %+v, want one of two players", r)
	}
	for _, s := range r[0].Standings {
		if s.Rank != 1 || s.Score != 0 {
			t.Errorf("%s is ranked %d with %d", s.Name, s.Rank, s.Score)
		}
	}
}

func TestMatchThatIsDecidedWhenTheServerEndsItStaysSo(t *testing.T) {
	m := sitDown(t, 1)
	m.expectAnswer(m.white.Call("resign", draughts.Resign{}), "")
	m.End()
	if r := m.Results(); len(r) != 1 || r[0].Standings[0].Score != 1 {
		t.Errorf("results %+v, want one that black has won", r)
	}
}

// Whoever comes anew, and not with a resume seat, has left.
func TestNobodyTakesThePlaceOfOneWhoLeft(t *testing.T) {
	m := sitDown(t, 1)
	again := m.Join(m.black.Name)
	m.Step(1)
	if code, reason, _ := again.Closed(); code != 4002 || reason != "this match has begun without you" {
		t.Errorf("closed with %d %q", code, reason)
	}
	m.expectResult(m.white.Name, draughts.Left, m.white)
}

func TestBothLeavingIsOneResult(t *testing.T) {
	m := sitDown(t, 1)
	m.Leave(m.black)
	m.Leave(m.white)
	m.StepFor(5 * time.Second)
	if r := m.Results(); len(r) != 1 || len(r[0].Standings) != 2 {
		t.Errorf("results %+v, want one", r)
	}
}

// Random matches to their end: the pieces always offer moves that are taken, every match is reported once, and the same seed
// gives the same match.
func TestRandomMatchesComeToAnEnd(t *testing.T) {
	play := func(seed uint64) (hashes []uint32, reason draughts.Reason) {
		m, rng := sitDown(t, seed), rand.New(rand.NewPCG(seed, 3))
		for n := 0; len(m.Results()) == 0; n++ {
			who, all := m.toMove(), choices(m.black)
			if len(all) == 0 || n == 2000 {
				t.Fatalf("seed %d: %d moves to choose from after %d moves, and no result", seed, len(all), n)
			}
			move := who.Call("move", all[rng.IntN(len(all))])
			m.StepFor(200 * time.Millisecond)
			if move.Err() != nil {
				t.Fatalf("seed %d, move %d: %v", seed, n, move.Err())
			}
			hashes = append(hashes, m.StateHash())
		}
		winner := ""
		switch matchOf(m.black).Winner {
		case draughts.Black:
			winner = m.black.Name
		case draughts.White:
			winner = m.white.Name
		}
		e := gametest.Events[draughts.Ended](m.black, "over")
		m.expectResult(winner, e[0].Value.Reason, m.white)
		return hashes, e[0].Value.Reason
	}
	reasons := map[draughts.Reason]int{}
	for seed := range uint64(30) {
		a, reason := play(seed)
		reasons[reason]++
		if seed < 3 {
			if b, _ := play(seed); !slices.Equal(a, b) {
				t.Errorf("seed %d: two runs differ", seed)
			}
		}
	}
	if len(reasons) < 2 {
		t.Errorf("all matches ended for one reason: %v", reasons)
	}
}
