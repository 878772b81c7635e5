// Package world has rooms of arena100 for servers written in Go: the same size, speed, rate, walls and inputs as bench/world has, and
// the whole state of a tick packed by hand: a tick, a count, 15 bytes for each entity.
//
// The servers beside it call it. It knows nothing of sockets.
package world

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"
)

const (
	rate   = 20
	side   = 4000
	speed  = 200
	others = 50
	hp     = 100
)

// MaxInput is the most bytes of a message that a server need read; an input has inputBytes.
const (
	MaxInput   = 4096
	inputBytes = 4
)

// Conn is a client of a room. Send takes what Rooms.Prepare has made; Rooms calls it from the goroutine of the room.
type Conn interface{ Send(message any) error }

// Rooms are all rooms of a server. Its methods are concurrent-safe.
type Rooms struct {
	// Prepare makes of the bytes of a tick, which it may keep, what all clients of the room are sent.
	Prepare func(b []byte) any

	mu   sync.Mutex
	open map[string]*room
}

// Player is a client in a room.
type Player struct {
	room   *room
	entity *entity
}

type entity struct {
	id          uint16
	x, y, angle float64
	turn        float64 // of the next tick
}

type room struct {
	mu       sync.Mutex
	tick     uint32
	next     uint16
	players  map[Conn]*entity
	entities []*entity
	ended    chan struct{}
}

// Join lets a client into a room, which is made if it is not there.
func (rs *Rooms) Join(name string, c Conn) *Player {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.open[name]
	if r == nil {
		r = &room{players: map[Conn]*entity{}, ended: make(chan struct{})}
		for range others {
			r.spawn()
		}
		if rs.open == nil {
			rs.open = map[string]*room{}
		}
		rs.open[name] = r
		go rs.run(r)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &Player{r, r.spawn()}
	r.players[c] = p.entity
	return p
}

// Leave takes a client out, and ends a room that is empty.
func (rs *Rooms) Leave(name string, c Conn) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.open[name]
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.players[c]
	delete(r.players, c)
	r.entities = slices.DeleteFunc(r.entities, func(other *entity) bool { return other == e })
	if len(r.players) == 0 {
		close(r.ended)
		delete(rs.open, name)
	}
}

// Input takes a client's message: a float32 of radians, big endian.
func (p *Player) Input(b []byte) {
	if len(b) != inputBytes {
		return
	}
	turn := float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	if math.IsNaN(turn) || math.IsInf(turn, 0) {
		return
	}
	p.room.mu.Lock()
	p.entity.turn = turn
	p.room.mu.Unlock()
}

func (r *room) spawn() *entity {
	r.next++
	e := &entity{id: r.next, x: side * rand.Float64(), y: side * rand.Float64(), angle: 2 * math.Pi * rand.Float64()}
	r.entities = append(r.entities, e)
	return e
}

func (rs *Rooms) run(r *room) {
	time.Sleep(time.Duration(rand.Int64N(int64(time.Second / rate)))) // or all rooms would step at the same moment
	t := time.NewTicker(time.Second / rate)
	defer t.Stop()
	var conns []Conn
	for {
		select {
		case <-t.C:
		case <-r.ended:
			return
		}
		r.mu.Lock()
		message := rs.Prepare(r.step())
		conns = conns[:0]
		for c := range r.players {
			conns = append(conns, c)
		}
		r.mu.Unlock()
		for _, c := range conns {
			_ = c.Send(message) // the reader of a connection that has ended takes the client out
		}
	}
}

// step moves everything on, and returns the state.
func (r *room) step() []byte {
	r.tick++
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 6+15*len(r.entities)), r.tick)
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.entities)))
	for _, e := range r.entities {
		e.fly()
		b = binary.BigEndian.AppendUint16(b, e.id)
		for _, v := range [...]float64{e.x, e.y, e.angle} {
			b = binary.BigEndian.AppendUint32(b, math.Float32bits(float32(v)))
		}
		b = append(b, hp)
	}
	return b
}

func (e *entity) fly() {
	angle := e.angle + e.turn
	e.turn = 0
	sin, cos := math.Sincos(angle)
	x, y := e.x+speed*cos/rate, e.y+speed*sin/rate
	e.x, e.y = min(max(x, 0), side), min(max(y, 0), side)
	if x != e.x {
		angle = math.Pi - angle
	}
	if y != e.y {
		angle = -angle
	}
	e.angle = math.Mod(math.Mod(angle, 2*math.Pi)+2*math.Pi, 2*math.Pi)
}

// Listen listens on loopback and prints the port, which is all that a server says.
func Listen() (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		fmt.Println(l.Addr().(*net.TCPAddr).Port)
	}
	return l, err
}
