package bot

import (
	"math/rand/v2"

	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// newDriver makes the driver of a game.
func newDriver(own map[string]func() Driver, game string) Driver {
	if f := own[game]; f != nil {
		return f()
	}
	switch game {
	case "arena":
		return new(arenaDriver)
	case "draughts":
		return new(draughtsDriver)
	}
	return new(randomDriver)
}

// randomDriver plays any game: each input field has a random value for a random time, and now and then there is a call.
type randomDriver struct {
	tick uint32   // newest seen
	hold []uint32 // ticks until a field changes
	call uint32   // ticks until the next call
}

func (d *randomDriver) Tick(c *client.Core) {
	now := c.State.Tick()
	if now == d.tick {
		return
	}
	passed := now - d.tick
	if d.hold == nil {
		d.hold, passed = make([]uint32, len(c.Schema.Input)), 1
		d.call = rand.Uint32N(10 * uint32(c.TickRate))
	}
	d.tick = now
	for i := range c.Schema.Input {
		if d.hold[i] > passed {
			d.hold[i] -= passed
			continue
		}
		d.hold[i] = 1 + rand.Uint32N(uint32(c.TickRate))
		c.Input()[i] = randomWord(&c.Schema.Input[i])
	}
	if d.call > passed {
		d.call -= passed
		return
	}
	d.call = 1 + rand.Uint32N(10*uint32(c.TickRate))
	randomCall(c)
}

// randomCall makes one of the calls that have numbers alone: what to say in a string is the game's secret.
func randomCall(c *client.Core) {
	var fit []*schema.Record
	for i := range c.Schema.Calls {
		if call := &c.Schema.Calls[i]; numbersOnly(call.Fields) {
			fit = append(fit, call)
		}
	}
	if len(fit) == 0 {
		return
	}
	call := fit[rand.IntN(len(fit))]
	words := make([]uint32, len(call.Fields))
	for i := range call.Fields {
		words[i] = randomWord(&call.Fields[i])
	}
	if _, err := c.Call(call.Name, words); err != nil {
		panic(err) // the call is in the schema and has as many values as it says there
	}
}

func numbersOnly(fields []schema.Field) bool {
	for i := range fields {
		if fields[i].Kind == schema.Str {
			return false
		}
	}
	return true
}

// randomWord is a value that the field may hold.
func randomWord(f *schema.Field) uint32 {
	if f.Kind == schema.F32 {
		return rand.Uint32N(0x3f800000) // 0 to just under 1
	}
	return f.Reduce(f.Lo + rand.Int64N(f.Hi-f.Lo+1))
}
