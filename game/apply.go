package game

import (
	"slices"

	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// apply carries out the tick's commands.
func (r *Room) apply() {
	var inputs [inputVerdicts]uint64
	for i := 0; i < len(r.queue.list); i++ { // sending a player away adds its leave
		cmd := &r.queue.list[i]
		switch cmd.op {
		case opJoin:
			r.join(cmd)
		case opLeave:
			if p := r.player(cmd.player); p != nil {
				r.leave(p)
			}
		case opInput:
			if p := r.player(cmd.player); p != nil {
				row := r.queue.words[cmd.words : cmd.words+p.input.words]
				inputs[p.input.put(cmd.label, r.tick.N, row, cmd.view)]++
			}
		case opCall:
			if p := r.player(cmd.player); p != nil {
				r.call(p, cmd)
			}
		case opDrop:
			if p := r.player(cmd.player); p != nil {
				r.drop(p)
			}
		case opResume:
			r.resumed(cmd.player)
		}
	}
	r.cfg.Metrics.inputs(inputs)
	r.record()
	r.queue.reset()
}

// player finds a player of the game. Inputs come and messages go in the order of the players, nearly: it is mostly the one after
// the last.
func (r *Room) player(id PlayerID) *Player {
	i := r.turn
	for n := 0; n < 2 && i < len(r.players) && r.players[i].ID != id; n++ {
		i++
	}
	if i >= len(r.players) || r.players[i].ID != id {
		i, _ = slices.BinarySearchFunc(r.players, id, byID)
	}
	if r.turn = i; i == len(r.players) || r.players[i].ID != id || r.players[i].gone {
		return nil
	}
	return r.players[i]
}

func (r *Room) join(cmd *command) {
	account, role, name := splitJoin(r.queue.bytes(cmd))
	r.nextID = max(r.nextID, cmd.player)
	p := &Player{ID: cmd.player, Name: name, account: account, team: int(cmd.label), role: role}
	p.input.init(r.inst.input, r.def.config.TickRate)
	c := r.joining(cmd.player)
	if r.finished {
		r.dismiss(c, netcode.CloseOver, "the match is over", 0)
		return
	}
	if a, ok := r.inst.game.(Admitter); ok {
		if err := a.Admit(p); err != nil {
			r.dismiss(c, netcode.CloseKicked, err.Error(), 0)
			return
		}
	}
	r.takeSeat(p)
	if c != nil {
		c.player, p.client, p.session = p, c, c.session
		// The string table as it is, is a new client's first event. A fresh session has room for it.
		c.session.Event(appendTexts(r.sender.Payload, nil, r.tick.N, r.texts.all()))
		c.session.Start(uint32(p.ID))
	}
	r.inst.join(p)
}

// joining finds the client that has asked for a player, or nil when it is gone again.
func (r *Room) joining(id PlayerID) *client {
	for _, c := range r.order {
		if c.joining == id {
			return c
		}
	}
	return nil
}

func (r *Room) leave(p *Player) {
	p.gone = true
	if p.bot == nil {
		r.seated.Add(-1)
	}
	if p.client != nil {
		p.client.player = nil
	}
	r.release(p)
	r.inst.quit(p)
	r.inst.players.Despawn(p.row)
	r.texts.remove(p.text)
	r.players = slices.DeleteFunc(r.players, func(o *Player) bool { return o == p })
}

func (r *Room) call(p *Player, cmd *command) {
	c := p.client
	if int(cmd.method) >= len(r.inst.calls) {
		c.reply(msg.Reply{ID: cmd.label, Status: msg.StatusNoMethod, Reason: "no such call in this game"})
		return
	}
	refused, ok := r.inst.calls[cmd.method](p, r.queue.bytes(cmd))
	switch {
	case !ok:
		c.reply(msg.Reply{ID: cmd.label, Status: msg.StatusBadArgs, Reason: "the arguments do not fit the call's fields"})
	case refused != nil:
		c.reply(msg.Reply{ID: cmd.label, Status: msg.StatusRefused, Reason: refused.Error()})
	default:
		c.reply(msg.Reply{ID: cmd.label, Status: msg.StatusOK})
	}
}

// kick sends away the players that the game has kicked.
func (r *Room) kick() {
	for i := 0; i < len(r.players); i++ {
		p := r.players[i]
		if p.kicked == "" {
			continue
		}
		r.dismiss(p.client, netcode.CloseKicked, p.kicked, 0)
		r.leave(p)
		i--
	}
}
