package conn

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"pgregory.net/rapid"
)

var testMask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// clientFrame is a frame as a client sends it.
func clientFrame(op ws.OpCode, fin bool, payload []byte) []byte {
	return ws.MustCompileFrame(ws.MaskFrameWith(ws.NewFrame(op, fin, payload), testMask))
}

// rawHeader is the header of a masked frame that declares length n in the form of the given width (1, 2 or 8 bytes).
func rawHeader(first byte, width int, n uint64) []byte {
	b := []byte{first}
	switch width {
	case 1:
		b = append(b, 0x80|byte(n))
	case 2:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), n)
	}
	return append(b, testMask[:]...)
}

// parseAll feeds data in pieces that end at cuts and returns what was found, Data copied.
func parseAll(p *Parser, data []byte, cuts []int) (found []Frame, err error) {
	start := 0
	for _, cut := range append(cuts, len(data)) {
		piece := bytes.Clone(data[start:cut])
		start = cut
		for len(piece) > 0 {
			f, rest, broken := p.Next(piece)
			if broken != nil {
				return found, broken
			}
			if f.Kind != KindMore {
				f.Data = bytes.Clone(f.Data)
				found = append(found, f)
			}
			piece = rest
		}
	}
	return found, nil
}

// violations of the WebSocket protocol and the close code each is answered with.
var violations = []struct {
	name string
	data []byte
	code uint16
}{
	{"unmasked", ws.MustCompileFrame(ws.NewBinaryFrame([]byte("x"))), 1002},
	{"rsv1", clientRSV(0x40), 1002},
	{"rsv2", clientRSV(0x20), 1002},
	{"rsv3", clientRSV(0x10), 1002},
	{"reserved data opcode", clientFrame(0x3, true, nil), 1002},
	{"reserved control opcode", clientFrame(0xb, true, nil), 1002},
	{"two-byte length of 125", rawHeader(0x82, 2, 125), 1002},
	{"eight-byte length of 65535", rawHeader(0x82, 8, 65535), 1002},
	{"eight-byte length with the top bit", rawHeader(0x82, 8, 1<<63), 1002},
	{"ping of 126 bytes", rawHeader(0x89, 2, 126), 1002},
	{"fragmented ping", clientFrame(ws.OpPing, false, nil), 1002},
	{"continuation of nothing", clientFrame(ws.OpContinuation, true, nil), 1002},
	{"message inside a message", append(clientFrame(ws.OpBinary, false, nil), clientFrame(ws.OpBinary, true, nil)...), 1002},
	{"text", clientFrame(ws.OpText, true, []byte("hello")), 1003},
	{"text in fragments", clientFrame(ws.OpText, false, nil), 1003},
	{"one byte over the limit", rawHeader(0x82, 2, DefaultMaxMessage+1), 1009},
	{"1 GiB declared", rawHeader(0x82, 8, 1<<30), 1009},
	{"2^63-1 declared", rawHeader(0x82, 8, 1<<63-1), 1009},
	{"fragments over the limit", append(clientFrame(ws.OpBinary, false, make([]byte, 4096)), rawHeader(0x80, 1, 1)...), 1009},
	{"close with one byte", clientFrame(ws.OpClose, true, []byte{3}), 1002},
	{"close code 999", clientFrame(ws.OpClose, true, ws.NewCloseFrameBody(999, "")), 1002},
	{"close code 1004", clientFrame(ws.OpClose, true, ws.NewCloseFrameBody(1004, "")), 1002},
	{"close code 1005", clientFrame(ws.OpClose, true, ws.NewCloseFrameBody(1005, "")), 1002},
	{"close code 1006", clientFrame(ws.OpClose, true, ws.NewCloseFrameBody(1006, "")), 1002},
	{"close code 2999", clientFrame(ws.OpClose, true, ws.NewCloseFrameBody(2999, "")), 1002},
	{"close code 5000", clientFrame(ws.OpClose, true, ws.NewCloseFrameBody(5000, "")), 1002},
	{"close reason not UTF-8", clientFrame(ws.OpClose, true, ws.NewCloseFrameBody(1000, "\xff\xfe")), 1007},
}

func clientRSV(bits byte) []byte {
	b := clientFrame(ws.OpBinary, true, []byte("x"))
	b[0] |= bits
	return b
}

