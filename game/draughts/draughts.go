// Package draughts is English draughts (checkers) for two, played with calls instead of inputs.
//
// It owns the match (this file), the rules of the board (board.go) and an opponent for who is alone (computer.go), and imports
// package game and nothing else of this module. A program that runs rooms of it passes Def on. Clients need no rules: every piece
// says where it may move.
package draughts

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/skirmish-dev/skirmish/game"
)

// Piece is a man or a king on the board.
type Piece struct {
	Square uint8 `net:"square,range=0..31"` // dark squares, row by row from the top left
	Side   Side  `net:"side,once"`
	King   bool  `net:"king"`
	Moves  Dirs  `net:"moves,range=0..15"` // what a move of this piece may be now
}

// Phase is how far a match has come.
type Phase uint8

// The phases of a match.
const (
	Waiting Phase = iota // for the second player
	Playing
	Over
)

// Match is what there is to know about the match; it is shared under that name.
type Match struct {
	Phase  Phase         `net:"phase"`
	Turn   Side          `net:"turn"`   // who is to move while Playing
	Winner Side          `net:"winner"` // when Over; Both: a draw
	Black  game.PlayerID `net:"black"`
	White  game.PlayerID `net:"white"`
	Names  [2]game.Text  `net:"name"` // of Black and of White, also when they have left
	Left   [2]uint8      `net:"left"` // pieces of Black and of White on the board
	Away   [2]bool       `net:"away"` // Black and White: has lost its connection, and may come back within Grace
}

// Move is the call that moves a piece one step, or captures with it. After a capture that can go on it must be called again
// with the same piece.
type Move struct {
	Piece game.ID[Piece] `net:"piece"`
	Dir   Dir            `net:"dir,range=0..3"`
}

// Options are what may be chosen for a room.
type Options struct {
	Computer bool `json:"computer"` // the second player is the computer
}

// Resign is the call that gives the match to the other player.
type Resign struct{}

// Reason is why a match is over.
type Reason uint8

// The reasons of Ended.
const (
	NoPieces  Reason = iota + 1 // the loser has none left
	NoMoves                     // the loser is to move and cannot
	Resigned                    // the loser has called Resign
	Left                        // the loser has left the room
	NoAdvance                   // a draw: QuietMoves without a capture or a move of a man
)

// Ended is the event at the end of a match.
type Ended struct {
	Winner Side   `net:"winner"`
	Reason Reason `net:"reason"`
}

// Grace is how long the other player waits for one whose connection is lost; then the match is lost too.
const Grace = time.Minute

// Def is the game, ready to be run.
var Def = game.Define("draughts", game.Config{
	TickRate: 10, MaxPlayers: 2, MatchSize: 2, Grace: Grace,
}, func(b *game.Builder) game.Game[game.NoInput] {
	d := &draughts{away: map[game.PlayerID]bool{}}
	game.Replicate(b, "piece", &d.pieces)
	game.Share(b, "match", &d.match)
	game.Options(b, &d.options)
	game.State(b, &d.position)
	game.State(b, &d.thinking)
	game.State(b, &d.on)
	game.State(b, &d.seats)
	game.State(b, &d.away)
	game.State(b, &d.left)
	game.State(b, &d.end)
	game.Emit(b, "over", &d.over)
	game.Handle(b, "move", d.move)
	game.Handle(b, "resign", d.resign)
	return d
})

type draughts struct {
	pieces game.Table[Piece]
	match  Match
	over   game.Event[Ended]

	options  Options
	position position
	thinking bool                   // the computer is looking for a move
	on       [squares]game.EntityID // the piece on each square, 0: none
	seats    []*game.Player         // in the order of joining; kept from the start on, for the result
	away     map[game.PlayerID]bool // who has lost its connection
	left     Side                   // who has left while Playing, the first of them; the next tick decides
	end      *Ended                 // decided, but not reported yet
}

var (
	_ game.Game[game.NoInput] = (*draughts)(nil)
	_ game.Opener             = (*draughts)(nil)
	_ game.Admitter           = (*draughts)(nil)
	_ game.Dropper            = (*draughts)(nil)
	_ game.Resumer            = (*draughts)(nil)
	_ game.Closer             = (*draughts)(nil)
)

// Open sets up the board, so that whoever waits has something to look at.
func (d *draughts) Open(t *game.Tick) {
	d.position = start()
	for sq, p := range d.position.board {
		if p.side != Nobody {
			d.on[sq] = d.pieces.Spawn(Piece{Square: uint8(sq), Side: p.side})
		}
	}
	d.show()
	if d.options.Computer {
		t.AddBot("computer")
	}
}

// Admit keeps others out of a match that has its two players, also when one of them has left.
func (d *draughts) Admit(*game.Player) error {
	if len(d.seats) == 2 {
		return errors.New("this match has begun without you")
	}
	return nil
}

func (d *draughts) Join(p *game.Player) { d.seats = append(d.seats, p) }

// Leave before the start frees the place; after it, it loses the match.
func (d *draughts) Leave(p *game.Player) {
	delete(d.away, p.ID)
	if d.match.Phase == Waiting {
		d.seats = slices.DeleteFunc(d.seats, func(o *game.Player) bool { return o == p })
		return
	}
	if d.left == Nobody {
		d.left = d.sideOf(p)
	}
}

// Close reports a match that the server has ended as a draw. Those who had to leave for that have not given it up: no tick came after it.
func (d *draughts) Close(t *game.Tick) {
	if d.match.Phase == Playing {
		t.Finish(result(d.seats[0], d.seats[1], Both))
	}
}

