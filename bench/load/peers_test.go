//go:build linux

package load

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// unmasked are the payloads of an outbox of short frames, which is emptied.
func unmasked(o *Outbox) (list [][]byte) {
	for b := o.buf; len(b) > 0; {
		const head = 6
		n := int(b[1] &^ maskBit)
		body := b[head : head+n]
		for i := range body {
			body[i] ^= mask[i%4]
		}
		list = append(list, body)
		b = b[head+n:]
	}
	*o = Outbox{}
	return list
}

func TestRawStatesBeginWithTheirTick(t *testing.T) {
	for _, c := range []struct {
		json bool
		b    string
		tick uint32
		ok   bool
	}{
		{false, "\x00\x00\x01\x02rest", 258, true}, {false, "\x00\x00\x01", 0, false},
		{true, `{"tick":4294967295,"ships":[]}`, math.MaxUint32, true}, {true, `{"tick":7,"x":1}`, 7, true}, {true, `{"tick":7`, 0, false},
		{true, `{"tick":-1,`, 0, false}, {true, `{"tick":4294967296,`, 0, false}, {true, ``, 0, false}, {true, `[1,2]`, 0, false},
	} {
		seen, err := Raw{JSON: c.json}.Session(0).Receive(time.Time{}, []byte(c.b))
		if (err == nil) != c.ok || seen.Tick != c.tick || seen.Snapshot != c.ok {
			t.Errorf("%q is %+v, %v", c.b, seen, err)
		}
	}
}

func TestOneInSoManyReadsRawStates(t *testing.T) {
	packed := func(x, y, angle float32, hp byte) string {
		b := []byte{0, 0, 0, 9, 0, 1, 0, 7}
		for _, v := range []float32{x, y, angle} {
			b = binary.BigEndian.AppendUint32(b, math.Float32bits(v))
		}
		return string(append(b, hp))
	}
	good := packed(0, 4000, 6.28, 100)
	nan := float32(math.NaN())
	for _, c := range []struct {
		json bool
		b    string
		ok   bool
	}{
		{false, good, true}, {false, good[:len(good)-1], false}, {false, good + "x", false}, {false, good[:6], false},
		{false, packed(-1, 0, 0, 1), false}, {false, packed(0, 4001, 0, 1), false}, {false, packed(0, 0, 7, 1), false},
		{false, packed(nan, 0, 0, 1), false}, {false, packed(0, nan, 0, 1), false}, {false, packed(0, 0, 0, 0), false},
		{false, "\x00\x00\x00\x09\x00\x00", false}, {false, "\x00\x00", false},
		{true, `{"tick":9,"ships":[{"id":7,"x":1.25,"y":4000,"angle":3,"hp":100}]}`, true},
		{true, `{"tick":9,"ships":[]}`, false}, {true, `{"tick":9,"ships":[{"id":7,"x":-1,"y":0,"angle":0,"hp":1}]}`, false}, {true, `{"tick":9,`, false},
	} {
		target := Raw{JSON: c.json, Decode: 50}
		if _, err := target.Session(50).Receive(time.Time{}, []byte(c.b)); (err == nil) != c.ok {
			t.Errorf("%q: %v", c.b, err)
		}
	}
	if _, err := (Raw{Decode: 50}).Session(1).Receive(time.Time{}, []byte(packed(-1, 0, 0, 1))); err != nil {
		t.Errorf("one that only counts says %v", err)
	}
}

