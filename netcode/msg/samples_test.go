package msg

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"testing"
)

const (
	toServer = "c2s"
	toClient = "s2c"
)

// A sample is a message as a struct. The samples are what the golden vectors, the truncation tests and the fuzz seeds
// are made of. The first word of a name is the message's name in PROTOCOL.md.
type sample struct {
	name string
	dir  string
	m    any
}

// array appends the array of the elements that each of them appends.
func array(elements ...[]byte) []byte {
	b := AppendArrayLen(nil, len(elements))
	for _, e := range elements {
		b = append(b, e...)
	}
	return b
}

func ints(vs ...int64) []byte {
	b := AppendArrayLen(nil, len(vs))
	for _, v := range vs {
		b = AppendInt(b, v)
	}
	return b
}

func str(s string) []byte  { return AppendString(nil, s) }
func bin(b ...byte) []byte { return AppendBin(nil, b) }
func num(v int64) []byte   { return AppendInt(nil, v) }
func f32(v float32) []byte { return AppendFloat32(nil, v) }
func null() []byte         { return AppendNil(nil) }

// event makes an event the way a room does.
func event(h EventHead, values ...[]byte) []byte {
	e := NewEncoder()
	h.Args = len(values)
	e.BeginEvent(h)
	for _, v := range values {
		e.Raw(v)
	}
	return e.Bytes()
}

