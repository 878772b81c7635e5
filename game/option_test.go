package game

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode/schema"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

type predictedRow struct {
	X     float32 `net:"x,q=1/32,range=0..4000"`
	Angle float32 `net:"angle,bits=10,wrap"`
	HP    uint8   `net:"hp,range=0..100"`
	kept  float32
}

// ownedRow is one that a table may predict.
type ownedRow struct {
	Owner PlayerID `net:"owner,once"`
	X     float32  `net:"x"`
}

func packedOnce(opt tableOptions, v predictedRow) (packed *predictedRow, row []uint32, again []uint32) {
	l, err := schema.Compile(reflect.TypeFor[predictedRow](), schema.UseRow)
	if err != nil {
		panic(err)
	}
	h := snapshot.NewHistory(&schema.Schema{Tables: []schema.Table{{Record: schema.Record{Fields: l.Fields}}}}, 32)
	var table Table[predictedRow]
	table.init(0, l, opt)
	table.beginTick(1, 32, 1)
	packed = table.Get(table.Spawn(v))
	h.Begin(1)
	table.pack(h)
	row, again = make([]uint32, l.Words()), make([]uint32, l.Words())
	l.Pack(row, unsafe.Pointer(packed))
	var client predictedRow
	l.Unpack(unsafe.Pointer(&client), row)
	l.Pack(again, unsafe.Pointer(&client))
	return packed, row, again
}

// Whatever a game has put into a row, after packing it is what a client makes of the words.
func TestPredictedRowIsWhatClientsDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := predictedRow{
			X: rapid.Float32().Draw(t, "x"), Angle: rapid.Float32Range(-100, 100).Draw(t, "angle"),
			HP: rapid.Uint8().Draw(t, "hp"), kept: rapid.Float32().Draw(t, "kept"),
		}
		got, row, again := packedOnce(tableOptions{predicted: true}, in)
		if !reflect.DeepEqual(row, again) {
			t.Fatalf("%+v is packed as %v, and what that decodes to as %v", *got, row, again)
		}
		var client predictedRow
		l, _ := schema.Compile(reflect.TypeFor[predictedRow](), schema.UseRow)
		l.Unpack(unsafe.Pointer(&client), row)
		client.kept = in.kept
		if math.Float32bits(client.X) != math.Float32bits(got.X) || *got != client {
			t.Fatalf("the row is %+v after packing, clients decode %+v", *got, client)
		}
	})
}

func TestRowOfAnOrdinaryTableKeepsItsPrecision(t *testing.T) {
	in := predictedRow{X: 1.23456, Angle: 0.777}
	if got, _, _ := packedOnce(tableOptions{}, in); *got != in {
		t.Errorf("packing made %+v of %+v", *got, in)
	}
}

func TestPredictedTableSaysSoInTheSchema(t *testing.T) {
	b := newBuilder("test", newLayouts())
	Replicate(b, "plain", new(Table[tableRow]))
	Replicate(b, "ahead", new(Table[ownedRow]), Predicted)
	for name, want := range map[string]bool{"plain": false, "ahead": true} {
		if table, _ := b.schema.Find(name); table.Predicted != want {
			t.Errorf("table %s: predicted %v", name, table.Predicted)
		}
	}
}

// Without an owner no client has a row of its own, and each would draw even its own one late, without a word.
func TestPredictedTableNeedsAnOwner(t *testing.T) {
	type changes struct {
		Pilot PlayerID `net:"pilot"`
		X     float32  `net:"x"`
	}
	refuses := func(replicate func(*Builder), want ...string) {
		t.Helper()
		defer func() {
			t.Helper()
			said := fmt.Sprint(recover())
			for _, want := range append(want, `table "ahead" is Predicted`) {
				if !strings.Contains(said, want) {
					t.Errorf("said %q, want %q in it", said, want)
				}
			}
		}()
		replicate(newBuilder("test", newLayouts()))
	}
	refuses(func(b *Builder) { Replicate(b, "ahead", new(Table[changes]), Predicted) }, `field "pilot"`, "changes", `net:"pilot,once"`)
	refuses(func(b *Builder) { Replicate(b, "ahead", new(Table[predictedRow]), Predicted) }, "predictedRow has no owner", `net:"owner,once"`)
}
