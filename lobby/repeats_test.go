package lobby

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/limit"
)

const keyed = "Idempotency-Key"

// free is a budget without end.
func free(string) (time.Duration, bool) { return 0, true }

func TestRepeatedRequestIsAnsweredOnce(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	var wait sync.WaitGroup
	rooms := make(chan string, 10)
	for range 10 {
		wait.Go(func() {
			rooms <- into[RoomInfo](p.call("POST", "/v1/rooms", `{"game":"arena"}`, keyed, "k1"), 201).ID
		})
	}
	wait.Wait()
	close(rooms)
	first := <-rooms
	for id := range rooms {
		if id != first {
			t.Errorf("rooms %s and %s", first, id)
		}
	}
	if w.host.made != 1 {
		t.Errorf("%d rooms were made", w.host.made)
	}
	again := p.call("POST", "/v1/rooms", `{"game":"arena"}`, keyed, "k1")
	if again.Header().Get("Idempotency-Replayed") != "true" || again.Header().Get("Content-Type") != "application/json" ||
		again.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", again.Header())
	}
	p.call("POST", "/v1/rooms", `{"game":"draughts"}`, keyed, "k1").refused(422, "idempotency_key_reused")
	p.call("POST", "/v1/rooms", `{"game":"arena"}`, keyed, "k2").is(201)
	p.call("POST", "/v1/rooms", `{"game":"arena"}`).is(201)
	if w.host.made != 3 {
		t.Errorf("%d rooms, want one for each key and one without", w.host.made)
	}
}

func TestIdempotencyKeyIsItsAccountsAndPathsOnly(t *testing.T) {
	w := newWorld(t, nil)
	ann, eve := w.guest("Ann"), w.guest("Eve")
	room := into[RoomInfo](ann.call("POST", "/v1/rooms", `{"game":"arena"}`, keyed, "k"), 201).ID
	if got := into[RoomInfo](eve.call("POST", "/v1/rooms", `{"game":"arena"}`, keyed, "k"), 201).ID; got == room {
		t.Error("Eve is given Ann's answer")
	}
	ann.call("POST", "/v1/quickjoin", `{"game":"arena"}`, keyed, "k").is(200)
	w.call("POST", "/v1/rooms", `{"game":"arena"}`, keyed, "k").refused(401, "unauthorized")
	w.call("POST", "/v1/rooms", `{"game":"arena"}`, keyed, "k", "Authorization", "Bearer x").refused(401, "unauthorized")
	for _, key := range []string{strings.Repeat("k", 129), "a b", "\x01", "ä"} {
		ann.call("POST", "/v1/rooms", `{"game":"arena"}`, keyed, key).refused(400, "bad_idempotency_key")
	}
}

func TestRefusedRequestMayBeTriedAgainUnderItsKey(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	w.host.setFail(ErrBusy)
	p.call("POST", "/v1/rooms", `{"game":"arena"}`, keyed, "k").refused(503, "busy")
	w.host.setFail(nil)
	p.call("POST", "/v1/rooms", `{"game":"arena"}`, keyed, "k").is(201)
}

// A seat is dead half a minute later. Its URL must not come again, and the request must not be done again either.
func TestAnswerWithASeatEndsWithTheSeat(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	room := p.room(obj{"game": "arena"}).ID
	asked := map[string]string{
		"/v1/quickjoin": `{"game":"arena"}`, "/v1/rooms/" + room + "/join": `{}`, "/v1/rooms/" + room + "/spectate": `{}`,
	}
	first := map[string]string{}
	for path, body := range asked {
		first[path] = into[Join](p.call("POST", path, body, keyed, "k"), 200).URL
	}
	w.advance(30*time.Second - 1)
	for path, body := range asked {
		if again := into[Join](p.call("POST", path, body, keyed, "k"), 200).URL; again != first[path] {
			t.Errorf("%s: %q and then %q", path, first[path], again)
		}
	}
	seats := w.host.seats
	w.advance(1)
	for path, body := range asked {
		p.call("POST", path, body, keyed, "k").refused(410, "answer_expired")
		if other := into[Join](p.call("POST", path, body, keyed, "k2"), 200).URL; other == first[path] {
			t.Errorf("%s: another key gives the dead seat", path)
		}
	}
	if w.host.seats != seats+len(asked) {
		t.Errorf("%d seats were made, want one for each new key", w.host.seats-seats)
	}
}

