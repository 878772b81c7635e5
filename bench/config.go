//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// config is the command line.
type config struct {
	scenario  string // empty: the short set
	rooms     int    // 0: as the scenario has
	auto      bool   // look for the largest load that passes
	clients   int    // 0: as the scenario has
	storm     int    // clients who come in a storm
	logins    int    // attempts per second of a flood
	codec     string
	transport string
	duration  time.Duration
	settle    time.Duration // how long clients play before what they see counts
	runs      int
	json      string
	out       string   // folder of the report
	passed    []string // flags that the short set hands on to its parts
	resume    bool
	check     bool
	floor     bool
	profile   string // file for the server's processor profile; empty: none is taken
	server    string // arguments of the server, besides the bench's own
	procs     int
	peers     string // how thoroughly other servers are compared; empty: they are not
	peersDir  string
	only      string // parts of their names; empty: all
	markdown  string // a result whose table is wanted; empty: something is measured
	page      string // file that has the table of the short set; empty: it stays as it is
}

func parse(args []string) (config, error) {
	var c config
	var rooms string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&c.scenario, "scenario", "", "one of "+strings.Join(scenarioNames(), ", ")+"; without it the short set of them runs")
	flags.StringVar(&rooms, "rooms", "", "number of rooms, or auto: look for the most clients that the server carries on one processor")
	flags.IntVar(&c.clients, "clients", 0, "number of clients, in place of --rooms")
	flags.IntVar(&c.storm, "storm", stormClients, "clients who come in the scenario storm")
	flags.IntVar(&c.logins, "logins", floodLogins, "sign-ins with a password per second that begin in the scenario flood")
	flags.StringVar(&c.codec, "codec", "packed", "packed or plain")
	flags.StringVar(&c.transport, "transport", "", "the server's --transport; without it its default")
	flags.DurationVar(&c.duration, "duration", 30*time.Second, "measured time of a run")
	flags.DurationVar(&c.settle, "settle", 8*time.Second, "how long clients play before what they see counts: rooms catch up after the joins")
	flags.IntVar(&c.runs, "runs", 3, "runs, each with a fresh server; what is printed is the one with the median cost")
	flags.StringVar(&c.json, "json", "", "write the figures to this file, - for standard output")
	flags.StringVar(&c.out, "out", "bench/results", "folder of the short set's report")
	flags.BoolVar(&c.resume, "resume", true, "players who lose the connection keep their place; with --resume=false the server signs no seats for that")
	flags.BoolVar(&c.check, "check", false, "exit with 1 when a figure misses its bar")
	flags.BoolVar(&c.floor, "floor", true, "run bench/floor, which needs a C compiler, and the transport alone beside")
	flags.StringVar(&c.profile, "profile", "", "write a profile of the server to this file, taken while the last run is measured; it costs the server a little")
	flags.StringVar(&c.server, "server-args", "", "more arguments for the server, separated by spaces")
	flags.IntVar(&c.procs, "gomaxprocs", 0, "the server's GOMAXPROCS; 0 leaves it to the server")
	flags.StringVar(&c.peers, "peers", "", "compare with other servers: quick (4 minutes), short (30) or full (70). Use make peers, which installs them")
	flags.StringVar(&c.peersDir, "peers-dir", "bench/peers", "where the other servers are")
	flags.StringVar(&c.only, "only", "", "parts of the names of servers to compare, separated by commas, such as skirmish,colyseus")
	flags.StringVar(&c.markdown, "markdown", "", "measure nothing: print the table of this result of the short set (.json or .json.gz), or put it into --page")
	flags.StringVar(&c.page, "page", "", "put the table of the short set into this page, and name its result after it: docs/performance.md (make bench-results)")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	c.floor = c.floor && !isApart(c.scenario)
	flags.Visit(func(f *flag.Flag) {
		if f.Name == "transport" || f.Name == "gomaxprocs" {
			c.passed = append(c.passed, "--"+f.Name, f.Value.String())
		}
	})
	switch n, err := strconv.Atoi(rooms); {
	case flags.NArg() > 0:
		return c, fmt.Errorf("%q is no flag; all that can be said is said by flags (--help)", flags.Arg(0))
	case rooms == "auto":
		c.auto = true
	case rooms != "" && (err != nil || n < 1):
		return c, fmt.Errorf("--rooms %s: give a number from 1, or auto", rooms)
	default:
		c.rooms = n
	}
	return c, c.validate()
}

func (c config) validate() error {
	switch {
	case c.scenario == "" && (c.auto || c.rooms > 0 || c.clients > 0):
		return errors.New("--rooms and --clients need a --scenario: the short set has its own")
	case c.scenario != "" && !slices.Contains(scenarioNames(), c.scenario):
		return fmt.Errorf("--scenario %s: it is one of %s", c.scenario, strings.Join(scenarioNames(), ", "))
	case c.peers != "" && !slices.Contains([]string{peersQuick, peersShort, peersFull}, c.peers):
		return fmt.Errorf("--peers %s: it is quick, short or full", c.peers)
	case c.peers != "" && c.scenario != "" || c.peers == "" && c.only != "":
		return errors.New("--peers has its own scenarios: leave out --scenario; --only goes with --peers")
	case (c.page != "" || c.markdown != "") && (c.scenario != "" || c.peers != ""):
		return errors.New("--page and --markdown are of the short set: leave out --scenario and --peers")
	case isApart(c.scenario) && (c.auto || c.rooms > 0 || c.clients > 0 || !c.resume || c.profile != ""):
		return fmt.Errorf("--scenario %s plays no game: --rooms, --clients, --resume and --profile do not go with it", c.scenario)
	case !c.resume && (c.scenario == "" || find(c.scenario).bare == nil):
		return errors.New("--resume=false: only arena100 and crowd are there without resuming")
	case c.codec != "packed" && c.codec != "plain":
		return fmt.Errorf("--codec %s: it is packed or plain", c.codec)
	case c.auto && !find(c.scenario).searched:
		return fmt.Errorf("--rooms auto: --scenario %s has one size", c.scenario)
	case c.clients < 0 || c.clients > 0 && (c.rooms > 0 || c.auto):
		return fmt.Errorf("--clients %d: give a number from 1, and no --rooms with it", c.clients)
	case c.duration < time.Second || c.runs < 1 || c.procs < 0 || c.storm < 1:
		return fmt.Errorf("--duration %v, --runs %d, --gomaxprocs %d, --storm %d: at least 1s, 1, 0 and 1 fit",
			c.duration, c.runs, c.procs, c.storm)
	case c.logins < 1 || c.logins > 10_000:
		return fmt.Errorf("--logins %d: give a number from 1 to 10000", c.logins)
	}
	return nil
}
