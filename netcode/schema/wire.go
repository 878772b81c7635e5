package schema

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// Hash names a schema or an input schema; see PROTOCOL.md section 6.
type Hash [8]byte

func hashOf(b []byte) Hash {
	sum := sha256.Sum256(b)
	return Hash(sum[:8])
}

// Encode gives the msgpack bytes of the schema as HELLO carries them, its hash, and the hash of its input array.
func (s *Schema) Encode() (raw []byte, hash, input Hash) {
	b := msg.AppendMapLen(nil, 5)
	b = msg.AppendString(b, "game")
	b = msg.AppendString(b, s.Game)
	b = msg.AppendString(b, "tables")
	b = msg.AppendArrayLen(b, len(s.Tables))
	for i := range s.Tables {
		t := &s.Tables[i]
		b = appendRecord(b, &t.Record, t.Predicted)
	}
	b = msg.AppendString(b, "events")
	b = appendRecords(b, s.Events)
	in := appendFields(nil, s.Input)
	b = msg.AppendString(b, "input")
	b = append(b, in...)
	b = msg.AppendString(b, "calls")
	b = appendRecords(b, s.Calls)
	return b, hashOf(b), hashOf(in)
}

func appendRecords(b []byte, rs []Record) []byte {
	b = msg.AppendArrayLen(b, len(rs))
	for i := range rs {
		b = appendRecord(b, &rs[i], false)
	}
	return b
}

func appendRecord(b []byte, r *Record, predicted bool) []byte {
	n := 2
	if predicted {
		n = 3
	}
	b = msg.AppendMapLen(b, n)
	b = msg.AppendString(b, "name")
	b = msg.AppendString(b, r.Name)
	b = msg.AppendString(b, "fields")
	b = appendFields(b, r.Fields)
	if predicted {
		b = msg.AppendString(b, "predicted")
		b = msg.AppendBool(b, true)
	}
	return b
}

func appendFields(b []byte, fs []Field) []byte {
	b = msg.AppendArrayLen(b, len(fs))
	for i := range fs {
		b = fs[i].append(b)
	}
	return b
}

func (f *Field) append(b []byte) []byte {
	n := 0
	var opt []byte
	str := func(key, v string) {
		opt = msg.AppendString(msg.AppendString(opt, key), v)
		n++
	}
	flag := func(key string, v bool) {
		if v {
			opt = msg.AppendBool(msg.AppendString(opt, key), true)
			n++
		}
	}
	str("name", f.Name)
	str("kind", f.Kind.String())
	opt = msg.AppendUint(msg.AppendString(opt, "bits"), uint64(f.Bits))
	opt = msg.AppendInt(msg.AppendString(opt, "lo"), f.Lo)
	opt = msg.AppendInt(msg.AppendString(opt, "hi"), f.Hi)
	n += 3
	if f.Lerp {
		str("interp", f.Interp())
	}
	if f.Base != 0 {
		opt = msg.AppendFloat64(msg.AppendString(opt, "base"), f.Base)
		n++
	}
	if f.Step != 0 {
		opt = msg.AppendFloat64(msg.AppendString(opt, "step"), f.Step)
		n++
	}
	flag("wrap", f.Wrap)
	flag("once", f.Once)
	flag("edge", f.Edge)
	flag("owneronly", f.OwnerOnly)
	if f.Pri != 0 {
		opt = msg.AppendUint(msg.AppendString(opt, "pri"), uint64(f.Pri))
		n++
	}
	if f.Max != 0 {
		opt = msg.AppendUint(msg.AppendString(opt, "max"), uint64(f.Max))
		n++
	}
	if f.Of != "" {
		str("of", f.Of)
	}
	return append(msg.AppendMapLen(b, n), opt...)
}

// Decode reads what Encode wrote. It is the client's side: bytes come from a server, and are bounded all the same.
func Decode(raw []byte) (*Schema, Hash, error) {
	r := msg.NewReader(raw)
	s := &Schema{}
	for range r.MapLen(64) {
		switch string(r.StringBytes(MaxName)) {
		case "game":
			s.Game = string(r.StringBytes(MaxName))
		case "tables":
			s.Tables = make([]Table, r.ArrayLen(MaxTables))
			for i := range s.Tables {
				readRecord(&r, &s.Tables[i].Record, &s.Tables[i].Predicted)
			}
		case "events":
			s.Events = readRecords(&r)
		case "input":
			s.Input = readFields(&r)
		case "calls":
			s.Calls = readRecords(&r)
		default:
			r.Skip()
		}
	}
	if err := r.Done(); err != nil {
		return nil, Hash{}, fmt.Errorf("schema: decode: %w", err)
	}
	if len(s.Tables) == 0 || s.Tables[0].Name != "players" {
		return nil, Hash{}, errors.New("schema: decode: table 0 is not players")
	}
	return s, hashOf(raw), nil
}

func readRecords(r *msg.Reader) []Record {
	rs := make([]Record, r.ArrayLen(MaxRecords))
	for i := range rs {
		readRecord(r, &rs[i], nil)
	}
	return rs
}

func readRecord(r *msg.Reader, rec *Record, predicted *bool) {
	for range r.MapLen(64) {
		switch string(r.StringBytes(MaxName)) {
		case "name":
			rec.Name = string(r.StringBytes(MaxName))
		case "fields":
			rec.Fields = readFields(r)
		case "predicted":
			v := r.Bool()
			if predicted != nil {
				*predicted = v
			}
		default:
			r.Skip()
		}
	}
}

func readFields(r *msg.Reader) []Field {
	fs := make([]Field, r.ArrayLen(MaxFields))
	for i := range fs {
		fs[i].read(r)
	}
	return fs
}

func (f *Field) read(r *msg.Reader) {
	for range r.MapLen(64) {
		switch string(r.StringBytes(MaxName)) {
		case "name":
			f.Name = string(r.StringBytes(MaxName))
		case "kind":
			k, ok := kindOf(string(r.StringBytes(MaxName)))
			if !ok {
				r.Fail(errors.New("unknown field kind"))
			}
			f.Kind = k
		case "bits":
			f.Bits = uint8(r.Uint(32))
		case "lo":
			f.Lo = r.Int(-1<<32, 1<<32)
		case "hi":
			f.Hi = r.Int(-1<<32, 1<<32)
		case "interp":
			f.Lerp, f.Hermite = true, string(r.StringBytes(MaxName)) == "hermite"
		case "base":
			f.Base = r.Float64()
		case "step":
			f.Step = r.Float64()
		case "wrap":
			f.Wrap = r.Bool()
		case "once":
			f.Once = r.Bool()
		case "edge":
			f.Edge = r.Bool()
		case "owneronly":
			f.OwnerOnly = r.Bool()
		case "pri":
			f.Pri = uint8(r.Uint(15))
		case "max":
			f.Max = int(r.Uint(MaxString))
		case "of":
			f.Of = string(r.StringBytes(MaxName))
		default:
			r.Skip()
		}
	}
	if f.Kind != Str && f.Bits == 0 || f.Lo > f.Hi {
		r.Fail(errors.New("field with no values"))
	}
}

// Truncate makes valid UTF-8 of s and cuts it to at most n bytes, at a character.
func Truncate(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
