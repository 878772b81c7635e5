package arena

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

var update = flag.Bool("update", false, "write the golden vectors instead of comparing with them")

const vectorFile = "testdata/move.json"

// moveVector is one predicted step of a ship: Move, then Pull. Before and after are rows of table ship, as on the wire; bits are
// the float32 that the step leaves in x, y, angle, vx and vy, before packing.
type moveVector struct {
	Input  [3]int    `json:"input"` // turn, thrust, fire
	Rate   int       `json:"rate"`  // ticks per second; dt is 1/rate as a float32
	Before []uint32  `json:"before"`
	After  []uint32  `json:"after"`
	Bits   [5]uint32 `json:"bits"`
	Shoots bool      `json:"shoots"`
}

func shipLayout(t *testing.T) *schema.Layout {
	l, err := schema.Compile(reflect.TypeFor[Ship](), schema.UseRow)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// step runs the predicted step on a row, as a client does.
func step(l *schema.Layout, in Input, rate int, before []uint32) moveVector {
	var s Ship
	l.Unpack(unsafe.Pointer(&s), before)
	v := moveVector{Rate: rate, Before: before, After: make([]uint32, l.Words())}
	v.Input[0] = int(in.Turn)
	if in.Thrust {
		v.Input[1] = 1
	}
	if in.Fire {
		v.Input[2] = 1
	}
	dt := 1 / float32(rate)
	Move(&s, in, dt)
	v.Shoots = Pull(&s, in.Fire, dt)
	for i, f := range []float32{s.X, s.Y, s.Angle, s.VX, s.VY} {
		v.Bits[i] = math.Float32bits(f)
	}
	l.Pack(v.After, unsafe.Pointer(&s))
	return v
}

// moveVectors flies ships over every edge of the rules: walls, corners, the speed limit, the turn of the compass, every state of
// the gun.
func moveVectors(t *testing.T) []moveVector {
	l := shipLayout(t)
	starts := []Ship{
		{Owner: 1, X: 2000, Y: 2000, HP: FullHP},
		{Owner: 2, X: Radius, Y: World - Radius, Angle: 3, HP: 1, VX: -MaxSpeed},
		{Owner: 3, X: World - Radius - 3, Y: Radius + 2, Angle: 6.28, HP: FullHP, VX: 300, VY: -290, Reload: 3, Held: true, Tapped: true},
		{Owner: 4, X: 100, Y: 3900, Angle: 2.2, HP: FullHP, Score: 7, Deaths: 3, VX: -296.9, VY: 296.9, Reload: 1},
	}
	var all []moveVector
	for i, rate := range []int{30, 60, 10, 128, 1} {
		for j, s := range starts {
			rng := rand.New(rand.NewPCG(uint64(i), uint64(j)))
			row := make([]uint32, l.Words())
			l.Pack(row, unsafe.Pointer(&s))
			var in Input
			for n := range 30 {
				if n%4 == 0 {
					in = Input{Turn: int8(rng.IntN(3) - 1), Thrust: rng.IntN(4) > 0}
				}
				in.Fire = rng.IntN(3) > 0
				v := step(l, in, rate, row)
				all = append(all, v)
				row = v.After
			}
		}
	}
	return all
}

// TestMoveGivesTheSameBitsEverywhere pins what the browser's twin of move.go must come to.
func TestMoveGivesTheSameBitsEverywhere(t *testing.T) {
	var lines []string
	for _, v := range moveVectors(t) {
		lines = append(lines, toJSON(t, v))
	}
	var fields []string
	for _, f := range shipLayout(t).Fields {
		fields = append(fields, f.Name)
	}
	var table [headings][2]int
	for i := range table {
		table[i] = [2]int{int(game.Cos(i) * 65536), int(game.Sin(i) * 65536)}
	}
	want := fmt.Sprintf("{\n\"fields\": %s,\n\"directions\": %s,\n\"moves\": [\n%s\n]\n}\n",
		toJSON(t, fields), toJSON(t, table), strings.Join(lines, ",\n"))
	if *update {
		if err := os.WriteFile(vectorFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	gotLines := strings.Split(string(got), "\n")
	for i, line := range strings.Split(want, "\n") {
		if i >= len(gotLines) || gotLines[i] != line {
			t.Fatalf("line %d of %s is not what the code makes (if ships are meant to fly otherwise, run with -update):\n%s",
				i+1, vectorFile, line)
		}
	}
	if string(got) != want {
		t.Fatalf("%s has more than the code makes; run with -update", vectorFile)
	}
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestVectorsReachEveryEdge keeps the vectors worth having.
func TestVectorsReachEveryEdge(t *testing.T) {
	l := shipLayout(t)
	seen := map[string]int{}
	for _, v := range moveVectors(t) {
		var before, after Ship
		l.Unpack(unsafe.Pointer(&before), v.Before)
		l.Unpack(unsafe.Pointer(&after), v.After)
		for what, is := range map[string]bool{
			"a wall":             before.VX*after.VX < 0 || before.VY*after.VY < 0,
			"the speed limit":    math.Hypot(float64(after.VX), float64(after.VY)) > MaxSpeed-0.01,
			"turn past zero":     math.Abs(float64(before.Angle-after.Angle)) > 3,
			"a shot":             v.Shoots,
			"a tap in reload":    after.Tapped,
			"a held reload":      after.Held && after.Reload > 0 && !v.Shoots,
			"shot of a kept tap": v.Shoots && v.Input[2] == 0,
		} {
			if is {
				seen[what]++
			}
		}
	}
	if len(seen) != 7 {
		t.Errorf("the vectors reach only %v", seen)
	}
}
