//go:build linux

// Command rest measures the REST side of the server with 50 clients at once: signing in, room lists, quick join, tickets, and the results
// of matches, with SQLite and with PostgreSQL side by side.
//
//	go run ./bench/rest                                  three runs of all of it, as a table
//	go run ./bench/rest --duration 2s --runs 1 --json -
//	go run ./bench/rest --only tickets --profile cpu.pprof
//
// The server is this program again, as a child process with the games of the binary, on a processor of its own; the PostgreSQL that
// it uses is a private one on the same processor, which writes to the disk as it does by default. The clients are in this process, on
// the other processors. Any answer but the one that is wanted is an error, and the exit code is then 1. It runs by hand, never in tests,
// and needs Linux and the programs of PostgreSQL (scripts/deps.sh).
//
// Results of matches come from rooms alone, never over HTTP. They are measured by bench/rest/apply, which calls what the rooms' queue
// calls, in a child process on the server's processor.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/skirmish-dev/skirmish"
	"github.com/skirmish-dev/skirmish/bench/rest/apply"
	"github.com/skirmish-dev/skirmish/game/arena"
	"github.com/skirmish-dev/skirmish/game/draughts"
)

func main() {
	if os.Getenv(serverEnv) != "" {
		skirmish.Main(arena.Def, draughts.Def)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errRefused):
		fmt.Fprintln(os.Stderr, "rest:", err)
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "rest:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, args []string) error {
	if os.Getenv(applyEnv) != "" {
		return apply.Main(ctx, os.Getenv(applyEnv), os.Stdout)
	}
	cfg, err := parse(args)
	if err != nil {
		return err
	}
	b := &bench{cfg: cfg}
	defer b.close()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	report, err := b.measure(ctx)
	if err != nil {
		return err
	}
	return report.write(cfg)
}
