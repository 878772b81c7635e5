package schema

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/vmihailenco/msgpack/v5"
	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

type everything struct {
	Flag   bool    `net:"flag"`
	U8     uint8   `net:"u8"`
	U16    uint16  `net:"u16,range=10..1000"`
	U32    uint32  `net:"u32,once"`
	I8     int8    `net:"i8,range=-1..1"`
	I16    int16   `net:",lerp"`
	I32    int32   `net:"i32,lerp"`
	Bare   float32 `net:"bare,lerp"`
	Q      float32 `net:"q,q=1/32,lerp"`
	QRange float32 `net:"qrange,q=0.25,range=-100..100"`
	Angle  float32 `net:"angle,bits=10,wrap,lerp"`
	Share  float32 `net:"share,bits=8,range=0..1"`
	hidden int
}

func layoutOf[T any](t *testing.T, use Use) *Layout {
	t.Helper()
	l, err := Compile(reflect.TypeFor[T](), use)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestFieldTableFollowsTheTags(t *testing.T) {
	l := layoutOf[everything](t, UseRow)
	tau := 2 * math.Pi
	want := []Field{
		{Name: "flag", Kind: Bool, Bits: 1, Hi: 1},
		{Name: "u8", Kind: Uint, Bits: 8, Hi: 255},
		{Name: "u16", Kind: Uint, Bits: 10, Lo: 10, Hi: 1000},
		{Name: "u32", Kind: Uint, Bits: 32, Hi: 1<<32 - 1, Once: true},
		{Name: "i8", Kind: Int, Bits: 2, Lo: -1, Hi: 1},
		{Name: "i16", Kind: Int, Bits: 16, Lo: -1 << 15, Hi: 1<<15 - 1, Lerp: true},
		{Name: "i32", Kind: Int, Bits: 32, Lo: -1 << 31, Hi: 1<<31 - 1, Lerp: true},
		{Name: "bare", Kind: F32, Bits: 32, Lerp: true},
		{Name: "q", Kind: Fixed, Bits: 32, Lo: -1 << 31, Hi: 1<<31 - 1, Lerp: true, Step: 1.0 / 32},
		{Name: "qrange", Kind: Fixed, Bits: 10, Lo: -400, Hi: 400, Step: 0.25},
		{Name: "angle", Kind: Fixed, Bits: 10, Hi: 1023, Lerp: true, Wrap: true, Step: tau / 1024},
		{Name: "share", Kind: Fixed, Bits: 8, Hi: 255, Step: 1.0 / 255},
	}
	if !reflect.DeepEqual(l.Fields, want) {
		for i := range want {
			if l.Fields[i] != want[i] {
				t.Errorf("field %d is %+v, want %+v", i, l.Fields[i], want[i])
			}
		}
	}
}

// TestMistakesAreNamed: an error tells the type and the field, and what to write instead.
func TestMistakesAreNamed(t *testing.T) {
	f := func(use Use, v any, says ...string) {
		t.Helper()
		_, err := Compile(reflect.TypeOf(v), use)
		if err == nil {
			t.Errorf("%T was accepted", v)
			return
		}
		for _, s := range says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%q does not say %q", err, s)
			}
		}
	}
	f(UseRow, struct {
		A int64 `net:"a"`
	}{}, ".A", "int64")
	f(UseRow, struct {
		A int `net:"a"`
	}{}, ".A", "int8..32")
	f(UseRow, struct{ A []int }{}, ".A", "plain data")
	f(UseRow, struct{ A string }{}, ".A", "plain data", "game.Text", "Tick.Text")
	f(UseRow, struct {
		A uint32 `net:"entityId"`
	}{}, ".A", `"entityId" will not do`)
	f(UseEvent, struct {
		A uint32 `net:"tick"`
	}{}, ".A", `"tick" will not do`)
	f(UseRow, struct{ A *int }{}, ".A", "plain data")
	f(UseRow, struct{ A [2]struct{ B map[int]int } }{}, ".A", "plain data")
	f(UseRow, struct {
		A string `net:"a"`
	}{}, ".A", "plain data")
	f(UseInput, struct {
		A string `net:"a"`
	}{}, ".A", "string")
	f(UseRow, struct{ A int8 }{}, "no field")
	f(UseRow, struct {
		A [17]uint8 `net:"a"`
	}{}, ".A", "17 elements of type uint8", "16")
	f(UseRow, struct {
		A [0]uint8 `net:"a"`
	}{}, ".A", "0 elements")
	f(UseRow, struct {
		A [2][2]int8 `net:"a"`
	}{}, ".A", "one array deep", "int8")
	f(UseRow, struct {
		A [2]int64 `net:"a"`
	}{}, ".A", "int64 cannot go")
	f(UseRow, struct {
		B uint8    `net:"a1"`
		A [2]uint8 `net:"a"`
	}{}, ".A", `"a1"`, "field B")
	f(UseRow, struct {
		A uint8 `net:"a,fast"`
	}{}, ".A", `unknown option "fast"`)
	f(UseRow, struct {
		A uint8 `net:"a,edge"`
	}{}, ".A", "inputs")
	f(UseInput, struct {
		A float32 `net:"a,lerp"`
	}{}, ".A", "rows")
	f(UseRow, struct {
		A float32 `net:"a,lerp,once"`
	}{}, ".A", "once")
	f(UseRow, struct {
		A uint8 `net:"a"`
		B uint8 `net:"a"`
	}{}, ".B", `"a"`, "field A")
	f(UseRow, struct {
		A float32 `net:"a,q=0"`
	}{}, ".A", "over 0")
	f(UseRow, struct {
		A float32 `net:"a,q=x"`
	}{}, ".A", "not a number")
	f(UseRow, struct {
		A float32 `net:"a,q=1/0"`
	}{}, ".A", "fraction")
	f(UseRow, struct {
		A float32 `net:"a,q=1/8,bits=4"`
	}{}, ".A", "not both")
	f(UseRow, struct {
		A float32 `net:"a,q=1/8,wrap"`
	}{}, ".A", "bits")
	f(UseRow, struct {
		A float32 `net:"a,bits=8"`
	}{}, ".A", "range")
	f(UseRow, struct {
		A float32 `net:"a,bits=33,wrap"`
	}{}, ".A", "1 to 32")
	f(UseRow, struct {
		A float32 `net:"a,range=0..1"`
	}{}, ".A", "q or bits")
	f(UseRow, struct {
		A float32 `net:"a,q=1/1024,range=0..100000000"`
	}{}, ".A", "32 bits")
	f(UseRow, struct {
		A uint8 `net:"a,range=0..256"`
	}{}, ".A", "does not fit")
	f(UseRow, struct {
		A uint8 `net:"a,range=3..3"`
	}{}, ".A", "empty")
	f(UseRow, struct {
		A uint8 `net:"a,range=1"`
	}{}, ".A", "lo..hi")
	f(UseRow, struct {
		A int8 `net:"a,range=0.5..2"`
	}{}, ".A", "whole")
	f(UseRow, struct {
		A bool `net:"a,q=1"`
	}{}, ".A", "bool")
	f(UseCall, struct {
		A string `net:"a,max=0"`
	}{}, ".A", "1 to 512")
	f(UseRow, 3, "struct")
}

