package game

import (
	"reflect"
	"unsafe"

	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

// shared is the table behind Share: its one row is a copy of a value of the game.
type shared[T any] struct {
	Table[T]
	value *T
}

// Share makes v the one row of a table of the room, seen by everybody under name: what there is one of, such as the phase of a
// match, its clock or its score. T is a struct as for Replicate. The game reads and writes *v as it likes; what it is at the end of
// a tick is what clients are told.
func Share[T any](b *Builder, name string, v *T) {
	s := &shared[T]{value: v}
	declare(b, name, &s.Table, s, nil)
	b.covers(reflect.TypeFor[T](), unsafe.Pointer(v))
}

func (s *shared[T]) beginTick(now, rest, every uint32) {
	s.Table.beginTick(now, rest, every)
	if s.Len() == 0 {
		s.Spawn(*s.value)
	}
}

func (s *shared[T]) pack(h *snapshot.History) {
	*s.at(0) = *s.value
	s.Table.pack(h)
}
