package conn

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// DefaultMaxMessage is the largest reassembled message of a client, in bytes, where none is configured.
const DefaultMaxMessage = 4096

// Kind says what Parser.Next has found.
type Kind uint8

const (
	// KindMore: the data ended inside a frame; feed the next bytes.
	KindMore Kind = iota
	// KindFragment: a frame of a message that is not complete yet.
	KindFragment
	// KindMessage: a whole binary message, in Data.
	KindMessage
	// KindPing: a ping, its payload (at most 125 bytes) in Data.
	KindPing
	// KindPong: a pong, its payload in Data.
	KindPong
	// KindClose: the peer's close frame, in Code and Reason.
	KindClose
)

// Frame is what Parser.Next found.
type Frame struct {
	Kind Kind
	// Data points into the bytes given to Next or into the Parser; it is valid until the next call of Next and until
	// the caller reuses its buffer.
	Data []byte
	// Code is the close code of the peer, 1005 if it named none.
	Code   uint16
	Reason string
}

// Parser finds the frames in the byte stream of one client, unmasks them in place and reassembles fragmented messages.
// A message that lies whole in the bytes fed is not copied. What arrives in parts is kept in a buffer that grows with the
// bytes that came, never with the length a header promised. The zero value is ready to use; it is not concurrent-safe.
type Parser struct {
	// Limit is the largest reassembled message in bytes. Zero means DefaultMaxMessage. Set it before the first Next.
	Limit int

	broken     *CloseError // the violation that ended the stream
	fragmented bool        // the first frame of a message came, the last did not

	head  [ws.MaxHeaderSize]byte // a header that arrived in parts
	nHead int

	inFrame bool // h is valid and its payload is not complete
	h       ws.Header
	got     int // bytes of h's payload that were fed before

	message []byte // earlier fragments and the part of the current data frame that was fed before
	control []byte // the same of a control frame; those may come between the fragments of a message
}

// Next takes one frame from the front of data and returns the rest. It changes data (unmasking). Call it until rest is empty.
// If broken is not nil, its Code is to be sent to the client; the stream is unusable then and every later call returns the same.
func (p *Parser) Next(data []byte) (f Frame, rest []byte, broken *CloseError) {
	if p.broken != nil {
		return Frame{}, nil, p.broken
	}
	if !p.inFrame {
		if data, broken = p.header(data); broken != nil {
			return p.fail(broken)
		}
		if !p.inFrame {
			return Frame{}, nil, nil
		}
	}
	if p.h.OpCode.IsControl() {
		f, rest, broken = p.controlFrame(data)
	} else {
		f, rest = p.dataFrame(data)
	}
	if broken != nil {
		return p.fail(broken)
	}
	return f, rest, nil
}

// between reports whether the bytes fed so far end with a message: then nothing is lost with the Parser.
func (p *Parser) between() bool {
	return !p.inFrame && !p.fragmented && p.nHead == 0 && p.broken == nil
}

func (p *Parser) fail(broken *CloseError) (Frame, []byte, *CloseError) {
	p.broken = broken
	p.message, p.control = nil, nil
	return Frame{}, nil, broken
}

// header reads the header of the next frame and decides, before any payload, whether it may come at all.
func (p *Parser) header(data []byte) (rest []byte, broken *CloseError) {
	from, before := data, p.nHead
	if before > 0 {
		p.nHead += copy(p.head[before:], data)
		from = p.head[:p.nHead]
	}
	h, n, broken := parseHeader(from)
	if broken != nil {
		return nil, broken
	}
	if n == 0 {
		if before == 0 {
			p.nHead = copy(p.head[:], data)
		}
		return nil, nil
	}
	if broken := p.check(h); broken != nil {
		return nil, broken
	}
	p.h, p.inFrame, p.got, p.nHead = h, true, 0, 0
	return data[n-before:], nil
}

func (p *Parser) check(h ws.Header) *CloseError {
	state := ws.StateServerSide
	if p.fragmented {
		state = state.Set(ws.StateFragmented)
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return &CloseError{Code: uint16(ws.StatusProtocolError), Reason: err.Error()}
	}
	if h.OpCode == ws.OpText {
		return errText
	}
	limit := p.Limit
	if limit == 0 {
		limit = DefaultMaxMessage
	}
	if h.OpCode.IsData() && h.Length > int64(limit-len(p.message)) {
		return errTooBig
	}
	return nil
}

