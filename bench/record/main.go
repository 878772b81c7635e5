// Command record plays arena and writes down what two of its clients are sent, and what they must hold after each snapshot:
//
//	go run ./bench/record --ticks 10000 --out DIR
//
// DIR/plain.rec and DIR/packed.rec are what a client of that codec was sent. The tests of the browser's decoder read them and
// compare every word; the same ticks always give the same files. A file is a sequence of parts, each with its length in bytes before
// it, a little-endian uint32: first the schema as HELLO has it; then for each HELLO, FULL and DELTA the message, and the state that the Go
// decoder holds after it, as little-endian uint32: for each table the number of its entities, and for each of them its id, the tick
// it was last sent, and its row.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/skirmish-dev/skirmish/game/arena"
	"github.com/skirmish-dev/skirmish/game/gametest"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/netsim"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

func main() {
	ticks := flag.Int("ticks", 10_000, "length of the play")
	out := flag.String("out", "", "folder to write to")
	flag.Parse()
	if err := run(*ticks, *out); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

// recording is one client's file. The first error stays.
type recording struct {
	codec   snapshot.Codec
	file    *os.File
	w       *bufio.Writer
	decoder *snapshot.Decoder
	words   []byte
	err     error
}

// failed is how a World ends a run.
type failed string

type tb struct{}

func (tb) Helper()                           {}
func (tb) Fatalf(format string, args ...any) { panic(failed(fmt.Sprintf(format, args...))) }

func run(ticks int, out string) (err error) {
	if out == "" || ticks < 1 {
		return errors.New("give --out DIR, and at least one of --ticks")
	}
	defer func() {
		if why, ok := recover().(failed); ok {
			err = errors.New(string(why))
		}
	}()
	recordings := []*recording{{codec: snapshot.Plain}, {codec: snapshot.Packed}}
	for i, name := range []string{"plain.rec", "packed.rec"} {
		r := recordings[i]
		if r.file, err = os.Create(filepath.Join(out, name)); err != nil {
			return fmt.Errorf("record: %w", err)
		}
		r.w = bufio.NewWriterSize(r.file, 1<<20)
		raw, _, _ := arena.Def.Schema().Encode()
		r.part(raw)
	}
	play(ticks, recordings)
	for _, r := range recordings {
		err = errors.Join(err, r.err, r.w.Flush(), r.file.Close())
	}
	return err
}

// play is a match of eight who fly about and shoot, and come and go. The two that are recorded have a network that loses messages.
func play(ticks int, recordings []*recording) {
	rng := rand.New(rand.NewPCG(1, 2))
	w := gametest.New(tb{}, arena.Def, gametest.Options{Seed: 1})
	var clients []*gametest.Client
	join := func(i int) *gametest.Client {
		o := gametest.ClientOptions{}
		if i < len(recordings) {
			o.Codecs, o.Unchecked = 1<<recordings[i].codec, true
			o.Link = &netsim.Config{Latency: 20 * time.Millisecond, Jitter: 10 * time.Millisecond, Loss: 0.02}
			o.Tap = recordings[i].hear
		}
		return w.JoinWith(fmt.Sprintf("player%d", i), o)
	}
	for i := range 8 {
		clients = append(clients, join(i))
	}
	for tick := range ticks {
		for i, c := range clients {
			switch {
			case i < len(recordings) && tick%2500 == 2000:
				c.Resume()
			case i >= len(recordings) && rng.IntN(600) == 0:
				w.Leave(c)
				w.Step(1)
				clients[i] = join(i)
			case rng.IntN(10) == 0:
				c.SetInput(arena.Input{Turn: int8(rng.IntN(3) - 1), Thrust: rng.IntN(2) == 0, Fire: rng.IntN(3) > 0})
			}
		}
		w.Step(1)
	}
}

// hear takes a message and writes it down if it has state.
func (r *recording) hear(received bool, m []byte) {
	kind, err := msg.PeekType(m)
	if !received || err != nil || r.err != nil {
		r.fail(err)
		return
	}
	switch kind {
	case msg.TypeHello:
		hello, err := msg.ReadHello(m)
		r.fail(err)
		if snapshot.Codec(hello.Codec) != r.codec {
			r.fail(fmt.Errorf("record: codec %d", hello.Codec))
		}
		r.decoder = snapshot.NewDecoder(arena.Def.Schema(), r.codec, hello.Player)
		r.state(m)
	case msg.TypeFull:
		full, err := msg.ReadFull(m)
		r.fail(err)
		r.fail(r.decoder.ApplyFull(full.Tick, full.Body))
		r.state(m)
	case msg.TypeDelta:
		d, err := msg.ReadDelta(m, r.decoder.Tick())
		r.fail(err)
		r.fail(r.decoder.ApplyDelta(uint16(d.Tick), uint32(d.Lag), d.Body))
		r.state(m)
	}
}

func (r *recording) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// state writes a message and what is held after it.
func (r *recording) state(m []byte) {
	r.part(m)
	w := r.words[:0]
	for table := range arena.Def.Schema().Tables {
		n := r.decoder.Len(table)
		w = binary.LittleEndian.AppendUint32(w, uint32(n))
		for i := range n {
			e := r.decoder.At(table, i)
			w = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(w, e.ID), e.At)
			for _, word := range e.Row {
				w = binary.LittleEndian.AppendUint32(w, word)
			}
		}
	}
	r.words = w
	r.part(w)
}

func (r *recording) part(b []byte) {
	r.fail(binary.Write(r.w, binary.LittleEndian, uint32(len(b))))
	_, err := r.w.Write(b)
	r.fail(err)
}
