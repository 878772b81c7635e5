//go:build linux

package load

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Opcodes and the one bit of RFC 6455, section 5.2, that are needed.
const (
	opText   = 1
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10

	finBit  = 0x80
	maskBit = 0x80
	len16   = 126
	len64   = 127
)

// maxFrame bounds what a server may send in one frame.
const maxFrame = 8 << 20

var (
	errFragment = errors.New("load: the server cut a message into frames, which this generator does not put together")
	errMasked   = errors.New("load: the server masked a frame or set a reserved bit")
)

// nextFrame takes a whole frame off b; ok is false when there is none yet.
func nextFrame(b []byte) (op byte, payload, rest []byte, ok bool, err error) {
	if len(b) < 2 {
		return 0, nil, b, false, nil
	}
	switch {
	case b[0]&finBit == 0 || b[0]&0x0f == 0:
		return 0, nil, b, false, errFragment
	case b[0]&0x70 != 0 || b[1]&maskBit != 0:
		return 0, nil, b, false, errMasked
	}
	n, head := uint64(b[1]), 2
	switch n {
	case len16:
		if len(b) < 4 {
			return 0, nil, b, false, nil
		}
		n, head = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case len64:
		if len(b) < 10 {
			return 0, nil, b, false, nil
		}
		n, head = binary.BigEndian.Uint64(b[2:]), 10
	}
	if n > maxFrame {
		return 0, nil, b, false, fmt.Errorf("load: the server sent a frame of %d bytes, over %d", n, maxFrame)
	}
	if end := head + int(n); len(b) >= end {
		return b[0] & 0x0f, b[head:end], b[end:], true, nil
	}
	return 0, nil, b, false, nil
}

// countFrames is how many whole frames b begins with.
func countFrames(b []byte) (n int) {
	for ; ; n++ {
		_, _, rest, ok, err := nextFrame(b)
		if !ok || err != nil {
			return n
		}
		b = rest
	}
}

// Outbox collects the frames of one client that go into one write.
type Outbox struct {
	buf []byte
	n   int // messages
}

// Message adds one binary message. It copies b.
func (o *Outbox) Message(b []byte) { o.frame(opBinary, b) }

// Text adds one text message. It copies b.
func (o *Outbox) Text(b []byte) { o.frame(opText, b) }

// mask is the key of every frame: a server has the same work with it as with a secret one.
var mask = [4]byte{0x5a, 0xc3, 0x17, 0xe8}

func (o *Outbox) frame(op byte, b []byte) {
	o.n++
	o.buf = append(o.buf, finBit|op)
	switch n := len(b); {
	case n < len16:
		o.buf = append(o.buf, maskBit|byte(n))
	case n < 1<<16:
		o.buf = binary.BigEndian.AppendUint16(append(o.buf, maskBit|len16), uint16(n))
	default:
		o.buf = binary.BigEndian.AppendUint64(append(o.buf, maskBit|len64), uint64(n))
	}
	o.buf = append(o.buf, mask[:]...)
	start := len(o.buf)
	o.buf = append(o.buf, b...)
	for i := range o.buf[start:] {
		o.buf[start+i] ^= mask[i%4]
	}
}

// close adds the close frame of who leaves, RFC 6455, section 7.4.1.
func (o *Outbox) close() {
	const normal = 1000
	o.frame(opClose, binary.BigEndian.AppendUint16(nil, normal))
}
