package lobby

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

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

// answered is a repeats whose operation answers with what the request's body says, and counts how often it ran.
type answered struct {
	*repeats
	now time.Time
	ran int
}

func newAnswered() *answered {
	a := &answered{now: t0}
	a.repeats = newRepeats(func() time.Time { return a.now }, free)
	return a
}

func (a *answered) ask(account, key, body string) {
	r := httptest.NewRequest("POST", "/x", strings.NewReader(body))
	r.Header.Set(keyed, key)
	a.serve(httptest.NewRecorder(), r, account, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		a.ran++
		w.Write([]byte(body))
	}))
}

// check counts everything that is kept anew.
func (a *answered) check(t interface{ Fatalf(string, ...any) }) {
	total, requests := 0, 0
	for account, o := range a.kept.owners {
		bytes := 0
		for _, r := range o.own {
			bytes += repeatBase + len(r.body)
			if a.kept.of(r.scope) != r {
				t.Fatalf("%s holds %v, which is not kept", account, r.scope)
			}
		}
		if bytes != o.bytes || a.kept.heavy[o.at] != o || len(o.own) > repeatAccount || bytes > repeatAccountBytes || len(o.own) == 0 {
			t.Fatalf("%s holds %d answers with %d bytes, counted as %d", account, len(o.own), bytes, o.bytes)
		}
		if o.bytes > a.kept.heavy[0].bytes {
			t.Fatalf("%s is heavier than the heaviest", account)
		}
		total += bytes
		requests += len(o.own)
	}
	if total != a.kept.bytes || requests != len(a.kept.kept) || len(a.kept.heavy) != len(a.kept.owners) || total > repeatBytes {
		t.Fatalf("%d answers with %d bytes, counted as %d with %d", requests, total, len(a.kept.kept), a.kept.bytes)
	}
}

func TestKeptAnswerEndsAfterADay(t *testing.T) {
	a := newAnswered()
	a.ask("ann", "k", "")
	a.now = a.now.Add(repeatFor - 1)
	a.ask("ann", "k", "")
	if a.ran != 1 {
		t.Errorf("ran %d times within a day", a.ran)
	}
	a.now = a.now.Add(1)
	a.ask("ann", "k", "")
	if a.ran != 2 {
		t.Errorf("ran %d times, want again after a day", a.ran)
	}
	a.check(t)
}

func TestKeptAnswersOfAnAccountAreBounded(t *testing.T) {
	a := newAnswered()
	for n := range 2 * repeatAccount {
		a.ask("ann", fmt.Sprint(n), "")
	}
	if len(a.kept.kept) != repeatAccount {
		t.Errorf("%d answers of one account, want %d", len(a.kept.kept), repeatAccount)
	}
	large := strings.Repeat("x", repeatAccountBytes/4)
	for n := range 8 {
		a.ask("ben", fmt.Sprint(n), large)
		a.check(t)
	}
	a.ask("ben", "too large", strings.Repeat("x", repeatAccountBytes))
	a.check(t)
}

// Accounts cost an attacker next to nothing. However many ask for large answers, who holds less than they do keeps what it has.
func TestAnswersOfAnAccountAreNotPushedOutByOthers(t *testing.T) {
	a := newAnswered()
	a.ask("ann", "k", "hers")
	large := strings.Repeat("x", repeatAccountBytes/2)
	for n := range 2 * repeatBytes / repeatAccountBytes {
		for key := range 4 {
			a.ask(fmt.Sprint("eve", n), fmt.Sprint(key), large)
		}
	}
	a.check(t)
	before := a.ran
	if a.ask("ann", "k", "hers"); a.ran != before {
		t.Error("the answer of ann had to go for those of others")
	}
}

func TestKeptAnswersAreCountedRight(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := newAnswered()
		for range rapid.IntRange(1, 200).Draw(rt, "requests") {
			a.ask(rapid.StringMatching("[a-e]").Draw(rt, "account"), rapid.StringMatching("[a-z]").Draw(rt, "key"),
				strings.Repeat("x", rapid.IntRange(0, repeatAccountBytes).Draw(rt, "bytes")))
			a.now = a.now.Add(time.Duration(rapid.IntRange(0, 3).Draw(rt, "hours")) * time.Hour)
			a.check(rt)
		}
	})
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
