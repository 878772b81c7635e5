package game

import (
	"iter"
	"math/rand/v2"
	"time"
)

// Tick is one step of the simulation. It is valid during the call it is given to.
type Tick struct {
	// N counts the steps of the room from 1.
	N uint32
	// Now is the time of the simulation: N steps of Delta. Games know no other time.
	Now time.Duration
	// Delta is the length of a step in seconds.
	Delta float32
	// Rand is the room's random source. The same seed and the same inputs give the same game. Unlike the Tick it may be kept for
	// the life of the room, for Join and calls.
	Rand *rand.Rand

	room *Room
}

// Players yields the seated players in the order of joining.
func (t *Tick) Players() iter.Seq[*Player] {
	return func(yield func(*Player) bool) {
		for _, p := range t.room.players {
			if !p.gone && !yield(p) {
				return
			}
		}
	}
}

// Player returns the seated player of that id, or nil.
func (t *Tick) Player(id PlayerID) *Player { return t.room.player(id) }

// Result is how a match ended.
type Result struct {
	// Standings names everybody who took part, also who has left: anybody not listed did not take part. A loser who is left out has not
	// lost, and a winner without a loser has not won: no rating changes. [Tick.Players] has only those who are there, so a game keeps
	// its players from Join on, in a slice that [State] knows. The lobby is not told of bots.
	Standings []Standing
}

// Standing is one player's place.
type Standing struct {
	Player *Player // may have left
	Rank   int     // from 1; players who tie share a rank, and so do those of a team
	Score  int64   // as the game counts
	Team   int     // players of the same number were one side; zero means that the player was one alone
	// Played is the share of the match that the player took part in, above 0 up to 1, for who came late or left early: a rating
	// changes by that share. Zero means all of it.
	Played float64
}

// played is Played with what does not fit counted as all of it: a result must not be lost for it.
func (s Standing) played() float64 {
	if s.Played > 0 && s.Played < 1 {
		return s.Played
	}
	return 1
}

// Finish ends the match: the result goes to the lobby, once; nobody can join any more; the room stays for
// RoomConfig.Linger so that players can look at the end, and ticks meanwhile. Only the first call counts.
func (t *Tick) Finish(r Result) { t.room.finish(r) }

// Finished reports whether Finish was called.
func (t *Tick) Finished() bool { return t.room.finished }