// dict appends a map of keys and values that take turns; a value that is encoded already is a []byte.
func dict(pairs ...any) []byte {
	b := AppendMapLen(nil, len(pairs)/2)
	for _, p := range pairs {
		switch p := p.(type) {
		case string:
			b = AppendString(b, p)
		case int64:
			b = AppendInt(b, p)
		case int:
			b = AppendInt(b, int64(p))
		case float64:
			b = AppendFloat64(b, p)
		case bool:
			b = AppendBool(b, p)
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

// wholeSchema is a schema with each kind of field, as section 6 of PROTOCOL.md has it.
func wholeSchema() []byte {
	field := func(name, kind string, bits int, lo, hi int64, options ...any) []byte {
		return dict(append([]any{"name", name, "kind", kind, "bits", bits, "lo", lo, "hi", hi}, options...)...)
	}
	const max32 = 1<<32 - 1
	players := array(field("id", "player", 32, 0, max32, "once", true), field("name", "text", 32, 0, max32),
		field("bot", "bool", 1, 0, 1))
	ships := array(field("owner", "player", 32, 0, max32, "once", true),
		field("x", "fixed", 16, -32768, 32767, "interp", "lerp", "step", 0.03125),
		field("angle", "fixed", 10, 0, 1023, "interp", "lerp", "base", -3.140625, "step", 0.006134033203125, "wrap", true),
		field("hp", "uint", 8, 0, 255), field("glow", "f32", 32, 0, max32))
	hit := array(field("target", "ref", 32, 0, max32, "of", "ship"), field("damage", "uint", 8, 0, 255))
	input := array(field("ax", "int", 2, -1, 1), field("fire", "bool", 1, 0, 1, "edge", true))
	chat := array(field("text", "str", 1, 0, 0, "max", 200))
	return dict("game", "demo",
		"tables", array(dict("name", "players", "fields", players), dict("name", "ship", "fields", ships, "predicted", true)),
		"events", array(dict("name", "hit", "fields", hit)),
		"input", input,
		"calls", array(dict("name", "chat", "fields", chat)))
}

func samples() []sample {
	hash := []byte{1, 2, 3, 4, 5, 6, 7, 0xff}
	welcome := event(EventHead{Event: EventStrings, Tick16: 7}, num(1), str("Ada"), num(300), str("Zoë ✓"))
	hit := event(EventHead{Event: 2, Tick16: 0xfffe}, num(65537), num(-33), f32(1.5), str(""))
	bye := event(EventHead{Event: 1, Tick16: 0})
	body := array(num(0), null(), array(ints(1, 2), bin(0xa0), ints(-1, 1, -200), ints(3, 1, 70000, -5)))
	schema := wholeSchema()
	sum := sha256.Sum256(schema)
	schemaHash := [HashLen]byte(sum[:HashLen])
	return []sample{
		{"JOIN first", toServer, Join{Protocol: 1, Codecs: OfferPlain}},
		{"JOIN with all", toServer, Join{Protocol: 1, Codecs: OfferPlain | OfferPacked, Options: OptionCheck, SchemaHash: hash,
			InputHash: hash, HasLastEvent: true, LastEvent: 70000}},
		{"INPUT ack only", toServer, Input{FirstTick: 1, Inputs: ints()}},
		{"INPUT one", toServer, Input{FirstTick: 300, AckTick: 298, ViewTick: 4700, Inputs: array(ints(-1, 1, 0)), Count: 1}},
		{"INPUT eight", toServer, Input{FirstTick: 1<<32 - 8, AckTick: 1<<32 - 20, ViewTick: 16 * (1<<32 - 20),
			Inputs: array(ints(-128), ints(-33), ints(-32), ints(-1), ints(0), ints(127), ints(128), ints(255)), Count: 8}},
		{"CALL no arguments", toServer, Call{Args: ints()}},
		{"CALL with arguments", toServer, Call{ID: 1<<32 - 1, Method: 3, Args: array(str("e2-e4 ✓"), num(-40000), num(1)), Count: 3}},
		{"PING zero", toServer, Ping{}},
		{"PING largest", toServer, Ping{T0: MaxSafe}},
		{"EVENTACK", toServer, EventAck{Seq: 256}},
		{"HELLO with schema", toClient, Hello{Protocol: 1, SchemaHash: schemaHash, Schema: schema, Player: 1, TickRate: 30}},
		{"HELLO schema known", toClient, Hello{Protocol: 1, Codec: CodecPacked, SchemaHash: schemaHash, Player: 1<<32 - 1,
			TickRate: 128, Tick: 90000, Time: 3_000_000_123, ResumeSeat: "a.resume.seat-that-is-longer-than-31-bytes"}},
		{"HELLO spectator", toClient, Hello{Protocol: 1, Codec: CodecPacked, SchemaHash: schemaHash, TickRate: 1, Tick: 1, Time: 1}},
		{"HELLO with assets", toClient, Hello{Protocol: 1, SchemaHash: schemaHash, Player: 2, TickRate: 30, Tick: 9, Time: 300_000,
			ResumeSeat: "a.seat", Assets: []Asset{{"map", sha256.Sum256([]byte("a map")), 5}, {"rules.txt", sha256.Sum256(nil), 0}}}},
		{"FULL empty", toClient, Full{Tick: 1, Body: ints(0)}},
		{"FULL", toClient, Full{Tick: 1<<32 - 1, Body: body}},
		{"DELTA no input yet", toClient, Delta{Tick: 2, Lag: 1, Body: ints(0)}},
		{"DELTA late input", toClient, Delta{Tick: 70000, Lag: 3, HasAck: true, Ack: 2, HasPace: true, Pace: -128, Body: body}},
		{"DELTA tick16 wraps", toClient, Delta{Tick: 65536, Lag: 65535, HasAck: true, Ack: 0, HasPace: true, Pace: 127, Body: body}},
		{"DELTA with events", toClient, Delta{Tick: 500, Lag: 2, HasAck: true, Ack: -1, HasPace: true, Pace: 0, Body: body,
			HasEvents: true, Events: Events{FirstSeq: 9, Count: 2, Raw: array(hit, bye)}}},
		{"EVENTS string table", toClient, Events{FirstSeq: 1, Count: 1, Raw: array(welcome)}},
		{"EVENTS none", toClient, Events{FirstSeq: MaxSafe, Raw: ints()}},
		{"REPLY ok", toClient, Reply{ID: 5}},
		{"REPLY refused", toClient, Reply{ID: 6, Status: StatusRefused, Reason: "it is not your turn"}},
		{"REPLY refused without a reason", toClient, Reply{ID: 7, Status: StatusRefused}},
		{"REPLY too many calls", toClient, Reply{ID: 1<<32 - 1, Status: StatusTooMany, Reason: "slow down"}},
		{"PONG", toClient, Pong{T0: MaxSafe, T1: 1_000_000, T2: 1_000_250}},
		{"BYE kicked", toClient, Bye{Code: 4002}},
		{"BYE come back", toClient, Bye{Code: 4100, RetryMS: 1500}},
		{"BYE elsewhere", toClient, Bye{Code: 4100, RetryMS: 1<<32 - 1, Where: "wss://b.example/v1/play"}},
		{"SEAT", toClient, Seat{Seat: "a.fresh.seat"}},
	}
}

// encode appends a message to dst, putting the parts that callers append themselves where they belong.
func encode(dst []byte, m any) []byte {
	switch m := m.(type) {
	case Join:
		return AppendJoin(dst, m)
	case Input:
		return AppendInput(dst, m)
	case Call:
		return AppendCall(dst, m)
	case Ping:
		return AppendPing(dst, m)
	case EventAck:
		return AppendEventAck(dst, m)
	case Hello:
		return NewEncoder().AppendHello(dst, m)
	case Full:
		return append(AppendFullHeader(dst, m.Tick), m.Body...)
	case Delta:
		dst = append(AppendDeltaHeader(dst, m, m.HasEvents), m.Body...)
		if m.HasEvents {
			dst = append(AppendDeltaEvents(dst, m.Events.FirstSeq, m.Events.Count), elements(m.Events.Raw)...)
		}
		return dst
	case Events:
		return append(AppendEventsHeader(dst, m.FirstSeq, m.Count), elements(m.Raw)...)
	case Reply:
		return NewEncoder().AppendReply(dst, m)
	case Pong:
		return AppendPong(dst, m)
	case Bye:
		return AppendBye(dst, m)
	case Seat:
		return AppendSeat(dst, m.Seat)
	}
	panic(fmt.Sprintf("no such message: %T", m))
}

// elements returns what follows an array's head.
func elements(raw []byte) []byte {
	r := NewReader(raw)
	r.arrayHead()
	return raw[r.off:]
}

// decode reads b as a message of m's type.
func decode(m any, b []byte) (any, error) {
	switch m := m.(type) {
	case Join:
		return got(ReadJoin(b))
	case Input:
		return got(ReadInput(b))
	case Call:
		return got(ReadCall(b))
	case Ping:
		return got(ReadPing(b))
	case EventAck:
		return got(ReadEventAck(b))
	case Hello:
		return got(ReadHello(b))
	case Full:
		return got(ReadFull(b))
	case Delta:
		return got(ReadDelta(b, m.Tick-uint32(m.Lag)))
	case Events:
		return got(ReadEvents(b))
	case Reply:
		return got(ReadReply(b))
	case Pong:
		return got(ReadPong(b))
	case Bye:
		return got(ReadBye(b))
	case Seat:
		return got(ReadSeat(b))
	}
	panic(fmt.Sprintf("no such message: %T", m))
}

func got[T any](m T, err error) (any, error) { return m, err }

func eachSample(t *testing.T, f func(t *testing.T, s sample, b []byte)) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) { f(t, s, encode(nil, s.m)) })
	}
}

// wantRefused checks that b is refused and that the result of a refused message holds nothing.
func wantRefused(t *testing.T, s sample, b []byte) {
	t.Helper()
	m, err := decode(s.m, b)
	if err == nil {
		t.Fatalf("% x was taken as %+v", b, m)
	}
	if err != ErrVersion && !reflect.ValueOf(m).IsZero() {
		t.Fatalf("% x was refused (%v) but gave %+v", b, err, m)
	}
}