func TestPackedRowsAreInBoundsWhateverTheyHold(t *testing.T) {
	l := layoutOf[everything](t, UseRow)
	rapid.Check(t, func(t *rapid.T) {
		odd := rapid.SampledFrom([]float32{0, -1e-9, 1e30, -1e30, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32})
		f32 := rapid.OneOf(odd, rapid.Float32(), rapid.Float32Range(-200, 200))
		v := everything{
			Flag: rapid.Bool().Draw(t, "flag"), U8: rapid.Uint8().Draw(t, "u8"), U16: rapid.Uint16().Draw(t, "u16"), U32: rapid.Uint32().Draw(t, "u32"),
			I8: rapid.Int8().Draw(t, "i8"), I16: rapid.Int16().Draw(t, "i16"), I32: rapid.Int32().Draw(t, "i32"),
			Bare: f32.Draw(t, "bare"), Q: f32.Draw(t, "q"), QRange: f32.Draw(t, "qrange"), Angle: f32.Draw(t, "angle"), Share: f32.Draw(t, "share"),
		}
		row, again := make([]uint32, l.Words()), make([]uint32, l.Words())
		l.Pack(row, unsafe.Pointer(&v))
		for i, w := range row {
			f := &l.Fields[i]
			if !f.Valid(w) {
				t.Fatalf("%s: word %#x is out of bounds", f.Name, w)
			}
			r := msg.NewReader(f.AppendValue(nil, w))
			if got := f.ReadValue(&r); got != w || r.Done() != nil {
				t.Fatalf("%s: %#x is read back as %#x (%v)", f.Name, w, got, r.Done())
			}
		}
		// What a row says is a fixed point: packing what was unpacked changes nothing.
		var back everything
		l.Unpack(unsafe.Pointer(&back), row)
		l.Pack(again, unsafe.Pointer(&back))
		for i := range row {
			if f := &l.Fields[i]; row[i] != again[i] && !(f.Name == "q" && math.Abs(float64(back.Q)) > 1<<18) { // beyond, a float32 has no 1/32
				t.Fatalf("%s: %#x becomes %#x", f.Name, row[i], again[i])
			}
		}
	})
}

