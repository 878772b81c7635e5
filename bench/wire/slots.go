package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// slots gives entities their places in the table as a room's table does: the lowest slot that has rested for as long as rows
// are kept, one generation after its last tenant's.
type slots struct {
	of   map[int64]int // slot by entity
	all  []slot
	tick int
}

type slot struct {
	entity int64
	gen    uint16
	used   bool
	seen   int // newest tick in which it was used
}

func newSlots() *slots { return &slots{of: map[int64]int{}} }

// place sets slot and gen of the rows of the next tick, at least one, and brings them into slot order.
func (s *slots) place(rows []row) error {
	s.tick++
	for _, r := range rows {
		if at, ok := s.of[r.entity]; ok {
			s.all[at].seen = s.tick
		}
	}
	for i := range s.all {
		if p := &s.all[i]; p.used && p.seen < s.tick {
			p.used = false
			delete(s.of, p.entity)
		}
	}
	for i := range rows {
		r := &rows[i]
		at, ok := s.of[r.entity]
		if !ok {
			at = s.take(r.entity)
		}
		if at >= snapshot.MaxSlots {
			return fmt.Errorf("more than %d entities", snapshot.MaxSlots)
		}
		r.slot, r.gen = uint16(at), s.all[at].gen
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.slot, b.slot) })
	for i := range rows[1:] {
		if rows[i].slot == rows[i+1].slot {
			return fmt.Errorf("entity %d is there twice", rows[i].entity)
		}
	}
	return nil
}

func (s *slots) take(entity int64) int {
	at := slices.IndexFunc(s.all, func(p slot) bool { return !p.used && s.tick-p.seen > depth })
	if at < 0 {
		at = len(s.all)
		s.all = append(s.all, slot{})
	}
	s.all[at] = slot{entity: entity, gen: s.all[at].gen%snapshot.MaxGeneration + 1, used: true, seen: s.tick}
	s.of[entity] = at
	return at
}
