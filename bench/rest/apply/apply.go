//go:build linux

// Package apply measures how fast results of matches are applied: the lobby's RecordResult, which the queue of the rooms calls when a
// match has ended, with ratings, history, leaderboard and events, on a database that nobody else uses.
//
// bench/rest runs it in a process of its own. It is the one part of the benchmarks that imports the lobby, because results come from rooms
// alone: no request makes one. A server applies one result at a time, so its rate is that of AtOnce 1; more at once show what the
// database takes.
package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/skirmish-dev/skirmish/bench/hist"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// Config says what to measure.
type Config struct {
	Dir      string        // empty folder
	URL      string        // of a PostgreSQL database; empty: SQLite in Dir
	AtOnce   int           // results applied at once
	Players  int           // accounts that play the matches, two by two; zero means 1000
	Duration time.Duration // that counts; a fifth of it, at most a second, goes before
}

// Figures are what it has shown.
type Figures struct {
	Applied             int64 // in Duration
	P50MS, P99MS, MaxMS float64
	CPU                 time.Duration // of this process, in Duration
	Bars                []hist.Bar
}

// Main does what a Config as JSON says, and writes the Figures as JSON.
func Main(ctx context.Context, order string, to io.Writer) error {
	var c Config
	if err := json.Unmarshal([]byte(order), &c); err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	f, err := run(ctx, c)
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	return json.NewEncoder(to).Encode(f)
}

func run(ctx context.Context, c Config) (f Figures, err error) {
	if c.Players == 0 {
		c.Players = 1000
	}
	db, err := store.Open(ctx, store.Config{Dir: c.Dir, URL: c.URL})
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	now := time.Now()
	for i := range c.Players {
		family := store.Family{ID: fmt.Sprint("f", i), Hash: fmt.Sprint("h", i), ExpiresAt: now.Add(time.Hour)}
		if err := db.CreateGuest(ctx, store.Account{ID: fmt.Sprint("p", i), Name: "Ann", CreatedAt: now}, family); err != nil {
			return f, err
		}
	}
	keys, err := token.LoadKeyring(filepath.Join(c.Dir, "keys"), now)
	if err != nil {
		return f, err
	}
	l, err := lobby.New(lobby.Config{Store: db, Keys: keys, Allocator: games{}, Directory: games{}, ListenAddr: "127.0.0.1:0", Protocol: 1})
	if err != nil {
		return f, err
	}
	defer l.Close()
	return c.apply(ctx, l)
}

// apply lets AtOnce goroutines report results.
func (c Config) apply(ctx context.Context, l *lobby.Lobby) (f Figures, err error) {
	begin := time.Now().Add(min(time.Second, c.Duration/5))
	end := begin.Add(c.Duration)
	seen, errs := make([]*hist.Histogram, c.AtOnce), make([]error, c.AtOnce)
	var done sync.WaitGroup
	for i := range seen {
		seen[i] = hist.New()
		done.Go(func() {
			for n := 0; time.Now().Before(end) && errs[i] == nil; n++ {
				begun := time.Now()
				errs[i] = l.RecordResult(ctx, c.result(fmt.Sprintf("m%d-%d", i, n)))
				if now := time.Now(); !now.Before(begin) && now.Before(end) {
					seen[i].Record(now.Sub(begun))
				}
			}
		})
	}
	time.Sleep(time.Until(begin))
	before := used()
	time.Sleep(time.Until(end))
	f.CPU = used() - before
	done.Wait()
	all := hist.New()
	for _, h := range seen {
		all.Add(h)
	}
	f.Applied, f.P50MS, f.P99MS, f.MaxMS, f.Bars = all.Count(), all.MS(50), all.MS(99), all.MaxMS(), all.Bars()
	return f, errors.Join(errs...)
}

// result is a match of two that one has won.
func (c Config) result(id string) lobby.Result {
	a := rand.IntN(c.Players)
	b := (a + 1 + rand.IntN(c.Players-1)) % c.Players
	list := []lobby.Place{
		{Account: fmt.Sprint("p", a), Rank: 1, Score: 12, Played: 1}, {Account: fmt.Sprint("p", b), Rank: 2, Score: 3, Played: 1},
	}
	payload, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return lobby.Result{MatchID: id, RoomID: id, Game: game, Mode: game, Places: list, FinishedAt: time.Now(), Payload: payload}
}

// used is the processor time of this process.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
