package schema

import (
	"fmt"
	"math"
	"math/bits"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// Use says where a struct appears; it decides which types and tag options fit.
type Use uint8

// The uses of a tagged struct.
const (
	UseRow Use = iota
	UseEvent
	UseInput
	UseCall
)

func (u Use) String() string { return [...]string{"a row", "an event", "an input", "a call"}[u] }

// Marker is implemented by types whose values are more than numbers: player ids, references, string table ids. The
// underlying type must be uint32.
type Marker interface{ NetKind() Kind }

// Referrer is implemented by references to rows of one table.
type Referrer interface{ NetRef() reflect.Type }

// Layout is a compiled struct type: its fields and where they lie in memory.
type Layout struct {
	Fields []Field
	// Refs has, for each field, the row type a Ref points to, or nil.
	Refs []reflect.Type
	ops  []op
	edge []int // fields marked edge
}

// garbled is in a struct tag that means to be one of ours but is not found by the key net, and so would keep its field on the server.
var garbled = regexp.MustCompile(`(?i)(^|[\s,;])net\s*[:=]`)

// Compile reads the `net:` tags of struct type t. Errors name the type and the field.
func Compile(t reflect.Type, use Use) (*Layout, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("schema: %v: %v must be a struct", t, use)
	}
	l := &Layout{}
	seen := map[string]string{}
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, tagged := sf.Tag.Lookup("net")
		if use == UseRow {
			if err := plainData(sf.Type); err != nil {
				return nil, fmt.Errorf("schema: %v.%s: %w", t, sf.Name, err)
			}
		}
		if !tagged {
			if garbled.MatchString(string(sf.Tag)) {
				return nil, fmt.Errorf("schema: %v.%s: the tag must be net:\"...\" in quotes, between `backquotes`; it is %s", t, sf.Name, sf.Tag)
			}
			continue
		}
		elements, err := spread(sf, tag)
		if err != nil {
			return nil, fmt.Errorf("schema: %v.%s: %w", t, sf.Name, err)
		}
		for _, e := range elements {
			f, err := compileField(e.StructField, e.tag, use)
			if err != nil {
				return nil, fmt.Errorf("schema: %v.%s: %w", t, sf.Name, err)
			}
			if other, dup := seen[f.Name]; dup {
				return nil, fmt.Errorf("schema: %v.%s: the name %q is already that of field %s", t, sf.Name, f.Name, other)
			}
			seen[f.Name] = sf.Name
			l.add(f, e.StructField)
		}
	}
	if len(l.Fields) > MaxFields {
		return nil, fmt.Errorf("schema: %v: %d tagged fields; at most %d fit", t, len(l.Fields), MaxFields)
	}
	if table := (Table{Record: Record{Fields: l.Fields}}); use == UseRow && table.HasOwnerOnly() && table.Owner() < 0 {
		return nil, fmt.Errorf("schema: %v: owneronly needs an owner: a field of type game.PlayerID tagged once", t)
	}
	if use == UseRow && len(l.Fields) == 0 {
		return nil, fmt.Errorf("schema: %v: no field has a `net:` tag; nothing would be replicated", t)
	}
	return l, nil
}

// add appends a field that lies where sf says.
func (l *Layout) add(f Field, sf reflect.StructField) {
	if f.Edge {
		l.edge = append(l.edge, len(l.Fields))
	}
	l.ops = append(l.ops, op{offset: sf.Offset, kind: sf.Type.Kind()})
	l.Fields = append(l.Fields, f)
	var ref reflect.Type
	if r, ok := reflect.Zero(sf.Type).Interface().(Referrer); ok {
		ref = r.NetRef()
	}
	l.Refs = append(l.Refs, ref)
}

// plainData refuses what cannot be copied as bytes: rows are saved, restored and kept in history that way.
func plainData(t reflect.Type) error {
	switch t.Kind() {
	case reflect.String:
		return fmt.Errorf("a row is plain data and cannot hold a %v; make the field a game.Text, which Tick.Text makes of a string", t)
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Func, reflect.Chan, reflect.Interface, reflect.UnsafePointer:
		return fmt.Errorf("a row is plain data and cannot hold a %v; keep it in the game's own struct", t)
	case reflect.Array:
		return plainData(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if err := plainData(t.Field(i).Type); err != nil {
				return err
			}
		}
	}
	return nil
}

