package game

import (
	"fmt"
	"runtime/debug"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/netcode"
)

// finish notes the result of the match; the room plays on for RoomConfig.Linger and ends then.
func (r *Room) finish(res Result) {
	if r.finished {
		return
	}
	r.finished = true
	r.over.Store(true)
	r.closeAt = r.cfg.Now().Add(r.cfg.Linger)
	m := &MatchResult{Room: r.cfg.ID, Game: r.def.name, Mode: r.cfg.Mode, Tick: r.tick.N, Standings: []AccountStanding{}}
	for _, s := range res.Standings {
		if s.Player != nil && s.Player.bot == nil {
			m.Standings = append(m.Standings, AccountStanding{
				Account: s.Player.account, Name: s.Player.Name, Rank: s.Rank, Score: s.Score, Team: s.Team, Played: s.played(),
			})
		}
	}
	r.result = m
}

func (r *Room) reportResult() {
	if r.result != nil && (r.cfg.OnResult == nil || r.cfg.OnResult(*r.result)) {
		r.result = nil
	}
}

// End ends the room: every client is told, sockets are closed, and Step only waits for what Drained names. A client closed with
// retry comes back after that time. Call it from the goroutine that steps the room.
func (r *Room) End(code uint16, reason string, retry time.Duration) {
	if r.ended.Load() {
		return
	}
	for _, c := range r.order {
		r.dismiss(c, code, reason, retry)
	}
	if r.opened && !r.crashed {
		r.farewell()
	}
	r.reportResult()
	for _, p := range r.players { // those that a game which has panicked was not told to leave
		r.release(p)
	}
	r.forget(func(*client) bool { return true })
	r.work.stop()
	r.over.Store(true)
	r.ended.Store(true)
}

// farewell lets the game end in order. A panic in it changes nothing: the room ends anyway.
func (r *Room) farewell() {
	defer func() {
		if p := recover(); p != nil {
			r.logPanic(p)
		}
	}()
	r.parting = true
	for len(r.players) > 0 {
		r.leave(r.players[0])
	}
	if c, ok := r.inst.game.(Closer); ok {
		c.Close(&r.tick)
	}
}

// failedReason is what clients of such a room are told: whoever wrote the game reads it first.
const failedReason = "the game failed in this room; see the server's log"

// crash ends the room after a panic of the game. The game is not called again: nobody knows what state it is in.
func (r *Room) crash(cause any) {
	r.logPanic(cause)
	r.fail(failedReason)
}

// fail ends the room without another call of the game.
func (r *Room) fail(reason string) {
	r.crashed = true
	r.End(netcode.CloseRoomError, reason, time.Second)
}

func (r *Room) logPanic(cause any) {
	r.cfg.Metrics.Crashes.Add(1)
	if line := r.log.Check(zap.ErrorLevel, "the game panicked; the room ends"); line != nil {
		line.Stack = string(debug.Stack()) // as the entry's stack it is readable on a terminal
		line.Write(zap.String("panic", fmt.Sprint(cause)), zap.Uint32("tick", r.tick.N))
	}
}
