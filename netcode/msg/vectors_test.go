package msg

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

var update = flag.Bool("update", false, "write the golden vectors instead of comparing with them")

const vectorFile = "../testdata/messages.json"

// A vector is one golden message. Value has the fields by their names in PROTOCOL.md; a bin is {"bin": hex}.
type vector struct {
	Name  string         `json:"name"`
	Dir   string         `json:"dir"`
	Value map[string]any `json:"value"`
	Hex   string         `json:"hex"`
}

// fieldNames are the elements after the type, as PROTOCOL.md names them.
var fieldNames = map[string]string{
	"JOIN":     "protocol codecs options schema_hash input_hash last_event",
	"INPUT":    "first_tick ack_tick view_tick inputs",
	"CALL":     "id method args",
	"PING":     "t0",
	"EVENTACK": "seq",
	"HELLO":    "protocol codec schema_hash schema player tick_rate tick time resume_seat assets",
	"FULL":     "tick body",
	"DELTA":    "tick16 lag ack pace body first_seq events",
	"EVENTS":   "first_seq events",
	"REPLY":    "id status value",
	"PONG":     "t0 t1 t2",
	"BYE":      "code retry_ms where",
	"SEAT":     "seat",
}

var typeNumbers = map[string]uint8{
	"c2s JOIN": 0, "c2s INPUT": 1, "c2s CALL": 2, "c2s PING": 3, "c2s EVENTACK": 4,
	"s2c HELLO": 0, "s2c FULL": 1, "s2c DELTA": 2, "s2c EVENTS": 3, "s2c REPLY": 4, "s2c PONG": 5, "s2c BYE": 6, "s2c SEAT": 7,
}

// value decodes a message with the library alone, so that a vector's two halves come from different code.
func value(t *testing.T, s sample, b []byte) map[string]any {
	t.Helper()
	d := msgpack.NewDecoder(bytes.NewReader(b))
	elements, err := d.DecodeSlice()
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	message, _, _ := strings.Cut(s.name, " ")
	names := strings.Fields(fieldNames[message])
	if typ := elements[0]; fmt.Sprint(typ) != fmt.Sprint(typeNumbers[s.dir+" "+message]) {
		t.Fatalf("%s %s has type %v", s.dir, s.name, typ)
	}
	fields := elements[1:]
	if short := message == "DELTA" && len(fields) == 5 || message == "HELLO" && len(fields) == 9; len(fields) != len(names) && !short {
		t.Fatalf("%s has %d fields, want %q", s.name, len(fields), names)
	}
	v := make(map[string]any)
	for i, f := range fields {
		v[names[i]] = plain(f)
	}
	return v
}

// plain replaces what JSON cannot say.
func plain(v any) any {
	switch v := v.(type) {
	case []byte:
		return map[string]any{"bin": hex.EncodeToString(v)}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
	}
	return v
}

func TestGoldenVectors(t *testing.T) {
	var lines []string
	for _, s := range samples() {
		b := encode(nil, s.m)
		line, err := json.Marshal(vector{Name: s.name, Dir: s.dir, Value: value(t, s, b), Hex: hex.EncodeToString(b)})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	want := fmt.Sprintf("[\n%s\n]\n", strings.Join(lines, ",\n"))
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
			t.Fatalf("line %d of %s is not what the code makes (if the wire is meant to change, run with -update):\n%s",
				i+1, vectorFile, line)
		}
	}
	if string(got) != want {
		t.Fatalf("%s has more than the code makes; run with -update", vectorFile)
	}
}

// TestEveryMessageHasVector keeps the vectors complete when a message is added.
func TestEveryMessageHasVector(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range samples() {
		message, _, _ := strings.Cut(s.name, " ")
		seen[s.dir+" "+message] = true
		typ, err := PeekType(encode(nil, s.m))
		if err != nil || typ != typeNumbers[s.dir+" "+message] {
			t.Errorf("%s: type %d, %v", s.name, typ, err)
		}
	}
	for name := range typeNumbers {
		if !seen[name] {
			t.Errorf("no vector for %s", name)
		}
	}
}