func compileField(sf reflect.StructField, tag string, use Use) (Field, error) {
	name, rest, _ := strings.Cut(tag, ",")
	if name == "" {
		name = strings.ToLower(sf.Name)
	}
	if !validName(name) || use == UseEvent && name == "tick" || use == UseRow && name == "entityId" { // the browser adds these two itself
		return Field{}, fmt.Errorf("the name %q will not do: up to %d letters, digits and _, not tick in events nor entityId in rows; to keep a field on the server leave out its tag", name, MaxName)
	}
	o, err := parseOptions(rest, use)
	if err != nil {
		return Field{}, err
	}
	f := Field{Name: name, Lerp: o.lerp || o.hermite, Hermite: o.hermite, Once: o.once, Edge: o.edge, OwnerOnly: o.ownerOnly, Pri: uint8(o.pri)}
	if m, ok := reflect.Zero(sf.Type).Interface().(Marker); ok {
		f.Kind = m.NetKind()
		if sf.Type.Kind() != reflect.Uint32 {
			return f, fmt.Errorf("%v must have the underlying type uint32", sf.Type)
		}
		f.Bits, f.Hi = 32, math.MaxUint32
		return f, o.refuse("a "+f.Kind.String(), "", "q", "range", "bits", "wrap", "lerp", "hermite", "max")
	}
	switch sf.Type.Kind() {
	case reflect.Bool:
		f.Kind, f.Bits, f.Hi = Bool, 1, 1
		return f, o.refuse("a bool", "", "q", "range", "bits", "wrap", "lerp", "hermite", "max")
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		f.Kind, f.Bits = Uint, uint8(sf.Type.Size()*8)
		f.Hi = int64(1)<<f.Bits - 1
		return f, o.integer(&f)
	case reflect.Int8, reflect.Int16, reflect.Int32:
		f.Kind, f.Bits = Int, uint8(sf.Type.Size()*8)
		f.Lo, f.Hi = -(int64(1) << (f.Bits - 1)), int64(1)<<(f.Bits-1)-1
		return f, o.integer(&f)
	case reflect.Float32:
		return f, o.float(&f)
	case reflect.String:
		if use != UseEvent && use != UseCall {
			return f, fmt.Errorf("a string cannot ride in %v", use)
		}
		f.Kind, f.Max = Str, 64
		if o.hasMax {
			f.Max = o.max
		}
		return f, o.refuse("a string", "; use max", "q", "range", "bits", "wrap", "lerp", "hermite")
	}
	return f, fmt.Errorf("%v cannot go on the wire; use bool, (u)int8..32, float32, a game id, or string in events and calls", sf.Type)
}

