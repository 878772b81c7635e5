package msg

import "math"

// Codecs of bodies, as HELLO names the one in use.
const (
	CodecPlain  uint8 = 0
	CodecPacked uint8 = 1
)

// MaxTickRate is the most ticks per second a room can have.
const MaxTickRate = 128

// Limits of the assets of a game.
const (
	MaxAssets    = 16
	MaxAssetSize = 16 << 20 // bytes of one
	MaxAssetName = 64       // bytes
)

// Asset is one immutable thing that a client fetches beside the socket, by its hash.
type Asset struct {
	Name string // 1..MaxAssetName bytes
	Hash [AssetHashLen]byte
	Size int // bytes, at most MaxAssetSize
}

// AssetHashLen is the length of an asset's SHA-256.
const AssetHashLen = 32

// Hello answers JOIN:
//
//	[0, protocol, codec, schema_hash, schema, player, tick_rate, tick, time, resume_seat]          or, with assets,
//	[0, protocol, codec, schema_hash, schema, player, tick_rate, tick, time, resume_seat, assets]
type Hello struct {
	Protocol   uint64 // Version
	Codec      uint8  // CodecPlain or CodecPacked
	SchemaHash [HashLen]byte
	Schema     []byte // one msgpack map, see netcode/schema; nil: JOIN named it
	Player     uint32 // the receiver's player id, from 1; 0: it watches
	TickRate   uint8  // ticks per second, 1..MaxTickRate
	Tick       uint32 // newest tick that has run; 0 before the first
	Time       uint64 // microseconds of the room's clock when HELLO was made
	ResumeSeat string // empty: none
	Assets     []Asset
}

// AppendHello appends m as one message.
func (e *Encoder) AppendHello(dst []byte, m Hello) []byte {
	e.Reset(dst)
	n := 10
	if len(m.Assets) > 0 {
		n++
	}
	e.ArrayLen(n)
	e.Uint(uint64(TypeHello))
	e.Uint(m.Protocol)
	e.Uint(uint64(m.Codec))
	e.Bin(m.SchemaHash[:])
	if m.Schema == nil {
		e.Nil()
	} else {
		e.Raw(m.Schema)
	}
	e.Uint(uint64(m.Player))
	e.Uint(uint64(m.TickRate))
	e.Uint(uint64(m.Tick))
	e.Uint(m.Time)
	e.stringOrNil(m.ResumeSeat)
	if len(m.Assets) > 0 {
		e.ArrayLen(len(m.Assets))
	}
	for i := range m.Assets {
		a := &m.Assets[i]
		e.ArrayLen(3)
		e.String(a.Name)
		e.Bin(a.Hash[:])
		e.Uint(uint64(a.Size))
	}
	return e.Bytes()
}

// ReadHello reads a whole HELLO. The schema is checked to be one well-formed map. With ErrVersion the result has the
// server's Protocol and nothing else.
func ReadHello(b []byte) (Hello, error) {
	r := NewReader(b)
	n := r.arrayHead()
	r.wantType(TypeHello)
	m := Hello{Protocol: r.Uint(math.MaxUint64)}
	switch {
	case r.err != nil:
		return Hello{}, r.err
	case m.Protocol != Version:
		return m, ErrVersion
	case n != 10 && n != 11:
		return Hello{}, ErrLength
	}
	m.Codec = uint8(r.Uint(uint64(CodecPacked)))
	if copy(m.SchemaHash[:], r.Bin(HashLen)) != HashLen {
		r.Fail(ErrLength)
	}
	if !r.TryNil() {
		m.Schema = r.rawMap()
	}
	m.Player = uint32(r.Uint(math.MaxUint32))
	m.TickRate = uint8(r.Uint(MaxTickRate))
	if m.TickRate == 0 {
		r.Fail(ErrRange)
	}
	m.Tick = uint32(r.Uint(math.MaxUint32))
	m.Time = r.Uint(MaxSafe)
	m.ResumeSeat = r.stringOrNil()
	if n == 11 {
		m.Assets = r.assets()
	}
	if err := r.Done(); err != nil {
		return Hello{}, err
	}
	return m, nil
}

func (r *Reader) assets() []Asset {
	n := r.ArrayLen(MaxAssets)
	if r.err == nil && n == 0 {
		r.Fail(ErrLength)
	}
	var list []Asset
	for range n {
		r.ExactArray(3)
		a := Asset{Name: r.String(MaxAssetName)}
		if copy(a.Hash[:], r.Bin(AssetHashLen)) != AssetHashLen || a.Name == "" {
			r.Fail(ErrLength)
		}
		a.Size = int(r.Uint(MaxAssetSize))
		if r.err != nil {
			return nil
		}
		for i := range list {
			if list[i].Name == a.Name {
				r.Fail(ErrRange)
			}
		}
		list = append(list, a)
	}
	return list
}