func (p *Parser) dataFrame(data []byte) (Frame, []byte) {
	need := int(p.h.Length) - p.got
	if !p.fragmented && p.h.Fin && p.got == 0 && len(data) >= need {
		p.inFrame = false
		payload := data[:need:need]
		ws.Cipher(payload, p.h.Mask, 0)
		return Frame{Kind: KindMessage, Data: payload}, data[need:]
	}
	var done bool
	p.message, data, done = p.collect(p.message, data)
	if !done {
		return Frame{}, nil
	}
	p.fragmented = !p.h.Fin
	if p.fragmented {
		return Frame{Kind: KindFragment}, data
	}
	whole := p.message
	p.message = p.message[:0]
	return Frame{Kind: KindMessage, Data: whole}, data
}

func (p *Parser) controlFrame(data []byte) (f Frame, rest []byte, broken *CloseError) {
	var payload []byte
	if need := int(p.h.Length); p.got == 0 && len(data) >= need {
		p.inFrame = false
		payload, rest = data[:need:need], data[need:]
		ws.Cipher(payload, p.h.Mask, 0)
	} else {
		var done bool
		p.control, rest, done = p.collect(p.control, data)
		if !done {
			return Frame{}, nil, nil
		}
		payload = p.control
		p.control = p.control[:0]
	}
	switch p.h.OpCode {
	case ws.OpPing:
		return Frame{Kind: KindPing, Data: payload}, rest, nil
	case ws.OpPong:
		return Frame{Kind: KindPong, Data: payload}, rest, nil
	}
	f, broken = closeFrame(payload)
	return f, rest, broken
}

// collect appends to dst what data holds of the current frame's payload, unmasked, and returns the rest of data.
func (p *Parser) collect(dst, data []byte) (longer, rest []byte, done bool) {
	n := min(int(p.h.Length)-p.got, len(data))
	start := len(dst)
	dst = append(dst, data[:n]...)
	ws.Cipher(dst[start:], p.h.Mask, p.got)
	p.got += n
	done = p.got == int(p.h.Length)
	p.inFrame = !done
	return dst, data[n:], done
}

// closeFrame reads the payload of the peer's close frame.
func closeFrame(payload []byte) (Frame, *CloseError) {
	if len(payload) == 0 {
		return Frame{Kind: KindClose, Code: uint16(ws.StatusNoStatusRcvd)}, nil
	}
	code, reason := ws.ParseCloseFrameData(payload) // code 0, which is refused below, if there is but one byte
	err := ws.CheckCloseFrameData(code, reason)
	switch {
	case err == ws.ErrProtocolInvalidUTF8:
		return Frame{}, errCloseUTF8
	case err != nil, code > ws.StatusRangePrivate.Max: // CheckCloseFrameData lets 5000 and more pass
		return Frame{}, errCloseCode
	}
	return Frame{Kind: KindClose, Code: uint16(code), Reason: reason}, nil
}

// parseHeader reads a frame header from the front of b. n is its length, 0 if b does not hold all of it. The length of the
// payload must be written in the shortest form.
func parseHeader(b []byte) (h ws.Header, n int, broken *CloseError) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h.Fin = b[0]&0x80 != 0
	h.Rsv = b[0] & 0x70 >> 4
	h.OpCode = ws.OpCode(b[0] & 0x0f)
	h.Masked = b[1]&0x80 != 0
	length := b[1] & 0x7f
	n = 2
	switch length {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	maskAt := n
	if h.Masked {
		n += 4
	}
	if len(b) < n {
		return h, 0, nil
	}
	switch length {
	case 126:
		h.Length = int64(binary.BigEndian.Uint16(b[2:]))
		if h.Length < 126 {
			return h, 0, errLength
		}
	case 127:
		wide := binary.BigEndian.Uint64(b[2:])
		if wide>>63 != 0 || wide < 1<<16 {
			return h, 0, errLength
		}
		h.Length = int64(wide)
	default:
		h.Length = int64(length)
	}
	if h.Masked {
		copy(h.Mask[:], b[maskAt:])
	}
	return h, n, nil
}
