package game_test

import (
	"fmt"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// TestAnyMsgpackLibraryReadsTheServer: everything that a server says in a game, in both codecs, is one msgpack array that a library that
// knows nothing of Skirmish reads to its end.
func TestAnyMsgpackLibraryReadsTheServer(t *testing.T) {
	for _, codecs := range []uint8{msg.OfferPlain, msg.OfferPacked} {
		r := newRig(probeDef(probe{tick: func(p *probe, tk *game.Tick, _ game.Inputs[probeInput]) { p.beeps.Emit(beep{tk.N}) }}))
		c := r.dial("ann")
		c.Send(msg.AppendJoin(nil, msg.Join{Protocol: msg.Version, Codecs: codecs, Options: msg.OptionCheck}))
		r.step(1)
		types := map[string]int{}
		for n := range uint32(60) {
			c.Send(inputs(r.room.Tick()+1, 1, int8(n%2), n%2 == 0))
			if n%20 == 5 {
				c.Send(msg.AppendPing(nil, msg.Ping{T0: uint64(n)}))
				c.Send(msg.AppendCall(nil, msg.Call{ID: n, Args: []byte{0x91, 0xa1, 'x'}}))
			}
			if n == 40 {
				r.join("ben")
			}
			r.step(1)
			for _, m := range c.Recv() {
				var v []any
				if err := msgpack.Unmarshal(m, &v); err != nil || len(v) < 2 {
					t.Fatalf("% x: %v, %v", m, v, err)
				}
				types[fmt.Sprint(v[0])]++
			}
		}
		for _, kind := range []string{"0", "1", "2", "3", "4", "5"} { // HELLO, FULL, DELTA, EVENTS, REPLY, PONG
			if types[kind] == 0 {
				t.Errorf("codecs %d: no message of type %s in %v", codecs, kind, types)
			}
		}
	}
}
