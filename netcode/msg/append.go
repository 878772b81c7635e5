package msg

import (
	"encoding/binary"
	"math"
)

// The first byte of each msgpack encoding, or of its range.
const (
	fixMap      = 0x80
	fixArray    = 0x90
	fixStr      = 0xa0
	codeNil     = 0xc0
	codeFalse   = 0xc2
	codeTrue    = 0xc3
	codeBin8    = 0xc4
	codeBin16   = 0xc5
	codeBin32   = 0xc6
	codeFloat32 = 0xca
	codeFloat64 = 0xcb
	codeUint8   = 0xcc
	codeUint16  = 0xcd
	codeUint32  = 0xce
	codeUint64  = 0xcf
	codeInt8    = 0xd0
	codeInt16   = 0xd1
	codeInt32   = 0xd2
	codeInt64   = 0xd3
	codeStr8    = 0xd9
	codeStr16   = 0xda
	codeStr32   = 0xdb
	codeArray16 = 0xdc
	codeArray32 = 0xdd
	codeMap16   = 0xde
	codeMap32   = 0xdf
	negFixInt   = 0xe0
)

// AppendNil appends nil.
func AppendNil(dst []byte) []byte { return append(dst, codeNil) }

// AppendBool appends a msgpack bool. Fields of kind bool are not sent this way but as uint 0 or 1.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, codeTrue)
	}
	return append(dst, codeFalse)
}

// AppendUint appends v in the shortest encoding, 1 to 9 bytes.
func AppendUint(dst []byte, v uint64) []byte {
	switch {
	case v < 1<<7:
		return append(dst, byte(v))
	case v < 1<<8:
		return append(dst, codeUint8, byte(v))
	case v < 1<<16:
		return append(dst, codeUint16, byte(v>>8), byte(v))
	case v < 1<<32:
		return append(dst, codeUint32, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
	}
	return binary.BigEndian.AppendUint64(append(dst, codeUint64), v)
}

// AppendInt appends v in the shortest encoding, 1 to 9 bytes; a value that is not negative is appended as a uint.
func AppendInt(dst []byte, v int64) []byte {
	switch {
	case v >= 0:
		return AppendUint(dst, uint64(v))
	case v >= -1<<5:
		return append(dst, byte(v))
	case v >= -1<<7:
		return append(dst, codeInt8, byte(v))
	case v >= -1<<15:
		return append(dst, codeInt16, byte(v>>8), byte(v))
	case v >= -1<<31:
		return append(dst, codeInt32, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
	}
	return binary.BigEndian.AppendUint64(append(dst, codeInt64), uint64(v))
}

// AppendFloat32 appends v in 5 bytes, whatever its value: the protocol tells floats from ints by their encoding.
// The caller keeps NaN and infinities out; readers refuse them.
func AppendFloat32(dst []byte, v float32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, codeFloat32), math.Float32bits(v))
}

// AppendFloat64 appends v in 9 bytes. The caller keeps NaN and infinities out; readers refuse them.
func AppendFloat64(dst []byte, v float64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, codeFloat64), math.Float64bits(v))
}

// AppendString appends s as a str. The caller keeps it valid UTF-8; readers refuse anything else.
func AppendString[S string | []byte](dst []byte, s S) []byte {
	switch n := len(s); {
	case n < 1<<5:
		dst = append(dst, fixStr|byte(n))
	case n < 1<<8:
		dst = append(dst, codeStr8, byte(n))
	case n < 1<<16:
		dst = append(dst, codeStr16, byte(n>>8), byte(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, codeStr32), uint32(n))
	}
	return append(dst, s...)
}

// AppendBin appends b as a bin; nil gives the bin of no bytes.
func AppendBin(dst, b []byte) []byte {
	switch n := len(b); {
	case n < 1<<8:
		dst = append(dst, codeBin8, byte(n))
	case n < 1<<16:
		dst = append(dst, codeBin16, byte(n>>8), byte(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, codeBin32), uint32(n))
	}
	return append(dst, b...)
}

// AppendArrayLen appends the head of an array; the n elements follow. n is 0..2^32-1.
func AppendArrayLen(dst []byte, n int) []byte {
	switch {
	case n < 1<<4:
		return append(dst, fixArray|byte(n))
	case n < 1<<16:
		return append(dst, codeArray16, byte(n>>8), byte(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, codeArray32), uint32(n))
}

// AppendMapLen appends the head of a map; n keys, each followed by its value, follow. n is 0..2^32-1.
func AppendMapLen(dst []byte, n int) []byte {
	switch {
	case n < 1<<4:
		return append(dst, fixMap|byte(n))
	case n < 1<<16:
		return append(dst, codeMap16, byte(n>>8), byte(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, codeMap32), uint32(n))
}
