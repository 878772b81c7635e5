// Command gobwas serves rooms of arena100 over gobwas/ws as one writes it on a first day: a goroutine that reads for each connection, and one
// for each room, which encodes the whole state once per tick, frame included, and writes it to all.
//
// What it does not do: accounts, deltas, interest, prediction, labelled inputs, resuming; and a client that does not read stops its room.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/skirmish-dev/skirmish/bench/peers/world"
)

type conn struct{ net.Conn }

func (c conn) Send(message any) error {
	_, err := c.Write(message.([]byte))
	return err
}

func main() {
	rooms := &world.Rooms{Prepare: func(b []byte) any { return ws.MustCompileFrame(ws.NewBinaryFrame(b)) }}
	l, err := world.Listen()
	for err == nil {
		var c net.Conn
		if c, err = l.Accept(); err == nil {
			go play(rooms, conn{c})
		}
	}
	fmt.Fprintln(os.Stderr, "gobwas:", err)
	os.Exit(1)
}

func play(rooms *world.Rooms, c conn) {
	defer c.Close()
	name := ""
	up := ws.Upgrader{OnRequest: func(uri []byte) error { name = string(uri); return nil }}
	if _, err := up.Upgrade(c); err != nil {
		return
	}
	p := rooms.Join(name, c)
	defer rooms.Leave(name, c)
	in := bufio.NewReaderSize(c, 512) // a frame in one read
	for {
		h, err := ws.ReadHeader(in)
		if err != nil || h.Length > world.MaxInput {
			return
		}
		b := make([]byte, h.Length)
		if _, err := io.ReadFull(in, b); err != nil {
			return
		}
		ws.Cipher(b, h.Mask, 0)
		switch h.OpCode {
		case ws.OpBinary:
			p.Input(b)
		case ws.OpPing:
			if err := wsutil.WriteServerMessage(c, ws.OpPong, b); err != nil {
				return
			}
		case ws.OpClose:
			return
		}
	}
}
