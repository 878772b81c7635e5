package schema

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden vectors instead of comparing with them")

const betweenFile = "../testdata/between.json"

// betweenVector is what is drawn part of the way from word a to word b of a field.
type betweenVector struct {
	Field  map[string]any `json:"field"`            // as in the schema
	Before []uint32       `json:"before,omitempty"` // of a curve: the words before a
	Gaps   []uint32       `json:"gaps,omitempty"`   // and the ticks between the four
	A      uint32         `json:"a"`
	B      uint32         `json:"b"`
	Part   float64        `json:"part"`
	Value  float64        `json:"value"`
}

// lerped has an interpolated field of every kind.
type lerped struct {
	Fixed  float32 `net:"fixed,q=1/32,range=-4000..4000,lerp"`
	Based  float32 `net:"based,bits=12,range=3..7,lerp"`
	Angle  float32 `net:"angle,bits=10,wrap,lerp"`
	Bare   float32 `net:"bare,lerp"`
	Count  uint16  `net:"count,lerp"`
	Signed int16   `net:"signed,lerp"`
	Ring   uint8   `net:"ring,wrap,lerp"`
	Turn   int8    `net:"turn,wrap,lerp"`

	CurvedFixed  float32 `net:"curved_fixed,q=1/32,range=-4000..4000,hermite"`
	CurvedBased  float32 `net:"curved_based,bits=12,range=3..7,hermite"`
	CurvedAngle  float32 `net:"curved_angle,bits=10,wrap,hermite"`
	CurvedBare   float32 `net:"curved_bare,hermite"`
	CurvedSigned int16   `net:"curved_signed,hermite"`
	CurvedTurn   int8    `net:"curved_turn,wrap,hermite"`
}

// What the server takes for drawn must be what a browser draws, to the last bit.
func TestBetweenVectors(t *testing.T) {
	l, err := Compile(reflect.TypeFor[lerped](), UseRow)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var lines []string
	for i := range l.Fields {
		f := &l.Fields[i]
		field := map[string]any{"name": f.Name, "kind": f.Kind.String(), "bits": f.Bits, "lo": f.Lo, "hi": f.Hi, "interp": f.Interp()}
		if f.Base != 0 {
			field["base"] = f.Base
		}
		if f.Step != 0 {
			field["step"] = f.Step
		}
		if f.Wrap {
			field["wrap"] = true
		}
		word := func() uint32 {
			if f.Kind == F32 {
				return f.quantise(float32(rng.NormFloat64() * 1000))
			}
			return f.Reduce(f.Lo + rng.Int64N(f.Hi-f.Lo+1))
		}
		ends := []uint32{f.Reduce(f.Lo), f.Reduce(f.Hi)}
		if f.Kind == F32 {
			ends = []uint32{0, 0x7f7fffff}
		}
		for n := range 24 {
			v := betweenVector{Field: field, A: word(), B: word(), Part: float64(n%16) / 16}
			if n >= 20 {
				v.A, v.B = ends[n%2], ends[n/2%2]
				v.Part = 13. / 16
			}
			if f.Hermite {
				v.Before = []uint32{word(), word()}
				v.Gaps = []uint32{uint32(n % 4), uint32(n%3) + 1, uint32(n%5) + 1}
				v.Value = f.Curve([4]uint32{v.Before[0], v.Before[1], v.A, v.B}, [3]uint32(v.Gaps), v.Part)
			} else {
				v.Value = f.Between(v.A, v.B, v.Part)
			}
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(b))
		}
	}
	want := fmt.Sprintf("[\n%s\n]\n", strings.Join(lines, ",\n"))
	if *update {
		if err := os.WriteFile(betweenFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(betweenFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the code makes; if clients are meant to draw otherwise, run with -update", betweenFile)
	}
}
