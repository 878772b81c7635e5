package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// writeTrace writes a file of n ticks with entities that drive in curves, come and go, and returns its path and its lines.
func writeTrace(t *testing.T, n int, zipped bool) (path string, lines int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	type car struct{ x, y, yaw, bend float64 }
	cars := map[int]*car{}
	var b strings.Builder
	b.WriteString("tick,time,entity,kind,x,y,z,yaw\n")
	for i := range n {
		for e := range 12 {
			c := cars[e]
			switch {
			case c == nil && (i == 0 || rng.IntN(10) == 0):
				c = &car{x: rng.Float64() * 8000, y: rng.Float64()*8000 - 4000, yaw: rng.Float64() * 6}
				cars[e] = c
			case c != nil && e > 0 && rng.IntN(60) == 0:
				delete(cars, e)
				c = nil
			}
			if c == nil {
				continue
			}
			if rng.IntN(15) == 0 {
				c.bend = rng.NormFloat64() * 0.05
			}
			c.yaw += c.bend
			sin, cos := math.Sincos(c.yaw)
			c.x, c.y = c.x+40*cos, c.y+40*sin
			fmt.Fprintf(&b, "%d,%.4f,%d,car,%.2f,%.2f,17.01,%.5f\n", 100+2*i, float64(i)/20, 1000+e, c.x, c.y, c.yaw)
			lines++
		}
	}
	path = filepath.Join(t.TempDir(), "trace.csv")
	data := []byte(b.String())
	if zipped {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		w.Write(data)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		data = z.Bytes()
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, lines
}

func runJSON(t *testing.T, args ...string) report {
	t.Helper()
	var out bytes.Buffer
	if err := run(append(args, "--json", "-"), &out, t.Output()); err != nil {
		t.Fatal(err)
	}
	var r report
	d := json.NewDecoder(&out)
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTraceIsMeasured(t *testing.T) {
	for _, zipped := range []bool{false, true} {
		path, lines := writeTrace(t, 300, zipped)
		r := runJSON(t, "--trace", path)
		if want := float64(lines) / 300; r.Snapshots != 300 || r.LiveEntities != want {
			t.Errorf("zipped %v: %d snapshots of %v entities, want 300 of %v", zipped, r.Snapshots, r.LiveEntities, want)
		}
		packed, plain, text := r.Codecs["packed"], r.Codecs["plain"], r.Codecs["json"]
		if !(packed.BytesPerEntity < plain.BytesPerEntity && plain.BytesPerEntity < text.BytesPerEntity/4) {
			t.Errorf("zipped %v: bytes per entity: packed %v, plain %v, json %v", zipped,
				packed.BytesPerEntity, plain.BytesPerEntity, text.BytesPerEntity)
		}
		for name, c := range r.Codecs {
			if c.NsPerEntity <= 0 || c.AllocsPerTick > 1 {
				t.Errorf("zipped %v: %s: %v ns per entity, %v allocations per tick", zipped, name, c.NsPerEntity, c.AllocsPerTick)
			}
		}
	}
}

func TestStepDecidesTheSize(t *testing.T) {
	path, _ := writeTrace(t, 200, false)
	coarse, fine := runJSON(t, "--trace", path, "--step", "4"), runJSON(t, "--trace", path, "--step", "0.01")
	for _, codec := range []string{"packed", "plain"} {
		if c, f := coarse.Codecs[codec].BytesPerEntity, fine.Codecs[codec].BytesPerEntity; c >= f {
			t.Errorf("%s: %v bytes per entity with step 4, %v with 0.01", codec, c, f)
		}
	}
}

func TestArena100MeetsItsBars(t *testing.T) {
	r := runJSON(t, "--synthetic", "arena100", "--snapshots", "300")
	if r.LiveEntities != 100 {
		t.Errorf("%v entities, want 100", r.LiveEntities)
	}
	for codec, bar := range map[string]float64{"packed": 260, "plain": 360} {
		if got := r.Codecs[codec].BytesPerSnapshot; got > bar || got < bar/3 {
			t.Errorf("%s: %v bytes per snapshot, the bar is %v", codec, got, bar)
		}
	}
}

func TestDumpCanBeRecounted(t *testing.T) {
	path, lines := writeTrace(t, 100, false)
	dir := filepath.Join(t.TempDir(), "dump")
	r := runJSON(t, "--trace", path, "--dump", dir)
	for name, c := range r.Codecs {
		f, err := os.Open(filepath.Join(dir, name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		bytes, live := 0, 0
		for i, rec := range records[1:] {
			message, err := hex.DecodeString(rec[3])
			if err != nil {
				t.Fatal(err)
			}
			n, _ := strconv.Atoi(rec[1])
			bytes, live = bytes+len(message), live+n
			if rec[0] != strconv.Itoa(100+2*i) || rec[2] != strconv.Itoa(len(message)) {
				t.Fatalf("%s: line %d is %q", name, i, rec[:3])
			}
		}
		if live != lines || float64(bytes)/float64(live) != c.BytesPerEntity {
			t.Errorf("%s: recounted %d bytes and %d entities, reported %v", name, bytes, live, c.BytesPerEntity)
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, "schema.hex"))
	if err != nil {
		t.Fatal(err)
	}
	bin, err := hex.DecodeString(strings.TrimSpace(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if s, _, err := schema.Decode(bin); err != nil || len(s.Tables) != 2 || s.Tables[1].Fields[0].Name != "x" {
		t.Errorf("schema.hex: %v, %v", s, err)
	}
}

// A client that decodes something else than what went in must end the run.
func TestDifferenceEndsTheRun(t *testing.T) {
	path, _ := writeTrace(t, 20, false)
	for _, codec := range codecNames {
		w, err := config{trace: path, step: 0.25}.workload()
		if err != nil {
			t.Fatal(err)
		}
		l := newLink(codec, w)
		for i := range 10 {
			l.fill(i)
			message := l.append(nil, i)
			if i == 9 {
				w.ticks[i].rows[0].words[0]++
			}
			if err := l.check(message, i); (err != nil) != (i == 9) {
				t.Errorf("%s: tick %d of 0..9, changed in the last: %v", codec, i, err)
			}
		}
	}
}

func TestBadTracesAreRefused(t *testing.T) {
	const head = "tick,entity,x,y,yaw\n"
	for _, c := range []struct{ trace, want string }{
		{"", "first line"},
		{"tick,entity,x,y\n0,1,2,3\n", `no column "yaw"`},
		{head, "at least 2"},
		{head + "0,1,2,3,4\n", "at least 2"},
		{head + "0,1,2,3,4\n0,1,2,3,4\n1,1,2,3,4\n", "entity 1 is there twice"},
		{head + "1,1,2,3,4\n0,1,2,3,4\n", "sort the lines"},
		{head + "0,1,2,3,4\n1,1,NaN,3,4\n", "line 3: x"},
		{head + "0,1,2,1e300,4\n", "line 2: y"},
		{head + "0,car,2,3,4\n", "line 2: entity"},
		{head + "0.5,1,2,3,4\n", "line 2: tick"},
		{head + "0,1,2,3\n", "wrong number of fields"},
		{"\x1f\x8b broken", "gzip"},
	} {
		if _, err := readTrace(strings.NewReader(c.trace), 0.25); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want an error with %q", c.trace, err, c.want)
		}
	}
}

func TestBadFlagsAreRefused(t *testing.T) {
	for _, args := range []string{
		"", "--trace a --synthetic arena100", "--synthetic duel", "--synthetic arena100 --step 0", "--synthetic arena100 --snapshots 1",
		"--trace /does/not/exist", "--no-such-flag",
	} {
		if err := run(strings.Fields(args), io.Discard, io.Discard); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
}

func TestSlotsRestBeforeTheyAreUsedAgain(t *testing.T) {
	s := newSlots()
	place := func(entities ...int64) []row {
		var rows []row
		for _, e := range entities {
			rows = append(rows, row{entity: e})
		}
		if err := s.place(rows); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	place(7, 8)
	gone := 0
	for {
		rows := place(8, int64(100+gone))
		if first := rows[0]; first.slot == 0 {
			if first.gen != 2 {
				t.Errorf("slot 0 has generation %d, want 2", first.gen)
			}
			break
		}
		if gone++; gone > 2*depth {
			t.Fatal("slot 0 is never used again")
		}
	}
	if gone < depth-1 {
		t.Errorf("slot 0 was used again after %d ticks, rows are kept for %d", gone, depth)
	}
}

// Numbers become words here as they do in a room.
func TestQuantiseAgreesWithTheServer(t *testing.T) {
	type ship struct {
		X   float32 `net:"x,q=1/16,lerp"`
		Yaw float32 `net:"yaw,bits=10,wrap,lerp"`
	}
	l, err := schema.Compile(reflect.TypeFor[ship](), schema.UseRow)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := ship{X: rapid.Float32Range(-1e6, 1e6).Draw(t, "x"), Yaw: rapid.Float32Range(-100, 100).Draw(t, "yaw")}
		want := make([]uint32, 2)
		l.Pack(want, unsafe.Pointer(&s))
		fs := pose(l.Fields[0])
		if fs[2].Step != l.Fields[1].Step {
			t.Fatalf("a step of yaw is %v here and %v in a room", fs[2].Step, l.Fields[1].Step)
		}
		if x, yaw := quantise(&fs[0], float64(s.X)), quantise(&fs[2], float64(s.Yaw)); x != want[0] || yaw != want[1] {
			t.Fatalf("%+v: %d %d, the server has %d %d", s, x, yaw, want[0], want[1])
		}
	})
}
