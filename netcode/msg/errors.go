package msg

import "errors"

// What can be wrong with bytes. They are plain values because a hostile client decides how often they are made.
var (
	// ErrTruncated: a value, or a length that was declared, goes past the end of the bytes.
	ErrTruncated = errors.New("msg: truncated: a value or a declared length goes past the end")
	// ErrType: a value has another msgpack type than the protocol wants here, or is an ext.
	ErrType = errors.New("msg: a value has the wrong msgpack type")
	// ErrRange: a number is outside the range of its field, or a float is not finite.
	ErrRange = errors.New("msg: a number is out of range")
	// ErrLength: an array, a str or a bin has another length than the protocol allows.
	ErrLength = errors.New("msg: a length is not the one the protocol allows")
	// ErrDepth: arrays and maps are nested deeper than MaxDepth.
	ErrDepth = errors.New("msg: nested too deeply")
	// ErrTrailing: bytes are left over after the message.
	ErrTrailing = errors.New("msg: bytes left over after the message")
	// ErrUTF8: a str is not valid UTF-8.
	ErrUTF8 = errors.New("msg: a str is not valid UTF-8")

	// ErrMessage: the message is of another type than the Read function that was called; dispatch on PeekType.
	ErrMessage = errors.New("msg: message of another type")
	// ErrVersion: JOIN or HELLO names another protocol than Version. It may look different from the third element on, so
	// nothing after the version was read.
	ErrVersion = errors.New("msg: another protocol version")
	// ErrTooBig: a client message is longer than MaxClientMessage.
	ErrTooBig = errors.New("msg: message too big")
)