func TestQuantisationRoundsHalfUp(t *testing.T) {
	f := func(field Field, v float32, want uint32) {
		t.Helper()
		if got := field.quantise(v); got != want {
			t.Errorf("%v at step %v gives %d, want %d", v, field.Step, int32(got), int32(want))
		}
	}
	q := Field{Kind: Fixed, Bits: 32, Lo: math.MinInt32, Hi: math.MaxInt32, Step: 0.5}
	f(q, 0.25, 1)
	f(q, 0.24, 0)
	f(q, -0.25, 0)
	f(q, -0.26, ^uint32(0))
	angle := Field{Kind: Fixed, Bits: 10, Hi: 1023, Wrap: true, Step: 2 * math.Pi / 1024}
	f(angle, 2*math.Pi, 0)
	f(angle, float32(-2*math.Pi/1024), 1023)
	f(angle, 200*math.Pi, 0)
}

func TestPredictionIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := uint8(rapid.IntRange(1, 32).Draw(t, "bits"))
		signed := rapid.Bool().Draw(t, "signed")
		f := Field{Kind: Uint, Bits: bits, Lerp: true}
		if signed {
			f.Kind = Int
		}
		s1, s2 := f.Reduce(int64(rapid.Uint32().Draw(t, "s1"))), f.Reduce(int64(rapid.Uint32().Draw(t, "s2")))
		ahead, gap := rapid.Int64Range(1, MaxGap).Draw(t, "ahead"), rapid.Int64Range(1, MaxGap).Draw(t, "gap")
		p := f.Predict(s1, s2, ahead, gap)
		d := SignExtend(s1-s2, bits)
		want := f.Reduce(int64(s1) + int64(math.Floor(float64(d*ahead)/float64(gap))))
		if p != want {
			t.Fatalf("predicted %d, want %d", p, want)
		}
		w := f.Reduce(int64(rapid.Uint32().Draw(t, "w")))
		r := msg.NewReader(msg.AppendInt(nil, f.Residual(w, p)))
		if got := f.Reduce(int64(p) + f.ReadResidual(&r)); got != w || r.Err() != nil {
			t.Fatalf("residual leads to %d, want %d (%v)", got, w, r.Err())
		}
	})
}

func TestSchemaSurvivesTheWire(t *testing.T) {
	l := layoutOf[everything](t, UseRow)
	s := &Schema{
		Game:   "g",
		Tables: []Table{{Record: Record{"players", []Field{{Name: "id", Kind: Player, Bits: 32, Hi: 1<<32 - 1, Once: true}}}}, {Record{"all", l.Fields}, true}},
		Events: []Record{{"said", []Field{{Name: "text", Kind: Str, Max: 120}}}},
		Input:  []Field{{Name: "fire", Kind: Bool, Bits: 1, Hi: 1, Edge: true}},
		Calls:  []Record{{"move", []Field{{Name: "piece", Kind: Ref, Bits: 32, Hi: 1<<32 - 1, Of: "all"}}}},
	}
	raw, hash, _ := s.Encode()
	got, gotHash, err := Decode(raw)
	if err != nil || gotHash != hash || !reflect.DeepEqual(got, s) {
		t.Fatalf("decoded %+v, %v", got, err)
	}
	var generic map[string]any
	if err := msgpack.Unmarshal(raw, &generic); err != nil || generic["game"] != "g" {
		t.Fatalf("another msgpack library reads %v, %v", generic, err)
	}
	for i := range raw {
		if _, _, err := Decode(raw[:i]); err == nil {
			t.Fatalf("the first %d of %d bytes were accepted", i, len(raw))
		}
	}
	changed := *s
	changed.Input = []Field{{Name: "fire", Kind: Bool, Bits: 1, Hi: 1}}
	if _, h, in := changed.Encode(); h == hash || in == Hash(raw[:8]) {
		t.Error("another input schema has the same hash")
	}
}