// validName reports whether a field name can be a key in both languages.
func validName(s string) bool {
	if s == "" || len(s) > MaxName || s == "__proto__" {
		return false
	}
	for i, c := range []byte(s) {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// options are the parsed `net:` options of one field.
type options struct {
	lerp, hermite, once, edge, wrap bool
	ownerOnly                       bool
	hasQ, hasRange, hasBits, hasMax bool
	q, lo, hi                       float64
	bits, max, pri                  int
}

func parseOptions(s string, use Use) (options, error) {
	var o options
	if s == "" {
		return o, nil
	}
	for _, opt := range strings.Split(s, ",") {
		key, val, _ := strings.Cut(strings.TrimSpace(opt), "=")
		var err error
		switch key {
		case "lerp":
			o.lerp = true
		case "hermite":
			o.hermite = true
		case "snap": // the default, for those who like to say it
		case "once":
			o.once = true
		case "edge":
			o.edge = true
		case "wrap":
			o.wrap = true
		case "owneronly":
			o.ownerOnly = true
		case "pri":
			o.pri, err = strconv.Atoi(val)
			if err != nil || o.pri < 1 || o.pri > 15 {
				err = fmt.Errorf("pri=%s: 1 to 15 fit", val)
			}
		case "q":
			o.hasQ = true
			o.q, err = fraction(val)
			if err == nil && !(o.q > 0 && o.q <= 1<<20) {
				err = fmt.Errorf("q=%s: the step must be over 0", val)
			}
		case "range":
			o.hasRange = true
			lo, hi, ok := strings.Cut(val, "..")
			if !ok {
				return o, fmt.Errorf("range=%s: write range=lo..hi", val)
			}
			if o.lo, err = fraction(lo); err == nil {
				o.hi, err = fraction(hi)
			}
			if err == nil && !(o.lo < o.hi) {
				err = fmt.Errorf("range=%s is empty", val)
			}
		case "bits":
			o.hasBits = true
			o.bits, err = strconv.Atoi(val)
			if err != nil || o.bits < 1 || o.bits > 32 {
				err = fmt.Errorf("bits=%s: 1 to 32 fit", val)
			}
		case "max":
			o.hasMax = true
			o.max, err = strconv.Atoi(val)
			if err != nil || o.max < 1 || o.max > MaxString {
				err = fmt.Errorf("max=%s: 1 to %d bytes fit", val, MaxString)
			}
		default:
			return o, fmt.Errorf("unknown option %q in the net tag; there are q, bits, range, wrap, lerp, hermite, snap, once, owneronly, pri, edge and max", opt)
		}
		if err != nil {
			return o, err
		}
	}
	if use != UseRow && (o.lerp || o.hermite || o.once || o.ownerOnly || o.pri > 0) {
		return o, fmt.Errorf("lerp, hermite, once, owneronly and pri are for rows, not for %v", use)
	}
	if o.ownerOnly && o.once {
		return o, fmt.Errorf("a field sent once cannot be owneronly: it tells others who they see")
	}
	if use != UseInput && o.edge {
		return o, fmt.Errorf("edge is for inputs, not for %v", use)
	}
	if o.lerp && o.hermite {
		return o, fmt.Errorf("lerp draws on a line and hermite on a curve: a field has one of them")
	}
	if (o.lerp || o.hermite) && o.once {
		return o, fmt.Errorf("a field sent once cannot be interpolated")
	}
	return o, nil
}

// fraction reads "1/32", "0.5" or "-3".
func fraction(s string) (float64, error) {
	num, den, isFraction := strings.Cut(s, "/")
	n, err := strconv.ParseFloat(num, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	if !isFraction {
		return n, nil
	}
	d, err := strconv.ParseFloat(den, 64)
	if err != nil || d == 0 || math.IsInf(d, 0) || math.IsNaN(d) {
		return 0, fmt.Errorf("%q is not a fraction", s)
	}
	return n / d, nil
}

// refuse reports the first option given that what has no use for; use says what to do instead.
func (o options) refuse(what, use string, names ...string) error {
	given := map[string]bool{"q": o.hasQ, "range": o.hasRange, "bits": o.hasBits, "wrap": o.wrap, "lerp": o.lerp, "hermite": o.hermite, "max": o.hasMax}
	for _, n := range names {
		if given[n] {
			return fmt.Errorf("%s does not fit %s%s", n, what, use)
		}
	}
	return nil
}

// integer applies the options to an integer field.
func (o options) integer(f *Field) error {
	if err := o.refuse("an integer", "; use range", "q", "bits", "max"); err != nil {
		return err
	}
	if o.wrap {
		if o.hasRange {
			return fmt.Errorf("an integer wraps at its own width; leave out range")
		}
		f.Wrap = true
	}
	if !o.hasRange {
		return nil
	}
	if o.lo != math.Trunc(o.lo) || o.hi != math.Trunc(o.hi) {
		return fmt.Errorf("the range of an integer needs whole numbers")
	}
	lo, hi := int64(o.lo), int64(o.hi)
	if lo < f.Lo || hi > f.Hi {
		return fmt.Errorf("range %d..%d does not fit its type", lo, hi)
	}
	f.Lo, f.Hi = lo, hi
	f.Bits = width(lo, hi, f.Kind == Int)
	return nil
}

// float applies the options to a float32 field.
func (o options) float(f *Field) error {
	if err := o.refuse("a float32", "; use range", "max"); err != nil {
		return err
	}
	switch {
	case o.hasQ && o.hasBits:
		return fmt.Errorf("give q or bits, not both")
	case o.hasQ:
		if o.wrap {
			return fmt.Errorf("wrap needs bits: the circle is divided into 2^bits steps")
		}
		f.Kind, f.Step, f.Bits = Fixed, o.q, 32
		f.Lo, f.Hi = math.MinInt32, math.MaxInt32
		if o.hasRange {
			lo, hi := math.Floor(o.lo/o.q+0.5), math.Floor(o.hi/o.q+0.5)
			if lo < math.MinInt32 || hi > math.MaxInt32 {
				return fmt.Errorf("range/q needs more than 32 bits")
			}
			f.Lo, f.Hi = int64(lo), int64(hi)
			f.Bits = width(f.Lo, f.Hi, f.Lo < 0)
		}
	case o.hasBits:
		if !o.hasRange && !o.wrap {
			return fmt.Errorf("bits needs a range, or wrap for an angle of 0..2 pi")
		}
		f.Kind, f.Bits, f.Wrap = Fixed, uint8(o.bits), o.wrap
		f.Hi = int64(1)<<f.Bits - 1
		lo, hi, steps := 0.0, 2*math.Pi, math.Exp2(float64(o.bits))
		if o.hasRange {
			lo, hi = o.lo, o.hi
		}
		if !o.wrap {
			steps--
		}
		f.Base, f.Step = lo, (hi-lo)/steps
	case o.hasRange || o.wrap:
		return fmt.Errorf("range and wrap need q or bits; a bare float32 is sent as it is")
	default:
		f.Kind, f.Bits = F32, 32
	}
	return nil
}

// width is the least number of bits that holds lo..hi.
func width(lo, hi int64, signed bool) uint8 {
	if !signed {
		return uint8(max(1, bits.Len64(uint64(hi))))
	}
	n := bits.Len64(uint64(max(hi, 0)))
	if lo < 0 {
		n = max(n, bits.Len64(uint64(-(lo + 1))))
	}
	return uint8(n + 1)
}
