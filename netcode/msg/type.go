package msg

// Version is the version of the protocol that this package speaks.
const Version = 1

// MaxClientMessage is the most bytes a message of a client may have, reassembled. Transports refuse more before they
// hold it; the Read functions of client messages refuse it again.
const MaxClientMessage = 4096

// MaxSafe is the largest integer that a JavaScript number holds exactly; clocks and sequence numbers stay below it.
const MaxSafe = 1<<53 - 1

// Types of messages that clients send.
const (
	TypeJoin     uint8 = 0
	TypeInput    uint8 = 1
	TypeCall     uint8 = 2
	TypePing     uint8 = 3
	TypeEventAck uint8 = 4
)

// Types of messages that the server sends.
const (
	TypeHello  uint8 = 0
	TypeFull   uint8 = 1
	TypeDelta  uint8 = 2
	TypeEvents uint8 = 3
	TypeReply  uint8 = 4
	TypePong   uint8 = 5
	TypeBye    uint8 = 6
	TypeSeat   uint8 = 7
)

// PeekType returns the type of the message in b, without looking at the rest. A type that no message has is not an
// error here: the caller's switch refuses it.
func PeekType(b []byte) (uint8, error) {
	r := NewReader(b)
	if r.arrayHead() == 0 {
		r.Fail(ErrLength)
	}
	t := r.Uint(1<<8 - 1)
	return uint8(t), r.err
}

// readClient begins a message of a client with n elements, the type included.
func readClient(b []byte, typ uint8, n int) Reader {
	r := NewReader(b)
	if len(b) > MaxClientMessage {
		r.Fail(ErrTooBig)
	}
	r.head(typ, n)
	return r
}

// readServer begins a message of the server with n elements, the type included.
func readServer(b []byte, typ uint8, n int) Reader {
	r := NewReader(b)
	r.head(typ, n)
	return r
}

func (r *Reader) head(typ uint8, n int) {
	r.ExactArray(n)
	r.wantType(typ)
}

func (r *Reader) wantType(typ uint8) {
	if r.Uint(1<<8-1) != uint64(typ) {
		r.Fail(ErrMessage)
	}
}

// appendHead begins a message of n elements, the type included.
func appendHead(dst []byte, typ uint8, n int) []byte {
	return AppendUint(AppendArrayLen(dst, n), uint64(typ))
}

// appendStringOrNil appends s, or nil if it is empty.
func appendStringOrNil(dst []byte, s string) []byte {
	if s == "" {
		return AppendNil(dst)
	}
	return AppendString(dst, s)
}

// stringOrNil reads what appendStringOrNil appends. An empty str is refused: absence has one spelling.
func (r *Reader) stringOrNil() string {
	if r.TryNil() {
		return ""
	}
	return r.someString()
}

// someString reads a str that is not empty.
func (r *Reader) someString() string {
	s := r.String(r.Left())
	if s == "" {
		r.Fail(ErrLength)
	}
	return s
}
