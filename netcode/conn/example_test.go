package conn_test

import (
	"fmt"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/conn"
)

// echoRoom sends every message back.
type echoRoom struct {
	transport conn.Transport
	buf       []byte // one for all: TrySend keeps nothing of it
}

func (r *echoRoom) Opened(id conn.ID, tag any) { fmt.Println("opened", tag) }

func (r *echoRoom) Message(id conn.ID, at time.Time, data []byte) {
	if !r.transport.Ready(id) {
		return // behind: skip, never queue
	}
	r.buf = append(conn.BeginFrame(r.buf[:0]), data...)
	r.transport.TrySend(id, conn.EndFrame(r.buf, 0))
}

func (r *echoRoom) Closed(id conn.ID, err error) { fmt.Println("closed:", err) }

// A room polls its transport once per tick and sends from there. Memory stands in for sockets here; Portable is used the same way.
func ExampleTransport() {
	transport := conn.NewMemory()
	room := &echoRoom{transport: transport}

	client := transport.Dial("ada")
	client.Send([]byte("hello"))
	transport.Poll(room)
	msg, _ := client.Next()
	fmt.Printf("%s\n", msg)

	client.Close(1000, "bye")
	transport.Poll(room)
	// Output:
	// opened ada
	// hello
	// closed: conn: closed by the client with 1000: bye
}
