//go:build linux

// Command bench measures the server under load, against what docs/performance.md says it should do.
//
//	go run ./bench                                          the short set, its table and a report (make bench)
//	go run ./bench --scenario arena100 --clients 2000 --json -
//	go run ./bench --scenario arena100 --rooms auto
//	go run ./bench --scenario flood                         ticks beside a flood of sign-ins
//	go run ./bench --scenario seed                          what each channel costs, polling to deltas
//	go run ./bench --scenario coldstart                     from the start of a server to its first player
//	go run ./bench --scenario match                         a pass of the matchmaker
//	go run ./bench --scenario size                          of the program and of the browser's SDK
//	go run ./bench --page docs/performance.md               the short set, and its table into the page (make bench-results)
//	go run ./bench --peers short                            beside other servers (make peers)
//
// The server is this program again, as a child process on a processor of its own, serving the games of bench/world; the load is
// bench/load in this process, on the others. What the server costs is read from /proc and from its metrics; what it does is what
// its clients see. It runs by hand and by make, never in tests, and needs Linux.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	serve()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errBar):
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, args []string) error {
	cfg, err := parse(args)
	if err != nil {
		return err
	}
	if cfg.markdown != "" {
		return markdown(cfg)
	}
	b, err := newBench(cfg)
	if err != nil {
		return err
	}
	defer b.close()
	if err := b.separate(); err != nil {
		return err
	}
	if cfg.peers != "" {
		return b.compare(ctx)
	}
	if cfg.scenario == "" {
		return b.suite(ctx)
	}
	if a, ok := findApart(cfg.scenario); ok {
		return b.alone(ctx, a)
	}
	return b.single(ctx)
}
