package snapshot

import (
	"bytes"
	"errors"
	"testing"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Whatever bits a residual is read from, they are the ones that it is written in.
func FuzzResidualHasOneCode(f *testing.F) {
	for width := range uint8(32) {
		for k := range width + 1 {
			var w bitWriter
			w.append(riceCode(-1<<width, int(k), int(width)+1))
			w.append(riceCode(1<<width-1, int(k), int(width)+1))
			f.Add(k, width, w.bytes())
			f.Add(k, width, []byte{0xff, 0xf0, 0, 0, 0, 0})
			f.Add(k, width, []byte{0xff, 0xef, 0xff, 0xff, 0xff, 0xff})
		}
	}
	f.Fuzz(func(t *testing.T, k, width uint8, b []byte) {
		bits := int(width%32) + 1
		parameter := int(k) % bits
		r := bitReader{buf: b}
		residual := r.rice(parameter, bits)
		if r.bad {
			return
		}
		var w bitWriter
		w.append(riceCode(residual, parameter, bits))
		if again := (bitReader{buf: w.bytes()}); w.len() != r.pos || !sameBits(again, bitReader{buf: b}, r.pos) {
			t.Fatalf("k %d, %d bits: %x was read as %d, which is written %x", parameter, bits, b, residual, w.bytes())
		}
	})
}

func sameBits(a, b bitReader, n int) bool {
	for range n {
		if a.bit() != b.bit() {
			return false
		}
	}
	return true
}

// oneRow is a client that has been sent a row at ticks 1 to n, with no change.
func oneRow(t *testing.T, n uint32, fields ...schema.Field) (*Decoder, []byte) {
	s := &schema.Schema{Game: "test", Tables: []schema.Table{{Record: schema.Record{Name: "row", Fields: fields}}}}
	h, e, c := NewHistory(s, 32), Encoder{}, newClient(s, Packed, 0)
	for tick := uint32(1); tick < n; tick++ {
		h.Begin(tick)
		h.Put(0, 0, 1)
		if _, err := c.next(&e, h, false); err != nil {
			t.Fatal(err)
		}
	}
	h.Begin(n)
	h.Put(0, 0, 1)
	return c.d, e.AppendBody(nil, h, &c.v, c.options(h, false))
}

// binOf is a body of the bits in a text.
func binOf(text string) []byte {
	var w bitWriter
	for _, c := range text {
		if c != ' ' {
			w.bit(c == '1')
		}
	}
	return msg.AppendBin(nil, w.bytes())
}

func TestRecordHasOneEncoding(t *testing.T) {
	team := schema.Field{Name: "team", Kind: schema.Uint, Bits: 1, Hi: 1, Once: true}
	x := schema.Field{Name: "x", Kind: schema.Fixed, Bits: 8, Hi: 255, Lerp: true, Step: 1}
	hp := schema.Field{Name: "hp", Kind: schema.Uint, Bits: 3, Hi: 7}
	for _, c := range []struct {
		what    string
		fields  []schema.Field
		written string
		refused []string
	}{
		{"nothing can change", []schema.Field{team}, "", []string{"1", "0 1"}},
		{"nothing is predicted", []schema.Field{hp}, "0", []string{"1 0", "1 1 000"}},
		{"calm", []schema.Field{x}, "1", []string{"0 0"}},
		{"calm, with others", []schema.Field{x, hp}, "1", []string{"0 0 0", "0 0 1 0", "0 0 1 1 000", "0 10 1 0"}},
	} {
		d, body := oneRow(t, 5, c.fields...)
		if want := binOf("00 1" + c.written + "1"); !bytes.Equal(body, want) {
			t.Errorf("%s: the body is %x, want %x", c.what, body, want)
		}
		for _, record := range c.refused {
			before := d.Hash()
			err := d.ApplyDelta(5, 1, binOf("00 1"+record+"1"))
			if !errors.Is(err, errNeedless) && !errors.Is(err, errCut) || d.Hash() != before {
				t.Errorf("%s: record %s: %v", c.what, record, err)
			}
		}
		if err := d.ApplyDelta(5, 1, body); err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}
