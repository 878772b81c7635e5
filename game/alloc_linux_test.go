//go:build amd64 || arm64

package game_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/bench/world"
	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/game/arena"
	"github.com/skirmish-dev/skirmish/game/crowd"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/netcode"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// wired is a room on a Poller, and its clients: real sockets, in virtual time, served by the test's own goroutine. They allocate
// nothing themselves, so that what is counted is the server's.
type wired struct {
	t       *testing.T
	room    *game.Room
	now     time.Time
	clients []*plug
	input   func(id conn.ID, tick uint32) []int64
	events  uint64 // that clients have been told
	seats   int    // resume seats made
	resumes *token.Resumes
	buf     []byte
	inputs  []byte
	message []byte
}

// plug is a client: what it does not need of what it is sent is skipped.
type plug struct {
	fd   int
	in   []byte // read and not yet parsed
	room [1 << 16]byte
	tick uint32 // newest FULL or DELTA
	seq  uint64 // newest event
}

func newWired(t *testing.T, def *game.Def, n int, codecs uint8, input func(conn.ID, uint32) []int64) *wired {
	w := &wired{t: t, input: input, now: time.Unix(1_000_000_000, 0), buf: make([]byte, 1<<12)}
	clock := func() time.Time { return w.now }
	w.resumes = token.NewResumes(clock)
	poller := conn.NewPoller(conn.Config{Now: clock})
	t.Cleanup(poller.Shutdown)
	var err error
	w.room, err = game.NewRoom(game.RoomConfig{
		Def: def, Transport: poller, ID: "wired", Seed: 1, Now: clock,
		ResumeSeat: func(dst []byte, _ *game.Seat, p game.PlayerID) []byte {
			w.seats++
			dst, err := w.resumes.Append(dst, token.Resume{Session: uint64(p), ExpiresAt: w.now.Add(time.Minute)})
			if err != nil {
				t.Error(err)
			}
			return dst
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	door := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		sock, err := conn.Upgrade(rw, req, conn.UpgradeConfig{})
		if err != nil {
			t.Error(err)
			return
		}
		if err := poller.Attach(sock, &game.Seat{Account: req.RemoteAddr, Name: "player"}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(door.Close)
	for range n {
		w.clients = append(w.clients, w.dial(door.Listener.Addr().String()))
		w.send(w.clients[len(w.clients)-1], msg.AppendJoin(nil, msg.Join{Protocol: msg.Version, Codecs: codecs}))
	}
	return w
}

// dial opens a WebSocket and takes its socket out of Go's hands.
func (w *wired) dial(addr string) *plug {
	w.t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		w.t.Fatal(err)
	}
	defer nc.Close()
	const ask = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	if _, err := io.WriteString(nc, ask); err != nil {
		w.t.Fatal(err)
	}
	for tail := [4]byte{}; string(tail[:]) != "\r\n\r\n"; {
		copy(tail[:], tail[1:])
		if _, err := io.ReadFull(nc, tail[3:]); err != nil {
			w.t.Fatal(err)
		}
	}
	raw, err := nc.(*net.TCPConn).SyscallConn()
	if err != nil {
		w.t.Fatal(err)
	}
	p := new(plug)
	if err := raw.Control(func(fd uintptr) { p.fd, err = syscall.Dup(int(fd)) }); err != nil {
		w.t.Fatal(err)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = syscall.Close(p.fd) })
	return p
}

// send writes a message in one frame, masked with zeros.
func (w *wired) send(p *plug, message []byte) {
	w.buf = append(w.buf[:0], 0x82)
	if n := len(message); n < 126 {
		w.buf = append(w.buf, 0x80|byte(n))
	} else {
		w.buf = binary.BigEndian.AppendUint16(append(w.buf, 0x80|126), uint16(n))
	}
	w.buf = append(append(w.buf, 0, 0, 0, 0), message...)
	if n, err := syscall.Write(p.fd, w.buf); err != nil || n < len(w.buf) {
		w.t.Fatalf("wrote %d of %d bytes: %v", n, len(w.buf), err)
	}
}

// take reads what has come.
func (w *wired) take(p *plug) {
	for {
		n, err := syscall.Read(p.fd, p.room[len(p.in):])
		if n <= 0 {
			if err != syscall.EAGAIN {
				w.t.Fatalf("read %d bytes: %v", n, err)
			}
			return
		}
		p.in = p.room[:len(p.in)+n]
		rest := p.in
		for len(rest) >= 2 {
			head, size := 2, int(rest[1])
			if size == 126 {
				head = 4
				if len(rest) < head {
					break
				}
				size = int(binary.BigEndian.Uint16(rest[2:]))
			}
			if len(rest) < head+size {
				break
			}
			w.told(p, rest[head:head+size])
			rest = rest[head+size:]
		}
		p.in = p.room[:copy(p.room[:], rest)]
	}
}

func (w *wired) told(p *plug, message []byte) {
	kind, err := msg.PeekType(message)
	var e msg.Events
	switch {
	case err != nil:
	case kind == msg.TypeFull:
		var m msg.Full
		m, err = msg.ReadFull(message)
		p.tick = m.Tick
	case kind == msg.TypeDelta:
		var m msg.Delta
		m, err = msg.ReadDelta(message, p.tick)
		p.tick, e = m.Tick, m.Events
	case kind == msg.TypeEvents:
		e, err = msg.ReadEvents(message)
	case kind == msg.TypeBye:
		w.t.Fatalf("a client was sent away: % x", message)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	if e.Count > 0 {
		w.events += uint64(e.Count)
		p.seq = e.FirstSeq + uint64(e.Count) - 1
		w.message = msg.AppendEventAck(w.message[:0], msg.EventAck{Seq: p.seq})
		w.send(p, w.message)
	}
}

// step is a tick, and an input of every client for the next one.
func (w *wired) step() {
	w.now = w.now.Add(w.room.Period())
	w.room.Step(w.now)
	for i, p := range w.clients {
		w.take(p)
		tick := w.room.Tick()
		words := w.input(conn.ID(i+1), tick)
		w.inputs = msg.AppendArrayLen(msg.AppendArrayLen(w.inputs[:0], 1), len(words))
		for _, word := range words {
			w.inputs = msg.AppendInt(w.inputs, word)
		}
		w.message = msg.AppendInput(w.message[:0], msg.Input{FirstTick: tick + 1, AckTick: p.tick, ViewTick: 16 * uint64(p.tick), Inputs: w.inputs})
		w.send(p, w.message)
	}
}

// turners play bench/world.Arena100: each turns by something else in each tick, as the players of the benchmark do.
func turners() func(conn.ID, uint32) []int64 {
	words := make([]int64, 1)
	return func(id conn.ID, tick uint32) []int64 {
		const mean, spread = 77, 205 // 0.15 and 0.4 rad, in steps of 1/512
		words[0] = mean + int64((uint32(id)*2654435761+tick*40503)>>8%(2*spread)) - spread
		return words
	}
}

// From socket to socket, over a time in which every client is given a fresh resume seat and shots hit: JWTs as seats alone made a
// dozen objects per tick.
func TestStepOnRealSocketsZeroAlloc(t *testing.T) {
	fire := func(input func(conn.ID, uint32) []int64) func(conn.ID, uint32) []int64 {
		return func(id conn.ID, tick uint32) []int64 {
			words := input(id, tick)
			words[2] = int64((uint32(id) + tick) / 8 % 2)
			return words
		}
	}
	whispering := hallDef(false, func(g *hall) {
		g.tick = func(t *game.Tick) {
			g.bangs.EmitNear(0, 0, bang{t.N, 0})
			g.bangs.EmitNear(2*earshot, 0, bang{t.N, 1})
		}
	})
	for _, c := range []struct {
		name   string
		def    *game.Def
		n      int
		codecs uint8
		input  func(conn.ID, uint32) []int64
		events bool
	}{
		{"arena packed", arena.Def, 16, msg.OfferPacked, fire(pilots()), true},
		{"arena plain", arena.Def, 16, msg.OfferPlain, fire(pilots()), true},
		{"crowd packed", crowd.Def, 16, msg.OfferPacked, walkers(), false},
		{"crowd plain", crowd.Def, 16, msg.OfferPlain, walkers(), false},
		{"arena100 packed", world.Arena100, 50, msg.OfferPacked, turners(), false},
		{"arena100 plain", world.Arena100, 50, msg.OfferPlain, turners(), false},
		{"many who see different things", plazaDef(), 200, msg.OfferPacked, idlers, false},
		{"events near a place", whispering, 16, msg.OfferPacked, func(conn.ID, uint32) []int64 { return nil }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWired(t, c.def, c.n, c.codecs, c.input)
			ticks := int(netcode.SeatEvery*11/10/w.room.Period()) + 1
			var events uint64
			var seats int
			play := func() {
				events, seats = w.events, w.seats
				for range ticks {
					w.step()
				}
			}
			// Buffers grow to what they need in the run that is not counted, and once in a while in one that is: a larger message
			// than ever comes late. What is made for ticks, seats or events is made in each.
			allocs := testing.AllocsPerRun(1, play)
			for range 2 {
				if allocs > 0 {
					allocs = testing.AllocsPerRun(1, play)
				}
			}
			if allocs > 0 {
				t.Errorf("%.0f allocations in %d ticks, three times in a row some", allocs, ticks)
			}
			if w.room.Seated() != c.n || w.seats-seats < c.n || c.events && w.events == events {
				t.Errorf("%d are seated, %d seats were made, %d events told: this has tested nothing", w.room.Seated(), w.seats-seats, w.events-events)
			}
		})
	}
}