func FuzzDecode(f *testing.F) {
	s := &Schema{Game: "g", Tables: []Table{{Record: Record{"players", []Field{{Name: "id", Kind: Player, Bits: 32, Hi: 1<<32 - 1}}}}}}
	raw, _, _ := s.Encode()
	f.Add(raw)
	f.Add([]byte{0xdd, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0x81, 0xa6, 't', 'a', 'b', 'l', 'e', 's', 0xdd, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, _, err := Decode(b); err == nil && len(s.Tables) > MaxTables {
			t.Fatal("more tables than a schema may have")
		}
	})
}

type note struct {
	Who  uint8  `net:"who"`
	Text string `net:"text,max=5"`
}

func TestArgumentsCrossTheWire(t *testing.T) {
	l := layoutOf[note](t, UseCall)
	e := msg.NewEncoder()
	e.ArrayLen(2)
	l.EncodeArgs(e, unsafe.Pointer(&note{7, "fünfzehn"})) // cut to 5 bytes, at a character
	r := msg.NewReader(e.Bytes())
	var got note
	l.ReadArgs(&r, unsafe.Pointer(&got))
	if err := r.Done(); err != nil || got != (note{7, "fünf"}) {
		t.Fatalf("got %+v, %v", got, err)
	}
	for _, bad := range [][]byte{{0x91, 7}, {0x93, 7, 0xa0, 7}, {0x92, 0xcd, 1, 0, 0xa0}, {0x92, 7, 0xa6, 'l', 'o', 'n', 'g', 'e', 'r'}, {0x92, 7, 0xa1, 0xff}} {
		r := msg.NewReader(bad)
		l.ReadArgs(&r, unsafe.Pointer(&got))
		if r.Done() == nil {
			t.Errorf("% x was accepted", bad)
		}
	}
}

func TestEdgesAreClearedAndMerged(t *testing.T) {
	type in struct {
		Turn int8 `net:"turn,range=-1..1"`
		Fire bool `net:"fire,edge"`
		Gear int8 `net:"gear,range=1..6,edge"`
	}
	l := layoutOf[in](t, UseInput)
	row := make([]uint32, 3)
	v := in{1, true, 4}
	l.Pack(row, unsafe.Pointer(&v))
	l.ClearEdges(row)
	l.Unpack(unsafe.Pointer(&v), row)
	if v != (in{1, false, 1}) { // the zero of a field is the value of its range next to 0
		t.Fatalf("cleared: %+v", v)
	}
	late := in{-1, true, 1}
	from := make([]uint32, 3)
	l.Pack(from, unsafe.Pointer(&late))
	if !l.MergeEdges(row, from) {
		t.Fatal("nothing was merged")
	}
	l.Unpack(unsafe.Pointer(&v), row)
	if v != (in{1, true, 1}) {
		t.Fatalf("merged: %+v", v)
	}
}

func TestPackZeroAlloc(t *testing.T) {
	l := layoutOf[everything](t, UseRow)
	row := make([]uint32, l.Words())
	v := &everything{Q: 3, hidden: 1}
	if n := testing.AllocsPerRun(100, func() {
		l.Pack(row, unsafe.Pointer(v))
		l.Unpack(unsafe.Pointer(v), row)
	}); n != 0 {
		t.Errorf("Pack and Unpack allocate %v times", n)
	}
}

func TestTagsThatWouldNotBeFoundAreRefused(t *testing.T) {
	compile := func(tag string) error {
		row := reflect.StructOf([]reflect.StructField{
			{Name: "X", Type: reflect.TypeFor[float32](), Tag: reflect.StructTag(tag)},
			{Name: "Y", Type: reflect.TypeFor[float32](), Tag: `net:"y"`},
		})
		_, err := Compile(row, UseRow)
		return err
	}
	for _, tag := range []string{`net:x,q=1/8`, `net: "x"`, `net="x"`, `net:'x'`, `net :"x"`, `Net:"x"`, `json:"x",net:"x"`, `net:"x`} {
		if err := compile(tag); err == nil || !strings.Contains(err.Error(), `.X: the tag must be net:"..." in quotes`) {
			t.Errorf("tag %s: error %v", tag, err)
		}
	}
	for _, tag := range []string{``, `json:"x"`, `doc:"net:x"`, `magnet:"x"`, `net:"x"`, `json:"x" net:"x"`, `planet:x`} {
		if err := compile(tag); err != nil {
			t.Errorf("tag %s: error %v", tag, err)
		}
	}
}
