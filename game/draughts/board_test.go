package draughts

import (
	"strings"
	"testing"
)

// perft counts the lines of play of the given number of moves. Captures with one piece in one turn are one move.
func perft(p position, depth int) int {
	if depth == 0 {
		return 1
	}
	n := 0
	for sq, ds := range p.moves() {
		for d := NorthEast; d <= SouthWest; d++ {
			if !ds.Has(d) {
				continue
			}
			next := p
			next.play(sq, d)
			if next.chain >= 0 {
				n += perft(next, depth)
				continue
			}
			n += perft(next, depth-1)
		}
	}
	return n
}

func TestPerftFromTheStartIsThatOfEnglishDraughts(t *testing.T) {
	for i, want := range []int{7, 49, 302, 1469, 7361, 36768, 179740} {
		if got := perft(start(), i+1); got != want {
			t.Errorf("depth %d: %d lines, want %d", i+1, got, want)
		}
	}
}

// board reads a drawing of eight lines; b and w are men, B and W kings, anything else is empty. Light squares are not drawn.
func board(turn Side, rows ...string) position {
	p := position{turn: turn, chain: -1}
	for i, c := range strings.Join(rows, "") {
		switch c {
		case 'b', 'B':
			p.board[i] = piece{Black, c == 'B'}
		case 'w', 'W':
			p.board[i] = piece{White, c == 'W'}
		}
	}
	return p
}

func TestRulesOfTheBoard(t *testing.T) {
	expect := func(name string, p position, sq int, d Dir, want string) {
		t.Helper()
		got := ""
		if err := p.check(sq, d); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	p := start()
	expect("a man steps on", p, 8, SouthEast, "")
	expect("a man does not step back", board(Black, "....", "....", ".b.."), 9, NorthEast, "that piece cannot move there")
	expect("a step onto a piece", p, 0, SouthEast, "that piece cannot move there")
	expect("a step over the edge", p, 11, SouthEast, "that piece cannot move there")
	expect("another's piece", p, 22, NorthEast, "that is not your piece")
	expect("an empty square", p, 14, NorthEast, "that is not your piece")

	// Square 9 is a black man; 13 and 14 lie south of it.
	capture := board(Black, "....", "....", ".b.b", ".w..", "....", "....", "....", "w...")
	expect("a capture", capture, 9, SouthWest, "")
	expect("a step while another piece can capture", capture, 11, SouthWest, "you must capture")
	blocked := board(Black, "....", "....", ".b..", ".w..", "w...")
	expect("a capture onto a piece", blocked, 9, SouthWest, "that piece cannot move there")
	expect("a step beside it", blocked, 9, SouthEast, "")
}

func TestCaptureGoesOnWithTheSamePiece(t *testing.T) {
	p := board(Black, "....", "....", ".b.b", ".w..", "....", ".w..", "....", "...w")
	to, captured := p.play(9, SouthWest)
	if captured != 13 || p.turn != Black || p.chain != to || p.quiet != 0 {
		t.Fatalf("after the first capture: on %d, captured %d, turn %d, chain %d", to, captured, p.turn, p.chain)
	}
	if err := p.check(11, SouthWest); err == nil || err.Error() != "you must go on capturing with the same piece" {
		t.Errorf("another piece in the middle of a capture: %v", err)
	}
	moves := p.moves()
	for sq, ds := range moves {
		if (sq == to) != (ds != 0) {
			t.Errorf("square %d may move %04b", sq, ds)
		}
	}
	if to, captured = p.play(to, SouthEast); captured != 21 || p.turn != White || p.chain != -1 {
		t.Errorf("after the second capture: on %d, captured %d, turn %d, chain %d", to, captured, p.turn, p.chain)
	}
}

func TestManThatBecomesAKingStops(t *testing.T) {
	p := board(Black, "....", "....", "....", "....", "....", ".b..", ".ww.", "....")
	to, captured := p.play(21, SouthEast)
	if to != 30 || captured != 25 || !p.board[to].king {
		t.Fatalf("the man went to %d, captured %d, king: %v", to, captured, p.board[to].king)
	}
	if p.jumps(to) == 0 {
		t.Fatal("the new king could not capture: this test shows nothing")
	}
	if p.turn != White || p.chain != -1 {
		t.Errorf("turn %d, chain %d: a new king has to wait", p.turn, p.chain)
	}
}

func TestKingGoesBothWays(t *testing.T) {
	p := board(White, "....", "....", "....", ".W..")
	if ds := p.moves()[13]; ds != 15 {
		t.Errorf("a king in the open may move %04b, want all four", ds)
	}
}

func TestOutcome(t *testing.T) {
	expect := func(name string, p position, winner Side, reason Reason) {
		t.Helper()
		if w, r := p.outcome(); w != winner || r != reason {
			t.Errorf("%s: winner %d, reason %d, want %d, %d", name, w, r, winner, reason)
		}
	}
	expect("the start", start(), Nobody, 0)
	expect("no pieces", board(White, "b..."), Black, NoPieces)
	// A white man in the corner behind two black ones.
	stuck := board(White, "....", "....", "....", "....", "....", ".b..", "b...", "w...")
	expect("no moves", stuck, Black, NoMoves)
	quiet := board(White, "B...", "....", "....", "....", "....", "....", "....", "...W")
	quiet.quiet = QuietMoves - 1
	expect("79 quiet moves", quiet, Nobody, 0)
	quiet.quiet = QuietMoves
	expect("80 quiet moves", quiet, Both, NoAdvance)
}

func TestQuietMovesAreThoseOfKingsAlone(t *testing.T) {
	p := board(White, "B...", "....", "....", "....", "....", "b...", "....", "...W")
	p.play(31, NorthWest)
	if p.quiet != 1 {
		t.Errorf("%d quiet moves after one of a king, want 1", p.quiet)
	}
	p.play(20, SouthEast)
	if p.quiet != 0 {
		t.Errorf("%d quiet moves after one of a man, want 0", p.quiet)
	}
}