func TestParserAnswersViolationsWithTheirCode(t *testing.T) {
	for _, v := range violations {
		t.Run(v.name, func(t *testing.T) {
			for _, step := range []int{len(v.data), 1} { // in one piece and byte by byte
				var cuts []int
				for i := step; i < len(v.data); i += step {
					cuts = append(cuts, i)
				}
				var p Parser
				_, err := parseAll(&p, v.data, cuts)
				var closed *CloseError
				if !errors.As(err, &closed) || closed.Code != v.code || closed.ByPeer || closed.Reason == "" {
					t.Fatalf("in steps of %d: %v, want code %d with a reason", step, err, v.code)
				}
				_, _, again := p.Next(clientFrame(ws.OpBinary, true, []byte("x")))
				if error(again) != err {
					t.Errorf("after the violation: %v, want the same error", again)
				}
			}
		})
	}
}

func TestParserReadsPeersClose(t *testing.T) {
	f := func(body []byte, code uint16, reason string) {
		t.Helper()
		got, err := parseAll(new(Parser), clientFrame(ws.OpClose, true, body), nil)
		if err != nil || len(got) != 1 || got[0].Kind != KindClose || got[0].Code != code || got[0].Reason != reason {
			t.Errorf("close body %q: %+v, %v", body, got, err)
		}
	}
	f(nil, 1005, "")
	f(ws.NewCloseFrameBody(1000, ""), 1000, "")
	f(ws.NewCloseFrameBody(1001, "tab closed"), 1001, "tab closed")
	f(ws.NewCloseFrameBody(3000, ""), 3000, "")
	f(ws.NewCloseFrameBody(4999, strings.Repeat("\u00e9", 61)), 4999, strings.Repeat("\u00e9", 61))
}

// A conversation of messages, cut into fragments with control frames between them and into reads anywhere, comes out as it was.
func TestParserReassemblesAnySplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		var want []Frame
		control := func() {
			for range rapid.IntRange(0, 2).Draw(t, "controls") {
				payload := rapid.SliceOfN(rapid.Byte(), 0, 125).Draw(t, "control")
				op, kind := ws.OpPing, KindPing
				if rapid.Bool().Draw(t, "pong") {
					op, kind = ws.OpPong, KindPong
				}
				stream = append(stream, clientFrame(op, true, payload)...)
				want = append(want, Frame{Kind: kind, Data: payload})
			}
		}
		for range rapid.IntRange(1, 4).Draw(t, "messages") {
			message := rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "message")
			left, op := message, ws.OpBinary
			for range rapid.IntRange(0, 3).Draw(t, "fragments") {
				n := rapid.IntRange(0, len(left)).Draw(t, "fragment")
				stream = append(stream, clientFrame(op, false, left[:n])...)
				want = append(want, Frame{Kind: KindFragment})
				left, op = left[n:], ws.OpContinuation
				control()
			}
			stream = append(stream, clientFrame(op, true, left)...)
			want = append(want, Frame{Kind: KindMessage, Data: message})
			control()
		}
		var cuts []int
		for at := 0; ; {
			at += rapid.IntRange(1, 200).Draw(t, "read")
			if at >= len(stream) {
				break
			}
			cuts = append(cuts, at)
		}
		got, err := parseAll(new(Parser), stream, cuts)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%d frames, want %d", len(got), len(want))
		}
		for i := range want {
			if got[i].Kind != want[i].Kind || !bytes.Equal(got[i].Data, want[i].Data) {
				t.Fatalf("frame %d: kind %d %x, want kind %d %x", i, got[i].Kind, got[i].Data, want[i].Kind, want[i].Data)
			}
		}
	})
}

func TestParserTakesMessageOfExactlyTheLimit(t *testing.T) {
	p := Parser{Limit: 100}
	stream := append(clientFrame(ws.OpBinary, true, make([]byte, 100)), clientFrame(ws.OpBinary, false, make([]byte, 60))...)
	stream = append(stream, clientFrame(ws.OpContinuation, true, make([]byte, 40))...)
	got, err := parseAll(&p, stream, []int{50, 150})
	if err != nil || len(got) != 3 || len(got[0].Data) != 100 || len(got[2].Data) != 100 {
		t.Fatalf("%d frames, %v", len(got), err)
	}
	if _, err := parseAll(&p, clientFrame(ws.OpBinary, true, make([]byte, 101)), nil); err != errTooBig {
		t.Fatalf("101 bytes: %v, want errTooBig", err)
	}
}

