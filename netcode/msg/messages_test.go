package msg

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

func TestMessageRoundTrip(t *testing.T) {
	eachSample(t, func(t *testing.T, s sample, b []byte) {
		m, err := decode(s.m, b)
		if err != nil {
			t.Fatalf("% x: %v", b, err)
		}
		if !reflect.DeepEqual(m, s.m) {
			t.Fatalf("got %+v, want %+v", m, s.m)
		}
		if again := encode([]byte("before"), m); !bytes.Equal(again, append([]byte("before"), b...)) {
			t.Fatalf("appended after other bytes: % x, want % x at the end", again, b)
		}
	})
}

func TestTruncatedMessageIsRefused(t *testing.T) {
	eachSample(t, func(t *testing.T, s sample, b []byte) {
		for n := range len(b) {
			wantRefused(t, s, b[:n])
		}
	})
}

func TestTrailingByteIsRefused(t *testing.T) {
	eachSample(t, func(t *testing.T, s sample, b []byte) {
		for c := range 256 {
			wantRefused(t, s, append(b[:len(b):len(b)], byte(c)))
		}
	})
}

func TestArrayLengthIsExact(t *testing.T) {
	eachSample(t, func(t *testing.T, s sample, b []byte) {
		n := int(b[0] &^ 0xf0)
		for other := range 16 {
			if other == n {
				continue
			}
			c := append([]byte{fixArray | byte(other)}, b[1:]...)
			wantRefused(t, s, c)
			// Filled up with nils a longer array is well-formed, so that only its length can be what is wrong.
			for range other - n {
				c = append(c, codeNil)
			}
			wantRefused(t, s, c)
		}
	})
}

func TestOtherMessageIsRefused(t *testing.T) {
	eachSample(t, func(t *testing.T, s sample, b []byte) {
		for typ := range 256 {
			c := append(AppendUint([]byte{b[0]}, uint64(typ)), b[2:]...)
			if byte(typ) == b[1] {
				continue
			}
			wantRefused(t, s, c)
			if peeked, err := PeekType(c); err != nil || int(peeked) != typ {
				t.Fatalf("PeekType(% x) = %d, %v, want %d", c, peeked, err, typ)
			}
		}
	})
}

// TestHostileLengthInEveryPlace declares 2^32-1 bytes or elements in the place of each value of each message.
func TestHostileLengthInEveryPlace(t *testing.T) {
	eachSample(t, func(t *testing.T, s sample, b []byte) {
		for _, at := range valueOffsets(t, b) {
			for _, c := range []byte{codeBin32, codeExt32, codeStr32, codeArray32, codeMap32} {
				hostile := append(b[:at:at], c, 0xff, 0xff, 0xff, 0xff)
				wantRefused(t, s, hostile)
				wantRefused(t, s, append(hostile, b[at:]...))
			}
		}
	})
}

const codeExt32 = 0xc9

// valueOffsets returns where the values in b start, those inside of arrays and maps included.
func valueOffsets(t *testing.T, b []byte) []int {
	t.Helper()
	var offsets []int
	r := NewReader(b)
	for r.Left() > 0 {
		offsets = append(offsets, r.off)
		head := r
		if head.arrayHead(); head.err == nil {
			r = head
			continue
		}
		head = r
		if head.MapLen(len(b)); head.err == nil {
			r = head
			continue
		}
		r.Skip()
	}
	if r.err != nil {
		t.Fatal(r.err)
	}
	return offsets
}

func TestPeekType(t *testing.T) {
	f := func(b []byte, want error) {
		t.Helper()
		if typ, err := PeekType(b); err != want || typ != 0 {
			t.Errorf("PeekType(% x) = %d, %v, want 0, %v", b, typ, err, want)
		}
	}
	f(nil, ErrTruncated)
	f([]byte{0x90}, ErrLength)
	f([]byte{0x91}, ErrTruncated)
	f([]byte{0x91, 0xff}, ErrRange)
	f([]byte{0x91, 0xcd, 0x01, 0x00}, ErrRange)
	f([]byte{0x91, 0xa0}, ErrType)
	f([]byte{0x80}, ErrType)
	f([]byte{0xdd, 0xff, 0xff, 0xff, 0xff}, ErrTruncated)
	f([]byte{0x91, 0x00}, nil)
}

