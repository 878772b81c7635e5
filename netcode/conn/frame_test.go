package conn

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"
	"pgregory.net/rapid"
)

// readFrame reads one frame with gobwas' reader, which is the judge of what ours writes.
func readFrame(r io.Reader) (ws.Header, []byte, error) {
	h, err := ws.ReadHeader(r)
	if err != nil {
		return h, nil, err
	}
	payload := make([]byte, h.Length)
	_, err = io.ReadFull(r, payload)
	return h, payload, err
}

func appendMessage(dst, payload []byte) []byte {
	start := len(dst)
	dst = append(BeginFrame(dst), payload...)
	return EndFrame(dst, start)
}

// size draws lengths on both sides of the borders between the header forms.
func size(t *rapid.T, name string) int {
	return rapid.OneOf(
		rapid.SampledFrom([]int{0, 1, 125, 126, 127, 0xfffe, 0xffff, 0x10000, 0x10001}),
		rapid.IntRange(0, 300),
		rapid.IntRange(0, 80_000),
	).Draw(t, name)
}

func TestFramesAreWhatGobwasReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "prefix")
		buf := bytes.Clone(prefix)
		var want [][]byte
		for range rapid.IntRange(1, 4).Draw(t, "frames") {
			payload := bytes.Repeat([]byte{rapid.Byte().Draw(t, "fill"), 1, 2}, 30_000)[:size(t, "size")]
			want = append(want, payload)
			buf = appendMessage(buf, payload)
		}
		if !bytes.Equal(buf[:len(prefix)], prefix) {
			t.Fatal("the bytes before the first frame changed")
		}
		r := bytes.NewReader(buf[len(prefix):])
		for i, payload := range want {
			before := r.Len()
			h, got, err := readFrame(r)
			if err != nil {
				t.Fatalf("frame %d: %v", i, err)
			}
			if !h.Fin || h.OpCode != ws.OpBinary || h.Rsv != 0 || h.Masked {
				t.Fatalf("frame %d: header %+v", i, h)
			}
			if !bytes.Equal(got, payload) {
				t.Fatalf("frame %d: payload of %d bytes came back changed", i, len(payload))
			}
			if wrote := before - r.Len(); wrote != ws.HeaderSize(h)+len(payload) {
				t.Fatalf("frame %d: %d bytes for a payload of %d: header is not in its shortest form", i, wrote, len(payload))
			}
		}
		if r.Len() != 0 {
			t.Fatalf("%d bytes left over", r.Len())
		}
	})
}

func TestFramesZeroAlloc(t *testing.T) {
	buf := make([]byte, 0, 80_000)
	for _, n := range []int{0, 125, 126, 400, 0xffff, 0x10000} {
		payload := make([]byte, n)
		if allocs := testing.AllocsPerRun(100, func() { buf = appendMessage(buf[:0], payload) }); allocs != 0 {
			t.Errorf("payload of %d bytes: %v allocations", n, allocs)
		}
	}
}

func TestCloseFrameKeepsReasonUTF8(t *testing.T) {
	for pad := range 4 {
		reason := strings.Repeat("x", pad) + strings.Repeat("\u20ac", 60)
		h, body, err := readFrame(bytes.NewReader(appendClose(nil, 4002, reason)))
		if err != nil || h.OpCode != ws.OpClose || h.Length > ws.MaxControlFramePayloadSize {
			t.Fatalf("pad %d: header %+v, err %v", pad, h, err)
		}
		code, got := ws.ParseCloseFrameData(body)
		if code != 4002 || !utf8.ValidString(got) || !strings.HasPrefix(reason, got) || len(got) < 120 {
			t.Errorf("pad %d: code %d, reason %q", pad, code, got)
		}
	}
}

func BenchmarkFrame(b *testing.B) {
	buf, payload := make([]byte, 0, 1024), make([]byte, 400)
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		buf = appendMessage(buf[:0], payload)
	}
}
