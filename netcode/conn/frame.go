package conn

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// headerGap is the room BeginFrame leaves: the header of a payload of 126 to 65535 bytes, where snapshots lie.
const headerGap = 4

// finBinary is the first byte of a binary message in one frame.
const finBinary = 0x80 | byte(ws.OpBinary)

// BeginFrame appends room for a frame header to dst. The caller remembers start = len(dst) from before the call, appends the
// payload and calls EndFrame. Several frames may follow each other in one buffer and go out in one TrySend.
func BeginFrame(dst []byte) []byte {
	return append(dst, 0, 0, 0, 0)
}

// EndFrame writes the header of a binary message whose frame began at start and whose payload is the rest of dst. The payload is
// moved only if it is shorter than 126 or longer than 65535 bytes, because such a header is not headerGap bytes long.
func EndFrame(dst []byte, start int) []byte {
	n := len(dst) - start - headerGap
	switch {
	case n < 126:
		copy(dst[start+2:], dst[start+headerGap:])
		dst = dst[:start+2+n]
		dst[start+1] = byte(n)
	case n <= 0xffff:
		dst[start+1] = 126
		binary.BigEndian.PutUint16(dst[start+2:], uint16(n))
	default:
		dst = append(dst, 0, 0, 0, 0, 0, 0)
		copy(dst[start+10:], dst[start+headerGap:start+headerGap+n])
		dst[start+1] = 127
		binary.BigEndian.PutUint64(dst[start+2:], uint64(n))
	}
	dst[start] = finBinary
	return dst
}

// appendPong appends a pong frame with payload, which came in a ping and is at most 125 bytes.
func appendPong(dst, payload []byte) []byte {
	dst = append(dst, 0x80|byte(ws.OpPong), byte(len(payload)))
	return append(dst, payload...)
}

// appendClose appends a close frame. Code 1005 stands for a close frame without a code. A reason longer than 123 bytes is cut
// between two characters.
func appendClose(dst []byte, code uint16, reason string) []byte {
	if code == uint16(ws.StatusNoStatusRcvd) {
		return append(dst, ws.CompiledClose...)
	}
	body := ws.NewCloseFrameBody(ws.StatusCode(code), cutReason(reason))
	return append(dst, ws.MustCompileFrame(ws.NewCloseFrame(body))...)
}

// cutReason makes reason fit a close frame: the peer must refuse one that ends inside a character.
func cutReason(reason string) string {
	const room = ws.MaxControlFramePayloadSize - 2
	if len(reason) <= room {
		return reason
	}
	end := room
	for end > 0 && reason[end]&0xc0 == 0x80 {
		end--
	}
	return reason[:end]
}