// All servers get the same turns, whatever their protocol.
func TestOtherServersGetTheSameTurns(t *testing.T) {
	var o Outbox
	packed, text, room := Raw{}.Session(9), Raw{JSON: true}.Session(9), new(Colyseus).Session(9)
	if _, err := room.Receive(time.Time{}, []byte{colyseusJoin, 0}); err != nil {
		t.Fatal(err)
	}
	room.Play(time.Time{}, &o)
	if got := unmasked(&o); len(got) != 1 || string(got[0]) != "\x0a" {
		t.Errorf("a client that is invited says %v", got)
	}
	for n := range 3 {
		packed.Play(time.Time{}, &o)
		text.Play(time.Time{}, &o)
		room.Play(time.Time{}, &o)
		got := unmasked(&o)
		want := turns[(9*131+n+1)%len(turns)]
		bits := binary.BigEndian.AppendUint32(nil, math.Float32bits(float32(want)))
		if len(got) != 3 || string(got[0]) != string(bits) || string(got[1]) != fmt.Sprintf(`{"turn":%.4f}`, want) || string(got[2]) != "\x11\x00"+string(bits) {
			t.Errorf("turn %d: %q, want %v", n, got, want)
		}
	}
}

func TestColyseusClientSpeaksWhenItIsInvited(t *testing.T) {
	var o Outbox
	s := new(Colyseus).Session(0)
	s.Play(time.Time{}, &o)
	if o.n != 0 {
		t.Error("it speaks before it is invited")
	}
	for i, c := range []struct {
		b    []byte
		seen Seen
		ok   bool
	}{
		{[]byte{colyseusJoin}, Seen{}, true}, {[]byte{colyseusState, 1}, Seen{true, 1}, true}, {[]byte{colyseusPatch}, Seen{true, 2}, true},
		{[]byte{colyseusPatch | colyseusTimed}, Seen{true, 3}, true}, {[]byte{13, 1}, Seen{}, true}, {[]byte{colyseusError}, Seen{}, false}, {nil, Seen{}, false},
	} {
		if seen, err := s.Receive(time.Time{}, c.b); seen != c.seen || (err == nil) != c.ok {
			t.Errorf("message %d is %+v, %v", i, seen, err)
		}
	}
}

// One client makes each room, and the others of it come to that.
func TestColyseusRoomsAreFilled(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked[r.URL.Path]++
		room := strings.TrimPrefix(r.URL.Path, "/matchmake/joinById/")
		if strings.HasPrefix(room, "/") {
			room = fmt.Sprintf("r%d", asked[r.URL.Path])
		}
		fmt.Fprintf(w, `{"sessionId":"s","roomId":%q,"processId":"p"}`, room)
	}))
	defer s.Close()
	defer matchmaker.CloseIdleConnections()
	target := &Colyseus{Addr: strings.TrimPrefix(s.URL, "http://"), Room: "arena100", PerRoom: 5}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if seat, err := target.seat(t.Context(), i); err != nil || seat.Room == "" {
				t.Errorf("client %d: %+v, %v", i, seat, err)
			}
		})
	}
	all.Wait()
	if asked["/matchmake/create/arena100"] != 4 {
		t.Errorf("asked %v, want four rooms to be made", asked)
	}
	for n := 1; n <= 4; n++ {
		if got := asked[fmt.Sprintf("/matchmake/joinById/r%d", n)]; got != 4 {
			t.Errorf("%d came to room %d, want 4 besides the one who made it", got, n)
		}
	}
}

func TestColyseusRefusalIsTold(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"code":522,"error":"room is locked"}`)
	}))
	defer s.Close()
	defer matchmaker.CloseIdleConnections()
	target := &Colyseus{Addr: strings.TrimPrefix(s.URL, "http://"), Room: "arena100"}
	for i := range 2 { // the one who makes the room, and one who comes to it
		if _, _, err := target.Dial(t.Context(), i); err == nil || !strings.Contains(err.Error(), "room is locked") {
			t.Errorf("client %d: %v", i, err)
		}
	}
}

func FuzzPeers(f *testing.F) {
	f.Add([]byte(`{"tick":12,"ships":[]}`))
	f.Add([]byte{0, 0, 0, 1})
	f.Add([]byte{colyseusState, 0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, s := range []Session{Raw{Decode: 1}.Session(0), Raw{JSON: true, Decode: 1}.Session(0), new(Colyseus).Session(0)} {
			if seen, err := s.Receive(time.Time{}, b); err != nil && seen.Snapshot {
				t.Errorf("%T: %q is %+v and %v", s, b, seen, err)
			}
		}
	})
}