func TestOtherVersionIsReportedWhateverItLooksLike(t *testing.T) {
	f := func(version uint64, rest ...byte) {
		t.Helper()
		b := append(AppendUint([]byte{0x90 | byte(2+len(rest)), 0}, version), rest...)
		j, err := ReadJoin(b)
		if err != ErrVersion || !reflect.DeepEqual(j, Join{Protocol: version}) {
			t.Errorf("ReadJoin(% x) = %+v, %v", b, j, err)
		}
		h, err := ReadHello(b)
		if err != ErrVersion || !reflect.DeepEqual(h, Hello{Protocol: version}) {
			t.Errorf("ReadHello(% x) = %+v, %v", b, h, err)
		}
	}
	f(0)
	f(2)
	f(2, 0xc1)
	f(2, 1, 2, 3)
	f(1<<64 - 1)
}

func TestClientMessageSizeLimit(t *testing.T) {
	largest := encode(nil, Call{Args: array(str(string(bytes.Repeat([]byte{'a'}, MaxClientMessage-8))))})
	if len(largest) != MaxClientMessage {
		t.Fatalf("the test's message has %d bytes, want %d", len(largest), MaxClientMessage)
	}
	if _, err := ReadCall(largest); err != nil {
		t.Errorf("%d bytes: %v", len(largest), err)
	}
	for _, s := range samples() {
		if s.dir != toServer {
			continue
		}
		b := encode(nil, s.m)
		big := append(b, make([]byte, MaxClientMessage+1-len(b))...)
		if _, err := decode(s.m, big); err != ErrTooBig {
			t.Errorf("%s of %d bytes: %v, want ErrTooBig", s.name, len(big), err)
		}
	}
}

