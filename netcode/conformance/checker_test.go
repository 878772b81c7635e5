package conformance_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/skirmish-dev/skirmish/netcode/conformance"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// vector is one of netcode/testdata/snapshots.json.
type vector struct {
	Name, Schema string
	Codec        uint8
	Player       uint32
	Messages     []struct {
		Full      bool
		Tick, Lag uint32
		Body      string
	}
}

func vectors(tb testing.TB) (list []vector) {
	raw, err := os.ReadFile("../testdata/snapshots.json")
	if err == nil {
		err = json.Unmarshal(raw, &list)
	}
	if err != nil || len(list) == 0 {
		tb.Fatalf("%d vectors, %v", len(list), err)
	}
	return list
}

func bytesOf(tb testing.TB, s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// greeted is a checker that has heard JOIN and HELLO, with the messages that follow.
func greeted(tb testing.TB, v vector) (*conformance.Checker, [][]byte) {
	c, err := conformance.New(nil)
	if err != nil {
		tb.Fatal(err)
	}
	var messages [][]byte
	var check uint64
	for _, m := range v.Messages {
		body := bytesOf(tb, m.Body)
		if m.Full {
			messages = append(messages, append(msg.AppendFullHeader(nil, m.Tick), body...))
		} else {
			messages = append(messages, append(msg.AppendDeltaHeader(nil, msg.Delta{Tick: m.Tick, Lag: uint16(m.Lag)}, false), body...))
		}
		// Byte 1 of a plain body has its flags, the bits behind the head of a packed one likewise.
		if v.Codec == 0 && body[1]&2 != 0 || v.Codec == 1 && body[headOf(body)]&0x40 != 0 {
			check = msg.OptionCheck
		}
	}
	raw := bytesOf(tb, v.Schema)
	_, hash, err := schema.Decode(raw)
	if err != nil {
		tb.Fatal(err)
	}
	hello := msg.NewEncoder().AppendHello(nil, msg.Hello{
		Protocol: msg.Version, Codec: v.Codec, SchemaHash: hash, Schema: raw, Player: v.Player, TickRate: 20,
	})
	if err := c.Client(msg.AppendJoin(nil, msg.Join{Protocol: msg.Version, Codecs: 3, Options: check})); err != nil {
		tb.Fatal(err)
	}
	if err := c.Server(hello); err != nil {
		tb.Fatal(err)
	}
	return c, messages
}

// headOf is the length of a bin's head.
func headOf(bin []byte) int {
	if bin[0] == 0xc5 {
		return 3
	}
	return 2
}

func TestCheckerReadsTheGoldenVectors(t *testing.T) {
	for _, v := range vectors(t) {
		c, messages := greeted(t, v)
		for i, m := range messages {
			if err := c.Server(m); err != nil {
				t.Errorf("%s, codec %d, message %d: %v", v.Name, v.Codec, i, err)
				break
			}
			for cut := range len(m) {
				if c.Clone().Server(m[:cut]) == nil {
					t.Errorf("%s, codec %d: message %d may end after %d bytes", v.Name, v.Codec, i, cut)
				}
			}
		}
	}
}

// Whatever a checker hears, it says what is wrong and goes on.
func FuzzChecker(f *testing.F) {
	list := vectors(f)
	for i, v := range list {
		_, messages := greeted(f, v)
		for n, m := range messages {
			f.Add(uint8(i), uint8(n), m)
		}
	}
	f.Fuzz(func(t *testing.T, i, after uint8, m []byte) {
		c, messages := greeted(t, list[int(i)%len(list)])
		n := int(after) % len(messages)
		for _, good := range messages[:n] {
			if err := c.Server(good); err != nil {
				t.Fatal(err)
			}
		}
		if _ = c.Clone().Client(m); c.Server(m) != nil && c.Server(messages[n]) != nil {
			t.Fatalf("what was refused has changed something: %x", m)
		}
	})
}