// Drop shows the other player why nothing happens.
func (d *draughts) Drop(p *game.Player) {
	d.away[p.ID] = true
	d.show()
}

// Resume takes that back.
func (d *draughts) Resume(p *game.Player) {
	delete(d.away, p.ID)
	d.show()
}

// sides makes the first of the seats Black's. A match that matchmaking has made says who that is: its first team. The pass numbers
// teams without looking at skill, so that the first move goes to the weaker as often as to the stronger.
func (d *draughts) sides(t *game.Tick) {
	first := d.seats[0].Team() < d.seats[1].Team()
	if d.seats[0].Team() == d.seats[1].Team() { // no teams
		first = t.Rand.IntN(2) == 0
	}
	if !first {
		d.seats[0], d.seats[1] = d.seats[1], d.seats[0]
	}
}

// Tick begins the match and reports its end; everything between the two is done by calls.
func (d *draughts) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	if d.match.Phase == Waiting && len(d.seats) == 2 {
		d.sides(t)
		d.match.Phase, d.match.Black, d.match.White = Playing, d.seats[0].ID, d.seats[1].ID
		d.match.Names = [2]game.Text{t.Text(d.seats[0].Name), t.Text(d.seats[1].Name)}
		d.show()
	}
	if d.left != Nobody {
		d.finish(d.left.other(), Left)
	}
	d.think(t)
	if d.end == nil {
		return
	}
	d.over.Emit(*d.end)
	t.Finish(result(d.seats[0], d.seats[1], d.end.Winner))
	d.end = nil
}

// think has the computer look for a move when it is its turn. The position stays as it is meanwhile: nobody else may move.
func (d *draughts) think(t *game.Tick) {
	if d.match.Phase != Playing || d.thinking || !d.toMove().Bot() {
		return
	}
	now := d.position
	err := game.Go(t, func(context.Context) (choice, error) { return now.best(), nil }, func(_ *game.Tick, c choice, err error) {
		d.thinking = false
		if err == nil && d.match.Phase == Playing {
			d.play(c.from, c.dir)
		}
	})
	d.thinking = err == nil
}

func (d *draughts) toMove() *game.Player {
	if d.position.turn == Black {
		return d.seats[0]
	}
	return d.seats[1]
}

// result ranks the two. A win scores 1.
func result(black, white *game.Player, winner Side) game.Result {
	b, w := game.Standing{Player: black, Rank: 1}, game.Standing{Player: white, Rank: 1}
	switch winner {
	case Black:
		b.Score, w.Rank = 1, 2
	case White:
		w.Score, b.Rank = 1, 2
	}
	return game.Result{Standings: []game.Standing{b, w}}
}

func (d *draughts) move(p *game.Player, m Move) error {
	if err := d.mayPlay(p); err != nil {
		return err
	}
	piece := d.pieces.Get(game.EntityID(m.Piece))
	// A piece captured in this tick is in the table until the tick ends, but on no square.
	if piece == nil || d.on[piece.Square] != game.EntityID(m.Piece) {
		return errors.New("there is no such piece")
	}
	from := int(piece.Square)
	if err := d.position.check(from, m.Dir); err != nil {
		return err
	}
	d.play(from, m.Dir)
	return nil
}

// play makes a legal move.
func (d *draughts) play(from int, dir Dir) {
	piece := d.pieces.Get(d.on[from])
	to, captured := d.position.play(from, dir)
	if captured >= 0 {
		d.pieces.Despawn(d.on[captured])
		d.on[captured] = 0
	}
	d.on[to], d.on[from] = d.on[from], 0
	piece.Square, piece.King = uint8(to), d.position.board[to].king
	d.show()
	if winner, reason := d.position.outcome(); winner != Nobody {
		d.finish(winner, reason)
	}
}

func (d *draughts) resign(p *game.Player, _ Resign) error {
	switch d.match.Phase {
	case Waiting:
		return errors.New("wait for the second player")
	case Over:
		return errors.New("the match is over")
	}
	d.finish(d.sideOf(p).other(), Resigned)
	return nil
}

// mayPlay says why p cannot move now, or nil.
func (d *draughts) mayPlay(p *game.Player) error {
	switch {
	case d.match.Phase == Waiting:
		return errors.New("wait for the second player")
	case d.match.Phase == Over:
		return errors.New("the match is over")
	case d.sideOf(p) != d.position.turn:
		return errors.New("it is not your turn")
	}
	return nil
}

func (d *draughts) sideOf(p *game.Player) Side {
	if p.ID == d.match.Black {
		return Black
	}
	return White
}

// finish decides the match. A match that is over stays as it ended.
func (d *draughts) finish(winner Side, reason Reason) {
	if d.match.Phase != Playing {
		return
	}
	d.match.Phase, d.match.Winner = Over, winner
	d.end = &Ended{Winner: winner, Reason: reason}
	d.show()
}

// show writes into the rows what the clients need in order to move.
func (d *draughts) show() {
	d.match.Turn, d.match.Left = d.position.turn, d.position.count()
	d.match.Away = [2]bool{d.away[d.match.Black], d.away[d.match.White]}
	var moves [squares]Dirs
	if d.match.Phase == Playing {
		moves = d.position.moves()
	}
	for sq, id := range d.on {
		if id != 0 {
			d.pieces.Get(id).Moves = moves[sq]
		}
	}
}