func TestAnswerWithoutASeatIsKept(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	room := into[RoomInfo](p.call("POST", "/v1/rooms", `{"game":"arena"}`, keyed, "k"), 201).ID
	w.advance(9 * time.Minute)
	if again := into[RoomInfo](p.call("POST", "/v1/rooms", `{"game":"arena"}`, keyed, "k"), 201).ID; again != room {
		t.Errorf("rooms %s and %s", room, again)
	}
}

func TestRepeatCostsTheAccountARequest(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Account = limit.Rate{Burst: 3, Every: time.Hour} })
	p, other := w.guest("Ann"), w.guest("Ben")
	for range 3 {
		p.call("POST", "/v1/quickjoin", `{"game":"arena"}`, keyed, "k").is(200)
	}
	if a := p.call("POST", "/v1/quickjoin", `{"game":"arena"}`, keyed, "k"); a.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	} else {
		a.refused(429, "too_many_requests")
	}
	p.call("POST", "/v1/quickjoin", `{"game":"draughts"}`, keyed, "k").refused(429, "too_many_requests")
	other.call("POST", "/v1/quickjoin", `{"game":"arena"}`, keyed, "k").is(200)
}

func TestKeptAnswersAreBoundedAndEnd(t *testing.T) {
	now := t0
	p := newRepeats(func() time.Time { return now }, free)
	done := 0
	ask := func(account, key, body string) {
		r := httptest.NewRequest("POST", "/x", strings.NewReader("{}"))
		r.Header.Set(keyed, key)
		p.serve(httptest.NewRecorder(), r, account, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			done++
			w.Write([]byte(body))
		}))
	}
	for n := range 2 * repeatAccount {
		ask("ann", fmt.Sprint(n), "")
	}
	if len(p.kept) != repeatAccount || len(p.of["ann"]) != repeatAccount || p.order.Len() != repeatAccount {
		t.Fatalf("%d answers of one account", len(p.kept))
	}
	now = now.Add(repeatFor - 1)
	done = 0
	ask("ann", fmt.Sprint(2*repeatAccount-1), "")
	now = now.Add(1)
	ask("ann", fmt.Sprint(2*repeatAccount-1), "")
	if done != 1 {
		t.Errorf("done %d times, want only after a day", done)
	}
	large := strings.Repeat("x", 1<<20)
	for n := range 100 {
		ask(fmt.Sprint("account", n), "k", large)
		if p.bytes > repeatBytes {
			t.Fatalf("%d bytes are kept", p.bytes)
		}
	}
	total := 0
	for _, e := range p.kept {
		total += repeatBase + len(e.body)
	}
	if total != p.bytes || p.order.Len() != len(p.kept) {
		t.Errorf("counted %d bytes, there are %d; %d in order, %d kept", p.bytes, total, p.order.Len(), len(p.kept))
	}
}

func TestPanicLetsTheOthersGo(t *testing.T) {
	p := newRepeats(func() time.Time { return t0 }, free)
	call := func(next http.HandlerFunc) {
		r := httptest.NewRequest("POST", "/x", strings.NewReader("{}"))
		r.Header.Set(keyed, "k")
		defer func() { _ = recover() }()
		p.serve(httptest.NewRecorder(), r, "ann", next)
	}
	ran := 0
	call(func(http.ResponseWriter, *http.Request) { panic("no") })
	call(func(w http.ResponseWriter, _ *http.Request) { ran++ })
	if ran != 1 {
		t.Errorf("the second ran %d times", ran)
	}
}