func TestFieldsOutOfRange(t *testing.T) {
	f := func(m any, raw []byte, want error) {
		t.Helper()
		if got, err := decode(m, raw); !errors.Is(err, want) {
			t.Errorf("%T % x: %+v, %v, want %v", m, raw, got, err, want)
		}
	}
	big := AppendUint(nil, 1<<32)
	unsafe := AppendUint(nil, MaxSafe+1)
	eight := bin(1, 2, 3, 4, 5, 6, 7, 8)
	nine := make([][]byte, MaxInputs+1)
	for i := range nine {
		nine[i] = ints(0)
	}
	f(Join{}, array(num(0), num(-1), num(1), num(0), bin(), bin(), null()), ErrRange)
	f(Join{}, array(num(0), num(1), num(0), num(0), bin(), bin(), null()), ErrRange)
	f(Join{}, array(num(0), num(1), num(4), num(0), bin(), bin(), null()), ErrRange)
	f(Join{}, array(num(0), num(1), num(1), num(-1), bin(), bin(), null()), ErrRange)
	f(Join{}, array(num(0), num(1), num(1), num(0), bin(1, 2, 3), bin(), null()), ErrLength)
	f(Join{}, array(num(0), num(1), num(1), num(0), bin(), bin(1, 2, 3, 4, 5, 6, 7, 8, 9), null()), ErrLength)
	f(Join{}, array(num(0), num(1), num(1), num(0), str(""), bin(), null()), ErrType)
	f(Join{}, array(num(0), num(1), num(1), num(0), bin(), bin(), num(-1)), ErrRange)
	f(Input{}, array(num(1), big, num(0), num(0), ints()), ErrRange)
	f(Input{}, array(num(1), num(1), big, num(0), ints()), ErrRange)
	f(Input{}, array(num(1), num(1), num(0), num(-1), ints()), ErrRange)
	f(Input{}, array(num(1), num(1), num(0), num(0), array(nine...)), ErrLength)
	f(Input{}, array(num(1), num(1), num(0), num(0), ints(1)), ErrType)
	f(Input{}, array(num(1), num(1), num(0), num(0), null()), ErrType)
	f(Call{}, array(num(2), big, num(0), ints()), ErrRange)
	f(Call{}, array(num(2), num(0), big, ints()), ErrRange)
	f(Call{}, array(num(2), num(0), num(0), AppendMapLen(nil, 0)), ErrType)
	f(Call{}, array(num(2), num(0), num(0), array([]byte{0xd4, 1, 1})), ErrType)
	f(Ping{}, array(num(3), unsafe), ErrRange)
	f(Ping{}, array(num(3), f32(1)), ErrType)
	f(EventAck{}, array(num(4), num(-1)), ErrRange)

	hello := func(codec, hash, schema, player, rate, time, seat []byte) []byte {
		return array(num(0), num(1), codec, hash, schema, player, rate, num(0), time, seat)
	}
	f(Hello{}, hello(num(2), eight, null(), num(1), num(1), num(0), null()), ErrRange)
	f(Hello{}, hello(num(0), bin(1), null(), num(1), num(1), num(0), null()), ErrLength)
	f(Hello{}, hello(num(0), eight, ints(), num(1), num(1), num(0), null()), ErrType)
	f(Hello{}, hello(num(0), eight, null(), num(-1), num(1), num(0), null()), ErrRange)
	f(Hello{}, hello(num(0), eight, null(), num(1), num(0), num(0), null()), ErrRange)
	f(Hello{}, hello(num(0), eight, null(), num(1), num(129), num(0), null()), ErrRange)
	f(Hello{}, hello(num(0), eight, null(), num(1), num(1), unsafe, null()), ErrRange)
	f(Hello{}, hello(num(0), eight, null(), num(1), num(1), num(0), str("")), ErrLength)
	assets := func(list []byte) []byte {
		h := hello(num(0), eight, null(), num(1), num(1), num(0), null())
		h[0]++ // an array of one more
		return append(h, list...)
	}
	hash := AppendBin(nil, make([]byte, AssetHashLen))
	f(Hello{}, assets(ints()), ErrLength)
	f(Hello{}, assets(null()), ErrType)
	f(Hello{}, assets(array(array(str("a"), hash))), ErrLength)
	f(Hello{}, assets(array(array(str(""), hash, num(1)))), ErrLength)
	f(Hello{}, assets(array(array(str("a"), bin(1), num(1)))), ErrLength)
	f(Hello{}, assets(array(array(str("a"), hash, num(MaxAssetSize+1)))), ErrRange)
	f(Hello{}, assets(array(array(str("a"), hash, num(1)), array(str("a"), hash, num(1)))), ErrRange)
	f(Full{}, array(num(1), num(1), null()), ErrType)
	f(Full{}, array(num(1), num(-1), ints()), ErrRange)
	f(Delta{}, array(num(2), num(65536), num(1), null(), null(), ints()), ErrRange)
	f(Delta{}, array(num(2), num(1), num(0), null(), null(), ints()), ErrRange)
	f(Delta{}, array(num(2), num(1), num(65536), null(), null(), ints()), ErrRange)
	f(Delta{}, array(num(2), num(1), num(1), num(1<<32), null(), ints()), ErrRange)
	f(Delta{}, array(num(2), num(1), num(1), null(), num(128), ints()), ErrRange)
	f(Delta{}, array(num(2), num(1), num(1), null(), num(-129), ints()), ErrRange)
	f(Delta{}, array(num(2), num(1), num(1), null(), null(), str("")), ErrType)
	f(Delta{}, array(num(2), num(1), num(1), null(), null(), ints(), num(1)), ErrLength)
	f(Events{}, array(num(3), num(0), ints()), ErrRange)
	f(Events{}, array(num(3), unsafe, ints()), ErrRange)
	f(Events{}, array(num(3), num(1), ints(1)), ErrType)
	f(Events{}, array(num(3), num(1), array(ints(1))), ErrLength)
	f(Events{}, array(num(3), num(1), array(ints(1, 65536))), ErrRange)
	f(Events{}, array(num(3), num(1), array(ints(-1, 0))), ErrRange)
	f(Reply{}, array(num(4), num(0), num(5), str("")), ErrRange)
	f(Reply{}, array(num(4), num(0), num(0), str("")), ErrType)
	f(Reply{}, array(num(4), num(0), num(1), null()), ErrType)
	f(Pong{}, array(num(5), num(0), num(0), unsafe), ErrRange)
	f(Bye{}, array(num(6), num(65536), num(0), null()), ErrRange)
	f(Bye{}, array(num(6), num(4000), big, null()), ErrRange)
	f(Bye{}, array(num(6), num(4000), num(0), str("")), ErrLength)
	f(Seat{}, array(num(7), str("")), ErrLength)
}

