//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"
)

// config is the command line.
type config struct {
	duration time.Duration
	clients  int
	runs     int
	dbs      []string
	only     []string // names of scenarios; empty: all
	json     string
	out      string // folder of the samples; empty: they are not written
	profile  string // file for the server's processor profile; empty: none is taken
}

// The databases, as --db names them.
const (
	sqlite   = "sqlite"
	postgres = "postgres"
)

func parse(args []string) (config, error) {
	var c config
	var dbs, only string
	flags := flag.NewFlagSet("rest", flag.ContinueOnError)
	flags.DurationVar(&c.duration, "duration", 5*time.Second, "measured time of each scenario")
	flags.IntVar(&c.clients, "clients", 50, "clients at once, each with a connection that it keeps")
	flags.IntVar(&c.runs, "runs", 3, "runs, each with fresh servers; what is printed of a scenario is the run with the median rate")
	flags.StringVar(&dbs, "db", sqlite+","+postgres, "databases")
	flags.StringVar(&only, "only", "", "scenarios, separated by commas: "+strings.Join(scenarioNames(), ", "))
	flags.StringVar(&c.json, "json", "", "write the figures to this file, - for standard output")
	flags.StringVar(&c.out, "out", "bench/results", "folder for the samples of all runs; empty writes none")
	flags.StringVar(&c.profile, "profile", "", "write a profile of the server to this file, taken during the last scenario over HTTP")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	c.dbs = strings.Split(dbs, ",")
	if only != "" {
		c.only = strings.Split(only, ",")
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("%q is no flag; all that can be said is said by flags (--help)", flags.Arg(0))
	}
	return c, c.validate()
}

func (c config) validate() error {
	for _, db := range c.dbs {
		if db != sqlite && db != postgres {
			return fmt.Errorf("--db %s: it is sqlite, postgres or both with a comma", db)
		}
	}
	for _, name := range c.only {
		if !slices.Contains(scenarioNames(), name) {
			return fmt.Errorf("--only %s: it is one of %s", name, strings.Join(scenarioNames(), ", "))
		}
	}
	if c.duration < 500*time.Millisecond || c.duration > time.Minute {
		return fmt.Errorf("--duration %v: 500ms to 1m fit, less than the life of an access token", c.duration)
	}
	if c.clients < 1 || c.clients > 1000 || c.runs < 1 {
		return errors.New("--clients must be 1 to 1000, which is what a server takes from one address, and --runs at least 1")
	}
	return nil
}

// wants says whether a scenario is to run.
func (c config) wants(name string) bool { return len(c.only) == 0 || slices.Contains(c.only, name) }
