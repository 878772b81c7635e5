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
