package game

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"
)

// State registers v as something that belongs to the state of the game besides its tables and shared rows: what a room that is saved
// and restored needs to go on as if nothing had happened. T is made of numbers, strings, arrays, slices, maps, structs and pointers
// to such, and of *Player; what it points to belongs to it alone. Everything that a game keeps from one tick to the next is in a
// table, in what Share, Options or State were given, or in fields that are constant for all rooms, which belong in variables of
// the package: Room.Save refuses a game with other fields.
func State[T any](b *Builder, v *T) {
	t := reflect.TypeFor[T]()
	if v == nil {
		b.fail("State: give the address of a field of the value that build makes")
	}
	if problem := plainProblem(t, t.String(), nil); problem != "" {
		b.fail("State: %s, which cannot be saved", problem)
	}
	b.states = append(b.states, extent{t, unsafe.Pointer(v)})
	b.covers(t, unsafe.Pointer(v))
}

// extent is a value in memory.
type extent struct {
	t reflect.Type
	p unsafe.Pointer
}

// covers notes a part of the game's memory that is registered.
func (b *Builder) covers(t reflect.Type, p unsafe.Pointer) {
	b.covered = append(b.covered, extent{t, p})
}

// uncovered names the fields of a game that nothing was told of.
func uncovered(game any, covered []extent) string {
	v := reflect.ValueOf(game)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return ""
	}
	var names []string
	walkFields(v.Elem().Type(), v.UnsafePointer(), "", func(name string, t reflect.Type, p unsafe.Pointer) (inside bool) {
		for _, c := range covered {
			if uintptr(c.p) <= uintptr(p) && uintptr(p)+t.Size() <= uintptr(c.p)+c.t.Size() {
				return false
			}
			if uintptr(p) <= uintptr(c.p) && uintptr(c.p) < uintptr(p)+t.Size() && t.Kind() == reflect.Struct {
				return true // parts of it are
			}
		}
		if t.Size() > 0 {
			names = append(names, name)
		}
		return false
	})
	if names == nil {
		return ""
	}
	return fmt.Sprintf("%T.%s", game, strings.Join(names, ", "))
}

// walkFields calls visit for each field of a struct, and for those within it where visit says so.
func walkFields(t reflect.Type, p unsafe.Pointer, path string, visit func(name string, t reflect.Type, p unsafe.Pointer) bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := unsafe.Add(p, f.Offset)
		if visit(path+f.Name, f.Type, at) {
			walkFields(f.Type, at, path+f.Name+".", visit)
		}
	}
}
