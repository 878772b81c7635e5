package game

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unsafe"
)

// MaxOptions is the most bytes of JSON that a room's options may have.
const MaxOptions = 4 << 10

// OptionsError says why the options of a room do not fit its game, in words for whoever has asked for the room.
type OptionsError struct{ Reason string }

func (e *OptionsError) Error() string { return "game: room options: " + e.Reason }

// Options makes v what may be chosen when a room is made: a struct with `json:` tags. *v holds the defaults when Options is called
// and the choice from Open on; the game only reads it. What is asked for must be a JSON object of at most MaxOptions bytes with no
// other fields; if *T has a method Validate() error, that is asked too. A game that does not call Options takes none.
func Options[T any](b *Builder, v *T) {
	if b.options != nil {
		b.fail("Options is called twice; put everything into one struct")
	}
	if t := reflect.TypeFor[T](); t.Kind() != reflect.Struct {
		b.fail("Options: %v is no struct; it is filled from a JSON object", t)
	}
	b.covers(reflect.TypeFor[T](), unsafe.Pointer(v))
	b.options = func(raw []byte) error {
		if err := decodeOptions(raw, v); err != nil {
			return err
		}
		if checked, ok := any(v).(interface{ Validate() error }); ok {
			if err := checked.Validate(); err != nil {
				return &OptionsError{err.Error()}
			}
		}
		return nil
	}
}

func decodeOptions(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			return &OptionsError{"there is more than one JSON value"}
		}
		return nil
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) { // its text names types of Go
		where := kind.Field
		if where == "" {
			where = "the object itself"
		}
		return &OptionsError{fmt.Sprintf("%s does not take a JSON %s", where, kind.Value)}
	}
	return &OptionsError{strings.TrimPrefix(err.Error(), "json: ")}
}

// CheckOptions says whether a room of the game can be made with raw, as in RoomOptions.Options. Errors: OptionsError.
func (d *Def) CheckOptions(raw json.RawMessage) error { return d.make().choose(raw) }

// choose gives the game its options.
func (in *instance) choose(raw json.RawMessage) error {
	switch {
	case len(raw) == 0:
		return nil
	case len(raw) > MaxOptions:
		return &OptionsError{fmt.Sprintf("%d bytes; at most %d fit", len(raw), MaxOptions)}
	case in.options == nil:
		return &OptionsError{"this game has none"}
	}
	return in.options(raw)
}
