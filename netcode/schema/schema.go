// Package schema turns tagged Go structs into field tables: what a row, an event, an input or a call looks like on the
// wire.
//
// Package game compiles every registered type once, at registration; after that, packing a struct into words and
// reading it back are loops over the table. A client gets the same tables in HELLO and needs no Go types. The package
// knows values, not messages, snapshots or rooms; section 2 and 6 of PROTOCOL.md are its specification.
package schema

import "fmt"

// Kind is how a field's 32-bit word is read.
type Kind uint8

// The kinds of PROTOCOL.md section 2.
const (
	Bool   Kind = iota + 1 // 0 or 1
	Uint                   // unsigned integer
	Int                    // two's complement integer
	Fixed                  // index i of the value Base + i*Step
	F32                    // IEEE 754 bits, never NaN or infinite
	Player                 // a player id
	Text                   // a string table id
	Ref                    // an entity id
	Str                    // a string; no word: events and calls only
)

var kindNames = [...]string{Bool: "bool", Uint: "uint", Int: "int", Fixed: "fixed", F32: "f32", Player: "player", Text: "text", Ref: "ref", Str: "str"}

// String gives the name used on the wire.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

func kindOf(name string) (Kind, bool) {
	for k, n := range kindNames {
		if n == name && n != "" {
			return Kind(k), true
		}
	}
	return 0, false
}

// Limits of a schema. They bound what a client must be ready for.
const (
	MaxTables  = 64 // an entity id has 6 bits for the table
	MaxFields  = 64 // per record
	MaxRecords = 255
	MaxName    = 64  // bytes of a name
	MaxString  = 512 // bytes of a Str value, at most
)

// Field is one field of a record as both sides know it.
type Field struct {
	Name string
	Kind Kind
	// Bits is the width of the word, 1..32. Arithmetic on it is modulo 1<<Bits.
	Bits uint8
	// Lo and Hi bound the word, read as signed for Int and for Fixed with Lo < 0. Both are included. Unused for F32 and Str.
	Lo, Hi int64
	// Lerp: a client draws it interpolated, and snapshots predict it from the last two states sent.
	Lerp bool
	// Hermite: and it draws it on a curve, not on a line. Only with Lerp.
	Hermite bool
	// Base and Step give the value of a Fixed: Base + i*Step.
	Base, Step float64
	// Wrap: the values form a circle (an angle).
	Wrap bool
	// Once: sent when the entity enters a client's view, never again.
	Once bool
	// Edge: one-shot input, never repeated when inputs are missing.
	Edge bool
	// OwnerOnly: sent to the player that owns the row, and to nobody else.
	OwnerOnly bool
	// Pri is the field's claim to a place when not everything fits a snapshot, 0..15; 0 means 1.
	Pri uint8
	// Max bounds a Str in bytes.
	Max int
	// Of names the table a Ref points into; empty: any.
	Of string
}

// Signed reports whether the word is read as two's complement.
func (f *Field) Signed() bool { return f.Kind == Int || f.Kind == Fixed && f.Lo < 0 }

// Interp names on the wire how a client draws the field between two snapshots: "lerp", "hermite", or "" for one that is held.
func (f *Field) Interp() string {
	switch {
	case f.Hermite:
		return "hermite"
	case f.Lerp:
		return "lerp"
	}
	return ""
}

// Predicted reports whether snapshots send the residual against an extrapolation instead of the value.
func (f *Field) Predicted() bool { return f.Lerp && f.Kind != F32 && !f.Once && !f.OwnerOnly }

// Shared reports whether the field is part of an entity's record, which is the same for every client.
func (f *Field) Shared() bool { return !f.Once && !f.OwnerOnly }

// Value reads a word as the number it stands for.
func (f *Field) Value(w uint32) float64 {
	switch f.Kind {
	case Fixed:
		// The conversion forbids fusing multiply and add: all platforms and the browser get the same bits.
		return float64(float32(f.Base + float64(float64(f.signedWord(w))*f.Step)))
	case F32:
		return float64(float32frombits(w))
	default:
		return float64(f.signedWord(w))
	}
}

// Record is a named list of fields: an event or a call.
type Record struct {
	Name   string
	Fields []Field
}

// Table is the row layout of one replicated table.
type Table struct {
	Record
	Predicted bool // clients predict the rows they own
}

// Owner is the index of the field that says whose row it is: the first player that is sent once. -1: rows have no owner.
func (t *Table) Owner() int {
	for i := range t.Fields {
		if t.Fields[i].Kind == Player && t.Fields[i].Once {
			return i
		}
	}
	return -1
}

// HasOwnerOnly reports whether some fields go to the owner alone.
func (t *Table) HasOwnerOnly() bool {
	for i := range t.Fields {
		if t.Fields[i].OwnerOnly {
			return true
		}
	}
	return false
}

// Priority is the highest of the fields': what the table's rows weigh when not everything fits a snapshot, at least 1.
func (t *Table) Priority() int {
	pri := 1
	for i := range t.Fields {
		pri = max(pri, int(t.Fields[i].Pri))
	}
	return pri
}

// Schema is everything a client must know to decode a room of a game.
type Schema struct {
	Game   string
	Tables []Table
	Events []Record
	Input  []Field
	Calls  []Record
}

// Find returns the table of that name and its index, or nil and -1.
func (s *Schema) Find(table string) (*Table, int) {
	for i := range s.Tables {
		if s.Tables[i].Name == table {
			return &s.Tables[i], i
		}
	}
	return nil, -1
}

// Index returns the position of the field of that name, or -1.
func (r *Record) Index(field string) int {
	for i := range r.Fields {
		if r.Fields[i].Name == field {
			return i
		}
	}
	return -1
}
