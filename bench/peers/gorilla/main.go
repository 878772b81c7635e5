// Command gorilla serves rooms of arena100 over gorilla/websocket with its documented best for one message to many: a PreparedMessage per
// room and tick, no compression, small read buffers, write buffers from a pool.
//
// What it does not do: accounts, deltas, interest, prediction, labelled inputs, resuming; and a client that does not read stops its room.
package main

import (
	"fmt"
	"net/http"
	"os"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/skirmish-dev/skirmish/bench/peers/world"
)

type conn struct{ *websocket.Conn }

func (c conn) Send(message any) error {
	return c.WritePreparedMessage(message.(*websocket.PreparedMessage))
}

func main() {
	up := websocket.Upgrader{
		ReadBufferSize: 512, WriteBufferSize: 2048, WriteBufferPool: &sync.Pool{}, CheckOrigin: func(*http.Request) bool { return true },
	}
	rooms := &world.Rooms{Prepare: prepare}
	l, err := world.Listen()
	if err == nil {
		err = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c, err := up.Upgrade(w, r, nil); err == nil {
				play(rooms, r.URL.Path, conn{c})
			}
		}))
	}
	fmt.Fprintln(os.Stderr, "gorilla:", err)
	os.Exit(1)
}

func prepare(b []byte) any {
	m, err := websocket.NewPreparedMessage(websocket.BinaryMessage, b)
	if err != nil {
		panic(err) // it is no control message
	}
	return m
}

func play(rooms *world.Rooms, name string, c conn) {
	defer c.Close()
	c.SetReadLimit(world.MaxInput)
	p := rooms.Join(name, c)
	defer rooms.Leave(name, c)
	for {
		_, b, err := c.ReadMessage()
		if err != nil {
			return
		}
		p.Input(b)
	}
}
