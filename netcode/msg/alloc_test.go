package msg

import (
	"math"
	"testing"
)

func wantZeroAlloc(t *testing.T, name string, f func()) {
	t.Helper()
	if n := testing.AllocsPerRun(100, f); n != 0 {
		t.Errorf("%s: %v allocations, want 0", name, n)
	}
}

func TestAppendZeroAlloc(t *testing.T) {
	buf := make([]byte, 0, 4096)
	eight := make([]byte, HashLen)
	f := func(name string, app func(dst []byte) []byte) {
		t.Helper()
		wantZeroAlloc(t, name, func() { buf = app(buf[:0]) })
	}
	f("AppendNil", AppendNil)
	f("AppendBool", func(dst []byte) []byte { return AppendBool(dst, true) })
	f("AppendUint", func(dst []byte) []byte { return AppendUint(dst, math.MaxUint64) })
	f("AppendInt", func(dst []byte) []byte { return AppendInt(dst, math.MinInt64) })
	f("AppendFloat32", func(dst []byte) []byte { return AppendFloat32(dst, 1.5) })
	f("AppendFloat64", func(dst []byte) []byte { return AppendFloat64(dst, 1.5) })
	f("AppendString", func(dst []byte) []byte { return AppendString(dst, "a name that is longer than 31 bytes") })
	f("AppendBin", func(dst []byte) []byte { return AppendBin(dst, eight) })
	f("AppendArrayLen", func(dst []byte) []byte { return AppendArrayLen(dst, 70000) })
	f("AppendMapLen", func(dst []byte) []byte { return AppendMapLen(dst, 70000) })
	f("AppendPong", func(dst []byte) []byte { return AppendPong(dst, Pong{T0: 1, T1: 2, T2: 3}) })
	f("AppendFullHeader", func(dst []byte) []byte { return AppendFullHeader(dst, 70000) })
	f("AppendInput", func(dst []byte) []byte { return AppendInput(dst, Input{FirstTick: 300, AckTick: 299}) })
}

func TestAppendDeltaHeaderZeroAlloc(t *testing.T) {
	buf := make([]byte, 0, 4096)
	d := Delta{Tick: 70000, Lag: 300, HasAck: true, Ack: -300, HasPace: true, Pace: -100}
	body, hit := ints(0), event(EventHead{Event: 1, Tick16: 7}, num(5))
	wantZeroAlloc(t, "AppendDeltaHeader", func() {
		buf = append(AppendDeltaHeader(buf[:0], d, true), body...)
		buf = append(AppendDeltaEvents(buf, 1, 1), hit...)
	})
}

func TestReaderZeroAlloc(t *testing.T) {
	b := array(num(-70000), num(1<<40), f32(1.5), AppendFloat64(nil, 2.5), AppendBool(nil, true), null(), str("a text"),
		bin(1, 2, 3), ints(1, 2, 3), AppendMapLen(nil, 0), array(ints(1), bin(1), str("skipped")))
	wantZeroAlloc(t, "Reader", func() {
		r := NewReader(b)
		r.ExactArray(11)
		r.Int(-70000, 0)
		r.Uint(1 << 40)
		r.Float32()
		r.Float64()
		r.Bool()
		r.TryNil()
		r.StringBytes(6)
		r.Bin(3)
		for range r.ArrayLen(3) {
			r.Uint(3)
		}
		r.MapLen(0)
		r.Raw()
		if err := r.Done(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestReadZeroAlloc has every message whose struct holds no string.
func TestReadZeroAlloc(t *testing.T) {
	f := func(m any, read func(b []byte) error) {
		t.Helper()
		b := encode(nil, m)
		wantZeroAlloc(t, "read", func() {
			if err := read(b); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, s := range samples() {
		switch m := s.m.(type) {
		case Join:
			f(m, func(b []byte) error { _, err := ReadJoin(b); return err })
		case Input:
			f(m, func(b []byte) error { _, err := ReadInput(b); return err })
		case Call:
			f(m, func(b []byte) error { _, err := ReadCall(b); return err })
		case Ping:
			f(m, func(b []byte) error { _, err := ReadPing(b); return err })
		case EventAck:
			f(m, func(b []byte) error { _, err := ReadEventAck(b); return err })
		case Full:
			f(m, func(b []byte) error { _, err := ReadFull(b); return err })
		case Delta:
			f(m, func(b []byte) error { _, err := ReadDelta(b, 1); return err })
		case Events:
			f(m, func(b []byte) error { _, err := ReadEvents(b); return err })
		case Pong:
			f(m, func(b []byte) error { _, err := ReadPong(b); return err })
		}
	}
}

// TestHostileMessageZeroAlloc: refusing what a client sends costs the server no memory, whatever lengths it declares.
func TestHostileMessageZeroAlloc(t *testing.T) {
	for _, c := range []byte{codeBin32, codeExt32, codeStr32, codeArray32, codeMap32} {
		length := []byte{c, 0xff, 0xff, 0xff, 0xff}
		for _, b := range [][]byte{length, array(num(0), num(1), num(1), num(0), length, bin(), null()),
			array(num(1), num(1), num(1), num(1), length), array(num(2), num(1), num(1), length), array(num(3), length)} {
			wantZeroAlloc(t, "hostile message", func() {
				_, err0 := PeekType(length)
				_, err1 := ReadJoin(b)
				_, err2 := ReadInput(b)
				_, err3 := ReadCall(b)
				_, err4 := ReadPing(b)
				_, err5 := ReadEventAck(b)
				if err0 == nil || err1 == nil || err2 == nil || err3 == nil || err4 == nil || err5 == nil {
					t.Fatalf("% x was taken", b)
				}
			})
		}
	}
}

func TestEncoderZeroAlloc(t *testing.T) {
	e := NewEncoder()
	buf := make([]byte, 0, 4096)
	wantZeroAlloc(t, "Encoder", func() {
		e.Reset(buf[:0])
		e.BeginEvent(EventHead{Event: 1, Tick16: 65535, Args: 6})
		e.Uint(1 << 40)
		e.Int(-70000)
		e.Float32(1.5)
		e.String("a text that is longer than 31 bytes")
		e.Nil()
		e.Bool(true)
		buf = e.Bytes()
	})
	wantZeroAlloc(t, "AppendReply", func() {
		buf = e.AppendReply(buf[:0], Reply{ID: 70000, Status: StatusRefused, Reason: "it is not your turn"})
	})
}
