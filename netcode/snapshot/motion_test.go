package snapshot

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Equal gaps take a short way, in motion and in schema.Field.Predict. Both must come to what PROTOCOL.md says.
func TestResidualsAreThoseOfTheFormula(t *testing.T) {
	gaps := rapid.Uint32Range(1, schema.MaxGap)
	rapid.Check(t, func(t *rapid.T) {
		f := schema.Field{Kind: schema.Fixed, Bits: uint8(rapid.IntRange(1, 32).Draw(t, "bits")), Step: 1, Lerp: true}
		if rapid.Bool().Draw(t, "signed") {
			f.Lo = -1
		}
		word := rapid.Custom(func(t *rapid.T) uint32 { return f.Reduce(rapid.Int64().Draw(t, "word")) })
		now, s1, s2, s3 := word.Draw(t, "now"), word.Draw(t, "s1"), word.Draw(t, "s2"), word.Draw(t, "s3")
		predicted := func(s1, s2 uint32, ahead, gap int64) uint32 {
			n := schema.SignExtend(s1-s2, f.Bits) * ahead
			floor := n / gap
			for floor*gap > n {
				floor--
			}
			return f.Reduce(int64(s1) + floor)
		}
		t3 := gaps.Draw(t, "t3")
		t2 := t3 + gaps.Draw(t, "before")
		t1 := t2 + gaps.Draw(t, "gap")
		m := newMotion(t1+gaps.Draw(t, "ahead"), t1, t2, t3)
		if got, want := m.residual(&f, now, s1, s2), f.Residual(now, predicted(s1, s2, m.ahead, m.gap)); got != want {
			t.Fatalf("residual %d, want %d", got, want)
		}
		if got, want := m.missed(&f, s1, s2, s3), f.Residual(s1, predicted(s2, s3, m.gap, m.before)); got != want {
			t.Fatalf("missed by %d, want %d", got, want)
		}
		if got, want := m.predict(&f, s1, s2), predicted(s1, s2, m.ahead, m.gap); got != want {
			t.Fatalf("predicted %d, want %d", got, want)
		}
	})
}

func TestSpanCopiesBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.SliceOfN(rapid.Byte(), 1, 60).Draw(t, "src")
		from := rapid.IntRange(0, 8*len(src)).Draw(t, "from")
		n := rapid.IntRange(0, 8*len(src)-from).Draw(t, "n")
		lead := rapid.IntRange(0, 20).Draw(t, "lead")
		var got, want bitWriter
		got.append(0, lead)
		want.append(0, lead)
		got.span(src, from, n)
		for i := from; i < from+n; i++ {
			want.append(uint64(src[i/8]>>(7-i%8)&1), 1)
		}
		if g, w := got.bytes(), want.bytes(); string(g) != string(w) || got.len() != lead+n {
			t.Fatalf("%d bits %x, want %d bits %x", got.len(), g, lead+n, w)
		}
	})
}
