package conformance

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
)

// field is one field of a record (section 6).
type field struct {
	name, kind            string
	bits                  int
	lo, hi                int64
	interp                string
	once, edge, ownerOnly bool
	max                   int
}

type table struct {
	name   string
	fields []field
	owner  int // index of the field that says whose a row is, -1: none
}

// schema is what HELLO says about a room.
type schema struct {
	hash, inputHash [8]byte
	tables          []table
	events, calls   [][]field
	input           []field
}

// shared, predicted: section 6 and 7.
func (f *field) shared() bool    { return !f.once && !f.ownerOnly }
func (f *field) predicted() bool { return f.shared() && f.interp != "" && f.kind != "f32" }
func (f *field) signed() bool    { return f.kind == "int" || f.kind == "fixed" && f.lo < 0 }

// has reports whether some field of a table is.
func (t *table) has(is func(*field) bool) bool {
	for i := range t.fields {
		if is(&t.fields[i]) {
			return true
		}
	}
	return false
}

// signedOf reads v modulo 1<<bits as a signed number.
func (f *field) signedOf(v int64) int64 { return v << (64 - f.bits) >> (64 - f.bits) }

// word brings v, modulo 1<<bits, into the 32 bits of a word, and checks its bounds.
func (f *field) word(v int64) (uint32, error) {
	if f.signed() {
		v = f.signedOf(v)
	} else {
		v &= 1<<f.bits - 1
	}
	if f.kind == "f32" {
		if x := float64(math.Float32frombits(uint32(v))); math.IsNaN(x) || math.IsInf(x, 0) {
			return 0, fmt.Errorf("field %s is %g", f.name, x)
		}
	} else if v < f.lo || v > f.hi {
		return 0, fmt.Errorf("field %s is %d, not in %d..%d", f.name, v, f.lo, f.hi)
	}
	return uint32(v), nil
}

// read takes a value as it is on the wire (section 2); of a str it gives 0.
func (f *field) read(v value) (uint32, error) {
	switch {
	case f.kind == "str":
		_, err := v.text(0, f.max)
		return 0, err
	case f.kind == "f32":
		if v.kind != isFloat32 {
			return 0, fmt.Errorf("%w: field %s is %x", errShape, f.name, v.raw)
		}
		return f.word(int64(math.Float32bits(float32(v.f))))
	}
	n, err := v.number(f.lo, f.hi)
	if err != nil {
		return 0, fmt.Errorf("field %s: %w", f.name, err)
	}
	return uint32(n), nil
}

func readSchema(v value) (*schema, error) {
	s := &schema{hash: hashOf(v.raw)}
	m, err := v.pairs()
	if err != nil {
		return nil, err
	}
	if s.inputHash = hashOf(m["input"].raw); m["game"].kind != isStr {
		return nil, errors.New("a schema without a game")
	}
	tables, err := m["tables"].array(-1)
	if err != nil {
		return nil, err
	}
	for _, v := range tables {
		name, fields, err := readRecord(v)
		if err != nil {
			return nil, err
		}
		t := table{name: name, fields: fields, owner: -1}
		for i := range fields {
			if f := &fields[i]; f.kind == "player" && f.once && t.owner < 0 {
				t.owner = i
			}
		}
		s.tables = append(s.tables, t)
	}
	if len(s.tables) == 0 || s.tables[0].name != "players" {
		return nil, errors.New("table 0 is not players")
	}
	for key, to := range map[string]*[][]field{"events": &s.events, "calls": &s.calls} {
		list, err := m[key].array(-1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		for _, v := range list {
			_, fields, err := readRecord(v)
			if err != nil {
				return nil, err
			}
			*to = append(*to, fields)
		}
	}
	s.input, err = readFields(m["input"])
	return s, err
}

func readRecord(v value) (name string, fields []field, err error) {
	m, err := v.pairs()
	if err != nil {
		return "", nil, err
	}
	if name, err = m["name"].text(1, 64); err != nil {
		return "", nil, err
	}
	fields, err = readFields(m["fields"])
	return name, fields, err
}

func readFields(v value) (fields []field, err error) {
	list, err := v.array(-1)
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		m, err := v.pairs()
		if err != nil {
			return nil, err
		}
		f := field{
			name: string(m["name"].b), kind: string(m["kind"].b), bits: int(m["bits"].i), lo: m["lo"].i, hi: m["hi"].i,
			interp: string(m["interp"].b), once: m["once"].i != 0, edge: m["edge"].i != 0, ownerOnly: m["owneronly"].i != 0,
			max: int(m["max"].i),
		}
		switch f.kind {
		case "bool", "uint", "int", "fixed", "f32", "player", "text", "ref":
			if f.bits < 1 || f.bits > 32 {
				return nil, fmt.Errorf("field %s has %d bits", f.name, f.bits)
			}
		case "str":
		default:
			return nil, fmt.Errorf("field %s is of the unknown kind %q", f.name, f.kind)
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// pairs gives a map by its keys, which are str.
func (v value) pairs() (map[string]value, error) {
	if v.kind != isMap {
		return nil, fmt.Errorf("%w: want a map, got %x", errShape, v.raw)
	}
	m := map[string]value{}
	for i := 0; i < len(v.list); i += 2 {
		key := v.list[i]
		if _, twice := m[string(key.b)]; key.kind != isStr || twice {
			return nil, fmt.Errorf("%w: map key %x", errShape, key.raw)
		}
		m[string(key.b)] = v.list[i+1]
	}
	return m, nil
}

func hashOf(b []byte) [8]byte {
	sum := sha256.Sum256(b)
	return [8]byte(bytes.Clone(sum[:8]))
}
