package draughts

import "errors"

// This file is the rules of the board: plain values and functions of them. It knows no players, ticks or tables.

// Side is a colour. Black starts at the top of the board and has the first move.
type Side uint8

// The sides, and what a winner can be besides.
const (
	Nobody Side = iota
	Black
	White
	Both
)

func (s Side) other() Side { return Black + White - s }

// Dir is a diagonal as the board lies: north is up.
type Dir uint8

// The directions.
const (
	NorthEast Dir = iota
	NorthWest
	SouthEast
	SouthWest
)

// Dirs is a set of directions: bit 1 << Dir for each.
type Dirs uint8

// Has reports whether d is one of them.
func (ds Dirs) Has(d Dir) bool { return ds&(1<<d) != 0 }

const (
	squares = 32
	// QuietMoves without a capture or a move of a man, of both sides together, end the match in a draw.
	QuietMoves = 80
)

type piece struct {
	side Side // Nobody: the square is empty
	king bool
}

// facing is where a piece may go. Men never go back.
func (p piece) facing() Dirs {
	const north, south = 1<<NorthEast | 1<<NorthWest, 1<<SouthEast | 1<<SouthWest
	switch {
	case p.king:
		return north | south
	case p.side == Black:
		return south
	default:
		return north
	}
}

// position is all that the rules need to know of a match.
type position struct {
	board [squares]piece
	turn  Side
	chain int // square of the piece that must go on capturing, -1: none
	quiet int // moves since the last capture or move of a man
}

func start() position {
	p := position{turn: Black, chain: -1}
	for sq := range 12 {
		p.board[sq].side = Black
		p.board[squares-1-sq].side = White
	}
	return p
}

// neighbours has the next square of each in every direction, -1 beyond the edge. Square 0 is the second field of the top row:
// the dark squares of a row are one field further right in rows 0, 2, 4 and 6.
var neighbours = func() (n [squares][4]int) {
	for sq := range squares {
		row, col := sq/4, 2*(sq%4)+1-sq/4%2
		for d, by := range [4][2]int{{-1, 1}, {-1, -1}, {1, 1}, {1, -1}} {
			r, c := row+by[0], col+by[1]
			n[sq][d] = -1
			if r >= 0 && r < 8 && c >= 0 && c < 8 {
				n[sq][d] = r*4 + c/2
			}
		}
	}
	return n
}()

// step is the empty square next to sq in direction d, or -1.
func (p *position) step(sq int, d Dir) int {
	to := neighbours[sq][d]
	if to < 0 || p.board[to].side != Nobody {
		return -1
	}
	return to
}

// jump is where the piece on sq lands when it captures in direction d, and what it captures, or -1.
func (p *position) jump(sq int, d Dir) (to, over int) {
	over = neighbours[sq][d]
	if over < 0 || p.board[over].side != p.board[sq].side.other() {
		return -1, -1
	}
	return p.step(over, d), over
}

// steps are the directions in which the piece on sq can step.
func (p *position) steps(sq int) (ds Dirs) {
	for d := NorthEast; d <= SouthWest; d++ {
		if p.board[sq].facing().Has(d) && p.step(sq, d) >= 0 {
			ds |= 1 << d
		}
	}
	return ds
}

// jumps are the directions in which the piece on sq can capture.
func (p *position) jumps(sq int) (ds Dirs) {
	for d := NorthEast; d <= SouthWest; d++ {
		if to, _ := p.jump(sq, d); p.board[sq].facing().Has(d) && to >= 0 {
			ds |= 1 << d
		}
	}
	return ds
}

// canCapture reports whether the side to move can, and therefore must.
func (p *position) canCapture() bool {
	for sq := range p.board {
		if p.board[sq].side == p.turn && p.jumps(sq) != 0 {
			return true
		}
	}
	return false
}

// moves are the legal moves of the side to move, by square.
func (p *position) moves() (all [squares]Dirs) {
	if p.chain >= 0 {
		all[p.chain] = p.jumps(p.chain)
		return all
	}
	capture := p.canCapture()
	for sq := range p.board {
		switch {
		case p.board[sq].side != p.turn:
		case capture:
			all[sq] = p.jumps(sq)
		default:
			all[sq] = p.steps(sq)
		}
	}
	return all
}

// check says why the piece on sq cannot move in direction d, in words for its player, or nil.
func (p *position) check(sq int, d Dir) error {
	moves := p.moves()
	switch {
	case moves[sq].Has(d):
		return nil
	case p.board[sq].side != p.turn:
		return errors.New("that is not your piece")
	case p.chain >= 0:
		return errors.New("you must go on capturing with the same piece")
	case p.canCapture():
		return errors.New("you must capture")
	default:
		return errors.New("that piece cannot move there")
	}
}

// play makes a move that check allows. captured is -1 when nothing was.
func (p *position) play(sq int, d Dir) (to, captured int) {
	to, captured = p.jump(sq, d)
	if to < 0 {
		to, captured = p.step(sq, d), -1
	}
	moved := p.board[sq]
	p.board[sq] = piece{}
	crowned := !moved.king && (to < 4 || to >= squares-4)
	p.quiet++
	if captured >= 0 || !moved.king {
		p.quiet = 0
	}
	moved.king = moved.king || crowned
	p.board[to] = moved
	if captured >= 0 {
		p.board[captured] = piece{}
		// A man that becomes a king has moved, even if it could go on.
		if !crowned && p.jumps(to) != 0 {
			p.chain = to
			return to, captured
		}
	}
	p.chain, p.turn = -1, p.turn.other()
	return to, captured
}

// count is how many pieces Black and White have.
func (p *position) count() (left [2]uint8) {
	for sq := range p.board {
		if s := p.board[sq].side; s != Nobody {
			left[s-Black]++
		}
	}
	return left
}

// outcome is the winner of the position, or Nobody while the match goes on.
func (p *position) outcome() (Side, Reason) {
	var pieces int
	var can Dirs
	moves := p.moves()
	for sq := range p.board {
		if p.board[sq].side == p.turn {
			pieces++
			can |= moves[sq]
		}
	}
	switch {
	case pieces == 0:
		return p.turn.other(), NoPieces
	case can == 0:
		return p.turn.other(), NoMoves
	case p.quiet >= QuietMoves:
		return Both, NoAdvance
	}
	return Nobody, 0
}
