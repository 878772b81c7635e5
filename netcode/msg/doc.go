// Package msg is the wire of PROTOCOL.md as Go: the msgpack primitives, and one file per message with its struct, its
// layout, the function that appends it and the function that reads it.
//
// Appending never fails and allocates only when dst grows. Reading goes through [Reader], which checks every declared
// length against the bytes that are there before it believes it, so the bytes of a stranger can cost no more than their
// own length. What a Read function returns points into its argument and is valid as long as that is.
//
// Callers are netcode (the session), netcode/schema and netcode/snapshot (values and bodies, with the primitives) and
// netcode/client. The package knows no schema, no socket and no clock, and imports nothing of ours. It is the one place
// where vmihailenco/msgpack is used outside of tests, and only to encode: that library trusts declared lengths, so it
// must never see bytes that a client sent.
package msg