func TestParserPointsIntoTheFedBytes(t *testing.T) {
	data := clientFrame(ws.OpBinary, true, []byte("hello"))
	f, _, broken := new(Parser).Next(data)
	if broken != nil || string(f.Data) != "hello" || &f.Data[0] != &data[6] {
		t.Fatalf("%q, %v: want the message unmasked in place", f.Data, broken)
	}
	if cap(f.Data) != 5 {
		t.Errorf("capacity %d: appending to a message would write over the next frame", cap(f.Data))
	}
}

func TestParserZeroAlloc(t *testing.T) {
	var p Parser
	stream := clientFrame(ws.OpBinary, false, []byte("first half, "))
	stream = append(stream, clientFrame(ws.OpPing, true, []byte("are you there"))...)
	stream = append(stream, clientFrame(ws.OpContinuation, true, []byte("second half"))...)
	stream = append(stream, clientFrame(ws.OpBinary, true, []byte("whole"))...)
	fed := make([]byte, len(stream))
	messages := 0
	allocs := testing.AllocsPerRun(100, func() {
		copy(fed, stream)
		for from := 0; from < len(fed); from += 7 {
			data := fed[from:min(from+7, len(fed))]
			for len(data) > 0 {
				f, rest, broken := p.Next(data)
				if broken != nil {
					t.Fatal(broken)
				}
				if f.Kind == KindMessage {
					messages++
				}
				data = rest
			}
		}
	})
	if allocs != 0 || messages != 2*101 {
		t.Errorf("%v allocations, %d messages", allocs, messages)
	}
}

func TestParserBelievesNoDeclaredLength(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		p := Parser{Limit: 1 << 30}
		if _, _, broken := p.Next(rawHeader(0x82, 8, 1<<30)); broken != nil {
			t.Fatal(broken)
		}
		if _, _, broken := p.Next(make([]byte, 100)); broken != nil {
			t.Fatal(broken)
		}
	}
	runtime.ReadMemStats(&after)
	if grew := after.TotalAlloc - before.TotalAlloc; grew > 1<<20 {
		t.Errorf("%d bytes allocated for 100 x 100 bytes that came", grew)
	}
}

// FuzzParser checks that reading in one piece and in small pieces finds the same, and that no message passes the limit.
func FuzzParser(f *testing.F) {
	for _, v := range violations {
		f.Add(v.data, byte(3))
	}
	f.Add(append(clientFrame(ws.OpBinary, false, []byte("ab")), clientFrame(ws.OpContinuation, true, []byte("c"))...), byte(1))
	f.Add(clientFrame(ws.OpPing, true, []byte("ping")), byte(2))
	f.Add(clientFrame(ws.OpClose, true, ws.NewCloseFrameBody(1000, "bye")), byte(5))
	f.Fuzz(func(t *testing.T, data []byte, step byte) {
		const limit = 200
		whole, errWhole := parseAll(&Parser{Limit: limit}, data, nil)
		var cuts []int
		for i := int(step) + 1; i < len(data); i += int(step) + 1 {
			cuts = append(cuts, i)
		}
		pieces, errPieces := parseAll(&Parser{Limit: limit}, data, cuts)
		if (errWhole == nil) != (errPieces == nil) || errWhole != nil && errWhole.Error() != errPieces.Error() {
			t.Fatalf("in one piece: %v, in pieces: %v", errWhole, errPieces)
		}
		if len(whole) != len(pieces) {
			t.Fatalf("%d frames in one piece, %d in pieces", len(whole), len(pieces))
		}
		for i, f := range whole {
			g := pieces[i]
			if f.Kind != g.Kind || !bytes.Equal(f.Data, g.Data) || f.Code != g.Code || f.Reason != g.Reason {
				t.Fatalf("frame %d: %+v in one piece, %+v in pieces", i, f, g)
			}
			if len(f.Data) > limit {
				t.Fatalf("frame %d has %d bytes, the limit is %d", i, len(f.Data), limit)
			}
		}
	})
}

func BenchmarkParser(b *testing.B) {
	var p Parser
	frame := clientFrame(ws.OpBinary, true, make([]byte, 24))
	data := make([]byte, len(frame))
	for b.Loop() {
		copy(data, frame)
		if f, _, broken := p.Next(data); broken != nil || f.Kind != KindMessage {
			b.Fatal(f, broken)
		}
	}
}
