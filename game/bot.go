package game

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// This file has players without a client, which the game itself plays.

// AddBot seats a player that the game plays, by SetInput or as it likes, until Player.Kick or the end of the room. Join is called
// for it before AddBot returns; Admit is not. Clients see it like everybody else. It takes no place that a client could have, does
// not keep a room open, and is not part of the result that the lobby gets. The name is cut to 64 bytes.
//
// A room has at most Config.MaxPlayers bots. Beyond that, and while the room ends, AddBot returns nil.
func (t *Tick) AddBot(name string) *Player {
	r := t.room
	bots := 0
	for _, p := range r.players {
		if p.bot != nil {
			bots++
		}
	}
	if r.parting || bots >= r.def.config.MaxPlayers {
		return nil
	}
	r.nextID++
	p := &Player{ID: r.nextID, Name: schema.Truncate(name, msg.MaxText), bot: r}
	p.input.init(r.inst.input, r.def.config.TickRate)
	r.takeSeat(p)
	r.inst.join(p)
	return p
}

// Bot reports whether p is a player without a client, made by Tick.AddBot.
func (p *Player) Bot() bool { return p.bot != nil }

// SetInput is what a bot sends for the next Tick and every one after it, until it is set anew; Inputs.Of says Fresh. In is the
// input type of the game. SetInput panics for a player who is no bot: a client says itself what it does.
func SetInput[In any](p *Player, in In) {
	if p.bot == nil {
		panic(fmt.Sprintf("game: SetInput: player %d has a client; use it for players of Tick.AddBot", p.ID))
	}
	if _, ok := p.bot.inst.game.(Game[In]); !ok {
		panic(fmt.Sprintf("game: SetInput: %T is not the input of this game", in))
	}
	p.input.play(unsafe.Pointer(&in))
}

// takeSeat makes p one of the players. Players ask for a seat in the order of their ids, but a bot can come between one that has
// asked and its Join.
func (r *Room) takeSeat(p *Player) {
	p.text = r.texts.add(p.Name)
	p.row = r.inst.players.Spawn(playerRow{ID: p.ID, Name: p.text})
	at, _ := slices.BinarySearchFunc(r.players, p.ID, byID)
	r.players = slices.Insert(r.players, at, p)
	if p.bot == nil {
		r.seated.Add(1)
	}
}

func byID(p *Player, id PlayerID) int { return int(p.ID) - int(id) }
