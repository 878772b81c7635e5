package draughts

// This file is the opponent of who plays alone: a search for the best move, values and functions of them as in board.go.

// foresight is how many moves the computer looks ahead. It is no master, and finds its move within a few milliseconds.
const foresight = 4

// What a position is worth, to Black.
const (
	man  = 10
	king = 16
	won  = 1000
)

// choice is a move.
type choice struct {
	from int
	dir  Dir
}

// best is the move after which the side to move stands best. There must be one.
func (p position) best() choice {
	move, _ := p.search(foresight)
	return move
}

// search gives the best move of the side to move, and what the position is worth if both sides play as well as is seen.
func (p position) search(depth int) (move choice, worth int) {
	switch winner, _ := p.outcome(); {
	case winner == Black:
		return move, won + depth // the sooner the better
	case winner == White:
		return move, -won - depth
	case winner == Both:
		return move, 0
	case depth == 0:
		return move, p.material()
	}
	any := false
	for from, dirs := range p.moves() {
		for d := NorthEast; d <= SouthWest; d++ {
			if !dirs.Has(d) {
				continue
			}
			next := p
			next.play(from, d)
			_, w := next.search(depth - 1)
			if !any || p.turn == Black && w > worth || p.turn == White && w < worth {
				move, worth, any = choice{from, d}, w, true
			}
		}
	}
	return move, worth
}

// material counts the pieces, those of White negative.
func (p *position) material() (sum int) {
	for _, on := range p.board {
		value := man
		if on.king {
			value = king
		}
		switch on.side {
		case Black:
			sum += value
		case White:
			sum -= value
		}
	}
	return sum
}
