package snapshot

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Whatever came and went, a row is found at exactly the ticks at which it was there, as it was then.
func TestRowIsWhatWasPutAtItsTick(t *testing.T) {
	s := &schema.Schema{Tables: []schema.Table{
		{Record: schema.Record{Fields: make([]schema.Field, 1)}},
		{Record: schema.Record{Fields: make([]schema.Field, 2)}},
	}}
	rapid.Check(t, func(t *rapid.T) {
		const depth = 30
		type key struct {
			tick uint32
			slot uint16
		}
		type state struct {
			gen  uint16
			word uint32
		}
		h, put := NewHistory(s, depth), map[key]state{}
		ticks := uint32(rapid.IntRange(1, 3*depth).Draw(t, "ticks"))
		slots := rapid.IntRange(1, 200).Draw(t, "slots")
		for tick := uint32(1); tick <= ticks; tick++ {
			h.Begin(tick)
			for slot := rapid.IntRange(0, 9).Draw(t, "first"); slot < slots; slot += rapid.IntRange(1, 60).Draw(t, "gap") {
				v := state{uint16(rapid.IntRange(1, MaxGeneration).Draw(t, "gen")), rapid.Uint32().Draw(t, "word")}
				h.Put(1, uint16(slot), v.gen)[1] = v.word
				put[key{tick, uint16(slot)}] = v
			}
		}
		for tick := uint32(0); tick <= ticks+2; tick++ {
			for slot := range uint16(300) {
				want, there := put[key{tick, slot}]
				there = there && tick+depth > ticks
				row, gen, ok := h.Row(tick, 1, slot)
				if ok != there || ok && (gen != want.gen || row[1] != want.word) {
					t.Fatalf("slot %d at tick %d of %d: %v, generation %d, found %v; want %+v, %v", slot, tick, ticks, row, gen, ok, want, there)
				}
			}
		}
	})
}
