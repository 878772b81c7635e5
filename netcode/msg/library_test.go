package msg

import (
	"bytes"
	"math"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
	"pgregory.net/rapid"
)

// A kind is one msgpack type with everything that can be done to a value of it: our two encoders, the library's own,
// and both decoders.
type kind[V any] struct {
	gen     *rapid.Generator[V]
	same    func(a, b V) bool
	append  func(dst []byte, v V) []byte
	encode  func(e *Encoder, v V)
	library func(e *msgpack.Encoder, v V) error
	read    func(r *Reader) V
	decode  func(d *msgpack.Decoder) (V, error)
}

func checkKind[V any](t *testing.T, k kind[V]) {
	rapid.Check(t, func(t *rapid.T) {
		vs := rapid.SliceOfN(k.gen, 1, 5).Draw(t, "values")
		var ours []byte
		var buf bytes.Buffer
		lib := msgpack.NewEncoder(&buf)
		e := NewEncoder()
		for _, v := range vs {
			ours = k.append(ours, v)
			k.encode(e, v)
			if err := k.library(lib, v); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(ours, buf.Bytes()) {
			t.Fatalf("appended % x, the library encodes % x", ours, buf.Bytes())
		}
		if !bytes.Equal(ours, e.Bytes()) {
			t.Fatalf("appended % x, the Encoder encodes % x", ours, e.Bytes())
		}
		d := msgpack.NewDecoder(bytes.NewReader(ours))
		r := NewReader(ours)
		for i, v := range vs {
			if got := k.read(&r); !k.same(got, v) || r.Err() != nil {
				t.Fatalf("value %d: read %v, %v, want %v", i, got, r.Err(), v)
			}
			if got, err := k.decode(d); err != nil || !k.same(got, v) {
				t.Fatalf("value %d: the library decodes %v, %v, want %v", i, got, err, v)
			}
		}
		if err := r.Done(); err != nil {
			t.Fatal(err)
		}
	})
}

func equal[V comparable](a, b V) bool { return a == b }

// anyUint has each power of two and its neighbours as likely as the rest: that is where encodings change.
func anyUint() *rapid.Generator[uint64] {
	edge := rapid.Custom(func(t *rapid.T) uint64 {
		return 1<<rapid.IntRange(0, 63).Draw(t, "bit") + uint64(rapid.IntRange(-1, 1).Draw(t, "off"))
	})
	return rapid.OneOf(edge, rapid.Uint64())
}

func TestUintMatchesLibrary(t *testing.T) {
	checkKind(t, kind[uint64]{
		gen: anyUint(), same: equal[uint64], append: AppendUint, encode: (*Encoder).Uint,
		library: (*msgpack.Encoder).EncodeUint,
		read:    func(r *Reader) uint64 { return r.Uint(math.MaxUint64) },
		decode:  (*msgpack.Decoder).DecodeUint64,
	})
}

func TestIntMatchesLibrary(t *testing.T) {
	checkKind(t, kind[int64]{
		gen: rapid.Map(anyUint(), func(u uint64) int64 { return int64(-u) }), same: equal[int64], append: AppendInt,
		encode: (*Encoder).Int, library: (*msgpack.Encoder).EncodeInt,
		read:   func(r *Reader) int64 { return r.Int(math.MinInt64, math.MaxInt64) },
		decode: (*msgpack.Decoder).DecodeInt64,
	})
}

func TestBoolMatchesLibrary(t *testing.T) {
	checkKind(t, kind[bool]{
		gen: rapid.Bool(), same: equal[bool], append: AppendBool, encode: (*Encoder).Bool,
		library: (*msgpack.Encoder).EncodeBool, read: (*Reader).Bool, decode: (*msgpack.Decoder).DecodeBool,
	})
}

func TestNilMatchesLibrary(t *testing.T) {
	checkKind(t, kind[bool]{
		gen: rapid.Just(true), same: equal[bool],
		append:  func(dst []byte, _ bool) []byte { return AppendNil(dst) },
		encode:  func(e *Encoder, _ bool) { e.Nil() },
		library: func(e *msgpack.Encoder, _ bool) error { return e.EncodeNil() },
		read:    (*Reader).TryNil,
		decode:  func(d *msgpack.Decoder) (bool, error) { return true, d.DecodeNil() },
	})
}

func TestFloat32MatchesLibrary(t *testing.T) {
	checkKind(t, kind[float32]{
		gen:  rapid.OneOf(rapid.Float32(), rapid.SampledFrom([]float32{0, 1, -1, float32(math.Copysign(0, -1))})),
		same: func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }, append: AppendFloat32,
		encode: (*Encoder).Float32, library: (*msgpack.Encoder).EncodeFloat32, read: (*Reader).Float32,
		decode: (*msgpack.Decoder).DecodeFloat32,
	})
}

func TestFloat64MatchesLibrary(t *testing.T) {
	checkKind(t, kind[float64]{
		gen:  rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, -1, math.Copysign(0, -1)})),
		same: func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }, append: AppendFloat64,
		encode: (*Encoder).Float64, library: (*msgpack.Encoder).EncodeFloat64, read: (*Reader).Float64,
		decode: (*msgpack.Decoder).DecodeFloat64,
	})
}

