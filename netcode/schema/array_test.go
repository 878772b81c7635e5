package schema

import (
	"reflect"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

type arrays struct {
	Ammo  [3]uint8    `net:"ammo,range=0..99"`
	Team  uint8       `net:"team"`
	Joint [2]float32  `net:",bits=10,wrap,lerp"`
	Plain [1]int16    `net:"plain"`
	spare [40]float32 // not tagged: any length
}

func TestArrayIsAFieldForEachElement(t *testing.T) {
	l := layoutOf[arrays](t, UseRow)
	var got []string
	for _, f := range l.Fields {
		got = append(got, f.Name)
	}
	want := []string{"ammo0", "ammo1", "ammo2", "team", "joint0", "joint1", "plain0"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the fields are %v, want %v", got, want)
	}
	if f := l.Fields[2]; f.Kind != Uint || f.Hi != 99 || f.Bits != 7 {
		t.Errorf("an element has not the options of its array: %+v", f)
	}
	if !l.Fields[5].Wrap || !l.Fields[5].Lerp {
		t.Errorf("an element has not the options of its array: %+v", l.Fields[5])
	}
}

func TestArrayElementsArePackedWhereTheyLie(t *testing.T) {
	l := layoutOf[arrays](t, UseRow)
	rapid.Check(t, func(t *rapid.T) {
		in := arrays{Team: rapid.Uint8().Draw(t, "team"), Plain: [1]int16{rapid.Int16().Draw(t, "plain")}}
		for i := range in.Ammo {
			in.Ammo[i] = rapid.Uint8Range(0, 99).Draw(t, "ammo")
		}
		row := make([]uint32, l.Words())
		l.Pack(row, unsafe.Pointer(&in))
		for i, v := range in.Ammo {
			if row[i] != uint32(v) {
				t.Fatalf("ammo%d is packed as %d, want %d", i, row[i], v)
			}
		}
		var out arrays
		l.Unpack(unsafe.Pointer(&out), row)
		if out != in {
			t.Fatalf("%+v came back as %+v", in, out)
		}
	})
}

func TestStringsOfAnArrayAreReadAndWritten(t *testing.T) {
	type lines struct {
		Line [2]string `net:"line,max=8"`
		N    uint8     `net:"n"`
	}
	l := layoutOf[lines](t, UseCall)
	in := lines{Line: [2]string{"one", "two"}, N: 3}
	e := msg.NewEncoder()
	e.Reset(nil)
	l.EncodeArgs(e, unsafe.Pointer(&in))
	r := msg.NewReader(append(msg.AppendArrayLen(nil, len(l.Fields)), e.Bytes()...))
	var out lines
	if l.ReadArgs(&r, unsafe.Pointer(&out)); r.Done() != nil || out != in {
		t.Errorf("%+v came back as %+v", in, out)
	}
}

func TestReferencesOfAnArrayKeepTheirTable(t *testing.T) {
	type holder struct {
		Of [2]refTo `net:"of"`
	}
	l := layoutOf[holder](t, UseRow)
	for i, r := range l.Refs {
		if r != reflect.TypeFor[arrays]() {
			t.Errorf("element %d refers to %v", i, r)
		}
	}
}

type refTo uint32

func (refTo) NetKind() Kind        { return Ref }
func (refTo) NetRef() reflect.Type { return reflect.TypeFor[arrays]() }
