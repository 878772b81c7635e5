package game

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode/schema"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

type tableRow struct {
	V uint32 `net:"v"`
}

func newTable() *Table[tableRow] {
	l, err := schema.Compile(reflect.TypeFor[tableRow](), schema.UseRow)
	if err != nil {
		panic(err)
	}
	table := new(Table[tableRow])
	table.init(3, l, tableOptions{})
	return table
}

// tableModel is what a Table promises, written with maps.
type tableModel struct {
	rows  map[EntityID]uint32
	at    map[EntityID]*tableRow
	going map[EntityID]bool
	ended map[EntityID]uint32 // tick in which the row went
}

func TestTableBehavesLikeAMapWithStableRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const rest = 5
		table, tick := newTable(), uint32(1)
		m := tableModel{map[EntityID]uint32{}, map[EntityID]*tableRow{}, map[EntityID]bool{}, map[EntityID]uint32{}}
		some := func() EntityID {
			ids := []EntityID{0, EntityID(snapshot.EntityID(3, 1, 999)), EntityID(snapshot.EntityID(2, 1, 0))}
			for id := range m.rows {
				ids = append(ids, id)
			}
			for id := range m.ended {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			return rapid.SampledFrom(ids).Draw(t, "id")
		}
		table.beginTick(tick, rest, 1)
		t.Repeat(map[string]func(*rapid.T){
			"spawn": func(t *rapid.T) {
				v := rapid.Uint32().Draw(t, "v")
				id := table.Spawn(tableRow{v})
				if _, used := m.rows[id]; used || m.ended[id] != 0 || id == 0 {
					t.Fatalf("id %#x was given out before", id)
				}
				for old, went := range m.ended {
					if uint16(old) == uint16(id) && tick-went <= rest {
						t.Fatalf("slot %d was used %d ticks after its row went, it rests %d", uint16(id), tick-went, rest)
					}
				}
				m.rows[id], m.at[id] = v, table.Get(id)
			},
			"despawn": func(t *rapid.T) {
				id := some()
				_, live := m.rows[id]
				if got, want := table.Despawn(id), live && !m.going[id]; got != want {
					t.Fatalf("Despawn(%#x) = %v, want %v", id, got, want)
				}
				if live {
					m.going[id] = true
				}
			},
			"write": func(t *rapid.T) {
				id, v := some(), rapid.Uint32().Draw(t, "v")
				if row := table.Get(id); row != nil {
					row.V = v
					m.rows[id] = v
				}
			},
			"endTick": func(*rapid.T) {
				table.endTick()
				for id := range m.going {
					delete(m.rows, id)
					delete(m.at, id)
					m.ended[id] = tick
				}
				clear(m.going)
				tick++
				table.beginTick(tick, rest, 1)
			},
			"": func(t *rapid.T) { m.check(t, table) },
		})
	})
}

func (m *tableModel) check(t *rapid.T, table *Table[tableRow]) {
	if table.Len() != len(m.rows) {
		t.Fatalf("Len() = %d, want %d", table.Len(), len(m.rows))
	}
	seen, last := 0, -1
	for id, row := range table.All() {
		if v, ok := m.rows[id]; !ok || row.V != v {
			t.Fatalf("All yields %#x with %d, want %d (there: %v)", id, row.V, v, ok)
		}
		if int(uint16(id)) <= last {
			t.Fatalf("All yields slot %d after %d", uint16(id), last)
		}
		seen, last = seen+1, int(uint16(id))
	}
	if seen != len(m.rows) {
		t.Fatalf("All yields %d rows, want %d", seen, len(m.rows))
	}
	for id, at := range m.at {
		if table.Get(id) != at {
			t.Fatalf("row %#x has moved", id)
		}
	}
	for id := range m.ended {
		if table.Get(id) != nil {
			t.Fatalf("Get finds %#x after it went", id)
		}
	}
}

func TestDespawnedRowIsThereUntilTheTickEndsButNotPacked(t *testing.T) {
	table := newTable()
	h := snapshot.NewHistory(&schema.Schema{Tables: []schema.Table{{}, {}, {}, {Record: schema.Record{Fields: table.layout.Fields}}}}, 8)
	table.beginTick(1, 8, 1)
	stay, goes := table.Spawn(tableRow{1}), table.Spawn(tableRow{2})
	table.Despawn(goes)
	if table.Get(goes) == nil || table.Get(goes).V != 2 || table.Len() != 2 {
		t.Error("the row is gone before the tick has ended")
	}
	h.Begin(1)
	table.endTick()
	table.pack(h)
	if table.Get(goes) != nil || table.Get(stay) == nil || h.Len(3) != 1 {
		t.Errorf("after the tick: %d rows packed, want 1 and the other gone", h.Len(3))
	}
}

func TestFullTableRefusesTheRow(t *testing.T) {
	table := newTable()
	table.beginTick(1, 8, 1)
	for range MaxRows {
		if table.Spawn(tableRow{}) == 0 {
			t.Fatal("a row was refused before MaxRows")
		}
	}
	if id := table.Spawn(tableRow{}); id != 0 || table.Len() != MaxRows {
		t.Errorf("row beyond MaxRows got id %#x, table has %d rows", id, table.Len())
	}
}

func TestGenerationNeverIsZero(t *testing.T) {
	table := newTable()
	for tick := uint32(1); tick < 3000; tick++ {
		table.beginTick(tick, 0, 1)
		id := table.Spawn(tableRow{})
		if id>>16&snapshot.MaxGeneration == 0 || id>>26 != 3 {
			t.Fatalf("tick %d: id %#x has no generation or another table", tick, id)
		}
		table.Despawn(id)
		table.endTick()
	}
}
