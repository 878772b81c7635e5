package game

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"unsafe"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// This file writes Go values as bytes and reads them back, for Room.Save: whatever a row or a State may be made of, exported or not.
// Equal values give equal bytes.

var (
	playerType   = reflect.TypeFor[*Player]()
	errSavedKind = errors.New("game: what was saved is not of this game")
)

// plainProblem says which part of a type cannot be saved, or "".
func plainProblem(t reflect.Type, path string, within []reflect.Type) string {
	if t == playerType {
		return ""
	}
	if slices.Contains(within, t) {
		return fmt.Sprintf("%s: %v contains itself", path, t)
	}
	within = append(within, t)
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if p := plainProblem(f.Type, path+"."+f.Name, within); p != "" {
				return p
			}
		}
	case reflect.Array, reflect.Slice:
		return plainProblem(t.Elem(), path+"[]", within)
	case reflect.Pointer:
		return plainProblem(t.Elem(), "*"+path, within)
	case reflect.Map:
		if p := plainProblem(t.Key(), path+" key", within); p != "" {
			return p
		}
		return plainProblem(t.Elem(), path+"[]", within)
	case reflect.Chan, reflect.Func, reflect.Interface, reflect.UnsafePointer, reflect.Uintptr, reflect.Complex64, reflect.Complex128:
		return fmt.Sprintf("%s is a %v", path, t)
	}
	return ""
}

// plainWriter appends values. Players are written as their ids; those that have left are collected.
type plainWriter struct {
	buf  []byte
	gone []*Player
}

func (w *plainWriter) uint(v uint64) { w.buf = msg.AppendUint(w.buf, v) }

// value writes what p points to, which is of type t.
func (w *plainWriter) value(t reflect.Type, p unsafe.Pointer) {
	if t == playerType {
		who := *(**Player)(p)
		if who == nil {
			w.uint(0)
			return
		}
		if who.gone && !slices.Contains(w.gone, who) {
			w.gone = append(w.gone, who)
		}
		w.uint(uint64(who.ID))
		return
	}
	v := reflect.NewAt(t, p).Elem()
	switch t.Kind() {
	case reflect.Bool:
		w.buf = msg.AppendBool(w.buf, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.buf = msg.AppendInt(w.buf, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		w.uint(v.Uint())
	case reflect.Float32, reflect.Float64:
		w.uint(math.Float64bits(v.Float()))
	case reflect.String:
		w.buf = msg.AppendString(w.buf, v.String())
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			w.value(f.Type, unsafe.Add(p, f.Offset))
		}
	case reflect.Array:
		for i := range t.Len() {
			w.value(t.Elem(), unsafe.Add(p, uintptr(i)*t.Elem().Size()))
		}
	case reflect.Slice:
		w.uint(uint64(v.Len()))
		for i := range v.Len() {
			w.value(t.Elem(), v.Index(i).Addr().UnsafePointer())
		}
	case reflect.Pointer:
		w.buf = msg.AppendBool(w.buf, !v.IsNil())
		if !v.IsNil() {
			w.value(t.Elem(), v.UnsafePointer())
		}
	case reflect.Map:
		w.entries(v)
	}
}

// entries writes a map, in the order of its keys' bytes.
func (w *plainWriter) entries(v reflect.Value) {
	own := w.buf
	var list [][]byte
	for it := v.MapRange(); it.Next(); {
		w.buf = nil
		for _, part := range []reflect.Value{it.Key(), it.Value()} {
			at := reflect.New(part.Type())
			at.Elem().Set(part)
			w.value(part.Type(), at.UnsafePointer())
		}
		list = append(list, w.buf)
	}
	slices.SortFunc(list, bytes.Compare)
	w.buf = own
	w.uint(uint64(len(list)))
	w.buf = append(w.buf, bytes.Join(list, nil)...)
}

// plainReader reads what a plainWriter has written. Slices grow by what is there to be read, whatever a length says.
type plainReader struct {
	msg.Reader
	player func(PlayerID) *Player // of an id that is not 0
}

func (r *plainReader) length() int {
	n := r.Uint(math.MaxInt32)
	if r.Err() == nil && n > uint64(r.Left()) {
		r.Fail(errSavedKind) // each element takes a byte at least
	}
	if r.Err() != nil {
		return 0
	}
	return int(n)
}

// value reads into what p points to, which is of type t.
func (r *plainReader) value(t reflect.Type, p unsafe.Pointer) {
	if r.Err() != nil {
		return
	}
	if t == playerType {
		if id := PlayerID(r.Uint(math.MaxUint32)); id != 0 {
			if *(**Player)(p) = r.player(id); *(**Player)(p) == nil {
				r.Fail(errSavedKind)
			}
		}
		return
	}
	v := reflect.NewAt(t, p).Elem()
	switch t.Kind() {
	case reflect.Bool:
		v.SetBool(r.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		half := int64(1) << (t.Bits() - 1)
		v.SetInt(r.Int(-half, half-1))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint(math.MaxUint64 >> (64 - t.Bits())))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(math.Float64frombits(r.Uint(math.MaxUint64)))
	case reflect.String:
		v.SetString(string(r.StringBytes(r.Left())))
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			r.value(f.Type, unsafe.Add(p, f.Offset))
		}
	case reflect.Array:
		for i := range t.Len() {
			r.value(t.Elem(), unsafe.Add(p, uintptr(i)*t.Elem().Size()))
		}
	case reflect.Slice:
		n := r.length()
		v.Set(reflect.MakeSlice(t, n, n))
		for i := range n {
			r.value(t.Elem(), v.Index(i).Addr().UnsafePointer())
		}
	case reflect.Pointer:
		v.SetZero()
		if r.Bool() {
			to := reflect.New(t.Elem())
			r.value(t.Elem(), to.UnsafePointer())
			v.Set(to)
		}
	case reflect.Map:
		n := r.length()
		v.Set(reflect.MakeMapWithSize(t, n))
		for range n {
			key, elem := reflect.New(t.Key()), reflect.New(t.Elem())
			r.value(t.Key(), key.UnsafePointer())
			r.value(t.Elem(), elem.UnsafePointer())
			if r.Err() == nil {
				v.SetMapIndex(key.Elem(), elem.Elem())
			}
		}
	}
}

// put writes *v.
func put[T any](w *plainWriter, v *T) { w.value(reflect.TypeFor[T](), unsafe.Pointer(v)) }

// take reads *v.
func take[T any](r *plainReader, v *T) { r.value(reflect.TypeFor[T](), unsafe.Pointer(v)) }