// anyLen has the lengths at which heads change.
func anyLen() *rapid.Generator[int] {
	return rapid.OneOf(rapid.IntRange(0, 40), rapid.SampledFrom([]int{255, 256, 257, 65535, 65536, 65537}))
}

func TestStringMatchesLibrary(t *testing.T) {
	long := rapid.Map(anyLen(), func(n int) string { return string(bytes.Repeat([]byte{'s'}, n)) })
	checkKind(t, kind[string]{
		gen: rapid.OneOf(rapid.String(), long), same: equal[string], append: AppendString[string], encode: (*Encoder).String,
		library: (*msgpack.Encoder).EncodeString,
		read:    func(r *Reader) string { return r.String(math.MaxInt) },
		decode:  (*msgpack.Decoder).DecodeString,
	})
}

func TestBinMatchesLibrary(t *testing.T) {
	checkKind(t, kind[[]byte]{
		gen:  rapid.Map(anyLen(), func(n int) []byte { return bytes.Repeat([]byte{0xdd}, n) }),
		same: bytes.Equal, append: AppendBin, encode: (*Encoder).Bin, library: (*msgpack.Encoder).EncodeBytes,
		read:   func(r *Reader) []byte { return r.Bin(math.MaxInt) },
		decode: (*msgpack.Decoder).DecodeBytes,
	})
	e := NewEncoder()
	e.Bin(nil)
	if b := AppendBin(nil, nil); !bytes.Equal(b, []byte{codeBin8, 0}) || !bytes.Equal(b, e.Bytes()) {
		t.Errorf("nil is appended as % x and encoded as % x, want an empty bin", b, e.Bytes())
	}
}

// TestArrayMatchesLibrary and its neighbour for maps follow each head with as many nils as it declares, because the
// reader takes no head that it cannot believe.
func TestArrayMatchesLibrary(t *testing.T) {
	fill := func(n int) []byte { return bytes.Repeat([]byte{codeNil}, n) }
	checkKind(t, kind[int]{
		gen: anyLen(), same: equal[int],
		append: func(dst []byte, n int) []byte { return append(AppendArrayLen(dst, n), fill(n)...) },
		encode: func(e *Encoder, n int) { e.ArrayLen(n); e.Raw(fill(n)) },
		library: func(e *msgpack.Encoder, n int) error {
			err := e.EncodeArrayLen(n)
			for range n {
				err = e.EncodeNil()
			}
			return err
		},
		read: func(r *Reader) int {
			n := r.ArrayLen(math.MaxInt)
			for range n {
				r.TryNil()
			}
			return n
		},
		decode: func(d *msgpack.Decoder) (int, error) {
			n, err := d.DecodeArrayLen()
			for range n {
				err = d.DecodeNil()
			}
			return n, err
		},
	})
}

func TestMapMatchesLibrary(t *testing.T) {
	fill := func(n int) []byte { return bytes.Repeat([]byte{codeNil}, 2*n) }
	checkKind(t, kind[int]{
		gen: anyLen(), same: equal[int],
		append: func(dst []byte, n int) []byte { return append(AppendMapLen(dst, n), fill(n)...) },
		encode: func(e *Encoder, n int) { e.MapLen(n); e.Raw(fill(n)) },
		library: func(e *msgpack.Encoder, n int) error {
			err := e.EncodeMapLen(n)
			for range 2 * n {
				err = e.EncodeNil()
			}
			return err
		},
		read: func(r *Reader) int {
			n := r.MapLen(math.MaxInt)
			for range 2 * n {
				r.TryNil()
			}
			return n
		},
		decode: func(d *msgpack.Decoder) (int, error) {
			n, err := d.DecodeMapLen()
			for range 2 * n {
				err = d.DecodeNil()
			}
			return n, err
		},
	})
}

// TestReaderTakesWhatLibraryEncodes reads integers in the widths that the library picks by type, not by value.
func TestReaderTakesWhatLibraryEncodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var buf bytes.Buffer
		e := msgpack.NewEncoder(&buf)
		u, i := anyUint().Draw(t, "u"), rapid.Int64().Draw(t, "i")
		err := e.EncodeMulti(u, uint32(u), uint16(u), uint8(u), i, int32(i), int16(i), int8(i))
		if err != nil {
			t.Fatal(err)
		}
		r := NewReader(buf.Bytes())
		us := [4]uint64{r.Uint(math.MaxUint64), r.Uint(math.MaxUint32), r.Uint(math.MaxUint16), r.Uint(math.MaxUint8)}
		is := [4]int64{r.Int(math.MinInt64, math.MaxInt64), r.Int(math.MinInt32, math.MaxInt32),
			r.Int(math.MinInt16, math.MaxInt16), r.Int(math.MinInt8, math.MaxInt8)}
		if err := r.Done(); err != nil {
			t.Fatalf("% x: %v", buf.Bytes(), err)
		}
		if us != [4]uint64{u, uint64(uint32(u)), uint64(uint16(u)), uint64(uint8(u))} {
			t.Fatalf("read %v of %d", us, u)
		}
		if is != [4]int64{i, int64(int32(i)), int64(int16(i)), int64(int8(i))} {
			t.Fatalf("read %v of %d", is, i)
		}
	})
}
