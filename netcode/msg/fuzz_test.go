package msg

import (
	"bytes"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// The corpus in testdata/fuzz has, for each target, the inputs that kill decoders which believe declared lengths or
// recurse without a limit; the samples are added to it here.

// fuzzMessage feeds the reader of m's type. Nothing may panic, and what is taken must survive being sent again.
func fuzzMessage(f *testing.F, m any) {
	for _, s := range samples() {
		f.Add(encode(nil, s.m))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := decode(m, b)
		if err != nil {
			return
		}
		first := encode(nil, got)
		again, err := decode(m, first)
		if err != nil {
			t.Fatalf("% x was taken, but appended again as % x it is refused: %v", b, first, err)
		}
		if second := encode(nil, again); !bytes.Equal(first, second) {
			t.Fatalf("% x appended again is % x, and once more % x", b, first, second)
		}
		wantLibraryAgrees(t, b)
	})
}

// wantLibraryAgrees checks that b, which we took, is one value for the library too. It is safe to ask because the
// lengths in b have been checked.
func wantLibraryAgrees(t *testing.T, b []byte) {
	t.Helper()
	in := bytes.NewReader(b)
	if err := msgpack.NewDecoder(in).Skip(); err != nil || in.Len() != 0 {
		t.Fatalf("% x was taken, the library says %v with %d bytes left", b, err, in.Len())
	}
}

func FuzzReadJoin(f *testing.F)     { fuzzMessage(f, Join{}) }
func FuzzReadInput(f *testing.F)    { fuzzMessage(f, Input{}) }
func FuzzReadCall(f *testing.F)     { fuzzMessage(f, Call{}) }
func FuzzReadPing(f *testing.F)     { fuzzMessage(f, Ping{}) }
func FuzzReadEventAck(f *testing.F) { fuzzMessage(f, EventAck{}) }
func FuzzReadHello(f *testing.F)    { fuzzMessage(f, Hello{}) }
func FuzzReadFull(f *testing.F)     { fuzzMessage(f, Full{}) }
func FuzzReadDelta(f *testing.F)    { fuzzMessage(f, Delta{}) }
func FuzzReadEvents(f *testing.F)   { fuzzMessage(f, Events{}) }
func FuzzReadReply(f *testing.F)    { fuzzMessage(f, Reply{}) }
func FuzzReadPong(f *testing.F)     { fuzzMessage(f, Pong{}) }
func FuzzReadBye(f *testing.F)      { fuzzMessage(f, Bye{}) }
func FuzzReadSeat(f *testing.F)     { fuzzMessage(f, Seat{}) }

// FuzzRaw takes one value off the front of anything.
func FuzzRaw(f *testing.F) {
	for _, s := range samples() {
		f.Add(encode(nil, s.m))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReader(b)
		raw := r.Raw()
		skip := NewReader(b)
		skip.Skip()
		if r.Err() != skip.Err() || r.Left() != skip.Left() {
			t.Fatalf("Raw: %v, %d left; Skip: %v, %d left", r.Err(), r.Left(), skip.Err(), skip.Left())
		}
		if r.Err() != nil {
			return
		}
		if !bytes.HasPrefix(b, raw) || len(raw)+r.Left() != len(b) || len(raw) == 0 {
			t.Fatalf("Raw of % x is % x, with %d bytes left", b, raw, r.Left())
		}
		wantLibraryAgrees(t, raw)
	})
}

func FuzzPeekType(f *testing.F) {
	for _, s := range samples() {
		f.Add(encode(nil, s.m))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		typ, err := PeekType(b)
		if err != nil {
			return
		}
		r := NewReader(b)
		if n := r.ArrayLen(len(b)); n == 0 || r.Uint(255) != uint64(typ) || r.Err() != nil {
			t.Fatalf("% x: type %d of an array of %d, %v", b, typ, n, r.Err())
		}
	})
}
