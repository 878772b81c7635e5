//go:build linux

package main

import (
	"context"
	"os"

	"github.com/skirmish-dev/skirmish/bench/seed"
)

// seedScenario is the one that needs neither a server of games nor a processor of its own: it counts bytes.
const seedScenario = "seed"

func runSeed(ctx context.Context, cfg config) error {
	r, err := seed.Run(ctx, seed.Config{})
	if err != nil {
		return err
	}
	table := os.Stdout
	if cfg.json == "-" {
		table = os.Stderr // or the JSON would not be alone
	}
	if err := r.Print(table); err != nil {
		return err
	}
	return (&bench{cfg: cfg}).writeJSON(r)
}
