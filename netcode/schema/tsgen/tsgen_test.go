package tsgen_test

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/skirmish-dev/skirmish/netcode/schema"
	"github.com/skirmish-dev/skirmish/netcode/schema/tsgen"
)

var update = flag.Bool("update", false, "write the golden file")

// golden is type-checked, and used, by clients/js/test/generated.
const golden = "../../../clients/js/test/generated/every-kind.gen.ts"

// everyKind has each kind of field, each option, names that are no identifiers, and records without fields.
func everyKind() *schema.Schema {
	const word, half = 1<<32 - 1, 1<<31 - 1
	fields := []schema.Field{
		{Name: "owner", Kind: schema.Player, Bits: 32, Hi: word, Once: true},
		{Name: "alive", Kind: schema.Bool, Bits: 1, Hi: 1},
		{Name: "hp", Kind: schema.Uint, Bits: 8, Hi: 255, Pri: 4},
		{Name: "mood", Kind: schema.Int, Bits: 3, Lo: -3, Hi: 3},
		{Name: "x", Kind: schema.Fixed, Bits: 16, Hi: 51200, Lerp: true, Base: -800, Step: 1.0 / 32},
		{Name: "angle", Kind: schema.Fixed, Bits: 10, Hi: 1023, Lerp: true, Hermite: true, Wrap: true, Step: 0.006135923151542565},
		{Name: "depth", Kind: schema.F32, Bits: 32, OwnerOnly: true},
		{Name: "label", Kind: schema.Text, Bits: 32, Hi: word},
		{Name: "target", Kind: schema.Ref, Bits: 32, Hi: word, Of: "crew-member"},
		{Name: "slot[0]", Kind: schema.Int, Bits: 32, Lo: -half - 1, Hi: half},
	}
	return &schema.Schema{
		Game: "every-kind",
		Tables: []schema.Table{
			{Record: schema.Record{Name: "players", Fields: []schema.Field{fields[0], {Name: "name", Kind: schema.Text, Bits: 32, Hi: word}}}},
			{Record: schema.Record{Name: "crew-member", Fields: fields}, Predicted: true},
		},
		Events: []schema.Record{
			{Name: "said", Fields: []schema.Field{{Name: "text", Kind: schema.Str, Max: 200}, {Name: "loud", Kind: schema.Bool, Bits: 1, Hi: 1}}},
			{Name: "bell"},
		},
		Input: []schema.Field{{Name: "dx", Kind: schema.Int, Bits: 2, Lo: -1, Hi: 1}, {Name: "fire", Kind: schema.Bool, Bits: 1, Hi: 1, Edge: true}},
		Calls: []schema.Record{{Name: "say", Fields: []schema.Field{{Name: "text", Kind: schema.Str, Max: 200}}}, {Name: "resign"}},
	}
}

func TestModuleIsTheGoldenOne(t *testing.T) {
	got := tsgen.TypeScript(everyKind())
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what is generated; if the change is meant, run: go test ./netcode/schema/tsgen -update\n%s", golden, got)
	}
}

func TestJavaScriptIsTheConstantWithoutItsType(t *testing.T) {
	_, typed, _ := strings.Cut(string(tsgen.TypeScript(everyKind())), "export const everyKind: GameSchema<EveryKind> = ")
	_, plain, found := strings.Cut(string(tsgen.JavaScript(everyKind())), "export const everyKind = ")
	if !found || plain != typed {
		t.Errorf("the constant is\n%s\nwith types it is\n%s", plain, typed)
	}
}

// What is generated must be the schema that HELLO has, or every client would be sent the schema anew and then refuse it.
func TestGeneratedHashesAreTheSchemas(t *testing.T) {
	s := everyKind()
	raw, hash, input := s.Encode()
	if _, again, err := schema.Decode(raw); err != nil || again != hash {
		t.Fatalf("the schema of the test is none: %v", err)
	}
	for _, h := range []schema.Hash{hash, input} {
		if text := hex.EncodeToString(h[:]); !strings.Contains(string(tsgen.TypeScript(s)), `"`+text+`"`) {
			t.Errorf("hash %s is not in the module", text)
		}
	}
}

func TestGameWithoutEventsCallsAndInputsHasAModule(t *testing.T) {
	got := string(tsgen.TypeScript(&schema.Schema{Game: "still", Tables: everyKind().Tables[:1]}))
	for _, want := range []string{"events: Record<never, never>;", "calls: Record<never, never>;", "export type StillInput = Record<never, never>;"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}
