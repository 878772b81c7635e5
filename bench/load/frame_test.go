//go:build linux

package load

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// serverFrame is one whole frame as servers send it.
func serverFrame(op byte, payload []byte) []byte {
	b := []byte{finBit | op}
	switch n := len(payload); {
	case n < len16:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, len16), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, len64), uint64(n))
	}
	return append(b, payload...)
}

func TestFramesAreFoundHoweverTheyAreCut(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 65535, 65536} {
		payload := bytes.Repeat([]byte{7}, size)
		whole := serverFrame(opBinary, payload)
		for _, cut := range []int{0, 1, 2, 3, 9, len(whole) - 1} {
			if cut >= len(whole) {
				continue
			}
			if _, _, rest, ok, err := nextFrame(whole[:cut]); ok || err != nil || len(rest) != cut {
				t.Errorf("%d of %d bytes: ok %v, error %v, %d left", cut, len(whole), ok, err, len(rest))
			}
		}
		op, got, rest, ok, err := nextFrame(append(whole, 1, 2))
		if !ok || err != nil || op != opBinary || !bytes.Equal(got, payload) || len(rest) != 2 {
			t.Errorf("a payload of %d: op %d, %d bytes, %d left, ok %v, error %v", size, op, len(got), len(rest), ok, err)
		}
	}
}

func TestFramesOfNoServerAreErrors(t *testing.T) {
	for name, b := range map[string][]byte{
		"masked":       {finBit | opBinary, maskBit | 1, 0, 0, 0, 0, 0},
		"reserved bit": {finBit | 0x40 | opBinary, 0},
		"fragment":     {opBinary, 0},
		"continuation": {finBit, 0},
		"too big":      {finBit | opBinary, len64, 0, 0, 0, 0, 0, 0x80, 0, 1}, // 8 MiB and a byte
		"too long":     {finBit | opBinary, len64, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	} {
		if _, _, _, _, err := nextFrame(b); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, _, _, _, err := nextFrame([]byte{opBinary, 0}); !errors.Is(err, errFragment) {
		t.Errorf("a fragment gives %v", err)
	}
}

func TestOutboxMasksAsClientsMust(t *testing.T) {
	for _, size := range []int{0, 5, 125, 126, 70_000} {
		var o Outbox
		payload := bytes.Repeat([]byte{1, 2, 3}, size)[:size]
		o.Message(payload)
		b := o.buf
		head := 2
		switch b[1] &^ maskBit {
		case len16:
			head = 4
		case len64:
			head = 10
		}
		if b[0] != finBit|opBinary || b[1]&maskBit == 0 || len(b) != head+4+size {
			t.Fatalf("%d bytes make a frame of %d that begins with % x", size, len(b), b[:head])
		}
		key, body := b[head:head+4], b[head+4:]
		for i := range body {
			body[i] ^= key[i%4]
		}
		if !bytes.Equal(body, payload) {
			t.Errorf("%d bytes are others behind the mask", size)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(serverFrame(opBinary, []byte("hello")))
	f.Add(serverFrame(opClose, []byte{3, 232}))
	f.Add(serverFrame(opText, bytes.Repeat([]byte("x"), 200)))
	f.Fuzz(func(t *testing.T, b []byte) {
		for rest := b; ; {
			_, payload, next, ok, err := nextFrame(rest)
			if err != nil || !ok {
				return
			}
			if len(payload) > len(rest) || len(next) >= len(rest) {
				t.Fatalf("%d bytes gave a payload of %d and left %d", len(rest), len(payload), len(next))
			}
			rest = next
		}
	})
}
