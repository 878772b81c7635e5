package seed

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sort"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// workload is a state that changes: version 0 is there from the start, version i from changes[i-1] on.
type workload struct {
	name, what string
	poll       time.Duration // between two polls
	changes    []time.Duration
	states     [][]byte // the JSON of each version
	deltas     [][]byte // the message that leads from the version before to each; deltas[0] is the message with all of version 0
	// ack is what a client of the deltas has to say, and how often: after each delta if ackEvery is 0. nil: nothing.
	ack      func(version int) []byte
	ackEvery time.Duration
}

// at is the version at a time.
func (w *workload) at(t time.Duration) int {
	return sort.Search(len(w.changes), func(i int) bool { return w.changes[i] > t })
}

func workloads(cfg Config) []*workload {
	return []*workload{score(cfg), scoreboard(cfg), play(cfg)}
}

// now and then, apart by gap in the mean.
func nowAndThen(random *rand.Rand, gap, until time.Duration) (list []time.Duration) {
	for t := time.Duration(0); ; {
		t += time.Duration(random.ExpFloat64() * float64(gap))
		if t >= until {
			return list
		}
		list = append(list, t)
	}
}

// score is the workload that the published figures tell of: a JSON of 9.6 kB of which 10 bytes change, polled every ten seconds. They
// do not say how often it changes: as often as it is polled, here.
func score(cfg Config) *workload {
	const size, gap = 9600, 10 * time.Second
	random := rand.New(rand.NewPCG(cfg.Seed, 1))
	w := &workload{name: "score", what: "9.6 kB of JSON, 10 bytes change every 10 s in the mean, polled every 10 s", poll: 10 * time.Second}
	w.changes = nowAndThen(random, gap, cfg.Duration)
	type entry struct {
		Name  string `json:"name"`
		Score uint32 `json:"score"`
	}
	state := []entry{}
	for i := 0; ; i++ {
		next := append(state, entry{fmt.Sprintf("player-%04d", i), 10_000 + random.Uint32N(80_000)})
		if len(encode(next)) > size {
			break
		}
		state = next
	}
	w.states, w.deltas = [][]byte{encode(state)}, [][]byte{encode(state)}
	for i := range w.changes {
		at := random.IntN(len(state))
		state[at].Score = 10_000 + random.Uint32N(80_000)
		w.states = append(w.states, encode(state))
		change := binary.BigEndian.AppendUint32(nil, uint32(i+1)) // the version, the place, the value: 10 bytes
		change = binary.BigEndian.AppendUint16(change, uint16(at))
		w.deltas = append(w.deltas, binary.BigEndian.AppendUint32(change, state[at].Score))
	}
	return w
}

// scoreboard is that of a room of the arena: 64 players, a kill every second or so. Its deltas are EVENTS of our protocol with two
// numbers, which the client acknowledges.
func scoreboard(cfg Config) *workload {
	const players, gap, kill = 64, time.Second, 1
	random := rand.New(rand.NewPCG(cfg.Seed, 2))
	w := &workload{name: "scoreboard", what: "64 players of an arena, a kill a second in the mean, polled every 2 s", poll: 2 * time.Second}
	w.changes = nowAndThen(random, gap, cfg.Duration)
	type entry struct {
		ID     int    `json:"id"`
		Name   string `json:"name"`
		Kills  int    `json:"kills"`
		Deaths int    `json:"deaths"`
		Score  int    `json:"score"`
	}
	state := make([]entry, players)
	for i := range state {
		state[i] = entry{ID: i + 1, Name: fmt.Sprintf("Player %d", i+1)}
	}
	w.states, w.deltas = [][]byte{encode(state)}, [][]byte{encode(state)}
	for i, at := range w.changes {
		who, whom := random.IntN(players), random.IntN(players)
		state[who].Kills++
		state[who].Score += 100
		state[whom].Deaths++
		w.states = append(w.states, encode(state))
		b := msg.AppendEventsHeader(nil, uint64(i+1), 1)
		b = msg.AppendArrayLen(b, 4)
		b = msg.AppendUint(b, kill)
		b = msg.AppendUint(b, uint64(uint16(at/(time.Second/30)))) // its tick
		b = msg.AppendUint(b, uint64(who+1))
		w.deltas = append(w.deltas, msg.AppendUint(b, uint64(whom+1)))
	}
	w.ack = func(version int) []byte { return msg.AppendEventAck(nil, msg.EventAck{Seq: uint64(version)}) }
	return w
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers and strings
	}
	return b
}

// gzipped is how long b is compressed.
func gzipped(b []byte) int {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b) // into memory, as the Close below
	z.Close()
	return out.Len()
}
