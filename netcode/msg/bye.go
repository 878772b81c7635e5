package msg

import "math"

// Bye is the last message before a close frame with the same code:
//
//	[6, code, retry_ms, where]
type Bye struct {
	Code    uint16 // close code
	RetryMS uint32 // milliseconds to wait before coming back; 0: as the client likes
	Where   string // another URL to dial; empty: none
}

// AppendBye appends m as one message.
func AppendBye(dst []byte, m Bye) []byte {
	dst = AppendUint(appendHead(dst, TypeBye, 4), uint64(m.Code))
	return appendStringOrNil(AppendUint(dst, uint64(m.RetryMS)), m.Where)
}

// ReadBye reads a whole BYE.
func ReadBye(b []byte) (Bye, error) {
	r := readServer(b, TypeBye, 4)
	m := Bye{
		Code:    uint16(r.Uint(math.MaxUint16)),
		RetryMS: uint32(r.Uint(math.MaxUint32)),
		Where:   r.stringOrNil(),
	}
	if err := r.Done(); err != nil {
		return Bye{}, err
	}
	return m, nil
}
