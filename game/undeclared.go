package game

import (
	"reflect"
	"unsafe"
)

// declarable is a field of a game that does nothing until it has been given to a function of this package.
type declarable interface {
	// undeclared says what it is, of which rows or payloads, and that function; what is empty once it was given.
	undeclared() (what string, of reflect.Type, giveTo string)
}

var declarableType = reflect.TypeFor[declarable]()

func (t *Table[T]) undeclared() (what string, of reflect.Type, giveTo string) {
	if t.layout != nil {
		return "", nil, ""
	}
	return "table", reflect.TypeFor[T](), "Replicate"
}

func (e *Event[T]) undeclared() (what string, of reflect.Type, giveTo string) {
	if e.typ != nil {
		return "", nil, ""
	}
	return "event", reflect.TypeFor[T](), "Emit"
}

// checkDeclared panics when g holds a table or an event that was not declared: its first use would end the room.
func (b *Builder) checkDeclared(g any) {
	v := reflect.ValueOf(g)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return
	}
	walkFields(v.Elem().Type(), v.UnsafePointer(), "", func(name string, t reflect.Type, p unsafe.Pointer) (inside bool) {
		if !reflect.PointerTo(t).Implements(declarableType) {
			return t.Kind() == reflect.Struct
		}
		if what, of, giveTo := reflect.NewAt(t, p).Interface().(declarable).undeclared(); what != "" {
			b.fail("the %s %s (%v) was not given to game.%s", what, name, of, giveTo)
		}
		return false
	})
}
