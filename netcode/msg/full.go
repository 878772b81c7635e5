package msg

import "math"

// Full is the whole state that a client may see; it replaces what the client has:
//
//	[1, tick, body]
type Full struct {
	Tick uint32
	Body []byte // one msgpack array (codec plain) or bin (packed), see netcode/snapshot
}

// AppendFullHeader appends a FULL up to its body. The caller appends the body, straight into the same buffer, and the
// message is complete.
func AppendFullHeader(dst []byte, tick uint32) []byte {
	return AppendUint(appendHead(dst, TypeFull, 3), uint64(tick))
}

// ReadFull reads a whole FULL. The body is checked to be one well-formed array or bin.
func ReadFull(b []byte) (Full, error) {
	r := readServer(b, TypeFull, 3)
	m := Full{Tick: uint32(r.Uint(math.MaxUint32))}
	m.Body = r.rawBody()
	if err := r.Done(); err != nil {
		return Full{}, err
	}
	return m, nil
}
