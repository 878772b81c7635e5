package game

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/internal/token"
)

// heldPlace is one way in which an account has a place: a seat that can be claimed, or a socket.
type heldPlace struct {
	account string
	at      TakenPlace
	text    string // of a seat that was not claimed
	seat    *Seat  // of a socket
}

// Whatever players ask for, come with, leave and come back to, no place of a match has more accounts than there are of it; and nobody
// is refused a place that is free.
func TestPlaceOfAMatchIsNeverTakenTwice(t *testing.T) {
	r := newHostRig(t, func(c *HostConfig) {
		c.EmptyFor = 1000 * time.Hour
		c.Games = []*Def{tinyDef("tiny", Config{TickRate: 1, MaxPlayers: 64}, nil)}
	})
	solo, pair := TakenPlace{Team: 1}, TakenPlace{2, "tank"}
	capacity := map[TakenPlace]int{solo: 1, pair: 2}
	room := r.create(RoomOptions{Game: "tiny", Places: capacity}).ID
	accounts := []string{"ann", "ben", "cat", "dan", "eve"}
	rapid.Check(t, func(t *rapid.T) {
		var held []heldPlace
		t.Cleanup(func() { // the room is the next run's too
			r.mu.Lock()
			for _, account := range accounts {
				r.release(account)
			}
			r.mu.Unlock()
			for _, p := range held {
				if p.seat != nil {
					r.left(p.seat.room, p.seat)
				}
			}
		})
		holders := func(at TakenPlace, but string) int {
			var who []string
			for _, p := range held {
				if p.at == at && p.account != but && !slices.Contains(who, p.account) {
					who = append(who, p.account)
				}
			}
			return len(who)
		}
		unclaim := func(account string) {
			held = slices.DeleteFunc(held, func(p heldPlace) bool { return p.account == account && p.seat == nil })
		}
		pick := func(claimed bool) (at int, ok bool) {
			var list []int
			for i, p := range held {
				if (p.seat != nil) == claimed {
					list = append(list, i)
				}
			}
			if len(list) == 0 {
				return 0, false
			}
			return rapid.SampledFrom(list).Draw(t, "who"), true
		}
		t.Repeat(map[string]func(*rapid.T){
			"reserve": func(t *rapid.T) {
				account := rapid.SampledFrom(accounts).Draw(t, "account")
				at := rapid.SampledFrom([]TakenPlace{solo, pair, {}, {3, ""}, {2, "scout"}}).Draw(t, "place")
				text, err := r.Reserve(room, Seat{Account: account, Name: account, Team: at.Team, Role: at.Role})
				unclaim(account) // also when it is refused: an account has one outstanding seat
				switch free := holders(at, account) < capacity[at]; {
				case free && err != nil:
					t.Fatalf("a free place for %s at %v is refused: %v", account, at, err)
				case !free && !errors.Is(err, ErrRoomFull):
					t.Fatalf("a place for %s at %v, which others have: %v, want ErrRoomFull", account, at, err)
				case free:
					held = append(held, heldPlace{account: account, at: at, text: text})
				}
			},
			"claim": func(t *rapid.T) {
				i, ok := pick(false)
				if !ok {
					return
				}
				_, seat, err := r.claim(held[i].text)
				if err != nil {
					t.Fatal(err)
				}
				held[i].seat = seat
			},
			"sit": func(*rapid.T) {
				if i, ok := pick(true); ok {
					r.sit(held[i].seat.room, held[i].seat)
				}
			},
			"leave": func(*rapid.T) {
				if i, ok := pick(true); ok {
					r.left(held[i].seat.room, held[i].seat)
					held = slices.Delete(held, i, i+1)
				}
			},
			"expire": func(*rapid.T) {
				r.ahead.Add(int64(token.MaxSeatTTL))
				held = slices.DeleteFunc(held, func(p heldPlace) bool { return p.seat == nil })
			},
			"": func(t *rapid.T) {
				info := r.Rooms()[0]
				if len(info.Taken) != len(held) || len(info.Seated) != len(held) || info.Players != len(held) {
					t.Fatalf("%d players, places %v of %v, want %d", info.Players, info.Taken, info.Seated, len(held))
				}
				for at, n := range capacity {
					var who []string
					for i, taken := range info.Taken {
						if taken == at && !slices.Contains(who, info.Seated[i]) {
							who = append(who, info.Seated[i])
						}
					}
					if len(who) > n {
						t.Fatalf("place %v, of which there are %d, has %v", at, n, who)
					}
				}
			},
		})
	})
}

// Who has left a match comes back while the place is free, and not once somebody else was let in there.
func TestLeaverDoesNotComeBackToAPlaceThatWasGivenAway(t *testing.T) {
	r := newHostRig(t, nil)
	room := r.create(RoomOptions{Game: "tiny", Places: map[TakenPlace]int{{Team: 1}: 1, {Team: 2}: 1}}).ID
	seat := func(account string, team int) (string, error) {
		return r.Reserve(room, Seat{Account: account, Name: account, Team: team})
	}
	must := func(text string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	r.play(must(seat("ben", 2)))
	r.play(must(seat("ann", 1))).quit()
	eventually(t, "ann's place", func() bool { return r.Rooms()[0].Players == 1 })
	r.play(must(seat("ann", 1))).quit()
	eventually(t, "ann's place again", func() bool { return r.Rooms()[0].Players == 1 })
	carl := must(seat("carl", 1))
	if _, err := seat("ann", 1); !errors.Is(err, ErrRoomFull) {
		t.Errorf("back to a place that somebody is on the way to: %v, want ErrRoomFull", err)
	}
	r.play(carl)
	if _, err := seat("ann", 1); !errors.Is(err, ErrRoomFull) {
		t.Errorf("back to a place that somebody has: %v, want ErrRoomFull", err)
	}
	r.play(must(seat("carl", 1))) // with a new socket: it is carl's own place
}