func TestEventsAtMost256(t *testing.T) {
	f := func(n int, want error) {
		t.Helper()
		b := AppendEventsHeader(nil, 1, n)
		for range n {
			b = append(b, ints(1, 0)...)
		}
		if m, err := ReadEvents(b); err != want || (err == nil && m.Count != n) {
			t.Errorf("%d events: count %d, %v, want %v", n, m.Count, err, want)
		}
	}
	f(MaxEvents, nil)
	f(MaxEvents+1, ErrLength)
}

// TestNestingLimit counts the message's own array: eight around each other pass, nine do not.
func TestNestingLimit(t *testing.T) {
	nest := func(n int) []byte { return append(bytes.Repeat([]byte{0x91}, n-1), 0x90) }
	f := func(m any, depth int, b []byte) {
		t.Helper()
		if _, err := decode(m, b); (err == nil) != (depth <= MaxDepth) || (err != nil && err != ErrDepth) {
			t.Errorf("%T nested %d deep: %v", m, depth, err)
		}
	}
	for depth := 3; depth < 100; depth++ {
		f(Call{}, depth, array(num(2), num(0), num(0), nest(depth-1)))
		f(Full{}, depth, array(num(1), num(1), nest(depth-1)))
		f(Input{}, depth, array(num(1), num(0), num(0), num(0), nest(depth-1)))
		maps := append(bytes.Repeat([]byte{0x81, 0x00}, depth-2), 0x80)
		f(Hello{}, depth, array(num(0), num(1), num(0), bin(1, 2, 3, 4, 5, 6, 7, 8), maps, num(1), num(1), num(0), num(0), null()))
	}
	for depth := 4; depth < 100; depth++ {
		f(Events{}, depth, array(num(3), num(1), array(array(num(1), num(0), nest(depth-3)))))
	}
}

func TestDeltaTickContinuesTheBaseline(t *testing.T) {
	f := func(base uint32, low uint16, want uint32) {
		t.Helper()
		b := append(AppendDeltaHeader(nil, Delta{Tick: uint32(low), Lag: 1}, false), ints(0)...)
		if d, err := ReadDelta(b, base); err != nil || d.Tick != want {
			t.Errorf("low bits %d after %d: tick %d, %v, want %d", low, base, d.Tick, err, want)
		}
	}
	f(0, 1, 1)
	f(1, 2, 2)
	f(65535, 0, 65536)
	f(65535, 65535, 131071)
	f(70000, 4464, 70000+65536)
	f(70000, 4463, 70000+65535)
	f(1<<32-1, 0, 0)
}

func TestEventsAreReadOneByOne(t *testing.T) {
	raw := array(event(EventHead{Event: 3, Tick16: 9}, num(-7), str("x")), event(EventHead{Event: 1, Tick16: 10}))
	m, err := ReadEvents(append(AppendEventsHeader(nil, 4, 2), elements(raw)...))
	if err != nil || m.FirstSeq != 4 || m.Count != 2 {
		t.Fatalf("%+v, %v", m, err)
	}
	r := NewReader(m.Raw)
	r.ExactArray(2)
	if h := ReadEventHead(&r); h != (EventHead{Event: 3, Tick16: 9, Args: 2}) {
		t.Errorf("first: %+v", h)
	}
	if v, s := r.Int(-10, 10), r.String(1); v != -7 || s != "x" {
		t.Errorf("arguments: %d, %q", v, s)
	}
	if h := ReadEventHead(&r); h != (EventHead{Event: 1, Tick16: 10}) {
		t.Errorf("second: %+v", h)
	}
	if err := r.Done(); err != nil {
		t.Error(err)
	}
}
